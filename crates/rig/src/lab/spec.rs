//! What is asked for: the lab and its machines.

use std::{fmt, path::PathBuf, str::FromStr};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// A lab: where it keeps its files, and the agent its machines run.
#[derive(Debug, Clone)]
pub struct LabConfig {
    /// Disks, serial logs and captures; made when missing.
    pub dir: PathBuf,
    /// Debian packages and base disks, shared by labs.
    pub cache: PathBuf,
    /// Our agent, a static program, for the machines that are to have one.
    pub agent: Option<PathBuf>,
}

/// How a machine starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Firmware {
    /// `SeaBIOS` with an iPXE ROM on the network card.
    Bios,
    /// OVMF with its own PXE stack.
    #[serde(rename = "uefi")]
    UefiPxe,
    /// OVMF with UEFI HTTP Boot.
    UefiHttp,
}

impl fmt::Display for Firmware {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Bios => "bios",
            Self::UefiPxe => "uefi",
            Self::UefiHttp => "uefi-http",
        })
    }
}

impl FromStr for Firmware {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "bios" => Ok(Self::Bios),
            "uefi" => Ok(Self::UefiPxe),
            "uefi-http" => Ok(Self::UefiHttp),
            other => anyhow::bail!("there is no firmware {other}: use bios, uefi or uefi-http"),
        }
    }
}

/// What a machine tries first when it starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum BootOrder {
    /// Network, then disk: the server decides at each start, without the agent's help. Silence
    /// costs a UEFI machine a minute at each start, as its firmware asks four times.
    #[default]
    NetworkFirst,
    /// Disk, then network: starts its own system at once, and comes to the network only when
    /// it is sent there (UEFI `BootNext`, kexec, a management controller).
    DiskFirst,
}

/// What the agent of a machine's own system is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgentConfig {
    /// The server's address, as `http://10.77.0.2:8080`.
    pub server: String,
    /// The key with which a new machine introduces itself.
    pub enrol: String,
}

impl AgentConfig {
    /// The agent's configuration file.
    pub(crate) fn to_json(&self) -> String {
        // Three times as often as elsewhere: a test need not wait for minutes.
        serde_json::json!({
            "server": self.server, "enrol": self.enrol, "state": "/var/lib/pitstop", "measure_s": 20,
        })
        .to_string()
    }
}

/// A kernel started without the firmware's help, to try an image by itself. When it restarts
/// the machine, the machine goes off.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DirectBoot {
    pub kernel: PathBuf,
    pub initrd: PathBuf,
    pub command_line: String,
}

/// A disk beside the machine's own, made by whoever asks for the machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExtraDisk {
    /// A raw image.
    pub image: PathBuf,
    /// Sectors of 512 bytes that cannot be read; each attempt fails as it does on a worn disk.
    pub bad_sectors: Vec<u64>,
    pub bus: DiskBus,
}

/// What a disk is to the machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DiskBus {
    /// As `/dev/vdb`.
    Virtio,
    /// As `/dev/nvme0n1`, with the commands that QEMU has for it: *Format* is one, *Sanitize* is none.
    Nvme,
}

/// One machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MachineSpec {
    /// Its host name and the name of its files.
    pub name: String,
    pub firmware: Firmware,
    pub boot_order: BootOrder,
    pub memory_mib: u32,
    /// Without one its own system has to come over the network.
    pub disk: bool,
    /// `/dev/vdb` and on.
    pub more_disks: Vec<ExtraDisk>,
    /// No agent gives a machine that cannot tell how it does.
    pub agent: Option<AgentConfig>,
    pub mac: [u8; 6],
    pub uuid: Uuid,
}

impl MachineSpec {
    /// A machine with an identity that follows from its name, so that it is the same machine
    /// to the server when the lab is set up again.
    #[must_use]
    pub fn new(name: &str, firmware: Firmware) -> Self {
        let digest = Sha256::digest(format!("pitstop lab machine {name}"));
        // 52:54:00 is the locally administered prefix QEMU uses.
        let mac = [0x52, 0x54, 0x00, digest[16], digest[17], digest[18]];
        let mut id = [0; 16];
        id.copy_from_slice(&digest[..16]);
        let uuid = uuid::Builder::from_custom_bytes(id).into_uuid();
        // OVMF does not start reliably below 256 MiB; SeaBIOS machines only need room for the image.
        let memory_mib = if firmware == Firmware::Bios { 192 } else { 256 };
        let boot_order = BootOrder::default();
        Self {
            name: name.to_owned(),
            firmware,
            boot_order,
            memory_mib,
            disk: true,
            more_disks: vec![],
            agent: None,
            mac,
            uuid,
        }
    }

    #[must_use]
    pub fn with_agent(mut self, agent: AgentConfig) -> Self {
        self.agent = Some(agent);
        self
    }

    /// A machine without a disk. Its own system brings its agent, and its memory holds the whole system.
    #[must_use]
    pub fn diskless(self) -> Self {
        Self { disk: false, agent: None, memory_mib: self.memory_mib + 64, ..self }
    }

    /// The MAC address as `52:54:00:aa:bb:cc`.
    #[must_use]
    pub fn mac_text(&self) -> String {
        self.mac.map(|byte| format!("{byte:02x}")).join(":")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identity_follows_from_the_name() {
        let oak = MachineSpec::new("oak", Firmware::Bios);
        assert_eq!(oak, MachineSpec::new("oak", Firmware::Bios));
        let elm = MachineSpec::new("elm", Firmware::Bios);
        assert_ne!((oak.mac, oak.uuid), (elm.mac, elm.uuid));
        assert!(oak.mac_text().starts_with("52:54:00:"));
    }

    #[test]
    fn firmware_is_read_as_it_is_written() {
        for firmware in [Firmware::Bios, Firmware::UefiPxe, Firmware::UefiHttp] {
            assert_eq!(firmware.to_string().parse::<Firmware>().unwrap(), firmware);
            assert_eq!(serde_json::to_value(firmware).unwrap(), firmware.to_string());
        }
    }
}
