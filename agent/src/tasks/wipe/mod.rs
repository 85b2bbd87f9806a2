//! Making what is on a disk unreadable for good, and saying truthfully how far that went.
//!
//! Two ways, by the words of NIST SP 800-88 Rev. 1: *purge*, by the disk's own command ([`own`]), which reaches what the disk
//! does not show, and is looked at in [`places`] that held something; and *clear*, by overwriting and reading all of it back
//! ([`overwrite`]).

mod ata;
mod nvme;
mod overwrite;
mod own;
mod places;

use super::disks::about;
use super::ground::Ground;
use super::human;
use super::paper::{self, Paper};
use super::target::permitted;
use super::volumes::disks;
use crate::maintenance::board::Board;
use own::Own;
use pitstop_domain::capture::meant::Meant;
use pitstop_domain::function::Erasure;
use pitstop_domain::machine::Disk;
use pitstop_domain::wire::TaskEnded;
use places::Places;
use serde_json::{Value, json};

/// `asked`: the disk as it was named, and as it was known then.
pub fn run(method: Erasure, asked: (&str, Option<&Meant>), confirm: &str, ground: &Ground) -> TaskEnded {
    let disk = match permitted(confirm, asked, ground.machine_name, &disks(None)) {
        Ok(disk) => disk,
        Err(why) => return paper::failed(format!("nothing was wiped: {why}")),
    };
    let about = about(&disk);
    let target =
        Target { device: format!("/dev/{}", disk.name), disk: &disk, about: &about, board: ground.board };
    let mut paper = Paper::default();
    let wiped = match wiped(method, &target, &mut paper) {
        Ok(wiped) => wiped,
        Err(why) => return paper::failed(why),
    };
    let mut certificate = json!({
        "machine": ground.machine_name, "job": ground.job, "device": target.device, "model": disk.model,
        "serial": disk.serial, "bytes": disk.bytes, "standard": "NIST SP 800-88 Rev. 1",
    });
    if let (Some(all), Value::Object(wiped)) = (certificate.as_object_mut(), wiped) {
        all.extend(wiped);
    }
    paper.own("certificate", certificate);
    paper.ended(&format!("{about} was wiped"))
}

/// The disk that is wiped.
struct Target<'a> {
    device: String,
    disk: &'a Disk,
    about: &'a str,
    board: &'a Board,
}

/// What the certificate says of how it was done.
///
/// # Errors
/// What was there may be there still, in words.
fn wiped(method: Erasure, target: &Target, paper: &mut Paper) -> Result<Value, String> {
    if method == Erasure::Clear {
        return cleared(target, paper);
    }
    let why = match own::of(target.disk, &target.device, target.board) {
        Ok(own) => match purged(&*own, target, paper) {
            Ok(certified) => return Ok(certified),
            Err(why) if method == Erasure::Purge => {
                return Err(format!("{}: {why}; its data may be there still", target.about));
            }
            Err(why) => why,
        },
        Err(why) if method == Erasure::Purge => {
            return Err(format!("nothing was wiped: {}: {why}; it can be overwritten instead", target.about));
        }
        Err(why) => why,
    };
    target.board.log(format!("{}: {why}: it is overwritten", target.about));
    let certified = cleared(target, paper)?;
    paper.note(target.about, format!("it was not purged: {why}"));
    Ok(certified)
}

/// By the disk's own command, and looked at afterwards.
fn purged(own: &dyn Own, target: &Target, paper: &mut Paper) -> Result<Value, String> {
    let before = Places::of(&target.device, target.disk.bytes)
        .map_err(|error| format!("it cannot be read before it is erased ({error})"))?;
    target.board.log(format!(
        "{}, serial number {}: it erases itself by {}, which nobody can stop",
        target.about,
        target.disk.serial,
        own.name()
    ));
    own.erase(&mut |permille| {
        target.board.progress(permille, format!("{} erases itself", target.about));
    })?;
    let after = before.again(&target.device);
    let certified = json!({
        "category": "purge", "method": own.name(), "complete": after.kept == 0,
        "places_that_held_data": after.looked_at, "of_these_as_before": after.kept,
    });
    if after.kept > 0 {
        return Err(format!(
            "it says that it has erased itself by {}, and {} of {} places are as they were",
            own.name(),
            after.kept,
            after.looked_at
        ));
    }
    let seen = match after.looked_at {
        0 => "it showed nothing of data before".to_owned(),
        places => format!("none of {places} places that held data has them now"),
    };
    paper.good(target.about, format!("it erased itself by {}: {seen}", own.name()));
    Ok(certified)
}

/// By overwriting all that it shows.
fn cleared(target: &Target, paper: &mut Paper) -> Result<Value, String> {
    let Target { device, disk, about, board } = target;
    board.log(format!("overwriting {about}, serial number {}", disk.serial));
    let mut go_on = |permille: u64, says: &str| {
        board.progress(permille as u16, format!("{says} {about}"));
        !board.is_stopped()
    };
    let wiped = overwrite::wipe(device, disk.bytes, &mut go_on)
        .map_err(|error| format!("{about} cannot be overwritten: {error}; its data may be there still"))?;
    let whole = wiped.written == disk.bytes && wiped.read_back == disk.bytes && wiped.different == 0;
    if wiped.stopped {
        paper.stopped();
    }
    if whole {
        paper.good(about, format!("all {} were overwritten, and read back as zeros", human(disk.bytes)));
        if !disk.rotational {
            let words = "overwriting does not reach the spare areas of flash memory, which may hold remains";
            paper.note(about, words);
        }
    } else {
        let says = format!(
            "it is NOT wiped: {} of {} were overwritten, {} read back, {} bytes of them differ",
            human(wiped.written),
            human(disk.bytes),
            human(wiped.read_back),
            wiped.different
        );
        paper.problem(about, says);
    }
    Ok(json!({
        "category": "clear", "method": "one pass of zeros, all of it read back", "complete": whole,
        "written": wiped.written, "read_back": wiped.read_back, "different": wiped.different,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use pitstop_domain::report::{Findings, Level};
    use std::os::unix::fs::FileExt;

    /// A disk's own command that does what its function does to the file.
    struct Pretended(fn(&std::fs::File), std::fs::File);

    impl Own for Pretended {
        fn name(&self) -> &str {
            "a pretended command"
        }

        fn erase(&self, _: &mut dyn FnMut(u16)) -> Result<(), String> {
            self.0(&self.1);
            Ok(())
        }
    }

    fn purge_by(erases: fn(&std::fs::File)) -> (Result<Value, String>, Vec<Level>) {
        let folder = tempfile::tempdir_in(env!("CARGO_MANIFEST_DIR")).unwrap();
        let device = folder.path().join("disk.img").display().to_string();
        std::fs::write(&device, vec![0; 1 << 20]).unwrap();
        let file = std::fs::File::options().write(true).open(&device).unwrap();
        file.write_all_at(b"something", 0).unwrap();
        let disk = json!({ "name": "vda", "model": "", "serial": "", "bytes": 1 << 20, "rotational": false });
        let (disk, board): (Disk, _) = (serde_json::from_value(disk).unwrap(), Board::default());
        let target = Target { device, disk: &disk, about: "the disk", board: &board };
        let mut paper = Paper::default();
        let certified = purged(&Pretended(erases, file), &target, &mut paper);
        let found = Findings::of(&paper.ended("well").report);
        (certified, found.findings.iter().map(|finding| finding.level).collect())
    }

    #[test]
    fn what_the_disk_says_of_its_own_erase_is_looked_at() {
        let (certified, levels) = purge_by(|disk| disk.write_all_at(&[0; 4096], 0).unwrap());
        let certified = certified.unwrap();
        assert_eq!(certified["category"], "purge");
        assert_eq!(certified["complete"], true);
        assert_eq!(certified["places_that_held_data"], 1);
        assert_eq!(levels, [Level::Good]);
        let (certified, levels) = purge_by(|_| {});
        assert!(certified.unwrap_err().contains("1 of 1 places are as they were"));
        assert!(levels.is_empty());
    }
}
