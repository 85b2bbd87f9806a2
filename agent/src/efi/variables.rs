//! The variables as files: efivarfs (Linux, Documentation/filesystems/efivarfs.rst).

use super::boot_next::choose;
use super::load_option::{self, LoadOption};
use crate::host::HostError;
use crate::sys;
use pitstop_domain::net::Mac;
use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

/// `EFI_GLOBAL_VARIABLE`.
const GLOBAL: &str = "8be4df61-93ca-11d2-aa0d-00e098032b8c";
/// Non-volatile, visible to boot services and at run time: what BootNext must be (UEFI 2.10, section 3.3).
const ATTRIBUTES: u32 = 7;

/// The folder of variables, `/sys/firmware/efi/efivars`.
pub struct Variables {
    folder: PathBuf,
}

impl Variables {
    pub fn at(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into() }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.join(format!("{name}-{GLOBAL}"))
    }

    /// The content without the four bytes of attributes; `None` when there is no such variable.
    pub fn read(&self, name: &str) -> Option<Vec<u8>> {
        std::fs::read(self.path(name)).ok()?.get(4..).map(<[u8]>::to_vec)
    }

    /// All boot entries that can be read, by number.
    pub fn boot_entries(&self) -> Vec<(u16, LoadOption)> {
        let files = std::fs::read_dir(&self.folder).into_iter().flatten().flatten();
        let numbers = files.filter_map(|file| number_of(&file.file_name().to_string_lossy()));
        let mut entries: Vec<_> = numbers
            .filter_map(|number| {
                Some((number, load_option::parse(&self.read(&format!("Boot{number:04X}"))?)?))
            })
            .collect();
        entries.sort_by_key(|(number, _)| *number);
        entries
    }

    /// Is Secure Boot on? `None` where the firmware does not say.
    pub fn secure_boot(&self) -> Option<bool> {
        self.read("SecureBoot")?.first().map(|value| *value == 1)
    }

    /// The number of the entry that the running system was started from (UEFI 2.10, section 3.3).
    pub fn boot_current(&self) -> Option<u16> {
        let value = self.read("BootCurrent")?;
        Some(u16::from_le_bytes([*value.first()?, *value.get(1)?]))
    }

    /// Points BootNext at the entry that the own system was started from and reads it back. An entry that leads
    /// to the network is refused: it would not lead home.
    pub fn boot_entry_once(&self, number: u16, macs: &[Mac]) -> Result<String, HostError> {
        self.there()?;
        let entries = self.boot_entries();
        let Some((_, entry)) = entries.iter().find(|(found, _)| *found == number) else {
            return Err(HostError(format!("there is no UEFI boot entry Boot{number:04X}")));
        };
        if choose(std::slice::from_ref(&(number, entry.clone())), macs).is_some() {
            return Err(HostError(format!("Boot{number:04X} leads to the network")));
        }
        self.point_boot_next(number, &entry.description)
    }

    /// Points BootNext at this machine's network entry and reads it back.
    pub fn boot_network_once(&self, macs: &[Mac]) -> Result<String, HostError> {
        self.there()?;
        let entries = self.boot_entries();
        let (number, entry) = choose(&entries, macs).ok_or_else(|| {
            HostError(format!(
                "none of the {} UEFI boot entries is IPv4 network boot of this machine",
                entries.len()
            ))
        })?;
        self.point_boot_next(*number, &entry.description)
    }

    /// # Errors
    /// Why there are no variables here.
    pub fn there(&self) -> Result<(), HostError> {
        if self.folder.is_dir() {
            return Ok(());
        }
        let uefi = self.folder.parent().is_some_and(Path::is_dir);
        let why = if uefi { "efivarfs is not mounted" } else { "started by BIOS, whose boot order decides" };
        Err(HostError(why.to_owned()))
    }

    fn point_boot_next(&self, number: u16, description: &str) -> Result<String, HostError> {
        self.write("BootNext", &number.to_le_bytes())
            .map_err(|error| HostError(format!("BootNext cannot be written: {error}")))?;
        match self.read("BootNext") {
            Some(value) if value == number.to_le_bytes() => {
                Ok(format!("BootNext set to Boot{number:04X} ({description})"))
            }
            _ => Err(HostError("BootNext was written, but the firmware did not keep it".to_owned())),
        }
    }

    /// Takes BootNext away. Failing is harmless: the next restart asks the network first, and is told to go on.
    pub fn forget_boot_next(&self) {
        let path = self.path("BootNext");
        unlock(&path);
        let _ = std::fs::remove_file(path);
    }

    /// The order in which entries are tried.
    pub fn boot_order(&self) -> Vec<u16> {
        let value = self.read("BootOrder").unwrap_or_default();
        value.chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]])).collect()
    }

    /// Writes the order, and reads it back.
    ///
    /// # Errors
    /// The firmware does not take or keep it.
    pub fn set_boot_order(&self, order: &[u16]) -> Result<(), HostError> {
        let value: Vec<u8> = order.iter().flat_map(|number| number.to_le_bytes()).collect();
        self.write_and_look("BootOrder", &value)
    }

    /// Writes a new entry under the first number that is free, and reads it back.
    ///
    /// # Errors
    /// The firmware does not take or keep it; none is free.
    pub fn add_boot_entry(&self, content: &[u8]) -> Result<u16, HostError> {
        let taken = |number: &u16| self.path(&format!("Boot{number:04X}")).exists();
        let number = (0..=u16::MAX).find(|number| !taken(number));
        let number = number.ok_or_else(|| HostError("no number of a boot entry is free".to_owned()))?;
        self.write_and_look(&format!("Boot{number:04X}"), content)?;
        Ok(number)
    }

    fn write_and_look(&self, name: &str, value: &[u8]) -> Result<(), HostError> {
        self.write(name, value).map_err(|error| HostError(format!("{name} cannot be written: {error}")))?;
        match self.read(name) {
            Some(kept) if kept == value => Ok(()),
            _ => Err(HostError(format!("{name} was written, but the firmware did not keep it"))),
        }
    }

    fn write(&self, name: &str, value: &[u8]) -> std::io::Result<()> {
        let path = self.path(name);
        unlock(&path);
        // One write call: efivarfs hands each to the firmware as a whole variable.
        let content = [&ATTRIBUTES.to_le_bytes(), value].concat();
        OpenOptions::new().write(true).create(true).truncate(false).open(path)?.write_all(&content)
    }
}

/// Linux protects variables it does not know to be harmless; where there is nothing to unlock, nothing is done.
fn unlock(path: &Path) {
    match File::open(path) {
        Ok(file) => drop(sys::make_mutable(&file)),
        Err(error) => debug_assert!(error.kind() != ErrorKind::InvalidInput),
    }
}

fn number_of(file: &str) -> Option<u16> {
    let digits = file.strip_prefix("Boot")?.strip_suffix(GLOBAL)?.strip_suffix('-')?;
    (digits.len() == 4).then(|| u16::from_str_radix(digits, 16).ok())?
}

#[cfg(test)]
mod tests {
    use super::super::load_option::tests::{IPV4, bytes};
    use super::*;

    const MAC: Mac = Mac([0x52, 0x54, 0, 0, 0, 1]);

    fn firmware() -> (tempfile::TempDir, Variables) {
        let folder = tempfile::tempdir().unwrap();
        let variables = Variables::at(folder.path());
        variables.write("Boot0000", &bytes("debian", None, &[])).unwrap();
        variables.write("Boot001A", &bytes("UEFI PXEv4", Some(MAC), &[IPV4])).unwrap();
        variables.write("BootOrder", &[0, 0, 0x1a, 0]).unwrap();
        variables.write("SecureBoot", &[1]).unwrap();
        (folder, variables)
    }

    #[test]
    fn boot_next_is_written_with_its_attributes_and_read_back() {
        let (folder, variables) = firmware();
        assert_eq!(variables.boot_network_once(&[MAC]).unwrap(), "BootNext set to Boot001A (UEFI PXEv4)");
        let content = std::fs::read(folder.path().join(format!("BootNext-{GLOBAL}"))).unwrap();
        assert_eq!(content, [7, 0, 0, 0, 0x1a, 0]);
        variables.forget_boot_next();
        assert_eq!(variables.read("BootNext"), None);
    }

    #[test]
    fn the_way_home_is_the_entry_the_own_system_was_started_from_and_never_the_network() {
        let (_folder, variables) = firmware();
        variables.write("BootCurrent", &[0, 0]).unwrap();
        let home = variables.boot_current().unwrap();
        assert_eq!(variables.boot_entry_once(home, &[MAC]).unwrap(), "BootNext set to Boot0000 (debian)");
        assert!(variables.boot_entry_once(0x1a, &[MAC]).unwrap_err().0.contains("leads to the network"));
        assert!(variables.boot_entry_once(7, &[MAC]).unwrap_err().0.contains("no UEFI boot entry Boot0007"));
    }

    #[test]
    fn a_machine_without_a_network_entry_says_so() {
        let (_folder, variables) = firmware();
        let error = variables.boot_network_once(&[Mac([9; 6])]).unwrap_err();
        assert!(error.0.contains("none of the 2 UEFI boot entries"), "{error}");
    }

    #[test]
    fn a_bios_machine_has_no_variables() {
        let error = Variables::at("/nonexistent/efivars").boot_network_once(&[MAC]).unwrap_err();
        assert!(error.0.contains("started by BIOS"), "{error}");
    }

    #[test]
    fn secure_boot_is_what_the_firmware_says() {
        let (_folder, variables) = firmware();
        assert_eq!(variables.secure_boot(), Some(true));
        assert_eq!(Variables::at("/nonexistent").secure_boot(), None);
    }
}
