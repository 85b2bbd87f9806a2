//! Overwriting a disk, once, with zeros, and reading all of it back.

use super::disks::{about, whole};
use super::ground::Ground;
use super::human;
use super::in_use;
use super::paper::{self, Paper};
use super::volumes::disks;
use pitstop_domain::machine::Disk;
use pitstop_domain::wire::TaskEnded;
use serde_json::json;

pub fn run(confirm: &str, device: &str, ground: &Ground) -> TaskEnded {
    let disk = match permitted(confirm, device, ground.machine_name) {
        Ok(disk) => disk,
        Err(why) => return paper::failed(why),
    };
    let (board, about) = (ground.board, about(&disk));
    board.log(format!("overwriting {about}, serial number {}", disk.serial));
    let mut go_on = |permille: u64, says: &str| {
        board.progress(permille as u16, format!("{says} {about}"));
        !board.is_stopped()
    };
    let wiped = match whole::wipe(device, disk.bytes, &mut go_on) {
        Ok(wiped) => wiped,
        Err(error) => {
            return paper::failed(format!(
                "{about} cannot be overwritten: {error}; its data may be there still"
            ));
        }
    };
    let mut paper = Paper::default();
    let whole = wiped.written == disk.bytes && wiped.read_back == disk.bytes && wiped.different == 0;
    paper.own(
        "certificate",
        json!({
            "machine": ground.machine_name, "job": ground.job, "device": device, "model": disk.model,
            "serial": disk.serial, "bytes": disk.bytes, "method": "one pass of zeros, all of it read back",
            "written": wiped.written, "read_back": wiped.read_back, "different": wiped.different, "complete": whole,
        }),
    );
    if wiped.stopped {
        paper.stopped();
    }
    if whole {
        paper.good(&about, format!("all {} were overwritten, and read back as zeros", human(disk.bytes)));
        if !disk.rotational {
            let words = "overwriting does not reach the spare areas of flash memory, which may hold remains";
            paper.note(&about, words);
        }
    } else {
        let says = format!(
            "it is NOT wiped: {} of {} were overwritten, {} read back, {} bytes of them differ",
            human(wiped.written),
            human(disk.bytes),
            human(wiped.read_back),
            wiped.different
        );
        paper.problem(&about, says);
    }
    let well = format!("{about} was overwritten and read back");
    paper.ended(&well)
}

/// The one disk that is meant, and only with the machine's name.
fn permitted(confirm: &str, device: &str, machine: &str) -> Result<Disk, String> {
    if machine.is_empty() || confirm != machine {
        return Err(format!("nothing was wiped: `{confirm}` is not this machine's name"));
    }
    let mut found = disks(Some(device)).into_iter();
    let disk = found.next().ok_or_else(|| format!("nothing was wiped: there is no disk {device}"))?;
    in_use::free(device).map_err(|why| format!("nothing was wiped: {why}"))?;
    Ok(disk)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_wiped_without_the_machines_name() {
        for confirm in ["", "oak2", "Oak"] {
            assert!(
                permitted(confirm, "/dev/no-such-disk", "oak")
                    .unwrap_err()
                    .contains("not this machine's name")
            );
        }
        assert!(permitted("", "/dev/no-such-disk", "").is_err());
        assert!(permitted("oak", "/dev/no-such-disk", "oak").unwrap_err().contains("there is no disk"));
    }
}
