//! The one process: configuration, wiring, routes.
//!
//! - [`config`]: what can be set
//! - [`postgres`], [`secrets`]: what the server brings along: a private database, keys in files
//! - [`boot`]: proxyDHCP, TFTP and HTTP on the machines' network; [`netns`]: in a namespace of their own
//! - [`agent_api`]: what agents ask
//! - [`web`]: the dashboard, its event stream, and [`api`] for programs; [`backend`]: the dashboard's data
//! - [`people`]: who comes in, and the gate before the store
//! - [`console`]: terminals in the browser into machines in maintenance
//! - [`signatures`]: what viruses are known by, kept new
//! - [`shelf`]: where the bytes of images lie, in a folder and a bucket behind it
//! - [`catalog`], [`builtin`], [`lab`]: what is known from the start
//! - [`test_boot`]: versions of images, tried in throw-away virtual machines
//! - [`start`](fn@start::start): the way a job is asked for; [`runs`]: many at once; [`schedules`]: again and again
//! - [`health`]: how machines do, for pages; rules and alerts
//! - [`hub`]: who waits is told; `clock`: the time is the database's; `pulse`: a server that stood still

pub mod agent_api;
pub mod api;
pub mod backend;
pub mod boot;
pub mod builtin;
pub mod captures;
pub mod catalog;
mod clock;
pub mod config;
pub mod console;
pub mod health;
mod hooks;
pub mod hub;
pub mod import;
pub mod lab;
pub mod netns;
mod offers;
pub mod people;
pub mod postgres;
pub mod pulse;
pub mod runs;
pub mod schedules;
pub mod secrets;
pub mod shelf;
pub mod signatures;
pub mod start;
pub mod test_boot;
pub mod uploads;
pub mod web;

use agent_api::AgentApi;
use anyhow::{Context, Result};
use captures::Captures;
use config::Config;
use console::Consoles;
use hub::Hub;
use netns::Place;
use pitstop_store::{Keys, Store};
use pitstop_worker::{Outside, Worker};
use shelf::Shelf;
use shelf::ahead::Bringing;
use signatures::Signatures;
use std::io::Write;
use std::time::Duration;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Open streams (events, long polls) hold a graceful shutdown up; they are cut after this long.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// Runs the server until it is told to stop.
///
/// # Errors
/// When something that is needed cannot be had; the text says what, and what to do.
pub async fn run(config: Config, database_url: &str) -> Result<()> {
    let running = Running::start(config, database_url).await?;
    announce(&running);
    until_told_to_stop().await?;
    tracing::info!("Stopping: open jobs go on when the server is started again.");
    running.stop().await;
    Ok(())
}

/// A server that runs within this process.
pub struct Running {
    /// The dashboard's address.
    pub address: String,
    /// What runs and what does not, in words.
    pub notes: Vec<String>,
    /// The line with the link of the first administrator, while nobody may do everything.
    pub first: Option<String>,
    stop: CancellationToken,
    tasks: TaskTracker,
}

impl Running {
    /// Starts everything; when it returns, all sockets listen.
    ///
    /// # Errors
    /// As [`run`].
    pub async fn start(config: Config, database_url: &str) -> Result<Self> {
        let stop = CancellationToken::new();
        let tasks = TaskTracker::new();
        let store = Store::open(database_url).await.context("the database cannot be used")?;
        let keys = Keys::new(secrets::server_key(&config.data)?);
        let enrol_key = secrets::enrol_key(&config.enrol_key_file())?;
        let signatures = Signatures::new(config.virus_signatures());
        if signatures.missing().is_some() {
            tracing::info!(folder = %signatures.folder().display(), "There are no virus signatures in their folder: nothing can be scanned for viruses.");
        }
        let shelf = Shelf::of(&config, &store).await?;
        fill(&store, &config, &signatures, &shelf).await?;

        let hub = Hub::default();
        tasks.spawn(clock::keep(store.clone(), stop.clone()));
        tasks.spawn(shelf.clone().keep(stop.clone()));
        tasks.spawn(offers::keep(store.clone(), signatures.clone(), stop.clone()));
        tasks.spawn(hub.clone().run(store.clone(), stop.clone()));
        let updates = (config.virus_signature_updates.clone(), config.data.clone());
        tasks.spawn(signatures.clone().keep(updates.0, updates.1, stop.clone()));
        tasks.spawn(schedules::calendars::keep(store.clone(), config.calendars_from_inside, stop.clone()));
        let worker = Worker::new(store.clone(), keys.clone(), worker_name()).telling(outside(&config)?);
        let worker = worker.at(config.dashboard_url()).with_limits(config.limits_percent);
        let worker = worker.telling_inner(&config.webhooks_inner).bringing(Bringing::to(&shelf, &store));
        tasks.spawn(worker.run(stop.clone()));
        let place = Place::new(config.boot_netns.as_deref());
        let recordings = config.data.join("consoles");
        let consoles = Consoles::new(store.clone(), recordings.clone());
        let (swept, until) =
            (console::sweep::sweep(recordings, config.consoles, store.clone()), stop.clone());
        tasks.spawn(async move { until.run_until_cancelled(swept).await });
        let folder = config.data.join("captures");
        let captures = Captures::new(store.clone(), folder, config.captures_keep_free_mib << 20);
        let (swept, until) = (captures.clone(), stop.clone());
        tasks.spawn(async move { until.run_until_cancelled(swept.sweep()).await });
        let boot_url = config.boot_url.clone();
        let agents = AgentApi {
            store: store.clone(),
            keys: keys.clone(),
            enrol_key,
            hub: hub.clone(),
            boot_url,
            signatures: signatures.folder().to_owned(),
            consoles: consoles.clone(),
            captures: captures.clone(),
            stop: stop.clone(),
        };
        let within = web::Within { store: store.clone(), keys, hub, consoles, captures };
        let pulse = pulse::Pulse::default();
        tasks.spawn(pulse.clone().run(stop.clone()));
        let boot = boot::Boot::start(&config, agents, &shelf, &pulse, &place, &tasks, &stop)?;
        let silences = boot.silences.clone();
        let address = web::start(&config, &within, shelf, silences, &tasks, &stop).await?;
        let dashboard = config.public_url.as_deref().unwrap_or(&address).trim_end_matches('/');
        let first = people::first::line(&store, dashboard, config.new_administrator).await?;
        Ok(Self { address, notes: boot.notes, first, stop, tasks })
    }

    /// Stops everything and waits for it.
    pub async fn stop(self) {
        self.stop.cancel();
        self.tasks.close();
        self.tasks.wait().await;
    }
}

/// What is known from the start.
async fn fill(store: &Store, config: &Config, signatures: &Signatures, shelf: &Shelf) -> Result<()> {
    test_boot::sweep();
    if let Some(folder) = &config.trusted_keys {
        catalog::keys::offer(store, folder).await?;
    }
    if let Some(drop) = &config.image_drop {
        catalog::import_drop(store, drop, shelf).await?;
    }
    offers::put(store, signatures).await?;
    if let Some(file) = &config.lab_machines {
        let known = lab::import(store, file).await?;
        tracing::info!(known, "The lab's machines are known.");
    }
    Ok(())
}

/// Whom alarms are told, where that is set.
fn outside(config: &Config) -> Result<Option<Outside>> {
    let Some(url) = config.alarm_url.clone() else { return Ok(None) };
    let key = secrets::alarm_key(&config.data)?;
    Ok(Some(Outside { url, key, dashboard: config.dashboard_url() }))
}

fn worker_name() -> String {
    let host = nix::unistd::gethostname().ok().and_then(|name| name.into_string().ok()).unwrap_or_default();
    format!("{host}:{}", std::process::id())
}

/// The line that says that all is up; `cargo xtask` and tests wait for it.
fn announce(running: &Running) {
    let mut out = std::io::stdout().lock();
    for note in &running.notes {
        let _ = writeln!(out, "  {note}");
    }
    if let Some(first) = &running.first {
        let _ = writeln!(out, "\n  {first}\n");
    }
    let _ = writeln!(out, "pitstop-server ready: {}", running.address);
    let _ = out.flush();
}

async fn until_told_to_stop() -> Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut hang_up = signal(SignalKind::hangup())?;
    tokio::select! {
        interrupted = tokio::signal::ctrl_c() => interrupted?,
        _ = terminate.recv() => {}
        _ = hang_up.recv() => {}
    }
    Ok(())
}

/// Some time after the stop: for what would hold it up.
pub(crate) async fn shortly_after(stop: &CancellationToken) {
    stop.cancelled().await;
    tokio::time::sleep(LAST_WORDS).await;
}
