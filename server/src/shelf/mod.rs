//! Where the bytes of images lie: a folder below `--data`, each part under its digest. Behind it may stand a bucket, which
//! keeps them all; the folder then holds those that were used last, and machines are served from the folder alone.
//!
//! - [`settings`]: which; [`bucket`]: what is asked of it; `connect`: by which line
//! - `cache`: what lies in the folder and what goes; `fetch`: what comes from the bucket, looked at on its way
//! - [`keep`]: what is seen to by itself; [`ahead`]: an image is here before a trip with it begins
//!
//! Without a bucket the folder is all there is, and nothing here but [`Shelf::path_of`] has work.

pub mod ahead;
pub mod bucket;
mod cache;
mod connect;
mod fetch;
pub mod keep;
pub mod settings;

use crate::config::Config;
use anyhow::Result;
use bucket::{Bucket, Words};
use pitstop_app::images::desk::{Bucketed, Kept};
use pitstop_domain::digest::Digest;
use pitstop_domain::image::Part;
use pitstop_store::Store;
use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// A turn with the bytes ends after ten seconds (`Store::bytes_turn`).
const TURN: Duration = Duration::from_secs(7);

/// Where the bytes of images lie.
#[derive(Clone)]
pub struct Shelf {
    folder: PathBuf,
    behind: Option<Arc<Behind>>,
}

/// What stands behind the folder.
struct Behind {
    bucket: Bucket,
    /// Bytes that the folder may hold.
    limit: u64,
    store: Store,
    fetches: fetch::Fetches,
    /// What the bucket gave under these was not what they say, when it was looked at last.
    doubted: Mutex<HashSet<Digest>>,
    /// Why it cannot be reached, when it was looked at last; `None`: it can.
    away: Mutex<Option<Words>>,
}

impl From<&Path> for Shelf {
    fn from(folder: &Path) -> Self {
        Self::folder(folder)
    }
}

impl Shelf {
    /// A folder, and nothing behind it.
    pub fn folder(folder: &Path) -> Self {
        Self { folder: folder.to_owned(), behind: None }
    }

    /// A folder that holds so many bytes at most of what a bucket has.
    pub fn before(folder: &Path, bucket: Bucket, limit: u64, store: Store) -> Self {
        let (fetches, doubted, away) = (fetch::Fetches::default(), Mutex::default(), Mutex::default());
        let behind = Behind { bucket, limit, store, fetches, doubted, away };
        Self { folder: folder.to_owned(), behind: Some(Arc::new(behind)) }
    }

    /// As it is set. The bucket is not asked yet, so that no start waits for it: [`Shelf::keep`] does, and tells of one that
    /// is away.
    ///
    /// # Errors
    /// What is wrong with the settings, in words.
    pub async fn of(config: &Config, store: &Store) -> Result<Self> {
        let (keeping, folder) = (&config.keeping, config.images());
        let Some(name) = &keeping.bucket else { return Ok(Self::folder(&folder)) };
        let bucket = Bucket::open(keeping, name, store.installation().await?)?;
        let shelf = Self::before(&folder, bucket, keeping.cache_mib << 20, store.clone());
        shelf.forget_cut_ones();
        Ok(shelf)
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        &self.folder
    }

    /// Where the bytes of a part lie, when they are in the folder.
    pub fn path_of(&self, digest: &Digest) -> PathBuf {
        crate::catalog::path_of(&self.folder, digest)
    }

    /// Whether a part is in the folder.
    pub fn has(&self, digest: &Digest) -> bool {
        self.path_of(digest).exists()
    }

    /// Whether a part is in the folder and as long as it is in the catalog: one that is not is fetched anew.
    pub(crate) fn holds(&self, part: &Part) -> bool {
        std::fs::metadata(self.path_of(&part.digest)).is_ok_and(|found| found.len() == part.bytes)
    }

    /// Looks whether the bucket is there, and tells it when that changed. Gives whether it is.
    pub(crate) async fn look(&self) -> bool {
        let Some(behind) = &self.behind else { return true };
        let seen = behind.bucket.look().await.err();
        let was = std::mem::replace(&mut *locked(&behind.away), seen.clone());
        match (&was, &seen) {
            (None, Some(why)) => {
                tracing::error!(
                    why,
                    "Boot images cannot be had from the bucket. Machines are served what lies in this server's cache; images that do not are not started, and none can be added. Look at the bucket, its address and its keys (--images-bucket, --images-endpoint); it is asked again every minute."
                );
            }
            (Some(_), None) => tracing::info!(bucket = behind.bucket.called(), "The bucket answers again."),
            _ => {}
        }
        seen.is_none()
    }

    /// They are used now, and not the next to go.
    pub(crate) fn used(&self, parts: &[Part]) {
        let Some(behind) = &self.behind else { return };
        for part in parts {
            cache::touch(&self.path_of(&part.digest), behind.store.now());
        }
    }

    /// Sees to it that these parts are in the folder, and are not the next to go.
    ///
    /// # Errors
    /// Why they cannot be had.
    pub async fn bring(&self, parts: &[Part]) -> Result<(), Words> {
        let Some(behind) = &self.behind else { return Ok(()) };
        // While the last one came over a slow line, the first may have gone again.
        for _ in 0..2 {
            for part in parts {
                // What lies here already, and what came a moment ago, are not the next to go for this one.
                self.used(parts);
                self.fetch(behind, part).await?;
            }
            if parts.iter().all(|part| self.holds(part)) {
                return Ok(());
            }
        }
        Err("parts of it went from this server's cache again while the others came".to_owned())
    }

    /// Puts parts into the bucket that it does not have, from where they lie.
    ///
    /// # Errors
    /// Why not.
    pub async fn put(&self, parts: &[Part], lies: impl Fn(&Part) -> PathBuf) -> Result<(), Words> {
        let Some(behind) = &self.behind else { return Ok(()) };
        for part in parts {
            if !behind.keeps(&part.digest, part.bytes).await? {
                behind.bucket.put(&part.digest, &lies(part)).await?;
                locked(&behind.doubted).remove(&part.digest);
            }
        }
        Ok(())
    }

    /// Whether the bucket has them all; always, where there is none.
    ///
    /// # Errors
    /// Nobody can say.
    pub async fn is_kept(&self, parts: &[Part]) -> Result<bool, Words> {
        let Some(behind) = &self.behind else { return Ok(true) };
        let looking = async {
            for part in parts {
                if !behind.keeps(&part.digest, part.bytes).await? {
                    return Ok(false);
                }
            }
            Ok(true)
        };
        within_turn(looking).await
    }

    /// Removes the bytes of parts that no version has, here and in the bucket.
    pub(crate) async fn discard(&self, parts: &[Digest]) {
        self.discard_here(parts).await;
        self.discard_behind(parts).await;
    }

    async fn discard_here(&self, parts: &[Digest]) {
        for part in parts {
            let path = self.path_of(part);
            match tokio::fs::remove_file(&path).await {
                Err(error) if self.behind.is_none() || error.kind() != std::io::ErrorKind::NotFound => {
                    tracing::warn!(path = %path.display(), %error, "The bytes of a removed image stay: remove the file.");
                }
                _ => {}
            }
        }
    }

    async fn discard_behind(&self, parts: &[Digest]) {
        let Some(behind) = &self.behind else { return };
        let removing = async {
            for part in parts {
                behind.bucket.remove(part).await?;
                locked(&behind.doubted).remove(part);
            }
            Ok(())
        };
        if let Err(why) = within_turn(removing).await {
            tracing::warn!(
                why,
                "Bytes of removed images stay in the bucket for now. They are removed within a month."
            );
        }
    }

    /// Where images are kept, for people.
    pub fn kept(&self) -> Kept {
        let bucket = self.behind.as_ref().map(|behind| Bucketed {
            called: behind.bucket.called().to_owned(),
            limit: behind.limit,
            away: locked(&behind.away).clone(),
        });
        Kept { folder: self.folder.display().to_string(), used: self.used_bytes(), bucket }
    }

    fn used_bytes(&self) -> u64 {
        cache::lying(&self.folder).iter().map(|lies| lies.bytes).sum()
    }
}

impl Behind {
    /// Whether the bucket has a part, whole, as far as anybody saw.
    async fn keeps(&self, digest: &Digest, bytes: u64) -> Result<bool, Words> {
        Ok(self.bucket.has(digest, bytes).await? && !locked(&self.doubted).contains(digest))
    }
}

/// What is done while nobody else may add or remove bytes ends before that right does.
async fn within_turn<T>(done: impl Future<Output = Result<T, Words>>) -> Result<T, Words> {
    let late = |_| Err("the bucket is too slow to say what it has".to_owned());
    tokio::time::timeout(TURN, done).await.unwrap_or_else(late)
}

fn locked<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
