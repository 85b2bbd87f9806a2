//! How long things may take. A worker waits for a route, and a machine's job for the worker.

use crate::Fault;
use std::time::Duration;

/// How long any of a board's three questions may take in all. Real boards take up to a minute.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// To connect, TLS included. Boards have slow processors: a handshake of two seconds is usual.
pub(crate) const CONNECT: Duration = Duration::from_secs(10);

/// For one answer. Within [`PATIENCE`] a login, a look and a change have their time.
pub(crate) const ANSWER: Duration = Duration::from_secs(20);

/// Within [`PATIENCE`], or a fault of this kind.
pub(crate) async fn within<T>(
    what: &str,
    fault: fn(String) -> Fault,
    asked: impl Future<Output = Result<T, Fault>>,
) -> Result<T, Fault> {
    let late = |_| Err(fault(format!("{what} did not answer within {} s", PATIENCE.as_secs())));
    tokio::time::timeout(PATIENCE, asked).await.unwrap_or_else(late)
}
