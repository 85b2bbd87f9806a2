//! What the agent can do to restart this machine.

use super::Files;
use crate::efi::boot_next::choose;
use crate::efi::variables::Variables;
use crate::sys;
use nix::unistd::Uid;
use pitstop_domain::machine::{Abilities, Nic};
use pitstop_domain::net::Mac;

pub fn abilities(files: &Files, efi: &Variables, nics: &[Nic]) -> Abilities {
    let root = Uid::effective().is_root();
    let macs: Vec<Mac> = nics.iter().map(|nic| nic.mac).collect();
    Abilities {
        boot_next: root && choose(&efi.boot_entries(), &macs).is_some(),
        kexec: root
            && files.text("proc/sys/kernel/kexec_load_disabled").as_deref() == Some("0")
            && sys::kexec_permitted(),
        restart: root,
    }
}
