//! What was kept of disks: rows in the store, and bytes on a [`shelf`], which this keeps together. [`desk`]: for one person.
//!
//! What a capture consists of is written when its bytes are there, and its bytes are removed when its row says that nobody
//! needs them: whatever ends in between, [`Captures::sweep`] finishes.

pub mod desk;
mod shelf;

use axum::body::Body;
use pitstop_domain::Time;
use pitstop_domain::capture::{Capture, Kept, State, Way};
use pitstop_domain::digest::Digest;
use pitstop_domain::id::CaptureId;
use pitstop_store::{Error, Result, Store};
pub use shelf::NotPut;
use shelf::Shelf;
use std::collections::HashSet;
use std::path::PathBuf;
use std::time::Duration;

/// Who wants to go on does it within days: machines stand switched off over a weekend.
const GONE_ON_WITH: chrono::TimeDelta = chrono::TimeDelta::days(3);
/// Rubbish that lies an hour longer does no harm.
const SWEEP_EVERY: Duration = Duration::from_secs(3600);

/// The captures of this server.
#[derive(Clone)]
pub struct Captures {
    store: Store,
    shelf: Shelf,
}

impl Captures {
    /// `keep_free`: bytes that are left on the disk.
    pub fn new(store: Store, folder: PathBuf, keep_free: u64) -> Self {
        Self { store, shelf: Shelf::at(folder, keep_free) }
    }

    /// Is this chunk here?
    pub async fn has(&self, id: CaptureId, digest: &Digest) -> bool {
        self.shelf.size(id, digest).await.is_some()
    }

    /// Takes a chunk that is what its name says.
    ///
    /// # Errors
    /// It is not, it broke off, or there is no room: then the whole capture is given up, and nothing is left of it.
    pub async fn put(
        &self,
        id: CaptureId,
        digest: &Digest,
        bytes: u64,
        body: Body,
    ) -> std::result::Result<(), NotPut> {
        let put = self.shelf.put(id, digest, bytes, body).await;
        if let Err(NotPut::NoRoom(why)) = &put {
            tracing::warn!(capture = %id, why, "A capture is given up.");
            self.give_up(id, why).await.map_err(|error| NotPut::Failed(error.to_string()))?;
        }
        put
    }

    /// The bytes of a chunk.
    pub async fn open(&self, id: CaptureId, digest: &Digest) -> Option<tokio::fs::File> {
        self.shelf.open(id, digest).await
    }

    /// A piece came whole, as far as its sender knows.
    ///
    /// # Errors
    /// A chunk of it is not here; it cannot be what it says; the capture does not arrive any more.
    pub async fn keep(&self, id: CaptureId, kept: &Kept) -> Result<()> {
        kept.check().map_err(Error::Refused)?;
        self.all_here(id, kept).await.map_err(Error::Refused)?;
        self.store.keep_piece(id, kept).await
    }

    /// All came. What an earlier attempt brought and this one does not need goes.
    ///
    /// # Errors
    /// A piece is missing, in words.
    pub async fn whole(&self, id: CaptureId) -> Result<()> {
        self.store.capture_is_whole(id).await?;
        let mut needed = HashSet::new();
        let capture = self.store.capture(id).await?.ok_or(Error::NotFound("capture"))?;
        for piece in &capture.source.pieces {
            let kept = self.store.piece(id, piece.number).await?.into_iter().flat_map(|kept| kept.chunks);
            needed.extend(kept.map(|chunk| chunk.digest.to_string()));
        }
        self.shelf.keep_only(id, &needed).await;
        Ok(())
    }

    /// Whether it can be restored; looked at before the machine is touched. One whose bytes are gone is broken from then on.
    ///
    /// # Errors
    /// Why not, in words.
    pub async fn check(&self, id: CaptureId) -> Result<Capture> {
        let capture = self.store.capture(id).await?.ok_or(Error::NotFound("capture"))?;
        may_be_restored(&capture)?;
        for piece in capture.source.pieces.iter().filter(|piece| piece.way() != Way::Anew) {
            let here = match self.store.piece(id, piece.number).await? {
                Some(kept) => self.all_here(id, &kept).await,
                None => Err("it is not described".to_owned()),
            };
            if let Err(why) = here {
                let why = format!("{} is lost on the server: {why}", piece.about());
                self.store.break_capture(id, &why).await?;
                return Err(Error::Refused(format!("this capture cannot be restored: {why}")));
            }
        }
        Ok(capture)
    }

    async fn all_here(&self, id: CaptureId, kept: &Kept) -> std::result::Result<(), String> {
        for chunk in &kept.chunks {
            if self.shelf.size(id, &chunk.digest).await != Some(chunk.stored) {
                return Err(format!("its chunk {}… is not here", chunk.digest.short()));
            }
        }
        Ok(())
    }

    /// Removes it.
    ///
    /// # Errors
    /// A job works with it; that there is none.
    pub async fn delete(&self, id: CaptureId) -> Result<()> {
        self.store.delete_capture(id).await?;
        self.shelf.remove(id).await;
        Ok(())
    }

    async fn give_up(&self, id: CaptureId, why: &str) -> Result<()> {
        self.store.break_capture(id, why).await?;
        self.shelf.remove(id).await;
        Ok(())
    }

    /// Sweeps, again and again.
    pub async fn sweep(self) {
        loop {
            if let Err(error) = self.sweep_at(self.store.now()).await {
                tracing::warn!(%error, "Captures could not be swept; it is tried again.");
            }
            tokio::time::sleep(SWEEP_EVERY).await;
        }
    }

    /// Gives up what nobody went on with, and removes bytes that no capture needs.
    ///
    /// # Errors
    /// The store's.
    pub async fn sweep_at(&self, now: Time) -> Result<()> {
        for id in self.store.abandoned_captures(now - GONE_ON_WITH).await? {
            tracing::info!(capture = %id, "Nobody went on with this capture; it is given up.");
            self.give_up(id, "it broke off, and nobody went on with it for three days").await?;
        }
        for id in self.shelf.all().await {
            if !self.store.capture_has_bytes(id).await? {
                self.shelf.remove(id).await;
            }
        }
        Ok(())
    }
}

/// As far as its row says.
///
/// # Errors
/// Why not, in words.
pub fn may_be_restored(capture: &Capture) -> Result<()> {
    match (capture.state, &capture.why) {
        (State::Whole, _) => Ok(()),
        (State::Arriving, _) => {
            Err(Error::Refused("this capture cannot be restored: not all of it is here".to_owned()))
        }
        (State::Broken, why) => Err(Error::Refused(format!(
            "this capture cannot be restored: {}",
            why.as_deref().unwrap_or("it is broken")
        ))),
    }
}
