//! Images dropped into a folder become versions in the catalog: bytes under their digest, and a row.

use anyhow::{Context, Result, ensure};
use pitstop_domain::Time;
use pitstop_domain::digest::Digest;
use pitstop_domain::image::{Channel, ImageFormat, ImageKind, ImageVersion, Part, PartRole, Standing};
use pitstop_domain::machine::{Arch, Firmware};
use pitstop_store::Store;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};

/// `image.json` of a folder.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Manifest {
    name: String,
    kind: ImageKind,
    version: String,
    title: String,
    arch: Arch,
    firmware: Vec<Firmware>,
    format: ImageFormat,
    parts: Vec<ManifestPart>,
    #[serde(default)]
    pub cmdline: String,
    /// Our agent is in it. Images that do not say so are taken at their kind.
    agent: Option<bool>,
    #[serde(default)]
    provenance: serde_json::Value,
    /// Where it stands when it is new. Stable, unless it says otherwise.
    #[serde(default)]
    channel: Channel,
    #[serde(default)]
    notes: String,
}

/// A file of it. What is uploaded says how long it is, and its SHA-256.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ManifestPart {
    pub role: PartRole,
    pub file: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bytes: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<Digest>,
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

    /// Can this be uploaded?
    ///
    /// # Errors
    /// Why not, in words.
    pub fn check(&self) -> std::result::Result<(), String> {
        if self.name.trim().is_empty() || self.version.trim().is_empty() {
            return Err("an image needs a name and a version".to_owned());
        }
        if self.firmware.is_empty() {
            return Err("it says for no firmware that it starts from it".to_owned());
        }
        if self.announced().count() != self.parts.len() || self.parts.is_empty() {
            return Err("each part needs `bytes` and `digest`, and there must be one".to_owned());
        }
        for (n, part) in self.parts.iter().enumerate() {
            let plain = |c: char| c.is_ascii_alphanumeric() || "._+-".contains(c);
            if !part.file.chars().all(plain) || part.file.starts_with('.') || part.file == "image.json" {
                return Err(format!("`{}` is not a plain file name", part.file));
            }
            if self.parts[..n].iter().any(|other| other.file == part.file) {
                return Err(format!("`{}` stands there twice", part.file));
            }
        }
        let fits = |part: &ManifestPart| match self.format {
            ImageFormat::Linux => matches!(part.role, PartRole::Kernel | PartRole::Initrd),
            ImageFormat::Program => matches!(part.role, PartRole::BiosProgram | PartRole::EfiProgram),
        };
        let kernels = self.parts.iter().filter(|part| part.role == PartRole::Kernel).count();
        if !self.parts.iter().all(fits) || (self.format == ImageFormat::Linux && kernels != 1) {
            return Err(
                "format `linux` has one kernel and initrds, `program` a program for each firmware".to_owned()
            );
        }
        Ok(())
    }
}

/// Adds every image in the folder; one that cannot be read is reported and left out.
pub async fn import_drop(store: &Store, drop: &Path, images: &Path) -> Result<()> {
    fs::create_dir_all(images)?;
    let Ok(entries) = fs::read_dir(drop) else {
        tracing::warn!(folder = %drop.display(), "The folder for new images is not there; the catalog stays as it is.");
        return Ok(());
    };
    for entry in entries.flatten().filter(|entry| entry.path().join("image.json").exists()) {
        let folder = entry.path();
        match import(store, &folder, images).await {
            Ok(Some(image)) => {
                tracing::info!(
                    name = image.name,
                    version = image.version,
                    digest = image.digest.short(),
                    "An image was added."
                );
            }
            Ok(None) => {}
            Err(error) => {
                tracing::error!(folder = %folder.display(), error = format!("{error:#}"), "An image could not be added; it is left out.");
            }
        }
    }
    Ok(())
}

async fn import(store: &Store, folder: &Path, images: &Path) -> Result<Option<ImageVersion>> {
    let json = folder.join("image.json");
    let manifest: Manifest =
        serde_json::from_slice(&fs::read(&json)?).context("image.json does not say what is expected")?;
    let (from, now) = (folder.to_owned(), store.now());
    let image = tokio::task::spawn_blocking(move || described(manifest, &from, now)).await??;
    if let Some(removed_at) = store.image_removed_at(&image.digest).await?
        && Time::from(fs::metadata(&json)?.modified()?) <= removed_at
    {
        tracing::info!(folder = %folder.display(), %removed_at, "An image that people removed still lies in the folder for new images; it stays out. Write its image.json again to bring it back.");
        return Ok(None);
    }
    let (folder, images, parts) = (folder.to_owned(), images.to_owned(), image.parts.clone());
    let copied = move || parts.iter().try_for_each(|part| take_part(&folder.join(&part.file), part, &images));
    tokio::task::spawn_blocking(copied).await??;
    Ok(store.add_image(&image).await?.then_some(image))
}

/// What lies in the folder, by its digests. Nothing is copied.
fn described(manifest: Manifest, folder: &Path, now: Time) -> Result<ImageVersion> {
    ensure!(!manifest.parts.is_empty(), "the image has no parts");
    let parts = manifest.parts.iter().map(|part| examined(part, folder)).collect::<Result<Vec<_>>>()?;
    version(manifest, parts, now)
}

/// The version that these parts are.
pub(crate) fn version(manifest: Manifest, parts: Vec<Part>, now: Time) -> Result<ImageVersion> {
    Ok(ImageVersion {
        digest: digest_of(&parts, &manifest.cmdline)?,
        name: manifest.name,
        version: manifest.version,
        title: manifest.title,
        agent: manifest
            .agent
            .unwrap_or(manifest.kind == ImageKind::Maintenance && manifest.format == ImageFormat::Linux),
        kind: manifest.kind,
        format: manifest.format,
        arch: manifest.arch,
        firmware: manifest.firmware,
        parts,
        cmdline: manifest.cmdline,
        provenance: manifest.provenance,
        created_at: now,
        standing: Standing { channel: manifest.channel, notes: manifest.notes, ..Standing::default() },
    })
}

fn examined(part: &ManifestPart, folder: &Path) -> Result<Part> {
    let name = &part.file;
    ensure!(!name.contains('/') && !name.starts_with('.'), "`{name}` is not a plain file name");
    let (digest, bytes) =
        digest_file(&folder.join(name)).with_context(|| format!("`{name}` cannot be read"))?;
    Ok(Part { role: part.role, file: name.clone(), digest, bytes })
}

fn take_part(source: &Path, part: &Part, images: &Path) -> Result<()> {
    let target = path_of(images, &part.digest);
    if !target.exists() {
        copy_whole(source, &target).with_context(|| format!("`{}` cannot be copied", part.file))?;
    }
    Ok(())
}

/// Where the bytes of a part lie.
pub fn path_of(images: &Path, digest: &Digest) -> PathBuf {
    images.join(digest.as_str())
}

/// Removes the bytes that no version has any more.
pub async fn discard(images: &Path, parts: &[Digest]) {
    for part in parts {
        let path = path_of(images, part);
        if let Err(error) = tokio::fs::remove_file(&path).await {
            tracing::warn!(path = %path.display(), %error, "The bytes of a removed image stay: remove the file.");
        }
    }
}

/// Under another name first: a copy that was cut short never stands under a digest.
fn copy_whole(source: &Path, target: &Path) -> Result<()> {
    let partial = target.with_extension("partial");
    fs::copy(source, &partial)?;
    File::open(&partial)?.sync_all()?;
    Ok(fs::rename(partial, target)?)
}

pub(crate) fn digest_file(path: &Path) -> Result<(Digest, u64)> {
    let mut file = File::open(path)?;
    let (mut hash, mut bytes, mut buffer) = (Sha256::new(), 0, vec![0; 1 << 16]);
    loop {
        let read = file.read(&mut buffer)?;
        if read == 0 {
            return Ok((hex::encode(hash.finalize()).parse()?, bytes));
        }
        hash.update(&buffer[..read]);
        bytes += read as u64;
    }
}

/// The version's digest: over the parts in their order and the command line, whatever they are called.
fn digest_of(parts: &[Part], cmdline: &str) -> Result<Digest> {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part.digest.as_str());
        hash.update([0]);
        hash.update(serde_json::to_vec(&part.role)?);
    }
    hash.update([0]);
    hash.update(cmdline);
    Ok(hex::encode(hash.finalize()).parse()?)
}
