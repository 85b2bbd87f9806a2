//! The bytes of images: one at a time puts some there or takes some away, over all servers that share a folder.
//!
//! Whoever removes a version looks which bytes no other has, and then removes them. Without a turn, another could add a
//! version with these bytes in between.

use crate::{Result, Store};
use sqlx::{Postgres, Transaction};
use tokio::sync::MutexGuard;

/// The right to add versions or to remove bytes, until dropped. What takes long (copying, reading) is done before: it is
/// over after ten seconds, as every transaction of ours that stands still.
pub struct BytesTurn<'a> {
    /// Within this process people wait here, and hold no connection meanwhile.
    _within: MutexGuard<'a, ()>,
    _among: Transaction<'static, Postgres>,
}

impl Store {
    /// Waits for the turn.
    pub async fn bytes_turn(&self) -> Result<BytesTurn<'_>> {
        let within = self.bytes.lock().await;
        let mut among = self.pool.begin().await?;
        sqlx::query("select pg_advisory_xact_lock(hashtext('pitstop image bytes'))")
            .execute(&mut *among)
            .await?;
        Ok(BytesTurn { _within: within, _among: among })
    }
}
