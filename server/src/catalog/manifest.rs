//! What is said of an image that comes: `image.json`.

use pitstop_domain::digest::Digest;
use pitstop_domain::image::{Channel, ImageKind, PartRole};
use pitstop_domain::machine::{Arch, Firmware};
use pitstop_domain::route::HttpUrl;
use serde::{Deserialize, Serialize};

/// How an image comes: in the format in which it will stand in the catalog, or as a disc.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Comes {
    Linux,
    Program,
    Script,
    Wim,
    /// ISO 9660: kernel, initial RAM disk and what it fetches are picked out of it.
    Iso,
}

/// `image.json` of a folder.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Manifest {
    pub name: String,
    pub kind: ImageKind,
    pub version: String,
    pub title: String,
    pub arch: Arch,
    pub firmware: Vec<Firmware>,
    pub format: Comes,
    pub parts: Vec<ManifestPart>,
    #[serde(default)]
    pub cmdline: String,
    /// Our agent is in it. Images that do not say so are taken at their kind.
    pub agent: Option<bool>,
    #[serde(default)]
    pub provenance: serde_json::Value,
    /// Where it stands when it is new. Stable, unless it says otherwise.
    #[serde(default)]
    pub channel: Channel,
    #[serde(default)]
    pub notes: String,
    /// What `minisign` wrote when the image's statement was signed; in a folder it lies beside it, in a file of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signature: Option<String>,
}

/// A file of it. What is uploaded says how long it is, and its SHA-256.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ManifestPart {
    pub role: PartRole,
    pub file: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bytes: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<Digest>,
    /// Where the server fetches it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub url: Option<HttpUrl>,
}

impl Manifest {
    /// `rescue 1`.
    pub fn called(&self) -> String {
        format!("{} {}", self.name, self.version)
    }

    pub fn parts(&self) -> &[ManifestPart] {
        &self.parts
    }

    pub fn part(&self, file: &str) -> Option<&ManifestPart> {
        self.parts.iter().find(|part| part.file == file)
    }

    /// File, bytes and digest of each part that is announced whole.
    pub fn announced(&self) -> impl Iterator<Item = (&str, u64, &Digest)> {
        self.parts.iter().filter_map(|part| Some((part.file.as_str(), part.bytes?, part.digest.as_ref()?)))
    }

    /// Bytes of all parts.
    pub fn bytes(&self) -> u64 {
        self.announced().map(|(_, bytes, _)| bytes).sum()
    }

    /// Can this be uploaded?
    ///
    /// # Errors
    /// Why not, in words.
    pub fn check(&self) -> std::result::Result<(), String> {
        if self.announced().count() != self.parts.len() {
            return Err("each part needs `bytes` and `digest`, and there must be one".to_owned());
        }
        self.check_words()
    }

    /// Can the server fetch this?
    ///
    /// # Errors
    /// Why not, in words.
    pub fn check_to_fetch(&self) -> std::result::Result<(), String> {
        if !self.parts.iter().all(|part| part.url.is_some() && part.digest.is_some()) {
            return Err("each part needs an address and its SHA-256".to_owned());
        }
        self.check_words()
    }

    fn check_words(&self) -> std::result::Result<(), String> {
        if self.name.trim().is_empty() || self.version.trim().is_empty() {
            return Err("an image needs a name and a version".to_owned());
        }
        if self.firmware.is_empty() {
            return Err("it says for no firmware that it starts from it".to_owned());
        }
        if self.name == "new" {
            return Err(
                "`new` is the address of the page on which images are added: take another name".to_owned()
            );
        }
        if self.parts.is_empty() {
            return Err("an image has a part at least".to_owned());
        }
        for (n, part) in self.parts.iter().enumerate() {
            let plain = |c: char| c.is_ascii_alphanumeric() || "._+-".contains(c);
            if !part.file.chars().all(plain)
                || part.file.starts_with('.')
                || part.file.is_empty()
                || part.file == "image.json"
            {
                return Err(format!("`{}` is not a plain file name", part.file));
            }
            if self.parts[..n].iter().any(|other| other.file == part.file) {
                return Err(format!("`{}` stands there twice", part.file));
            }
        }
        self.check_roles()?;
        self.check_cmdline()
    }

    /// The parts that a format has.
    fn check_roles(&self) -> std::result::Result<(), String> {
        let of = |role: PartRole| self.parts.iter().filter(|part| part.role == role).count();
        let only = |roles: &[PartRole]| self.parts.iter().all(|part| roles.contains(&part.role));
        let (fits, words) = match self.format {
            Comes::Linux => (
                of(PartRole::Kernel) == 1 && only(&[PartRole::Kernel, PartRole::Initrd, PartRole::File]),
                "format `linux` has one kernel, initrds, and files that the system fetches itself",
            ),
            Comes::Program => (
                only(&[PartRole::BiosProgram, PartRole::EfiProgram])
                    && of(PartRole::BiosProgram) < 2
                    && of(PartRole::EfiProgram) < 2,
                "format `program` has a program for each firmware",
            ),
            Comes::Script => (
                of(PartRole::Script) == 1 && only(&[PartRole::Script, PartRole::File]),
                "format `script` has one script of iPXE, and files",
            ),
            Comes::Wim => (
                of(PartRole::Wimboot) == 1
                    && of(PartRole::Wim) > 0
                    && only(&[PartRole::Wimboot, PartRole::Wim]),
                "format `wim` has wimboot, and the files that it hands over: BCD, boot.sdi, boot.wim",
            ),
            Comes::Iso => {
                (self.parts.len() == 1 && of(PartRole::File) == 1, "format `iso` has one part, a `file`")
            }
        };
        if fits { Ok(()) } else { Err(words.to_owned()) }
    }

    /// A file that the command line names and that does not come would be asked for in vain by every machine.
    fn check_cmdline(&self) -> std::result::Result<(), String> {
        let named = self.cmdline.split("{file:").skip(1).filter_map(|rest| rest.split('}').next());
        match named.into_iter().find(|name| self.part(name).is_none()) {
            Some(name) => Err(format!("its command line names {{file:{name}}}, and there is no such part")),
            None => Ok(()),
        }
    }
}
