//! What the maintenance agent can do.

pub mod memory;

use crate::host::Host;
use crate::maintenance::board::Board;
use pitstop_domain::function::Task;
use pitstop_domain::job::Outcome;
use pitstop_domain::machine::Inventory;
use pitstop_domain::wire::TaskEnded;
use serde_json::{Value, json};

/// Does the task and puts its end on the board.
pub fn run(task: &Task, board: &Board, host: &dyn Host) {
    match task {
        Task::None => wait(board),
        Task::Inventory => board.end(inventory(board, host.inventory())),
        Task::MemoryTest { mib, passes } => {
            let mut ended = memory::run(*mib, *passes, board);
            ended.inventory = Some(host.inventory());
            board.end(ended);
        }
    }
}

/// The image does what it does; we say that it is there, until somebody asks to stop.
fn wait(board: &Board) {
    board.log("nothing to do but to be here; the image does the work");
    board.wait_for_stop();
    if board.is_stopped() {
        let summary = "stopped as asked".to_owned();
        board.end(TaskEnded { outcome: Outcome::Cancelled, summary, report: Value::Null, inventory: None });
    }
}

fn inventory(board: &Board, found: Inventory) -> TaskEnded {
    board.progress(1000, "looked at the machine");
    let summary = describe(&found);
    for nic in &found.nics {
        let link = if nic.link { "link" } else { "no link" };
        board.log(words(&["network card", &nic.name, &nic.mac.to_string(), link, &nic.addresses.join(" ")]));
    }
    for disk in &found.disks {
        board.log(words(&["disk", &disk.name, &disk.model, &disk.serial, &human(disk.bytes)]));
    }
    TaskEnded { outcome: Outcome::Succeeded, summary, report: json!(found), inventory: Some(found) }
}

/// A line of what is known; machines leave much out.
fn words(words: &[&str]) -> String {
    words.iter().copied().filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

/// The machine in a line: "Dell Inc. OptiPlex 7080, Intel Core i5 (6 cores), 16.0 GiB, 2 disks, 1 network card".
fn describe(found: &Inventory) -> String {
    let board = format!("{} {}", found.vendor, found.model).trim().to_owned();
    let board = if board.is_empty() { "unknown board".to_owned() } else { board };
    let (memory, disks, nics) = (human(found.memory_bytes), found.disks.len(), found.nics.len());
    let (disk_word, nic_word) = (plural(disks, "disk"), plural(nics, "network card"));
    let cores = plural(found.cores as usize, "core");
    format!(
        "{board}, {} ({} {cores}), {memory}, {disks} {disk_word}, {nics} {nic_word}",
        found.cpu, found.cores
    )
}

/// `word`, in the plural unless there is one.
pub(crate) fn plural(count: usize, word: &str) -> String {
    if count == 1 { word.to_owned() } else { format!("{word}s") }
}

/// Bytes as people say them.
pub(crate) fn human(bytes: u64) -> String {
    const UNITS: [&str; 5] = ["KiB", "MiB", "GiB", "TiB", "PiB"];
    let mut value = bytes as f64 / 1024.0;
    let mut unit = 0;
    while value >= 1024.0 && unit + 1 < UNITS.len() {
        value /= 1024.0;
        unit += 1;
    }
    if unit < 2 { format!("{value:.0} {}", UNITS[unit]) } else { format!("{value:.1} {}", UNITS[unit]) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_said_as_people_say_them() {
        assert_eq!(human(64 << 20), "64 MiB");
        assert_eq!(human(16 << 30), "16.0 GiB");
        assert_eq!(human(3_865_470_566), "3.6 GiB");
    }

    #[test]
    fn a_machine_fits_in_a_line() {
        let found = Inventory {
            vendor: "QEMU".to_owned(),
            model: "Q35".to_owned(),
            cpu: "TCG".to_owned(),
            cores: 1,
            memory_bytes: 256 << 20,
            ..Inventory::default()
        };
        assert_eq!(describe(&found), "QEMU Q35, TCG (1 core), 256 MiB, 0 disks, 0 network cards");
    }

    #[test]
    fn an_inventory_is_its_own_report() {
        let ended = inventory(&Board::default(), Inventory { cores: 4, ..Inventory::default() });
        assert_eq!(ended.outcome, Outcome::Succeeded);
        assert_eq!(ended.report["cores"], 4);
        assert_eq!(ended.inventory.unwrap().cores, 4);
    }
}
