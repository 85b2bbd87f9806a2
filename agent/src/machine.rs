//! The real machine.

use crate::asking::Asker;
use crate::asking::desk::Desk;
use crate::console::say;
use crate::efi::variables::Variables;
use crate::host::{Host, HostError};
use crate::inventory::{self, Files};
use crate::{kexec, presence, sys};
use nix::sys::reboot::{RebootMode, reboot};
use pitstop_domain::id::BootId;
use pitstop_domain::machine::Inventory;
use pitstop_domain::net::Mac;
use pitstop_domain::presence::Presence;
use std::ffi::CString;
use std::fs::File;
use std::path::Path;
use std::process::Command;
use std::sync::{Arc, mpsc};
use std::time::Duration;

/// A disk that does not take its data within this time will not: restarting is what was asked for.
const SYNC: Duration = Duration::from_secs(60);
/// systemd gives each service 90 s to stop, and there are chains of them.
const SYSTEMD: Duration = Duration::from_secs(300);

/// The machine that this program runs on.
pub struct Machine {
    files: Files,
    boot_id: BootId,
    efi: Variables,
}

impl Default for Machine {
    fn default() -> Self {
        Self::new()
    }
}

impl Machine {
    pub fn new() -> Self {
        let files = Files::at("/");
        let boot_id = BootId(files.text("proc/sys/kernel/random/boot_id").unwrap_or_default());
        Self { efi: Variables::at(files.path("sys/firmware/efi/efivars")), files, boot_id }
    }

    fn macs(&self) -> Vec<Mac> {
        let mut nics = inventory::nics::nics(&self.files);
        nics.sort_by_key(|nic| !nic.link);
        nics.iter().map(|nic| nic.mac).collect()
    }
}

impl Host for Machine {
    fn boot_id(&self) -> BootId {
        self.boot_id.clone()
    }

    fn uptime_s(&self) -> u64 {
        let uptime = self.files.text("proc/uptime").unwrap_or_default();
        uptime.split('.').next().and_then(|seconds| seconds.parse().ok()).unwrap_or(0)
    }

    fn inventory(&self) -> Inventory {
        inventory::collect()
    }

    fn presence(&self) -> Presence {
        Presence { asks: Desk::new().can_ask(), ..presence::presence(&self.files) }
    }

    fn asker(&self) -> Option<Arc<dyn Asker>> {
        Some(Arc::new(Desk::new()))
    }

    fn in_use(&self) -> Option<String> {
        presence::in_use(&self.files)
    }

    fn boot_network_once(&self) -> Result<String, HostError> {
        self.efi.boot_network_once(&self.macs())
    }

    fn boot_entry_once(&self, number: u16) -> Result<String, HostError> {
        self.efi.boot_entry_once(number, &self.macs())
    }

    fn forget_boot_next(&self) {
        self.efi.forget_boot_next();
    }

    fn load_kernel(&self, kernel: &File, initrd: &File, cmdline: &str) -> Result<(), HostError> {
        let cmdline = CString::new(cmdline)
            .map_err(|_| HostError("the kernel's command line has a NUL in it".to_owned()))?;
        sys::kexec_load(kernel, initrd, &cmdline).map_err(|error| {
            let lockdown = inventory::system::lockdown(&self.files);
            kexec::load_error(error, lockdown.as_deref(), self.efi.secure_boot())
        })
    }

    fn unload_kernel(&self) {
        let _ = sys::kexec_unload();
    }

    fn restart(&self) -> Result<(), HostError> {
        leave("reboot", RebootMode::RB_AUTOBOOT)
    }

    /// Through systemd or not at all: a machine whose services do not stop in order stays on.
    fn shut_down(&self) -> Result<(), HostError> {
        let asked = Command::new("systemctl").args(["--no-block", "poweroff"]).status();
        match asked {
            Ok(status) if status.success() => {
                std::thread::sleep(SYSTEMD);
                Err(HostError(format!("systemd did not shut it down within {} s", SYSTEMD.as_secs())))
            }
            Ok(status) => Err(HostError(format!("systemctl poweroff ended with {status}"))),
            Err(error) => Err(HostError(format!("systemctl poweroff cannot be started: {error}"))),
        }
    }

    fn start_loaded(&self) -> Result<(), HostError> {
        leave("kexec", RebootMode::RB_KEXEC)
    }
}

/// Restarts through systemd where it runs, so that services stop in order; else, or when that comes to nothing, at once.
fn leave(verb: &str, mode: RebootMode) -> Result<(), HostError> {
    if Path::new("/run/systemd/system").is_dir() {
        match Command::new("systemctl").args(["--no-block", verb]).status() {
            Ok(status) if status.success() => {
                std::thread::sleep(SYSTEMD);
                say(format_args!(
                    "systemd did not {verb} within {} s; doing it without systemd",
                    SYSTEMD.as_secs()
                ));
            }
            Ok(status) => say(format_args!("systemctl {verb} ended with {status}; doing it without systemd")),
            Err(error) => {
                say(format_args!("systemctl {verb} cannot be started: {error}; doing it without systemd"))
            }
        }
    }
    sync_within(SYNC);
    let Err(error) = reboot(mode);
    if mode == RebootMode::RB_AUTOBOOT && std::fs::write("/proc/sysrq-trigger", "b").is_ok() {
        return Ok(());
    }
    Err(HostError(format!("the restart failed: {error}; is the agent root?")))
}

/// Writes what is not yet on the disks, but does not wait for a disk that hangs.
pub fn sync_within(limit: Duration) {
    let (done, wait) = mpsc::channel();
    let spawned = std::thread::Builder::new().name("sync".to_owned()).spawn(move || {
        nix::unistd::sync();
        let _ = done.send(());
    });
    if spawned.is_ok() {
        let _ = wait.recv_timeout(limit);
    }
}
