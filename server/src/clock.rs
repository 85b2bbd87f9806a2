//! Keeps the process's time close to the database's.

use pitstop_store::Store;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// Clocks drift by milliseconds an hour; a database that failed over is noticed within this time.
const READ_EVERY: Duration = Duration::from_secs(10);

/// Reads the database's clock until cancelled.
pub(crate) async fn keep(store: Store, stop: CancellationToken) {
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(READ_EVERY) => {}
        }
        if let Err(error) = store.read_clock().await {
            tracing::debug!(%error, "The database's clock could not be read; time goes on from what is known.");
        }
    }
}
