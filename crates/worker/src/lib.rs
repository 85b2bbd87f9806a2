//! What happens by itself.
//!
//! - [`jobs`]: steps every job that is due: claim, load facts, decide, commit
//! - [`runs`]: starts the jobs of every run that is due
//! - [`calls`]: asks the routes that the server itself asks
//! - [`Worker::run`] does it all when woken, and looks once in a while even if nobody woke it

mod calls;
mod jobs;
mod runs;

use pitstop_store::Store;
use pitstop_store::signals::Signal;
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// A missed notification costs at most this long. Jobs wait for minutes, so seconds do not hurt.
const SLOW_POLL: Duration = Duration::from_secs(5);

/// After a failure of the database: long enough not to flood the log, short enough to be back soon.
const PAUSE_AFTER_FAILURE: Duration = Duration::from_secs(2);

/// Moves jobs and makes calls. Several may run on one database.
pub struct Worker {
    store: Store,
    name: String,
    calls: TaskTracker,
}

impl Worker {
    /// `name` tells workers apart in leases and logs.
    pub fn new(store: Store, name: impl Into<String>) -> Self {
        Self { store, name: name.into(), calls: TaskTracker::new() }
    }

    /// Works until cancelled, then waits for the calls under way.
    pub async fn run(self, stop: CancellationToken) {
        while !stop.is_cancelled() {
            if let Err(error) = self.until_the_line_breaks(&stop).await {
                tracing::warn!(%error, "The worker lost the database and tries again.");
                wait(PAUSE_AFTER_FAILURE, &stop).await;
            }
        }
        self.calls.close();
        self.calls.wait().await;
    }

    async fn until_the_line_breaks(&self, stop: &CancellationToken) -> pitstop_store::Result<()> {
        // Registered before the first look, so that nothing falls between.
        let mut signals = self.store.listen().await?;
        while !stop.is_cancelled() {
            self.work_off().await?;
            let pause = self.pause().await?;
            tokio::select! {
                () = stop.cancelled() => break,
                () = tokio::time::sleep(pause) => {}
                woken = until_woken(&mut signals) => woken?,
            }
        }
        Ok(())
    }

    /// Steps and calls until nothing is due.
    async fn work_off(&self) -> pitstop_store::Result<()> {
        jobs::revive(&self.store).await?;
        runs::revive(&self.store).await?;
        loop {
            let admitted = runs::step_due(&self.store, &self.name).await?;
            let stepped = jobs::step_due(&self.store, &self.name).await?;
            let called = calls::start(&self.store, &self.calls).await?;
            if admitted + stepped + called == 0 {
                return Ok(());
            }
        }
    }

    async fn pause(&self) -> pitstop_store::Result<Duration> {
        let due =
            [self.store.next_wake().await?, self.store.next_run_wake().await?].into_iter().flatten().min();
        let until = due.map(|due| (due - chrono::Utc::now()).to_std().unwrap_or_default());
        Ok(until.map_or(SLOW_POLL, |until| until.min(SLOW_POLL)))
    }
}

async fn until_woken(signals: &mut pitstop_store::signals::Signals) -> pitstop_store::Result<()> {
    loop {
        if signals.next().await? == Signal::Wake {
            return Ok(());
        }
    }
}

async fn wait(pause: Duration, stop: &CancellationToken) {
    tokio::select! {
        () = stop.cancelled() => {}
        () = tokio::time::sleep(pause) => {}
    }
}
