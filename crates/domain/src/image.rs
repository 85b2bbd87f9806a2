//! Boot images: something a machine can boot.

use crate::Time;
use crate::digest::Digest;
use crate::machine::{Arch, Firmware, Machine};
use serde::{Deserialize, Serialize};

/// What an image is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ImageKind {
    Maintenance,
    Operational,
}

/// How an image is started.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ImageFormat {
    /// Kernel, initial RAM disks and a command line.
    Linux,
    /// One program for the firmware (memtest86+), one part per firmware.
    Program,
}

/// What a part of an image is to the loader.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PartRole {
    Kernel,
    Initrd,
    BiosProgram,
    EfiProgram,
}

/// One file of an image.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    pub role: PartRole,
    pub file: String,
    pub digest: Digest,
    pub bytes: u64,
}

/// A version of a boot image. `digest` covers name-independent content: the parts and the command line.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ImageVersion {
    pub digest: Digest,
    pub name: String,
    pub version: String,
    pub title: String,
    pub kind: ImageKind,
    pub format: ImageFormat,
    pub arch: Arch,
    pub firmware: Vec<Firmware>,
    pub parts: Vec<Part>,
    pub cmdline: String,
    /// Our agent is in it: it reports, and carries the dead-man timer.
    pub agent: bool,
    pub provenance: serde_json::Value,
    pub created_at: Time,
}

impl ImageVersion {
    /// Bytes that a machine with this firmware fetches.
    pub fn bytes_for(&self, firmware: Firmware) -> u64 {
        self.parts_for(firmware).map(|part| part.bytes).sum()
    }

    /// The parts that a machine with this firmware fetches, in the order it fetches them.
    pub fn parts_for(&self, firmware: Firmware) -> impl Iterator<Item = &Part> {
        let other = match firmware {
            Firmware::Bios => PartRole::EfiProgram,
            Firmware::Uefi => PartRole::BiosProgram,
        };
        self.parts.iter().filter(move |part| part.role != other)
    }

    /// Why this image does not suit the machine, in words; `None` when it does.
    pub fn unsuitable(&self, machine: &Machine) -> Option<String> {
        if self.arch != machine.arch {
            return Some(format!("it is for {}, the machine is {}", self.arch, machine.arch));
        }
        if !self.firmware.contains(&machine.firmware) {
            return Some(format!("it does not start from {}", machine.firmware));
        }
        None
    }
}

/// The version of an image that a machine's own system is started from: the newest of the name that is operational
/// and suits the machine, or why there is none, in words. `images`: newest first, as the catalog lists them.
///
/// # Errors
/// A reason for people, to be read behind the machine's name.
pub fn own_system_of<'a>(
    machine: &Machine,
    name: &str,
    images: &'a [ImageVersion],
) -> Result<&'a ImageVersion, String> {
    let mut why = format!("there is no image `{name}` in the catalog");
    for image in images.iter().filter(|image| image.name == name) {
        if image.kind != ImageKind::Operational {
            why = format!("the image `{name}` is for maintenance, not a system to run");
            continue;
        }
        match image.unsuitable(machine) {
            None => return Ok(image),
            Some(reason) => why = format!("no version of the image `{name}` suits it: {reason}"),
        }
    }
    Err(why)
}
