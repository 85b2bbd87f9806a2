//! What the maintenance agent can do.

//! A task looks at something, writes its [`paper`], and ends with it. [`tool`] runs programs of the toolbox,
//! [`volumes`] knows disks and what lies on them, [`target`] which of them may be written to, [`mount`] mounts it for a while.

pub mod boot;
pub mod capture;
pub mod disks;
pub mod file_systems;
pub mod ground;
mod in_use;
pub mod memory;
pub mod mount;
pub mod network;
pub mod paper;
pub mod password;
pub mod script;
pub mod speed;
mod target;
pub mod tool;
pub mod virus;
pub mod volumes;
pub mod wipe;

use crate::maintenance::board::Board;
use ground::Ground;
use pitstop_domain::function::Task;
use pitstop_domain::job::Outcome;
use pitstop_domain::machine::Inventory;
use pitstop_domain::report::{Better, Level};
use pitstop_domain::wire::TaskEnded;
use serde_json::{Value, json};

/// Does the task and puts its end on the board.
pub fn run(task: &Task, ground: &Ground) {
    let (board, host) = (ground.board, ground.host);
    match task {
        Task::None => wait(board),
        Task::Inventory => board.end(inventory(board, host.inventory())),
        Task::MemoryTest { mib, passes } => {
            let mut ended = memory::run(*mib, *passes, board);
            ended.inventory = Some(host.inventory());
            board.end(ended);
        }
        Task::FileSystems { repair, device } => {
            board.end(file_systems::run(*repair, device.as_deref(), ground));
        }
        Task::DiskHealth { surface, device } => board.end(disks::run(*surface, device.as_deref(), ground)),
        Task::VirusScan { quarantine, device } => {
            board.end(virus::run(*quarantine, device.as_deref(), ground));
        }
        Task::VirusUndo { job } => board.end(virus::undo(job, ground)),
        Task::Speed { seconds } => board.end(speed::run(*seconds, ground)),
        Task::NetworkTest => board.end(network::run(ground)),
        Task::Script { script, limit_s, variables } => {
            board.end(script::run(script, *limit_s, variables, ground));
        }
        Task::PasswordReset { user, device } => board.end(password::run(user, device.as_deref(), ground)),
        Task::BootEntries { repair } => board.end(boot::run(*repair, ground)),
        Task::Hold => hold(board),
        Task::Capture { device } => board.end(capture::run(device.as_deref(), ground)),
        Task::Restore { capture, device, confirm, meant } => {
            board.end(capture::restore::run(capture, (device, meant.as_ref()), confirm, ground));
        }
        Task::Wipe { confirm, device, method, meant } => {
            board.end(wipe::run(*method, (device, meant.as_ref()), confirm, ground));
        }
    }
}

/// Nothing is done until somebody says that it is enough, which is how this is meant to end.
fn hold(board: &Board) {
    board.log("held in maintenance until somebody stops it");
    board.progress(0, "held in maintenance");
    board.wait_for_stop();
    if board.is_stopped() {
        let report = json!(pitstop_domain::report::Findings::default());
        let summary = "held in maintenance until it was stopped".to_owned();
        board.end(TaskEnded { outcome: Outcome::Succeeded, summary, report, inventory: None });
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
    let report = inventory_report(&found);
    TaskEnded { outcome: Outcome::Succeeded, summary, report, inventory: Some(found) }
}

/// What is in the machine, and what of it is worth comparing with another time.
fn inventory_report(found: &Inventory) -> Value {
    let mut report = json!(found);
    let mut notes = Vec::new();
    for nic in found.nics.iter().filter(|nic| !nic.link) {
        let about = format!("network card {}", nic.name);
        notes.push(json!({ "level": Level::Note, "about": about, "says": "it has no link: no cable, or nothing at its other end" }));
    }
    let measure = |name: &str, title: &str, value: f64, unit: &str| json!({ "name": name, "title": title, "value": value, "unit": unit, "better": Better::Neither });
    report["findings"] = json!(notes);
    report["measures"] = json!([
        measure("memory.size", "Memory", (found.memory_bytes >> 20) as f64, "MiB"),
        measure("cpu.cores", "Processor cores", f64::from(found.cores), ""),
        measure("disks", "Disks", found.disks.len() as f64, ""),
    ]);
    report
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
