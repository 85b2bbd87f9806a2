//! Whether a client is still there: written by its transfer, read by admission.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// When a transfer last heard from its client.
#[derive(Debug)]
pub(crate) struct Pulse {
    since: Instant,
    /// Microseconds after `since`; 0 for never, `OVER` when the transfer has ended.
    heard: AtomicU64,
}

const OVER: u64 = u64::MAX;

impl Pulse {
    pub(crate) fn new() -> Self {
        Self { since: Instant::now(), heard: AtomicU64::new(0) }
    }

    pub(crate) fn beat(&self) {
        let micros = u64::try_from(self.since.elapsed().as_micros()).unwrap_or(u64::MAX);
        self.heard.store(micros.max(1), Ordering::Relaxed);
    }

    pub(crate) fn stop(&self) {
        self.heard.store(OVER, Ordering::Relaxed);
    }

    /// How long the client has been silent; none if it never answered. For ever once the transfer
    /// is over, so that a client may ask the same again before the server has cleared it away.
    pub(crate) fn silent_for(&self) -> Option<Duration> {
        let heard = self.heard.load(Ordering::Relaxed);
        if heard == OVER {
            return Some(Duration::MAX);
        }
        (heard > 0).then(|| self.since.elapsed().saturating_sub(Duration::from_micros(heard)))
    }
}
