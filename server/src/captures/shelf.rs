//! Where the bytes of captures lie: a folder a capture, in it each chunk under its digest. All that is asked of it is put,
//! open, size and remove by name, and a list with times, which an object store can do as well.
//!
//! *It is not here* is said only of what is not there. A disk that does not answer, a folder that may not be read, a share that
//! went away are errors, from which nothing follows but that it is tried again.

use axum::body::Body;
use chrono::TimeDelta;
use futures::StreamExt;
use pitstop_domain::Time;
use pitstop_domain::digest::Digest;
use pitstop_domain::id::CaptureId;
use sha2::{Digest as _, Sha256};
use std::collections::HashSet;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::fs;
use tokio::io::AsyncWriteExt;

const MIB: u64 = 1 << 20;
/// Says in a capture's folder since when nobody knows it, by the database's time, and how often that was seen.
const UNKNOWN: &str = ".unknown";
/// A clock that jumps is not a week: it has to be seen so often, too.
const LOOKS: u32 = 24;

/// Why a chunk was not taken.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotPut {
    #[error("{0}")]
    NoRoom(String),
    #[error("{0}")]
    Wrong(String),
    #[error("the server cannot keep what comes: {0}")]
    Failed(String),
}

#[derive(Clone)]
pub struct Shelf {
    folder: Arc<PathBuf>,
    keep_free: u64,
}

impl Shelf {
    pub fn at(folder: PathBuf, keep_free: u64) -> Self {
        Self { folder: Arc::new(folder), keep_free }
    }

    fn of(&self, id: CaptureId) -> PathBuf {
        self.folder.join(id.to_string())
    }

    fn path(&self, id: CaptureId, digest: &Digest) -> PathBuf {
        self.of(id).join(digest.as_str())
    }

    /// How large it is; `None`: it is not here.
    pub async fn size(&self, id: CaptureId, digest: &Digest) -> io::Result<Option<u64>> {
        or_not_here(fs::metadata(self.path(id, digest)).await).map(|found| found.map(|found| found.len()))
    }

    /// `None`: it is not here.
    pub async fn open(&self, id: CaptureId, digest: &Digest) -> io::Result<Option<fs::File>> {
        or_not_here(fs::File::open(self.path(id, digest)).await)
    }

    /// Takes it, whole and as its name says, or not at all.
    pub async fn put(&self, id: CaptureId, digest: &Digest, bytes: u64, body: Body) -> Result<(), NotPut> {
        fs::create_dir_all(self.of(id)).await.map_err(not_written)?;
        self.room_for(bytes)?;
        // Two that send the same do not write the same file.
        let coming = self.of(id).join(format!(".{}-{:08x}", digest.short(), rand::random::<u32>()));
        let put = match written(&coming, digest, bytes, body).await {
            Ok(()) => fs::rename(&coming, self.path(id, digest)).await.map_err(not_written),
            Err(why) => Err(why),
        };
        if put.is_err() {
            let _ = fs::remove_file(&coming).await;
        }
        put
    }

    fn room_for(&self, bytes: u64) -> Result<(), NotPut> {
        // A disk that does not say how full it is says so when it is written to.
        let Ok(disk) = nix::sys::statvfs::statvfs(self.folder.as_path()) else { return Ok(()) };
        let free = disk.blocks_available().saturating_mul(disk.fragment_size());
        if free >= self.keep_free.saturating_add(bytes) {
            return Ok(());
        }
        Err(NotPut::NoRoom(format!(
            "the server's disk has no room for it: {} MiB are free, and captures leave {} MiB free \
             (--captures-keep-free-mib); make room below its data folder, or delete captures, then begin again",
            free / MIB,
            self.keep_free / MIB
        )))
    }

    /// Removes all of it. Gives whether it is gone: what cannot be removed now is swept later.
    pub async fn remove(&self, id: CaptureId) -> bool {
        match fs::remove_dir_all(self.of(id)).await {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                tracing::warn!(capture = %id, %error, "The bytes of a capture could not be removed; it is tried again.");
                false
            }
            _ => true,
        }
    }

    /// Removes what is not named.
    pub async fn keep_only(&self, id: CaptureId, needed: &HashSet<String>) {
        for name in names(&self.of(id)).await.into_iter().filter(|name| !needed.contains(name)) {
            let _ = fs::remove_file(self.of(id).join(name)).await;
        }
    }

    /// Somebody knows this capture (again).
    pub async fn is_known(&self, id: CaptureId) -> io::Result<()> {
        or_not_here(fs::remove_file(self.of(id).join(UNKNOWN)).await).map(drop)
    }

    /// Nobody knows it: has that been so for this long, and often enough? It is asked again and again.
    pub async fn is_unknown_for(&self, id: CaptureId, long: TimeDelta, now: Time) -> io::Result<bool> {
        let note = self.of(id).join(UNKNOWN);
        let said = or_not_here(fs::read_to_string(&note).await)?;
        let said = said.as_deref().and_then(noted).filter(|(since, _)| *since <= now);
        let (since, looks) = said.unwrap_or((now, 0));
        fs::write(&note, format!("{} {}\n", since.to_rfc3339(), looks.saturating_add(1))).await?;
        Ok(now - since >= long && looks >= LOOKS)
    }

    /// All captures of which anything is here.
    pub async fn all(&self) -> Vec<CaptureId> {
        names(&self.folder).await.into_iter().filter_map(|name| name.parse().ok()).collect()
    }
}

/// Since when, and how often it was seen; `None`: it is no such note, or was not written whole.
fn noted(note: &str) -> Option<(Time, u32)> {
    let (since, looks) = note.strip_suffix('\n')?.split_once(' ')?;
    Some((since.parse().ok()?, looks.parse().ok()?))
}

fn or_not_here<T>(found: io::Result<T>) -> io::Result<Option<T>> {
    match found {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        found => found.map(Some),
    }
}

async fn names(folder: &Path) -> Vec<String> {
    let (mut names, Ok(mut entries)) = (vec![], fs::read_dir(folder).await) else { return vec![] };
    while let Ok(Some(entry)) = entries.next_entry().await {
        names.extend(entry.file_name().into_string());
    }
    names
}

async fn written(path: &Path, digest: &Digest, bytes: u64, body: Body) -> Result<(), NotPut> {
    let mut file = fs::File::create(path).await.map_err(not_written)?;
    let (mut hash, mut came, mut pieces) = (Sha256::new(), 0, body.into_data_stream());
    while let Some(piece) = pieces.next().await {
        let piece = piece.map_err(|error| NotPut::Wrong(format!("the chunk broke off: {error}")))?;
        came += piece.len() as u64;
        if came > bytes {
            break;
        }
        hash.update(&piece);
        file.write_all(&piece).await.map_err(not_written)?;
    }
    if came != bytes || hex::encode(hash.finalize()) != digest.as_str() {
        return Err(NotPut::Wrong(format!(
            "the chunk is not {}…: it was changed on its way",
            digest.short()
        )));
    }
    file.sync_all().await.map_err(not_written)
}

fn not_written(error: io::Error) -> NotPut {
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => NotPut::NoRoom(
            "the server's disk is full: make room below its data folder, or delete captures, then begin again".to_owned(),
        ),
        _ => NotPut::Failed(error.to_string()),
    }
}
