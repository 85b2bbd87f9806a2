//! Images that come over HTTP, piece by piece. What came lies in a folder of its own until all of it is there and is what
//! was announced; only then it enters the catalog, as a candidate.
//!
//! An upload is named by what it will be: whoever begins the same again goes on where it was cut. How far a part is, its
//! file says: nothing is remembered that could be wrong.
//!
//! - `room`: is there room for it; `finish`: its end, which takes long; `fetch`: what the server fetches itself
//! - [`signed`]: signatures that come with it

mod fetch;
mod finish;
mod room;
pub mod signed;

pub use fetch::Fetching;
pub use finish::Finish;
pub(crate) use room::room;

use crate::catalog::manifest::Comes;
use crate::catalog::{Manifest, digest_file, iso, version};
use crate::shelf::Shelf;
use axum::body::Body;
use futures::StreamExt;
use pitstop_domain::Time;
use pitstop_domain::digest::Digest;
use pitstop_domain::image::{Channel, ImageVersion, Part, PartRole};
use pitstop_store::{Error, Result, Store};
use serde::Serialize;
use sha2::{Digest as _, Sha256};
use std::collections::HashSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::io::AsyncWriteExt;

/// Nobody goes on after a day: who pushes an image sits before it, or has a program that tries again at once.
const KEPT: chrono::TimeDelta = chrono::TimeDelta::days(1);
/// Rubbish that lies an hour longer does no harm.
const SWEEP_EVERY: Duration = Duration::from_secs(3600);
/// What was picked out of a disc; no part can have that name.
const PICKED: &str = ".picked";
/// What the image is, beside its parts.
const MANIFEST: &str = "image.json";

/// How far a part is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Come {
    pub file: String,
    pub bytes: u64,
    /// So much of it is here.
    pub offset: u64,
}

/// The folder of what is coming in.
#[derive(Clone)]
pub struct Uploads {
    folder: PathBuf,
    shelf: Shelf,
    /// Files that are being written: two writers would mix their pieces.
    busy: Arc<Mutex<HashSet<PathBuf>>>,
    finishing: finish::Finishing,
    fetches: fetch::Fetches,
    /// Hosts that may be asked although their addresses are inner ones.
    inner: Arc<[String]>,
}

/// One upload, as it lies there.
struct Upload {
    id: String,
    folder: PathBuf,
    manifest: Manifest,
}

impl Uploads {
    /// `images` is where the catalog's bytes lie; what is coming in lies beside them, on the same file system.
    pub fn beside(images: &Path) -> Self {
        Self::on(Shelf::folder(images))
    }

    /// What is coming in lies beside the shelf's folder, on the same file system.
    pub fn on(shelf: Shelf) -> Self {
        let folder = shelf.path().with_file_name("uploads");
        Self {
            folder,
            shelf,
            busy: Arc::default(),
            finishing: Default::default(),
            fetches: Default::default(),
            inner: Arc::default(),
        }
    }

    /// With hosts from which images may be fetched although their addresses are inner ones.
    pub fn asking(self, inner: &[String]) -> Self {
        Self { inner: inner.into(), ..self }
    }

    /// Where the catalog's bytes lie.
    pub fn shelf(&self) -> &Shelf {
        &self.shelf
    }

    /// Begins, or goes on.
    ///
    /// # Errors
    /// What is wrong with the announcement, in words; that there is no room for it.
    pub fn begin(&self, manifest: &Manifest) -> Result<(String, Vec<Come>)> {
        manifest.check().map_err(Error::Refused)?;
        let json = serde_json::to_vec(manifest)?;
        let id = hex::encode(&Sha256::digest(&json)[..16]);
        let folder = self.folder.join(&id);
        fs::create_dir_all(&self.folder).map_err(not_written)?;
        // What is picked out of a disc lies beside it for a while, and is as large at most.
        let twice = if manifest.format == Comes::Iso { manifest.bytes() } else { 0 };
        let more = missing(&self.come(&folder, manifest)).saturating_add(twice);
        room::check(&self.folder, more, self.owed_to_others(&id))?;
        self.finishing.forget(&id);
        fs::create_dir_all(&folder).map_err(not_written)?;
        fs::write(folder.join(MANIFEST), json).map_err(not_written)?;
        Ok((id, self.come(&folder, manifest)))
    }

    /// How far an upload is.
    ///
    /// # Errors
    /// There is none of this name, or not any more.
    pub fn state(&self, id: &str) -> Result<Vec<Come>> {
        let Upload { folder, manifest, .. } = self.open(id)?;
        Ok(self.come(&folder, &manifest))
    }

    /// Adds a piece that begins at `offset`; gives how much is here then. Where the line is cut, what came stays.
    ///
    /// # Errors
    /// Another piece is expected, or the disk is full: what was here before stays.
    pub async fn append(&self, id: &str, file: &str, offset: u64, body: Body) -> Result<u64> {
        let Upload { folder, manifest, .. } = self.open(id)?;
        let announced = manifest.part(file).ok_or(Error::NotFound("part of this upload"))?;
        let path = folder.join(file);
        let _turn = self.turn(&path)?;
        let mut out = tokio::fs::OpenOptions::new().create(true).append(true).open(&path).await;
        let out = out.as_mut().map_err(|error| not_written(io::Error::from(error.kind())))?;
        let mut have = out.metadata().await.map_err(not_written)?.len();
        if have != offset {
            return Err(Error::Refused(format!("{have} bytes of {file} are here: go on from there")));
        }
        let mut pieces = body.into_data_stream();
        while let Some(Ok(piece)) = pieces.next().await {
            let next = have + piece.len() as u64;
            if next > announced.bytes.unwrap_or_default() {
                return Err(Error::Refused(format!("{file} is longer than announced: begin again")));
            }
            let written = match out.write_all(&piece).await {
                Ok(()) => out.flush().await,
                failed => failed,
            };
            if let Err(error) = written {
                // Half a piece is no piece: the file ends where the last whole one did.
                let _ = out.set_len(have).await;
                return Err(not_written(error));
            }
            have = next;
        }
        Ok(have)
    }

    /// Looks whether all is here and is what was announced, and puts it into the catalog.
    ///
    /// # Errors
    /// What is missing or wrong. A part that is not what was announced is to be sent again.
    pub async fn finish(&self, store: &Store, id: &str, by: &str, from: &str) -> Result<ImageVersion> {
        self.finish_reading(store, self.open(id)?, by, from, |_| {}).await
    }

    /// As [`Uploads::finish`]; tells how many bytes more were read.
    async fn finish_reading(
        &self,
        store: &Store,
        upload: Upload,
        by: &str,
        from: &str,
        progress: impl Fn(u64) + Clone + Send + 'static,
    ) -> Result<ImageVersion> {
        let Upload { id, folder, manifest } = upload;
        let missing = self.come(&folder, &manifest).into_iter().find(|come| come.offset < come.bytes);
        if let Some(come) = missing {
            let why = format!("of {} only {} of {} bytes are here", come.file, come.offset, come.bytes);
            return Err(Error::Refused(why));
        }
        let mut parts = self.checked(&folder, &manifest, progress).await?;
        let (mut manifest, mut from_folder) = (manifest, folder.clone());
        if manifest.format == Comes::Iso {
            from_folder = folder.join(PICKED);
            let disc = self.lies(&folder, &parts);
            (manifest, parts) = picked(manifest, parts, disc, from_folder.clone()).await?;
        }
        let signature = manifest.signature.clone();
        let mut image =
            version(manifest, parts, store.now()).map_err(|error| Error::Refused(error.to_string()))?;
        image.standing.channel = Channel::Candidate;
        image.provenance = brought(image.provenance, by, from, store.now());
        if let Some(other) = store.images().await?.into_iter().find(|other| {
            (&other.name, &other.version) == (&image.name, &image.version) && other.digest != image.digest
        }) {
            return Err(Error::Refused(format!(
                "there is another version {} of {} ({}): give this one another version",
                image.version,
                image.name,
                other.digest.short()
            )));
        }
        self.take(store, &from_folder, &image).await?;
        self.forget(&id)?;
        if let Some(signature) = signature {
            signed::keep(store, &image, &signature, by).await?;
        }
        store.image(&image.digest).await?.ok_or(Error::NotFound("image version"))
    }

    /// Puts the bytes under their digests, and the version into the catalog.
    async fn take(&self, store: &Store, folder: &Path, image: &ImageVersion) -> Result<()> {
        fs::create_dir_all(self.shelf.path()).map_err(not_written)?;
        let synced = image.parts.iter().map(|part| folder.join(&part.file)).collect::<Vec<_>>();
        let synced = move || synced.iter().filter(|path| path.exists()).try_for_each(synced_to_disk);
        let synced = tokio::task::spawn_blocking(synced).await;
        synced.map_err(|error| not_written(io::Error::other(error)))?.map_err(not_written)?;
        let lies = |part: &Part| {
            let here = folder.join(&part.file);
            if here.exists() { here } else { self.shelf.path_of(&part.digest) }
        };
        let away =
            |why| Error::Refused(format!("{why}. What came stays here for a day: finish it again then"));
        // A bucket takes minutes for gigabytes, and a turn is over after seconds.
        self.shelf.put(&image.parts, lies).await.map_err(away)?;
        // From here on nobody else takes bytes away: what is there now is there when the version is.
        let _turn = store.bytes_turn().await?;
        if !self.shelf.is_kept(&image.parts).await.map_err(away)? {
            return Err(away("another version with these bytes was removed just now".to_owned()));
        }
        for part in &image.parts {
            let (from, to) = (folder.join(&part.file), self.shelf.path_of(&part.digest));
            if to.exists() {
                continue;
            }
            if !from.exists() {
                let why = format!(
                    "the bytes of {} were here and were removed meanwhile: begin again, and send them",
                    part.file
                );
                return Err(Error::Refused(why));
            }
            fs::rename(from, to).map_err(not_written)?;
        }
        store.add_image(image).await?;
        let shelf = self.shelf.clone();
        tokio::spawn(async move { shelf.tidy().await });
        store.image_comes(image.digest.as_str()).await
    }

    /// Takes back what came.
    ///
    /// # Errors
    /// There is no such upload, or it cannot be removed.
    pub fn forget(&self, id: &str) -> Result<()> {
        fs::remove_dir_all(self.open(id)?.folder).map_err(not_written)
    }

    /// Removes what nobody goes on with, now and every hour.
    pub async fn sweep(self, store: Store) {
        loop {
            self.sweep_at(store.now());
            tokio::time::sleep(SWEEP_EVERY).await;
        }
    }

    /// Removes what nobody has touched for a day.
    pub fn sweep_at(&self, now: Time) {
        let Ok(entries) = fs::read_dir(&self.folder) else { return };
        for folder in entries.flatten().map(|entry| entry.path()) {
            let touched = touched(&folder);
            if touched.is_none_or(|touched| now - touched > KEPT) {
                tracing::info!(folder = %folder.display(), "Nobody went on with this upload for a day; it is removed.");
                if let Err(error) = fs::remove_dir_all(&folder) {
                    tracing::warn!(folder = %folder.display(), %error, "An upload that is over cannot be removed.");
                }
            }
        }
    }

    fn open(&self, id: &str) -> Result<Upload> {
        if id.len() != 32 || !id.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(none());
        }
        let folder = self.folder.join(id);
        let json = fs::read(folder.join(MANIFEST)).map_err(|_| none())?;
        Ok(Upload { id: id.to_owned(), folder, manifest: serde_json::from_slice(&json)? })
    }

    /// Where the one part of an upload lies: here, or in the catalog already.
    fn lies(&self, folder: &Path, parts: &[Part]) -> PathBuf {
        let here = parts.iter().map(|part| folder.join(&part.file)).find(|path| path.exists());
        here.or_else(|| parts.first().map(|part| self.shelf.path_of(&part.digest))).unwrap_or_default()
    }

    /// Bytes that were announced in other uploads and have not come yet.
    fn owed_to_others(&self, id: &str) -> u64 {
        let Ok(entries) = fs::read_dir(&self.folder) else { return 0 };
        let names = entries.flatten().filter_map(|entry| entry.file_name().into_string().ok());
        let others = names.filter(|name| name != id).filter_map(|name| self.open(&name).ok());
        others.map(|other| missing(&self.come(&other.folder, &other.manifest))).sum()
    }

    /// Bytes that the catalog has already need not come again.
    fn come(&self, folder: &Path, manifest: &Manifest) -> Vec<Come> {
        let part = |(file, bytes, digest): (&str, u64, &Digest)| {
            let here = room::here(folder, file);
            let known = here == 0 && self.shelf.has(digest);
            Come { file: file.to_owned(), bytes, offset: if known { bytes } else { here } }
        };
        manifest.announced().map(part).collect()
    }

    async fn checked(
        &self,
        folder: &Path,
        manifest: &Manifest,
        progress: impl Fn(u64) + Clone + Send + 'static,
    ) -> Result<Vec<Part>> {
        let mut parts = vec![];
        for part in manifest.parts() {
            let Some(digest) = part.digest.clone() else { continue };
            let here = folder.join(&part.file);
            let path = if here.exists() { here.clone() } else { self.shelf.path_of(&digest) };
            let tell = progress.clone();
            let read = tokio::task::spawn_blocking(move || digest_file(&path, tell)).await;
            let (found, bytes) = read
                .map_err(|error| not_written(io::Error::other(error)))?
                .map_err(|error| Error::Refused(format!("{} cannot be read: {error:#}", part.file)))?;
            if found != digest {
                let _ = fs::remove_file(here);
                let why = format!(
                    "{} is not what was announced: its SHA-256 is another. What came was thrown away",
                    part.file
                );
                return Err(Error::Refused(why));
            }
            parts.push(Part { role: part.role, file: part.file.clone(), digest, bytes });
        }
        Ok(parts)
    }

    fn turn(&self, path: &Path) -> Result<Turn> {
        let mut busy = self.busy.lock().unwrap_or_else(PoisonError::into_inner);
        if !busy.insert(path.to_owned()) {
            return Err(Error::Refused(
                "another connection sends this part just now: wait for its end".to_owned(),
            ));
        }
        Ok(Turn { path: path.to_owned(), busy: self.busy.clone() })
    }
}

/// The right to write a file, until dropped.
struct Turn {
    path: PathBuf,
    busy: Arc<Mutex<HashSet<PathBuf>>>,
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.busy.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.path);
    }
}

/// What was picked out of a disc is the image from here on.
async fn picked(
    mut manifest: Manifest,
    disc: Vec<Part>,
    lies: PathBuf,
    into: PathBuf,
) -> Result<(Manifest, Vec<Part>)> {
    let out = tokio::task::spawn_blocking(move || {
        let picked = iso::pick(&lies, &into)?;
        let part = |(role, file): &(PartRole, String)| {
            let read = digest_file(&into.join(file), |_| {});
            let (digest, bytes) = read.map_err(|error| format!("{file} cannot be read: {error:#}"))?;
            Ok(Part { role: *role, file: file.clone(), digest, bytes })
        };
        let parts = picked.parts.iter().map(part).collect::<std::result::Result<Vec<_>, String>>()?;
        Ok::<_, String>((picked, parts))
    });
    let out = out.await.map_err(|error| not_written(io::Error::other(error)))?;
    let (picked, parts) = out.map_err(Error::Refused)?;
    manifest.format = Comes::Linux;
    manifest.cmdline = format!("{} {}", picked.cmdline, manifest.cmdline).trim().to_owned();
    manifest.notes = [manifest.notes.as_str(), picked.note].join("\n").trim().to_owned();
    manifest.agent = Some(manifest.agent.unwrap_or(false));
    let came = disc.first().map(|part| (part.file.clone(), part.digest.to_string())).unwrap_or_default();
    let said = [
        ("disc", came.0),
        ("disc_sha256", came.1),
        ("disc_label", picked.label),
        ("layout", picked.layout.to_owned()),
    ];
    manifest.provenance = with(manifest.provenance, said);
    Ok((manifest, parts))
}

fn none() -> Error {
    Error::NotFound("upload: it was finished, taken back, or not gone on with for a day")
}

/// Bytes that have not come yet.
fn missing(come: &[Come]) -> u64 {
    come.iter().map(|come| come.bytes.saturating_sub(come.offset)).sum()
}

fn synced_to_disk(path: &PathBuf) -> io::Result<()> {
    fs::File::open(path)?.sync_all()
}

/// When something in the folder was last written.
fn touched(folder: &Path) -> Option<Time> {
    let files = fs::read_dir(folder).ok()?.flatten();
    files.filter_map(|file| file.metadata().ok()?.modified().ok()).max().map(Time::from)
}

fn not_written(error: io::Error) -> Error {
    let words = match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            "the server's disk is full: make room below its data folder, then go on".to_owned()
        }
        _ => format!("the server cannot write what comes: {error}"),
    };
    Error::Refused(words)
}

/// Who brought it, when and from where, beside what its maker says.
fn brought(provenance: serde_json::Value, by: &str, from: &str, now: Time) -> serde_json::Value {
    let said = [("uploaded_by", by), ("uploaded_from", from), ("uploaded_at", &now.to_rfc3339())];
    with(provenance, said.map(|(name, value)| (name, value.to_owned())))
}

fn with<const N: usize>(provenance: serde_json::Value, said: [(&str, String); N]) -> serde_json::Value {
    let mut fields = match provenance {
        serde_json::Value::Object(fields) => fields,
        serde_json::Value::Null => serde_json::Map::new(),
        other => serde_json::Map::from_iter([("made".to_owned(), other)]),
    };
    fields.extend(said.map(|(name, value)| (name.to_owned(), value.into())));
    fields.into()
}
