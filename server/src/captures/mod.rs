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
use std::io;
use std::path::PathBuf;
use std::time::Duration;

/// Who wants to go on does it within days: machines stand switched off over a weekend.
const GONE_ON_WITH: chrono::TimeDelta = chrono::TimeDelta::days(3);
/// Rubbish that lies an hour longer does no harm.
const SWEEP_EVERY: Duration = Duration::from_secs(3600);
/// Bytes that no row knows may be those of rows that come back: the database was restored from a backup, or the folder
/// serves another database, too. So long somebody has to notice.
const UNKNOWN: chrono::TimeDelta = chrono::TimeDelta::days(7);

/// Why something was not done with a capture.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    #[error(transparent)]
    Store(#[from] Error),
    /// Nothing is known about its bytes, so nothing follows.
    #[error("the server's captures cannot be read right now: {0}")]
    Unread(#[from] io::Error),
}

type Looked<T> = std::result::Result<T, Fault>;

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

    /// The bytes of a chunk; `None`: it is not here.
    ///
    /// # Errors
    /// That is not known.
    pub async fn open(&self, id: CaptureId, digest: &Digest) -> io::Result<Option<tokio::fs::File>> {
        self.shelf.open(id, digest).await
    }

    /// A piece came whole, as far as its sender knows.
    ///
    /// # Errors
    /// A chunk of it is not here; it cannot be what it says; the capture does not arrive any more.
    pub async fn keep(&self, id: CaptureId, kept: &Kept) -> Looked<()> {
        let capture = self.store.capture(id).await?.ok_or(Error::NotFound("capture"))?;
        capture.source.check_kept(kept).map_err(Error::Refused)?;
        if let Some(why) = self.missing(id, kept).await? {
            return Err(Error::Refused(why).into());
        }
        Ok(self.store.keep_piece(id, kept).await?)
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

    /// Whether it can be restored; looked at before the machine is touched. One whose bytes are not here stays what it is: they
    /// may be on a share that is not mounted, or come back with a backup.
    ///
    /// # Errors
    /// Why not, in words.
    pub async fn check(&self, id: CaptureId) -> Looked<Capture> {
        let capture = self.store.capture(id).await?.ok_or(Error::NotFound("capture"))?;
        may_be_restored(&capture)?;
        for piece in capture.source.pieces.iter().filter(|piece| piece.way() != Way::Anew) {
            let missing = match self.store.piece(id, piece.number).await? {
                Some(kept) => self.missing(id, &kept).await?,
                None => Some("it is not described".to_owned()),
            };
            if let Some(why) = missing {
                return Err(Error::Refused(format!(
                    "this capture cannot be restored now: {} is not whole on the server: {why}; is its folder of captures \
                     there, with all that was in it?",
                    piece.about()
                ))
                .into());
            }
        }
        Ok(capture)
    }

    /// What is not here of a piece, in words.
    async fn missing(&self, id: CaptureId, kept: &Kept) -> io::Result<Option<String>> {
        for chunk in &kept.chunks {
            match self.shelf.size(id, &chunk.digest).await? {
                Some(size) if size == chunk.stored => {}
                Some(size) => {
                    let (name, stored) = (chunk.digest.short(), chunk.stored);
                    return Ok(Some(format!("its chunk {name}… has {size} bytes, and not {stored}")));
                }
                None => return Ok(Some(format!("its chunk {}… is not here", chunk.digest.short()))),
            }
        }
        Ok(None)
    }

    /// Removes it: its bytes first, as they would be kept for a week where no row says what they are.
    ///
    /// # Errors
    /// A job works with it; that there is none; that its bytes cannot be removed.
    pub async fn delete(&self, id: CaptureId) -> Result<()> {
        self.store.doom_capture(id).await?;
        if !self.shelf.remove(id).await {
            return Err(Error::Refused(
                "its bytes cannot all be removed right now: it can be restored no more, and they are tried again every \
                 hour; delete it again later"
                    .to_owned(),
            ));
        }
        self.store.delete_capture(id).await
    }

    /// Only what still arrives is given up: bytes that are whole meanwhile stay.
    async fn give_up(&self, id: CaptureId, why: &str) -> Result<()> {
        if self.store.break_capture(id, why).await? {
            self.shelf.remove(id).await;
        }
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

    /// Gives up what nobody went on with, and removes bytes that no capture needs: at once where its row says so, and after
    /// a week where there is none.
    ///
    /// # Errors
    /// The store's.
    pub async fn sweep_at(&self, now: Time) -> Result<()> {
        for id in self.store.abandoned_captures(now - GONE_ON_WITH).await? {
            let why = "it broke off, and nobody went on with it for three days";
            // Somebody may have gone on with it since.
            if self.store.abandon_capture(id, now - GONE_ON_WITH, why).await? {
                tracing::info!(capture = %id, "Nobody went on with this capture; it is given up.");
                self.shelf.remove(id).await;
            }
        }
        for id in self.shelf.all().await {
            let looked = match self.store.capture_state(id).await? {
                Some(State::Broken) => Ok(true),
                Some(State::Arriving | State::Whole) => self.shelf.is_known(id).await.map(|()| false),
                None => self.shelf.is_unknown_for(id, UNKNOWN, now).await,
            };
            match looked {
                Ok(true) => drop(self.shelf.remove(id).await),
                Ok(false) => {}
                Err(error) => {
                    tracing::warn!(capture = %id, %error, "The bytes of a capture cannot be looked at; they stay.");
                }
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
