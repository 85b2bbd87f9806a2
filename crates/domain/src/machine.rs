//! Machines and what is known of them.

use crate::Time;
use crate::id::MachineId;
use crate::net::Mac;
use crate::probe::Probe;
use crate::route::Route;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The instruction set a machine boots with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Arch {
    X86_64,
    Aarch64,
}

/// What starts the machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Firmware {
    Bios,
    Uefi,
}

impl std::fmt::Display for Arch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::X86_64 => "x86-64",
            Self::Aarch64 => "arm64",
        })
    }
}

impl std::fmt::Display for Firmware {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Bios => "BIOS",
            Self::Uefi => "UEFI",
        })
    }
}

/// A managed computer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Machine {
    pub id: MachineId,
    pub name: String,
    /// SMBIOS type 1 UUID, in the byte order firmware and Linux show it.
    pub smbios_uuid: Option<Uuid>,
    pub macs: Vec<Mac>,
    pub site: String,
    pub labels: Vec<String>,
    pub arch: Arch,
    pub firmware: Firmware,
    /// An agent was seen in the own system at least once: its return can be proven by heartbeat.
    pub has_agent: bool,
    /// The power ladder: tried from the first to the last.
    pub routes: Vec<Route>,
    /// What shows that its own system is up, where no agent can.
    pub probe: Option<Probe>,
    /// The operational image that is this machine's own system (a diskless machine), by name: it boots the newest
    /// version that suits it. `None`: its own system is on the machine, and at boot it is left in silence.
    #[serde(default)]
    pub own_image: Option<String>,
    pub inventory: Option<Inventory>,
    #[cfg_attr(feature = "schema", schema(value_type = String, format = DateTime))]
    pub created_at: Time,
    pub version: i64,
    #[serde(default)]
    pub desk: Desk,
}

/// Where a machine stands and whose it is, as people keep it. Empty: not known.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct Desk {
    pub room: String,
    /// The number on its sticker.
    pub asset_tag: String,
    /// Who works at it.
    pub used_by: String,
}

impl Machine {
    /// What people recognise the hardware by, as far as the inventory tells.
    pub fn model(&self) -> Option<&str> {
        self.inventory.as_ref().map(|i| i.model.as_str()).filter(|m| !m.is_empty())
    }
}

/// What the agent found in the machine.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct Inventory {
    pub vendor: String,
    pub model: String,
    pub serial: String,
    pub cpu: String,
    pub cores: u32,
    pub memory_bytes: u64,
    pub nics: Vec<Nic>,
    pub disks: Vec<Disk>,
    /// The running system, like "Debian GNU/Linux 12 (bookworm)".
    pub system: String,
    pub kernel: String,
    /// Started by UEFI firmware (efivars are there).
    pub uefi: bool,
    /// UEFI only; `None` where the firmware does not say.
    pub secure_boot: Option<bool>,
    /// UEFI BootCurrent: the number of the boot entry that the running system was started from.
    pub boot_entry: Option<u16>,
    pub abilities: Abilities,
}

/// What the agent can do to restart this machine.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = MachineAbilities))]
#[serde(default)]
pub struct Abilities {
    /// There is a network boot entry that UEFI BootNext can point at.
    pub boot_next: bool,
    /// The kernel has `kexec_file_load` and lets this agent use it.
    pub kexec: bool,
    /// The agent has the right to restart the machine.
    pub restart: bool,
}

/// A network interface card.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Nic {
    pub name: String,
    pub mac: Mac,
    pub link: bool,
    pub addresses: Vec<String>,
}

/// A block device that is a whole disk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Disk {
    pub name: String,
    pub model: String,
    pub serial: String,
    pub bytes: u64,
    pub rotational: bool,
    /// What it, or a part of it, is encrypted with, as far as the agent saw.
    #[serde(default)]
    pub encryption: Option<Encryption>,
}

/// Encryption of disks that is known by its signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Encryption {
    BitLocker,
    Luks,
}

impl std::fmt::Display for Encryption {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::BitLocker => "BitLocker",
            Self::Luks => "LUKS",
        })
    }
}
