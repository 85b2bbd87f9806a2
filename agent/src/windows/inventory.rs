//! What is in the machine, as far as Windows says it without being asked by WMI. Disks are not listed yet.

use super::smbios::Smbios;
use super::{registry, smbios, sys};
use pitstop_domain::machine::{Abilities, Arch, Inventory};
use uuid::Uuid;

const PROCESSOR: &str = "HARDWARE\\DESCRIPTION\\System\\CentralProcessor\\0";
const WINDOWS: &str = "SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion";
const CONTROL: &str = "SYSTEM\\CurrentControlSet\\Control";
/// `FirmwareTypeUefi` of winnt.h.
const UEFI: u32 = 2;
const SECURE_BOOT: &str = "SYSTEM\\CurrentControlSet\\Control\\SecureBoot\\State";

/// Everything about the machine that this program runs on. What cannot be read is left empty.
pub fn collect() -> Inventory {
    let Smbios { vendor, model, serial, .. } = firmware();
    let uefi = registry::number(CONTROL, "PEFirmwareType") == Some(UEFI);
    Inventory {
        vendor,
        model,
        serial,
        cpu: registry::text(PROCESSOR, "ProcessorNameString"),
        cores: sys::cores(),
        memory_bytes: sys::installed_bytes(),
        nics: sys::nics(),
        disks: vec![],
        system: system(),
        kernel: registry::text(WINDOWS, "CurrentBuildNumber"),
        uefi,
        secure_boot: if uefi {
            registry::number(SECURE_BOOT, "UEFISecureBootEnabled").map(|on| on == 1)
        } else {
            None
        },
        boot_entry: None,
        // BootNext and kernels: see `machine`. That it may restart the machine shows when it is asked to.
        abilities: Abilities { boot_next: false, kexec: false, restart: true },
    }
}

/// `Windows 10 Pro 22H2`
fn system() -> String {
    let parts = ["ProductName", "DisplayVersion"].map(|name| registry::text(WINDOWS, name));
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
}

fn firmware() -> Smbios {
    smbios::parse(&sys::smbios_table())
}

/// SMBIOS type 1 UUID.
pub fn smbios_uuid() -> Option<Uuid> {
    firmware().uuid
}

/// The instruction set that this program was built for, and so the machine's.
pub const fn arch() -> Arch {
    if cfg!(target_arch = "aarch64") { Arch::Aarch64 } else { Arch::X86_64 }
}

/// The name of the running system.
pub fn hostname() -> String {
    sys::hostname()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_machine_has_a_name_a_processor_and_memory() {
        let found = collect();
        assert!(!hostname().is_empty());
        assert!(found.cores > 0 && found.memory_bytes > 64 << 20, "{found:?}");
        assert!(!found.cpu.is_empty() && !found.system.is_empty(), "{found:?}");
        assert!(!found.abilities.kexec && !found.abilities.boot_next);
    }
}
