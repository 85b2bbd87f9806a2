//! What is installed for test boots.

use pitstop_domain::machine::Firmware;
use std::path::{Path, PathBuf};

/// Beside the virtual machine the server and its database need some.
const RESERVE_MIB: u64 = 512;
/// Others write there too; and OVMF's variables and a picture are a MiB.
const SPARE_MIB: u64 = 64;

/// What holds a virtual machine back.
const HOLDS: [&str; 3] = ["setpriv", "prlimit", "choom"];

/// OVMF: code, and the variables that a machine begins with; where distributions put them.
const OVMF: [(&str, &str); 4] = [
    ("/usr/share/OVMF/OVMF_CODE_4M.fd", "/usr/share/OVMF/OVMF_VARS_4M.fd"),
    ("/usr/share/OVMF/OVMF_CODE.fd", "/usr/share/OVMF/OVMF_VARS.fd"),
    ("/usr/share/edk2/x64/OVMF_CODE.4m.fd", "/usr/share/edk2/x64/OVMF_VARS.4m.fd"),
    ("/usr/share/edk2/ovmf/OVMF_CODE.fd", "/usr/share/edk2/ovmf/OVMF_VARS.fd"),
];

/// Programs that start virtual machines.
#[derive(Clone, Debug)]
pub struct Tools {
    /// QEMU for x86-64.
    pub qemu: PathBuf,
    /// OVMF's code and variables; `None`: not installed.
    pub ovmf: Option<(PathBuf, PathBuf)>,
}

impl Default for Tools {
    fn default() -> Self {
        let ovmf = OVMF.iter().find(|(code, vars)| Path::new(code).exists() && Path::new(vars).exists());
        Self {
            qemu: "qemu-system-x86_64".into(),
            ovmf: ovmf.map(|(code, vars)| (PathBuf::from(code), PathBuf::from(vars))),
        }
    }
}

impl Tools {
    pub(super) fn missing(&self, firmware: Firmware) -> Option<String> {
        let missing = |what: &str, package: &str| {
            Some(format!(
                "{what} is not installed on this server, so no image can be tried out here: install the package `{package}`"
            ))
        };
        if find(&self.qemu).is_none() {
            return missing("QEMU", "qemu-system-x86");
        }
        if HOLDS.iter().any(|program| find(Path::new(program)).is_none()) {
            return missing("One of setpriv, prlimit and choom", "util-linux");
        }
        if firmware == Firmware::Uefi && self.ovmf.is_none() {
            return Some(
                "OVMF, the firmware of virtual machines with UEFI, is not installed on this server: install the package \
                 `ovmf`"
                    .to_owned(),
            );
        }
        None
    }
}

/// A program by its name on `PATH`, or by its path.
fn find(program: &Path) -> Option<PathBuf> {
    if program.is_absolute() {
        return program.exists().then(|| program.to_owned());
    }
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(program)).find(|path| path.exists())
}

/// A virtual machine must not take what the server needs.
///
/// # Errors
/// In words.
pub(super) fn check_memory(mib: u64) -> Result<(), String> {
    let Some(free) = free_mib() else { return Ok(()) };
    if free >= mib + RESERVE_MIB {
        return Ok(());
    }
    Err(format!(
        "this server has {free} MiB of memory to spare, and to start this image takes {mib} MiB and {RESERVE_MIB} MiB for \
         the server itself: try it when less runs here, or on a server with more"
    ))
}

/// What is started is copied for it, to where the system keeps what is temporary.
///
/// # Errors
/// In words.
pub(super) fn check_room(bytes: u64) -> Result<(), String> {
    let folder = std::env::temp_dir();
    // A disk that does not say how full it is says so when it is written to.
    let Ok(disk) = nix::sys::statvfs::statvfs(&folder) else { return Ok(()) };
    let free = disk.blocks_available().saturating_mul(disk.fragment_size()) >> 20;
    let needed = (bytes >> 20) + SPARE_MIB;
    if needed <= free {
        return Ok(());
    }
    Err(format!(
        "a copy of this image for the test takes {needed} MiB in {}, and {free} MiB are free there: make room",
        folder.display()
    ))
}

fn free_mib() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/meminfo").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    line.split_whitespace().next()?.parse::<u64>().ok().map(|kib| kib / 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_is_said_with_what_to_install() {
        let none = Tools { qemu: "/nowhere/qemu".into(), ovmf: None };
        assert!(none.missing(Firmware::Bios).is_some_and(|why| why.contains("qemu-system-x86")));
        let bios_only = Tools { qemu: "/bin/sh".into(), ovmf: None };
        assert_eq!(bios_only.missing(Firmware::Bios), None);
        assert!(bios_only.missing(Firmware::Uefi).is_some_and(|why| why.contains("`ovmf`")));
    }

    #[test]
    fn more_memory_than_there_is_is_refused() {
        assert!(check_memory(1 << 30).unwrap_err().contains("MiB of memory to spare"));
        assert!(check_room(1 << 60).unwrap_err().contains("make room"));
    }
}
