//! Which functions are offered, and what this server lacks for some: nobody's machine is restarted for what cannot be done.

use crate::builtin;
use crate::signatures::Signatures;
use pitstop_domain::function::{Function, Task};
use pitstop_store::{Result, Store};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// Whoever puts files there looks at the page a moment later.
const LOOK_EVERY: Duration = Duration::from_secs(10);

/// Stores the functions that every installation has, as this server can do them now.
pub(crate) async fn put(store: &Store, signatures: &Signatures) -> Result<()> {
    for (function, position) in builtin::functions().into_iter().zip(0..) {
        let missing = missing(&function, signatures);
        store.put_function(&Function { missing, ..function }, position).await?;
    }
    Ok(())
}

/// Looks again until cancelled.
pub(crate) async fn keep(store: Store, signatures: Signatures, stop: CancellationToken) {
    let mut known = signatures.missing();
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(LOOK_EVERY) => {}
        }
        let now = signatures.missing();
        if now != known {
            match put(&store, &signatures).await {
                Ok(()) => known = now,
                Err(error) => {
                    tracing::warn!(%error, "Which functions are offered could not be stored; it is tried again.")
                }
            }
        }
    }
}

fn missing(function: &Function, signatures: &Signatures) -> Option<String> {
    matches!(function.task, Task::VirusScan { .. }).then(|| signatures.missing()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scan_lacks_signatures_until_they_are_there_and_nothing_else_does() {
        let folder = tempfile::tempdir().unwrap();
        let signatures = Signatures::new(folder.path().to_owned());
        let lacking = || {
            let functions = builtin::functions().into_iter();
            let lacks = functions.filter(|function| missing(function, &signatures).is_some());
            lacks.map(|function| function.name).collect::<Vec<_>>()
        };
        assert_eq!(lacking(), ["virus-scan"]);
        std::fs::write(folder.path().join("own.hdb"), "").unwrap();
        assert!(lacking().is_empty());
    }
}
