//! One connection listens to the database; everybody in this process who waits is told from here.

use pitstop_store::Store;
use pitstop_store::signals::Signal;
use std::time::Duration;
use tokio::sync::broadcast;
use tokio_util::sync::CancellationToken;

/// Signals that a slow listener may lag behind before it misses some; it looks again then.
const BACKLOG: usize = 4096;
/// Between attempts to reach the database again.
const PAUSE: Duration = Duration::from_secs(1);

/// Passes signals on.
#[derive(Clone)]
pub struct Hub(broadcast::Sender<Signal>);

impl Default for Hub {
    fn default() -> Self {
        Self(broadcast::channel(BACKLOG).0)
    }
}

impl Hub {
    /// All signals from now on.
    pub fn subscribe(&self) -> broadcast::Receiver<Signal> {
        self.0.subscribe()
    }

    /// Listens until cancelled, reconnecting when the line breaks.
    pub async fn run(self, store: Store, stop: CancellationToken) {
        while !stop.is_cancelled() {
            tokio::select! {
                () = stop.cancelled() => return,
                error = self.pass_on(&store) => {
                    tracing::warn!(%error, "Live signals stopped; the database is asked again.");
                }
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Returns only when the line breaks.
    async fn pass_on(&self, store: &Store) -> pitstop_store::Error {
        let mut signals = match store.listen().await {
            Ok(signals) => signals,
            Err(error) => return error,
        };
        // What was told before it listened, nobody knows.
        let _ = self.0.send(Signal::Missed);
        loop {
            match signals.next().await {
                // Nobody listening is no failure.
                Ok(signal) => drop(self.0.send(signal)),
                Err(error) => return error,
            }
        }
    }
}
