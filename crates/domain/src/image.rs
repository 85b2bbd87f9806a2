//! Boot images: something a machine can boot.

use crate::Time;
use crate::digest::Digest;
use crate::machine::{Arch, Firmware, Machine};
use crate::selection::select;
use serde::{Deserialize, Serialize};

/// What an image is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ImageKind {
    Maintenance,
    Operational,
}

/// How an image is started.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ImageFormat {
    /// Kernel, initial RAM disks and a command line.
    Linux,
    /// One program for the firmware (memtest86+), one part per firmware.
    Program,
    /// A script of iPXE that loads and starts whatever it likes.
    Script,
    /// Windows, as it installs and repairs itself: wimboot, and the files that it hands over.
    Wim,
}

/// What a part of an image is to the loader.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum PartRole {
    Kernel,
    Initrd,
    BiosProgram,
    EfiProgram,
    Script,
    /// The program that starts a Windows image.
    Wimboot,
    /// What it hands over: BCD, boot.sdi, boot.wim.
    Wim,
    /// No loader looks at it: the system that was started fetches it itself, by an address on its command line.
    File,
}

/// How far a version is trusted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    /// Tried out: taken only where it is asked for.
    Candidate,
    /// Taken for whatever its name stands for.
    #[default]
    Stable,
}

/// Where a version stands in the catalog. People change it; the version itself never changes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = ImageStanding))]
#[serde(default)]
pub struct Standing {
    pub channel: Channel,
    /// Since when it stands there. `None`: since it was made.
    #[cfg_attr(feature = "schema", schema(value_type = Option<String>, format = DateTime))]
    pub since: Option<Time>,
    /// Machines that it is for must have all of these; empty: any.
    pub labels: Vec<String>,
    /// Machines that it is for are one of these models; empty: any.
    pub models: Vec<String>,
    pub notes: String,
    pub trust: Trust,
}

/// Who vouches for a version, and whether somebody must.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = ImageTrust))]
#[serde(default)]
pub struct Trust {
    /// The catalog demands a signature: without one no machine gets it.
    pub demanded: bool,
    /// By keys that are trusted now; the first that came, first.
    pub signatures: Vec<Signature>,
}

/// A signature that was found good, over the version's [statement](crate::statement).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = ImageSignature))]
pub struct Signature {
    /// The key's id, as `minisign` writes it.
    pub key: String,
    /// How the key is called here.
    pub name: String,
    /// What whoever signed wrote beside it; the signature covers it.
    pub comment: String,
    #[cfg_attr(feature = "schema", schema(value_type = String, format = DateTime))]
    pub at: Time,
    pub by: String,
}

impl Trust {
    /// Why no machine may get it, in words; `None`: nothing speaks against it.
    pub fn against(&self) -> Option<String> {
        (self.demanded && self.signatures.is_empty()).then(|| {
            "it has no signature by a key that is trusted here, and this catalog demands one: have it signed, and add \
             the signature on the image's page"
                .to_owned()
        })
    }
}

/// One file of an image.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = ImagePart))]
pub struct Part {
    pub role: PartRole,
    pub file: String,
    pub digest: Digest,
    pub bytes: u64,
}

/// A version of a boot image. `digest` covers name-independent content: the parts and the command line.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
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
    #[cfg_attr(feature = "schema", schema(value_type = String, format = DateTime))]
    pub created_at: Time,
    #[serde(default)]
    pub standing: Standing,
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

    /// The command line with the addresses of the image's own files in it, for systems that fetch more when they run:
    /// `{files}` is their folder, `{file:NAME}` one of them, with what stands behind its name.
    pub fn cmdline_in(&self, folder: &str, query: &str) -> String {
        self.parts.iter().fold(self.cmdline.replace("{files}", folder), |line, part| {
            line.replace(&format!("{{file:{}}}", part.file), &format!("{folder}/{}{query}", part.file))
        })
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

/// The version of an image that a machine's own system is started from: that of the name which is operational and
/// [selected](crate::selection) for the machine, or why there is none, in words.
///
/// # Errors
/// A reason for people, to be read behind the machine's name.
pub fn own_system_of<'a>(
    machine: &Machine,
    name: &str,
    images: &'a [ImageVersion],
) -> Result<&'a ImageVersion, String> {
    let named = || images.iter().filter(|image| image.name == name);
    if named().next().is_none() {
        return Err(format!("there is no image `{name}` in the catalog"));
    }
    if !named().any(|image| image.kind == ImageKind::Operational) {
        return Err(format!("the image `{name}` is for maintenance, not a system to run"));
    }
    let selection = select(machine, named().filter(|image| image.kind == ImageKind::Operational));
    selection.chosen().map_err(|reason| format!("no version of the image `{name}` suits it: {reason}"))
}
