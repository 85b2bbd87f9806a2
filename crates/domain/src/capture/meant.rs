//! Which disk is meant by a name like `/dev/sda`. Names are given anew at each start, and not the same in each system: what
//! people read on a page was said by the machine's own system, and what is written to is found by the maintenance image.

use crate::machine::Disk;
use serde::{Deserialize, Serialize};

/// A disk as it was known when somebody asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = DiskMeant))]
pub struct Meant {
    #[serde(default)]
    pub model: String,
    /// Empty: it says none.
    #[serde(default)]
    pub serial: String,
    pub bytes: u64,
}

impl Meant {
    /// The disk of this name among those that are known; `None`: nothing is known about it.
    pub fn by_name(device: &str, known: &[Disk]) -> Option<Self> {
        let disk = known.iter().find(|disk| is_named(disk, device))?;
        Some(Self { model: disk.model.clone(), serial: disk.serial.clone(), bytes: disk.bytes })
    }

    /// Whether this can be it, as far as both say who they are. Disks of one size are made by many.
    fn is(&self, disk: &Disk) -> bool {
        let same = |one: &str, other: &str| one.is_empty() || other.is_empty() || one.trim() == other.trim();
        same(&self.serial, &disk.serial) && same(&self.model, &disk.model) && self.bytes == disk.bytes
    }

    fn words(&self) -> String {
        about(&self.model, &self.serial, self.bytes)
    }
}

fn is_named(disk: &Disk, device: &str) -> bool {
    device.strip_prefix("/dev/") == Some(&disk.name)
}

fn about(model: &str, serial: &str, bytes: u64) -> String {
    let serial = if serial.is_empty() { String::new() } else { format!("serial number {serial}") };
    let bytes = format!("{bytes} bytes");
    let words: Vec<_> = [model, &serial, &bytes].into_iter().filter(|word| !word.is_empty()).collect();
    words.join(", ")
}

/// The one disk of those that are here that is meant by a name like `/dev/sda`, or a serial number.
///
/// # Errors
/// There is none, there are several, or it is another one than was meant, in words.
pub fn chosen(device: &str, meant: Option<&Meant>, here: &[Disk]) -> Result<Disk, String> {
    if let Some(disk) = here.iter().find(|disk| is_named(disk, device)) {
        return match meant {
            Some(meant) if !meant.is(disk) => Err(another(device, meant, disk, here)),
            _ => Ok(disk.clone()),
        };
    }
    let mut found = here.iter().filter(|disk| disk.serial == device && !device.is_empty());
    match (found.next(), found.next()) {
        (Some(disk), None) => Ok(disk.clone()),
        (Some(_), Some(_)) => Err(format!("several disks have the serial number {device}")),
        (None, _) => Err(format!("there is no disk {device}")),
    }
}

fn another(device: &str, meant: &Meant, disk: &Disk, here: &[Disk]) -> String {
    let place = match here.iter().find(|other| !meant.serial.is_empty() && other.serial == meant.serial) {
        Some(place) => format!("it is /dev/{} here; name it by its serial number", place.name),
        None => "it is not here; name the one to write to by its serial number".to_owned(),
    };
    format!(
        "{device} is another disk in maintenance ({}) than the one that was known by this name when it was asked for ({}): {place}",
        about(&disk.model, &disk.serial, disk.bytes),
        meant.words()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn disk(name: &str, serial: &str, bytes: u64) -> Disk {
        let (name, serial, model) = (name.to_owned(), serial.to_owned(), "Acme".to_owned());
        Disk { name, model, serial, bytes, rotational: false, encryption: None }
    }

    #[test]
    fn a_name_that_means_another_disk_here_is_refused_and_a_serial_number_is_not() {
        let known = [disk("sda", "A1", 100), disk("sdb", "B2", 200)];
        let meant = Meant::by_name("/dev/sda", &known).unwrap();
        assert_eq!(chosen("/dev/sda", Some(&meant), &known).unwrap().serial, "A1");
        let turned = [disk("sda", "B2", 200), disk("sdb", "A1", 100)];
        let why = chosen("/dev/sda", Some(&meant), &turned).unwrap_err();
        assert!(why.contains("serial number B2") && why.contains("it is /dev/sdb here"), "{why}");
        assert_eq!(chosen("A1", None, &turned).unwrap().name, "sdb");
        assert!(chosen("/dev/sda", Some(&meant), &turned[..1]).unwrap_err().contains("is not here"));
        assert!(chosen("/dev/sdc", None, &turned).unwrap_err().contains("there is no disk"));
        assert!(chosen("", None, &[disk("sda", "", 1)]).is_err());
        let twins = [disk("sda", "A1", 100), disk("sdb", "A1", 100)];
        assert!(chosen("A1", None, &twins).unwrap_err().contains("several"));
    }

    #[test]
    fn where_a_disk_says_no_serial_number_its_size_and_model_count_and_what_is_not_known_hinders_nothing() {
        let meant = Meant::by_name("/dev/vda", &[disk("vda", "", 100)]).unwrap();
        assert!(chosen("/dev/vda", Some(&meant), &[disk("vda", "A1", 100)]).is_ok());
        assert!(chosen("/dev/vda", Some(&meant), &[disk("vda", "", 101)]).is_err());
        let of_another_make = Disk { model: "Other".to_owned(), ..disk("vda", "", 100) };
        assert!(chosen("/dev/vda", Some(&meant), &[of_another_make]).is_err());
        assert_eq!(Meant::by_name("/dev/vdb", &[disk("vda", "", 100)]), None);
        assert!(chosen("/dev/vda", None, &[disk("vda", "", 101)]).is_ok());
    }
}
