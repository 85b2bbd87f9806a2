//! The real machine.

use super::{inventory, kexec, sensors, sys};
use crate::host::{Host, HostError};
use pitstop_domain::id::BootId;
use pitstop_domain::machine::Inventory;
use std::fs::File;
use std::process::Command;
use std::time::Duration;

/// Services and programs have this long to stop (one with unsaved work is not forced to); then Windows has restarted or it will not.
const LEAVES_WITHIN: Duration = Duration::from_secs(300);

const NO_BOOT_NEXT: &str = "the agent for Windows cannot point UEFI BootNext yet: where the boot order has the network first, \
                            it goes there all the same";

/// The machine that this program runs on.
pub struct Machine {
    boot_id: BootId,
}

impl Default for Machine {
    fn default() -> Self {
        Self::new()
    }
}

impl Machine {
    pub fn new() -> Self {
        Self { boot_id: BootId(sensors::boot()) }
    }
}

impl Host for Machine {
    fn boot_id(&self) -> BootId {
        self.boot_id.clone()
    }

    fn uptime_s(&self) -> u64 {
        sys::uptime_ms() / 1000
    }

    fn inventory(&self) -> Inventory {
        inventory::collect()
    }

    fn boot_network_once(&self) -> Result<String, HostError> {
        Err(HostError(NO_BOOT_NEXT.to_owned()))
    }

    fn boot_entry_once(&self, _number: u16) -> Result<String, HostError> {
        Err(HostError(NO_BOOT_NEXT.to_owned()))
    }

    fn forget_boot_next(&self) {}

    fn load_kernel(&self, _kernel: &File, _initrd: &File, _cmdline: &str) -> Result<(), HostError> {
        Err(HostError(kexec::WHY.to_owned()))
    }

    fn unload_kernel(&self) {}

    /// By Windows' own program, which stops services in order, and says on the screen why.
    fn restart(&self) -> Result<(), HostError> {
        let why = "Pitstop was asked to restart this machine.";
        let asked = Command::new("shutdown").args(["/r", "/t", "0", "/d", "p:0:0", "/c", why]).status();
        match asked {
            Ok(status) if status.success() => {
                std::thread::sleep(LEAVES_WITHIN);
                let s = LEAVES_WITHIN.as_secs();
                // A program with unsaved work may hold it. What the server takes for refused must not happen later.
                let _ = Command::new("shutdown").arg("/a").status();
                Err(HostError(format!("Windows did not restart within {s} s, and was told to leave it")))
            }
            Ok(status) => Err(HostError(format!("shutdown /r ended with {status}; is the agent a service?"))),
            Err(error) => Err(HostError(format!("shutdown /r cannot be started: {error}"))),
        }
    }

    fn start_loaded(&self) -> Result<(), HostError> {
        Err(HostError(kexec::WHY.to_owned()))
    }
}
