//! Loaders over TFTP, and how far each transfer is.

use async_trait::async_trait;
use pitstop_netboot::directory::Directory;
use pitstop_netboot::loaders::{LoaderFolder, Sent, loader_seen};
use std::collections::HashMap;
use std::fs::File;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tftp_server::{Content, End, Handler, Observer, Refusal, Report, Request, Transfer};
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};

/// Pages show bytes on their way a few times a second; more would only load the database.
const TELL_EVERY: Duration = Duration::from_millis(250);

/// Serves the listed loaders and nothing else.
pub(super) struct Loaders(LoaderFolder);

impl Loaders {
    pub(super) fn new(folder: LoaderFolder) -> Self {
        Self(folder)
    }
}

#[async_trait]
impl Handler for Loaders {
    async fn open(&self, request: &Request) -> Result<Content, Refusal> {
        let path = self.0.file(&request.name).ok_or_else(Refusal::not_found)?;
        let opened = File::open(path).and_then(|file| Ok((file.metadata()?.len(), file)));
        let (size, file) = opened.map_err(|error| {
            tracing::warn!(file = %path.display(), %error, "A loader could not be opened.");
            Refusal::not_found()
        })?;
        Ok(Content::File { file, size })
    }
}

/// Turns transfers into sightings, in the order in which they happened: bytes on their way must not be stored
/// after the end of their transfer.
pub(super) struct Watch {
    sightings: UnboundedSender<(String, Sent)>,
    told: Mutex<HashMap<u64, Instant>>,
}

impl Watch {
    /// A watch, and what stores its sightings: it ends when the watch is gone.
    pub(super) fn new(directory: Arc<impl Directory>) -> (Self, impl Future<Output = ()>) {
        let (sightings, mut waiting) = unbounded_channel::<(String, Sent)>();
        let storing = async move {
            while let Some((name, sent)) = waiting.recv().await {
                loader_seen(&*directory, &name, sent).await;
            }
        };
        (Self { sightings, told: Mutex::default() }, storing)
    }

    fn due(&self, transfer: u64) -> bool {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        let due = told.get(&transfer).is_none_or(|last| now.duration_since(*last) >= TELL_EVERY);
        if due {
            told.insert(transfer, now);
        }
        due
    }

    fn tell(&self, transfer: &Transfer, bytes: u64, done: bool) {
        let sent = Sent { bytes, total: transfer.size, done };
        // Nobody stores any more: the server is stopping.
        let _ = self.sightings.send((transfer.name.clone(), sent));
    }
}

impl Observer for Watch {
    fn acknowledged(&self, transfer: &Transfer, bytes: u64) {
        if transfer.size != Some(bytes) && self.due(transfer.number) {
            self.tell(transfer, bytes, false);
        }
    }

    fn ended(&self, transfer: &Transfer, report: &Report) {
        self.told.lock().unwrap_or_else(PoisonError::into_inner).remove(&transfer.number);
        tracing::info!(client = %transfer.client, name = transfer.name, end = %report.end, bytes = report.acknowledged, "A TFTP transfer ended.");
        if report.end == End::Done {
            self.tell(transfer, report.acknowledged, true);
        }
    }
}
