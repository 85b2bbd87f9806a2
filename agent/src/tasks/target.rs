//! The one disk that a task may write to: which it is, and that it may. Asked before anything of it is changed.

use super::in_use;
use pitstop_domain::capture::meant::{self, Meant};
use pitstop_domain::machine::Disk;

/// The one disk that is meant, and only with the machine's name. `asked`: as it was named, and as it was known then.
///
/// # Errors
/// Another name, no such disk, another disk under its name, or one that is in use, in words.
pub fn permitted(
    confirm: &str,
    (device, meant): (&str, Option<&Meant>),
    machine: &str,
    here: &[Disk],
) -> Result<Disk, String> {
    if machine.is_empty() || confirm != machine {
        return Err(format!("`{confirm}` is not this machine's name"));
    }
    let disk = meant::chosen(device, meant, here)?;
    in_use::free(&format!("/dev/{}", disk.name))?;
    Ok(disk)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn disk(name: &str, serial: &str) -> Disk {
        let (name, serial, model) = (name.to_owned(), serial.to_owned(), String::new());
        Disk { name, model, serial, bytes: 7, rotational: false, encryption: None }
    }

    #[test]
    fn nothing_is_written_without_the_machines_name_and_to_no_other_disk_than_was_meant() {
        let here = [disk("no-such-a", "B2"), disk("no-such-b", "A1")];
        for confirm in ["", "oak2", "Oak"] {
            let why = permitted(confirm, ("/dev/no-such-a", None), "oak", &here).unwrap_err();
            assert!(why.contains("not this machine's name"), "{why}");
        }
        assert!(permitted("", ("/dev/no-such-a", None), "", &here).is_err());
        assert!(
            permitted("oak", ("/dev/no-such-c", None), "oak", &here)
                .unwrap_err()
                .contains("there is no disk")
        );
        let meant = Meant::by_name("/dev/no-such-a", &[disk("no-such-a", "A1")]).unwrap();
        let why = permitted("oak", ("/dev/no-such-a", Some(&meant)), "oak", &here).unwrap_err();
        assert!(why.contains("it is /dev/no-such-b here"), "{why}");
        let named = |device| permitted("oak", (device, Some(&meant)), "oak", &here);
        assert_eq!(named("/dev/no-such-b").unwrap().serial, "A1");
        assert_eq!(permitted("oak", ("A1", None), "oak", &here).unwrap().name, "no-such-b");
    }
}
