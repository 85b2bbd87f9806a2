//! The machine that the agent runs on, as far as the agent acts on it.

use crate::asking::Asker;
use pitstop_domain::id::BootId;
use pitstop_domain::machine::Inventory;
use pitstop_domain::presence::Presence;
use std::fs::File;
use std::sync::Arc;

/// What cannot be done on this machine, in words for the job's history.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct HostError(pub String);

/// Reads and restarts the machine. The real one is [`crate::machine::Machine`]; tests bring their own.
pub trait Host: Send + Sync {
    /// Changes with every boot.
    fn boot_id(&self) -> BootId;

    fn uptime_s(&self) -> u64;

    fn inventory(&self) -> Inventory;

    /// Who is at it. Where nobody can tell, nobody is.
    fn presence(&self) -> Presence {
        Presence::default()
    }

    /// Why the machine must not be shut down now, in words; what cannot be looked at is a reason too.
    fn in_use(&self) -> Option<String> {
        Some("this machine cannot tell whether somebody uses it".to_owned())
    }

    /// Puts questions before whoever is at it. Where nobody can, nobody is asked.
    fn asker(&self) -> Option<Arc<dyn Asker>> {
        None
    }

    /// Makes the firmware boot from the network once, where it has an entry for that. Says what was done.
    fn boot_network_once(&self) -> Result<String, HostError>;

    /// Makes the firmware boot from this UEFI entry once. Says what was done.
    fn boot_entry_once(&self, number: u16) -> Result<String, HostError>;

    /// Takes back [`Host::boot_network_once`] and [`Host::boot_entry_once`].
    fn forget_boot_next(&self);

    /// Puts a kernel, its one initrd and its command line in place for [`Host::start_loaded`].
    fn load_kernel(&self, kernel: &File, initrd: &File, cmdline: &str) -> Result<(), HostError>;

    /// Takes back [`Host::load_kernel`].
    fn unload_kernel(&self);

    /// Restarts the machine. When it returns `Ok`, the restart is under way.
    fn restart(&self) -> Result<(), HostError>;

    /// Shuts the machine down. When it returns `Ok`, that is under way.
    fn shut_down(&self) -> Result<(), HostError> {
        Err(HostError("this machine cannot be shut down by its agent".to_owned()))
    }

    /// Starts the loaded kernel. When it returns `Ok`, the restart is under way.
    fn start_loaded(&self) -> Result<(), HostError>;
}
