//! Images dropped into a folder become versions in the catalog: bytes under their digest, and a row.
//!
//! - [`manifest`]: what is said of an image that comes; `iso`: discs, of which the parts are picked out
//! - [`signature`]: who vouches for a version; [`keys`]: keys that come with the server

pub mod iso;
pub mod keys;
pub mod manifest;
pub mod signature;

pub use manifest::Manifest;

use crate::shelf::Shelf;
use anyhow::{Context, Result, ensure};
use manifest::{Comes, ManifestPart};
use pitstop_domain::Time;
use pitstop_domain::digest::Digest;
use pitstop_domain::image::{ImageFormat, ImageVersion, Part, Signature, Standing};
use pitstop_domain::statement::{SIGNATURE_FILE, has_agent};
use pitstop_store::Store;
use pitstop_store::signing::Signed;
use sha2::{Digest as _, Sha256};
use signature::Bad;
use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};

/// Who brought a signature that lies in the folder for new images.
const DROP: &str = "the folder for new images";
/// Bytes that were there may be removed, with another version, before this one stands in the catalog: then they are
/// copied once more. Nobody does that thrice.
const TRIES: u32 = 3;

/// Adds every image in the folder; one that cannot be read is reported and left out. No bucket is asked, for the server's
/// start waits for this: what lies on the shelf is handed over when the server runs ([`Shelf::keep`]).
pub async fn import_drop(store: &Store, drop: &Path, shelf: &Shelf) -> Result<()> {
    fs::create_dir_all(shelf.path())?;
    let Ok(entries) = fs::read_dir(drop) else {
        tracing::warn!(folder = %drop.display(), "The folder for new images is not there; the catalog stays as it is.");
        return Ok(());
    };
    for entry in entries.flatten().filter(|entry| entry.path().join("image.json").exists()) {
        let folder = entry.path();
        match import(store, &folder, shelf).await {
            Ok(Some(image)) => {
                tracing::info!(
                    name = image.name,
                    version = image.version,
                    digest = image.digest.short(),
                    channel = ?image.standing.channel,
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

async fn import(store: &Store, folder: &Path, shelf: &Shelf) -> Result<Option<ImageVersion>> {
    let json = folder.join("image.json");
    let manifest: Manifest =
        serde_json::from_slice(&fs::read(&json)?).context("image.json does not say what is expected")?;
    let signature = signature_in(folder)?.or_else(|| manifest.signature.clone());
    let (from, now) = (folder.to_owned(), store.now());
    let mut image = tokio::task::spawn_blocking(move || described(manifest, &from, now)).await??;
    if let Some(removed_at) = store.image_removed_at(&image.digest).await?
        && Time::from(fs::metadata(&json)?.modified()?) <= removed_at
    {
        tracing::info!(folder = %folder.display(), %removed_at, "An image that people removed still lies in the folder for new images; it stays out. Write its image.json again to bring it back.");
        return Ok(None);
    }
    let signed = match &signature {
        Some(signature) => signed(store, &image, signature).await?,
        None => None,
    };
    // Where only what is signed may be stable, it comes so.
    image.standing.trust.signatures.extend(signed.iter().map(|signed| vouched(signed, now)));
    for _ in 0..TRIES {
        let (folder, to, parts) = (folder.to_owned(), shelf.path().to_owned(), image.parts.clone());
        let copied = move || parts.iter().try_for_each(|part| take_part(&folder.join(&part.file), part, &to));
        tokio::task::spawn_blocking(copied).await??;
        let _turn = store.bytes_turn().await?;
        if image.parts.iter().all(|part| shelf.has(&part.digest)) {
            let new = store.add_image(&image).await?;
            if let Some(signed) = &signed {
                store.sign_image(&image.digest, signed, DROP).await?;
            }
            return Ok(if new { store.image(&image.digest).await? } else { None });
        }
    }
    anyhow::bail!("its bytes are removed again and again while they are copied")
}

fn signature_in(folder: &Path) -> Result<Option<String>> {
    let path = folder.join(SIGNATURE_FILE);
    if !path.exists() {
        return Ok(None);
    }
    Ok(Some(fs::read_to_string(path).with_context(|| format!("{SIGNATURE_FILE} cannot be read"))?))
}

/// By a key that is not known, or over another name than these files have here, it counts as unsigned; what was changed since it was signed is left out.
async fn signed(store: &Store, image: &ImageVersion, signature: &str) -> Result<Option<Signed>> {
    match signature::check_in(store, image, signature).await? {
        Ok(signed) => Ok(Some(signed)),
        Err(bad @ (Bad::Unknown { .. } | Bad::Renamed { .. })) => {
            tracing::warn!(
                name = image.name,
                version = image.version,
                why = bad.words(image),
                "An image counts as unsigned."
            );
            Ok(None)
        }
        Err(bad) => anyhow::bail!("{}", bad.words(image)),
    }
}

fn vouched(signed: &Signed, at: Time) -> Signature {
    let Signed { key, comment, .. } = signed.clone();
    Signature { key, name: String::new(), comment, at, by: DROP.to_owned() }
}

/// What lies in the folder, by its digests. Nothing is copied.
fn described(manifest: Manifest, folder: &Path, now: Time) -> Result<ImageVersion> {
    ensure!(!manifest.parts.is_empty(), "the image has no parts");
    let parts = manifest.parts.iter().map(|part| examined(part, folder)).collect::<Result<Vec<_>>>()?;
    version(manifest, parts, now)
}

/// The version that these parts are.
pub(crate) fn version(manifest: Manifest, parts: Vec<Part>, now: Time) -> Result<ImageVersion> {
    let format = match manifest.format {
        Comes::Linux => ImageFormat::Linux,
        Comes::Program => ImageFormat::Program,
        Comes::Script => ImageFormat::Script,
        Comes::Wim => ImageFormat::Wim,
        Comes::Iso => anyhow::bail!("a disc is uploaded, not dropped: its parts are picked out of it"),
    };
    Ok(ImageVersion {
        digest: digest_of(&parts, &manifest.cmdline)?,
        name: manifest.name,
        version: manifest.version,
        title: manifest.title,
        agent: manifest.agent.unwrap_or_else(|| has_agent(manifest.kind, format)),
        kind: manifest.kind,
        format,
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
        digest_file(&folder.join(name), |_| {}).with_context(|| format!("`{name}` cannot be read"))?;
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

/// Takes a version out of the catalog, and the bytes that no other has. Nobody adds a version in between that would need
/// them.
///
/// # Errors
/// As [`Store::remove_image`].
pub async fn remove(
    store: &Store,
    shelf: &Shelf,
    digest: &Digest,
    by: &str,
    why: &str,
) -> pitstop_store::Result<()> {
    let _turn = store.bytes_turn().await?;
    shelf.discard(&store.remove_image(digest, by, why).await?).await;
    Ok(())
}

/// Under another name first: a copy that was cut short never stands under a digest.
fn copy_whole(source: &Path, target: &Path) -> Result<()> {
    let partial = target.with_extension("partial");
    fs::copy(source, &partial)?;
    File::open(&partial)?.sync_all()?;
    Ok(fs::rename(partial, target)?)
}

/// Reads a file; tells how many bytes more were read.
pub(crate) fn digest_file(path: &Path, progress: impl Fn(u64)) -> Result<(Digest, u64)> {
    let mut file = File::open(path)?;
    let (mut hash, mut bytes, mut buffer) = (Sha256::new(), 0, vec![0; 1 << 16]);
    loop {
        let read = file.read(&mut buffer)?;
        if read == 0 {
            return Ok((hex::encode(hash.finalize()).parse()?, bytes));
        }
        hash.update(&buffer[..read]);
        bytes += read as u64;
        progress(read as u64);
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
