//! Files small enough are held in memory, so that a hundred machines starting together read a
//! kernel from disk once.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, Read as _};
use std::os::unix::fs::MetadataExt as _;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use tokio::sync::OnceCell;

use crate::handler::Content;

/// Kernels and most initrds fit.
const FILE_LIMIT: u64 = 64 << 20;
/// Room for a handful of kernels and initrds.
const TOTAL_LIMIT: u64 = 256 << 20;

/// A bounded memory of whole files; the one unused longest goes first.
#[derive(Debug)]
pub(crate) struct Cache {
    file_limit: u64,
    total_limit: u64,
    entries: Mutex<Entries>,
}

#[derive(Debug, Default)]
struct Entries {
    uses: u64,
    by_key: HashMap<Key, Entry>,
}

/// Which bytes a file holds: one that is written anew or replaced is another file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Key {
    device: u64,
    inode: u64,
    size: u64,
    modified: (i64, i64),
    changed: (i64, i64),
}

#[derive(Debug)]
struct Entry {
    bytes: Arc<OnceCell<Bytes>>,
    last_use: u64,
}

impl Default for Cache {
    fn default() -> Self {
        Self::new(FILE_LIMIT, TOTAL_LIMIT)
    }
}

impl Cache {
    pub(crate) fn new(file_limit: u64, total_limit: u64) -> Self {
        Self { file_limit: file_limit.min(total_limit), total_limit, entries: Mutex::default() }
    }

    /// The content of an open file: from memory where it may be, else the file itself.
    pub(crate) async fn content(&self, file: File) -> io::Result<Content> {
        let meta = file.metadata()?;
        let size = meta.len();
        if size > self.file_limit {
            return Ok(Content::File { file, size });
        }
        let key = Key {
            device: meta.dev(),
            inode: meta.ino(),
            size,
            modified: (meta.mtime(), meta.mtime_nsec()),
            changed: (meta.ctime(), meta.ctime_nsec()),
        };
        let cell = self.entry(key);
        // Clients that come at the same time wait here for the first one's reading.
        let bytes = cell.get_or_try_init(|| read_whole(file, size)).await?;
        Ok(Content::Bytes(bytes.clone()))
    }

    fn entry(&self, key: Key) -> Arc<OnceCell<Bytes>> {
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        entries.uses += 1;
        let now = entries.uses;
        let entry =
            entries.by_key.entry(key).or_insert_with(|| Entry { bytes: Arc::default(), last_use: now });
        entry.last_use = now;
        let bytes = entry.bytes.clone();
        entries.shrink(self.total_limit);
        bytes
    }
}

impl Entries {
    /// Transfers that still send a forgotten file keep its bytes alive until they end.
    fn shrink(&mut self, limit: u64) {
        while self.by_key.keys().map(|key| key.size).sum::<u64>() > limit {
            let oldest = self.by_key.iter().min_by_key(|(_, entry)| entry.last_use).map(|(key, _)| *key);
            let Some(oldest) = oldest else { break };
            self.by_key.remove(&oldest);
        }
    }
}

async fn read_whole(mut file: File, size: u64) -> io::Result<Bytes> {
    tokio::task::spawn_blocking(move || {
        let mut bytes = Vec::with_capacity(usize::try_from(size).unwrap_or_default());
        file.read_to_end(&mut bytes)?;
        Ok(Bytes::from(bytes))
    })
    .await
    .map_err(io::Error::other)?
}
