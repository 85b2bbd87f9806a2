//! What is in the machine, read from the kernel's files below a root that tests can choose.

pub mod abilities;
pub mod disks;
mod files;
pub mod memory;
pub mod nics;
pub mod system;

pub use files::Files;

use crate::efi::variables::Variables;
use pitstop_domain::machine::{Arch, Inventory};
use uuid::Uuid;

/// Everything about the machine that this program runs on. What cannot be read (no right, no such hardware) is left
/// empty: half an inventory is better than none.
pub fn collect() -> Inventory {
    from(&Files::at("/"))
}

fn from(files: &Files) -> Inventory {
    let efi = Variables::at(files.path("sys/firmware/efi/efivars"));
    let nics = nics::nics(files);
    let cpu = system::cpu(files);
    Inventory {
        vendor: system::dmi(files, "sys_vendor"),
        model: system::dmi(files, "product_name"),
        serial: system::dmi(files, "product_serial"),
        cpu: cpu.model,
        cores: cpu.cores,
        memory_bytes: memory::installed_bytes(files),
        abilities: abilities::abilities(files, &efi, &nics),
        nics,
        disks: disks::disks(files),
        system: system::name(files),
        kernel: files.text("proc/sys/kernel/osrelease").unwrap_or_default(),
        uefi: files.path("sys/firmware/efi").is_dir(),
        secure_boot: efi.secure_boot(),
        boot_entry: efi.boot_current(),
    }
}

/// SMBIOS type 1 UUID, in the byte order that the kernel shows (it knows of the older one). Root only.
pub fn smbios_uuid() -> Option<Uuid> {
    uuid_of(&Files::at("/").text("sys/class/dmi/id/product_uuid")?)
}

/// All zeros means "none", all ones "not set" (SMBIOS 3.7, section 7.2.1).
fn uuid_of(text: &str) -> Option<Uuid> {
    Uuid::try_parse(text).ok().filter(|uuid| !uuid.is_nil() && !uuid.is_max())
}

/// The instruction set that this program was built for, and so the machine's.
pub const fn arch() -> Arch {
    if cfg!(target_arch = "aarch64") { Arch::Aarch64 } else { Arch::X86_64 }
}

/// The name of the running system.
pub fn hostname() -> String {
    Files::at("/").text("proc/sys/kernel/hostname").unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_uuid_that_says_nothing_is_none() {
        assert_eq!(uuid_of("00000000-0000-0000-0000-000000000000"), None);
        assert_eq!(uuid_of("ffffffff-ffff-ffff-ffff-ffffffffffff"), None);
        assert!(uuid_of("4c4c4544-0042-3510-8054-b4c04f4d4a32").is_some());
    }

    #[test]
    fn an_empty_machine_gives_an_empty_inventory_and_no_panic() {
        let empty = tempfile::tempdir().unwrap();
        let inventory = from(&Files::at(empty.path()));
        assert!(!inventory.uefi && inventory.nics.is_empty() && inventory.disks.is_empty());
    }

    #[test]
    fn a_machine_is_read() {
        let (_folder, files) = files::tests::machine();
        let inventory = from(&files);
        assert_eq!(inventory.vendor, "QEMU");
        assert_eq!(inventory.model, "Standard PC (Q35 + ICH9, 2009)");
        assert_eq!((inventory.cpu.as_str(), inventory.cores), ("Imaginary CPU @ 3 GHz", 2));
        assert_eq!(inventory.system, "Debian GNU/Linux 12 (bookworm)");
        assert_eq!(inventory.nics.len(), 1, "{:?}", inventory.nics);
        assert_eq!(inventory.nics[0].mac.to_string(), "52:54:00:12:34:56");
        assert!(inventory.nics[0].link);
        assert_eq!(inventory.disks.len(), 1, "{:?}", inventory.disks);
        assert_eq!(inventory.disks[0].bytes, 64 << 20);
        assert_eq!(inventory.disks[0].serial, "oak-disk");
        assert_eq!(inventory.memory_bytes, 256 << 20);
    }
}
