//! What happens by itself.
//!
//! - [`jobs`]: steps every job that is due: claim, load facts, decide, commit
//! - [`ahead`]: their images are on this server before they begin
//! - [`runs`]: starts the jobs of every run that is due
//! - [`schedules`]: settles occurrences whose time has come, and starts their runs; [`members`]: of which machines
//! - [`health`]: acts on rules of health, once each, and keeps what was measured
//! - [`calls`]: makes the calls that the server itself makes, with [`secrets`] opened for the moment
//! - [`watch`]: looks at boards and [`probe`]s of machines that a job has
//! - [`look`](mod@look): asks one board, for a person who wants to know whether a route would work
//! - [`alarms`]: tells somebody outside that a person is needed
//! - [`telling`]: tells people outside by mail and in chats
//! - [`hooks`]: tells programs outside of what happened
//! - [`Worker::run`] does all that when woken, and looks once in a while even if nobody woke it

pub mod ahead;
mod alarms;
mod calls;
pub mod health;
pub mod hooks;
mod jobs;
pub mod look;
pub mod members;
mod probe;
mod runs;
pub mod schedules;
mod secrets;
pub mod telling;
mod watch;

pub use alarms::Outside;

use pitstop_store::signals::Signal;
use pitstop_store::{Keys, Store};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// A missed notification costs at most this long. Jobs wait for minutes, so seconds do not hurt.
const SLOW_POLL: Duration = Duration::from_secs(5);

/// A round of steps takes milliseconds; leases of jobs last 30 s.
const LONGEST_ROUND: Duration = Duration::from_secs(30);

/// Signals that do not come for this long may be lost, with a line that is dead without a word: listen anew.
const LONGEST_SILENCE: Duration = Duration::from_secs(60);

/// After a failure of the database: long enough not to flood the log, short enough to be back soon.
const PAUSE_AFTER_FAILURE: Duration = Duration::from_secs(2);

/// Moves jobs and makes calls. Several may run on one database.
pub struct Worker {
    store: Store,
    keys: Keys,
    name: String,
    calls: TaskTracker,
    outside: Option<Outside>,
    way: hooks::Way,
    limits_percent: u32,
    ahead: Option<Arc<dyn ahead::Ahead>>,
    beforehand: usize,
}

impl Worker {
    /// `name` tells workers apart in leases and logs; `keys` open the secrets of power routes.
    pub fn new(store: Store, keys: Keys, name: impl Into<String>) -> Self {
        Self {
            store,
            keys,
            name: name.into(),
            calls: TaskTracker::new(),
            outside: None,
            way: hooks::Way::default(),
            limits_percent: 100,
            ahead: None,
            beforehand: schedules::beforehand::MANY,
        }
    }

    /// Tells somebody outside of alarms.
    pub fn telling(self, outside: Option<Outside>) -> Self {
        Self { outside, ..self }
    }

    /// Of the limits of jobs that rules start: all, or another part in the lab.
    pub fn with_limits(self, limits_percent: u32) -> Self {
        Self { limits_percent, ..self }
    }

    /// Has images brought before jobs with them begin.
    pub fn bringing(self, ahead: Option<Arc<dyn ahead::Ahead>>) -> Self {
        Self { ahead, ..self }
    }

    /// Stores runs of so many machines and more before their moment, instead of [`schedules::beforehand::MANY`].
    pub fn beforehand_from(self, many: usize) -> Self {
        Self { beforehand: many, ..self }
    }

    /// Where people find the pages: links in messages begin with it.
    pub fn at(self, dashboard: String) -> Self {
        Self { way: hooks::Way { dashboard, ..self.way }, ..self }
    }

    /// Webhooks may be at these hosts although their addresses are inner ones.
    pub fn telling_inner(self, hosts: &[String]) -> Self {
        Self { way: hooks::Way { inner: hosts.into(), ..self.way }, ..self }
    }

    /// Works until cancelled, then waits for the calls under way.
    pub async fn run(self, stop: CancellationToken) {
        let watching = tokio::spawn(watch::run(self.store.clone(), self.keys.clone(), stop.clone()));
        let keeping = tokio::spawn(health::keep::run(self.store.clone(), stop.clone()));
        let asking = tokio::spawn(health::boards::run(self.store.clone(), self.keys.clone(), stop.clone()));
        let comes = schedules::beforehand::run(self.store.clone(), self.beforehand, stop.clone());
        let comes = tokio::spawn(comes);
        let (store, keys, dashboard) = (self.store.clone(), self.keys.clone(), self.way.dashboard.clone());
        let messages = tokio::spawn(telling::run(store, keys, dashboard, stop.clone()));
        let (store, keys, way) = (self.store.clone(), self.keys.clone(), self.way.clone());
        let hooks = tokio::spawn(hooks::run(store, keys, way, stop.clone()));
        let telling = self
            .outside
            .clone()
            .map(|outside| tokio::spawn(alarms::run(self.store.clone(), outside, stop.clone())));
        while !stop.is_cancelled() {
            if let Err(error) = self.until_the_line_breaks(&stop).await {
                tracing::warn!(%error, "The worker lost the database and tries again.");
                wait(PAUSE_AFTER_FAILURE, &stop).await;
            }
        }
        self.calls.close();
        self.calls.wait().await;
        let _ = watching.await;
        let _ = keeping.await;
        let _ = asking.await;
        let _ = comes.await;
        let _ = messages.await;
        let _ = hooks.await;
        if let Some(telling) = telling {
            let _ = telling.await;
        }
    }

    async fn until_the_line_breaks(&self, stop: &CancellationToken) -> pitstop_store::Result<()> {
        // Registered before the first look, so that nothing falls between.
        let mut signals = self.store.listen().await?;
        let mut heard = Instant::now();
        while !stop.is_cancelled() && heard.elapsed() < LONGEST_SILENCE {
            self.work_off().await?;
            let pause = self.pause().await?;
            tokio::select! {
                () = stop.cancelled() => break,
                () = tokio::time::sleep(pause) => {}
                woken = until_woken(&mut signals) => {
                    woken?;
                    heard = Instant::now();
                }
            }
        }
        Ok(())
    }

    /// Steps and calls until nothing is due.
    async fn work_off(&self) -> pitstop_store::Result<()> {
        jobs::revive(&self.store).await?;
        runs::revive(&self.store).await?;
        loop {
            // What takes longer than a lease is lost anyway: the line is dead without a word, and a new one is made.
            match tokio::time::timeout(LONGEST_ROUND, self.round()).await {
                Ok(done) => {
                    if done? == 0 {
                        return Ok(());
                    }
                }
                Err(_) => {
                    tracing::warn!("The database does not answer; the worker asks it anew.");
                    return Ok(());
                }
            }
        }
    }

    /// Gives how many schedules, rules, runs and jobs were moved and calls taken.
    async fn round(&self) -> pitstop_store::Result<usize> {
        let settled = schedules::settle_due(&self.store).await?
            + health::step_due(&self.store, self.limits_percent).await?;
        let admitted = runs::step_due(&self.store, &self.name).await?;
        let stepped =
            settled + admitted + jobs::step_due(&self.store, &self.name, self.ahead.as_deref()).await?;
        Ok(stepped + calls::start(&self.store, &self.keys, &self.name, &self.calls).await?)
    }

    async fn pause(&self) -> pitstop_store::Result<Duration> {
        let store = &self.store;
        let wakes = [
            store.next_wake().await?,
            store.next_run_wake().await?,
            store.next_schedule_wake().await?,
            store.next_health_wake().await?,
        ];
        let due = wakes.into_iter().flatten().min();
        let until = due.map(|due| (due - self.store.now()).to_std().unwrap_or_default());
        Ok(until.map_or(SLOW_POLL, |until| until.min(SLOW_POLL)))
    }
}

async fn until_woken(signals: &mut pitstop_store::signals::Signals) -> pitstop_store::Result<()> {
    loop {
        if matches!(signals.next().await?, Signal::Wake | Signal::Missed) {
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
