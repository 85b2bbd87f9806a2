//! What the backends of all people share.

use super::cache::Cache;
use crate::boot::silences::Silences;
use crate::hub::Hub;
use crate::test_boot::TestBoots;
use crate::uploads::Uploads;
use pitstop_app::live::told::Told;
use pitstop_store::Keys;
use pitstop_store::signals::Signal;
use std::sync::Arc;
use tokio::sync::broadcast::error::RecvError;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

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
    /// What changed, told to open pages.
    pub(crate) told: Arc<Told>,
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
            told: Arc::new(Told::new(Uuid::new_v4().as_u64_pair().0)),
        }
    }

    /// What the boot services did not answer.
    pub fn with_silences(self, silences: Silences) -> Self {
        Self { silences, ..self }
    }

    /// Passes on what changed, until cancelled.
    pub fn pass_on(&self, hub: &Hub, stop: CancellationToken) -> impl Future<Output = ()> + use<> {
        let (mut signals, told) = (hub.subscribe(), self.told.clone());
        async move {
            let passing = async {
                loop {
                    match signals.recv().await {
                        Ok(Signal::Changed(changed)) => told.tell(Some(changed)),
                        // Among what was missed may be anything that a page shows.
                        Ok(Signal::Missed) | Err(RecvError::Lagged(_)) => told.tell(None),
                        Ok(Signal::Wake | Signal::Order(_)) => {}
                        Err(RecvError::Closed) => return,
                    }
                }
            };
            stop.run_until_cancelled(passing).await;
        }
    }
}
