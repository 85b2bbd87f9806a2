//! What the backends of all people share.

use super::cache::Cache;
use crate::boot::silences::Silences;
use crate::hub::Hub;
use crate::test_boot::TestBoots;
use crate::uploads::Uploads;
use pitstop_domain::event::Changed;
use pitstop_store::Keys;
use pitstop_store::signals::Signal;
use tokio::sync::broadcast;
use tokio::sync::broadcast::error::RecvError;
use tokio_util::sync::CancellationToken;

/// Changes that a slow browser may lag behind before it fetches everything anew.
const BACKLOG: usize = 1024;

/// What all people share.
pub struct Shared {
    pub(crate) keys: Keys,
    pub(crate) limits_percent: u32,
    pub(super) public_url: Option<String>,
    pub(super) cache: Cache,
    pub(crate) silences: Silences,
    /// Where images come in, and their bytes lie.
    pub(crate) uploads: Uploads,
    pub(super) test_boots: TestBoots,
    pub(super) changes: broadcast::Sender<Changed>,
}

impl Shared {
    /// `keys` seal and open the secrets of power routes, and sign links; `public_url` is where people reach the
    /// dashboard, where that was set; `uploads` is where images come in.
    pub fn new(keys: Keys, limits_percent: u32, public_url: Option<String>, uploads: Uploads) -> Self {
        Self {
            keys,
            limits_percent,
            public_url,
            cache: Cache::default(),
            silences: Silences::default(),
            test_boots: TestBoots::of(uploads.shelf().clone()),
            uploads,
            changes: broadcast::channel(BACKLOG).0,
        }
    }

    /// What the boot services did not answer.
    pub fn with_silences(self, silences: Silences) -> Self {
        Self { silences, ..self }
    }

    /// Passes on what changed, until cancelled.
    pub fn pass_on(&self, hub: &Hub, stop: CancellationToken) -> impl Future<Output = ()> + use<> {
        let (mut signals, changes) = (hub.subscribe(), self.changes.clone());
        async move {
            let passing = async {
                loop {
                    match signals.recv().await {
                        // No page open is no failure.
                        Ok(Signal::Changed(changed)) => drop(changes.send(changed)),
                        Ok(_) | Err(RecvError::Lagged(_)) => {}
                        Err(RecvError::Closed) => return,
                    }
                }
            };
            stop.run_until_cancelled(passing).await;
        }
    }
}
