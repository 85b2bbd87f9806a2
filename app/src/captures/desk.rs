//! What the pages about captures need. The server implements it over the store, for one person; what that person may not do
//! it refuses.

use crate::Failure;
use async_trait::async_trait;
use pitstop_domain::capture::Capture;
use pitstop_domain::id::{CaptureId, JobId};
use serde::Deserialize;

/// Where a capture is to be restored to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Restore {
    /// The machine's name.
    pub machine: String,
    /// The disk, like `/dev/sda`.
    pub device: String,
    /// The machine's name, once more.
    pub confirm: String,
}

/// Captures, for one person.
#[async_trait]
pub trait CaptureDesk: Send + Sync {
    /// The newest first, behind one.
    async fn all(&self, after: Option<CaptureId>, limit: u32) -> Result<Vec<Capture>, Failure>;

    async fn one(&self, id: CaptureId) -> Result<Capture, Failure>;

    async fn delete(&self, id: CaptureId) -> Result<(), Failure>;

    /// Starts the job that restores it.
    async fn restore(&self, id: CaptureId, restore: &Restore) -> Result<JobId, Failure>;
}
