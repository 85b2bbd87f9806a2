//! What is remembered, in PostgreSQL. One file per noun; SQL stands next to the values it fills.
//!
//! - [`Store`] is a pool and the signals that go with it; [`Store::open`] applies `migrations/`
//! - nouns: machines, images, functions, jobs (with history, log and calls), assignments
//! - [`catalog`]: where versions of images stand, moved by people, and who uses them
//! - [`test_boots`]: versions tried in virtual machines; [`demands`]: what the catalog demands of them
//! - [`signing`]: keys whose signatures on versions are trusted, and the signatures
//! - [`fleet`]: machines by the words of a search: a window, counts, cells, choices, changes to many
//! - [`strangers`]: machines nobody told us of, and rules to adopt them; [`imports`]: lists of machines
//! - [`sightings`]: what was seen, as facts (newest of each kind) and as a story
//! - [`trip`]: what the worker needs: claim a due job, load its facts, commit a step
//! - [`orders`]: what the agents need: fetch an order, answer it; [`presses`]: calls that the server itself makes
//! - [`shut_downs`]: machines that were off are shut down again
//! - [`watches`]: machines whose boards and probes are looked at; [`alarms`]: what a person must be told
//! - [`secrets`]: passwords and keys of routes, sealed
//! - [`people`]: who may come in, by what, and what they did (audit)
//! - [`captures`]: what was kept of disks
//! - [`consoles`]: consoles that were opened, and their recordings
//! - [`settings`]: what holds for the whole installation
//! - [`clock`]: what time it is: the database's
//! - [`runs`]: jobs started together, and what the worker needs to start them
//! - [`schedules`]: what starts by itself at its time, windows and blackouts
//! - [`health`]: what is measured of machines, rules over it, and alerts
//! - [`hooks`]: programs outside that are told of events, and what was delivered to them
//! - [`ourselves`]: what Prometheus is told of us; [`hops`]: how long the hops of trips took
//! - [`signals`]: `LISTEN`/`NOTIFY`, so that nobody polls for what is new

pub mod alarms;
pub mod assignments;
pub mod bytes;
pub mod captures;
pub mod catalog;
pub mod clock;
pub mod consoles;
pub mod demands;
pub mod error;
pub mod find;
pub mod fleet;
pub mod functions;
pub mod health;
pub mod hooks;
pub mod hops;
pub mod images;
pub mod imports;
pub mod jobs;
pub mod keys;
pub mod listeners;
pub mod machines;
pub mod once;
pub mod orders;
pub mod ourselves;
pub mod overview;
pub mod people;
mod places;
pub mod presences;
pub mod presses;
pub mod questions;
pub mod runs;
pub mod schedules;
pub mod secrets;
pub mod settings;
pub mod shut_downs;
pub mod sightings;
pub mod signals;
pub mod signing;
pub mod story;
pub mod strangers;
pub mod test_boots;
pub mod trip;
pub mod watches;

mod text;
mod usual;

pub use error::{Error, Result};
pub use keys::Keys;

use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

/// Connections a process keeps at most. Each request and each step holds one for milliseconds; PostgreSQL
/// allows 100 in all by default, so several processes fit beside each other.
const CONNECTIONS: u32 = 16;

/// How long a transaction may stand still. But for [one](schedules::beforehand) none of ours waits for anything but the
/// database, and that one only for a part of this: one that stands still so long is a process that is frozen or cut off; it
/// holds locks that others wait for, and a lease lasts three times as long.
const TRANSACTION_IDLE: &str = "10s";

/// The database, ready for use. Cheap to clone.
#[derive(Clone)]
pub struct Store {
    pool: sqlx::PgPool,
    clock: Arc<clock::Clock>,
    together: Arc<sightings::Together>,
    gathering: Arc<health::together::Gathering>,
    lately: Arc<fleet::plain::Lately>,
    alike: Arc<fleet::alike::Last>,
    /// Within this process, whose turn it is with the bytes of images.
    bytes: Arc<tokio::sync::Mutex<()>>,
}

impl Store {
    /// Connects and applies the migrations that are missing.
    ///
    /// # Errors
    /// When the database cannot be reached within ten seconds, or a migration fails.
    pub async fn open(url: &str) -> Result<Self> {
        let options = PgConnectOptions::from_str(url)?
            .application_name("pitstop")
            .options([("idle_in_transaction_session_timeout", TRANSACTION_IDLE)]);
        let pool = PgPoolOptions::new()
            .max_connections(CONNECTIONS)
            .acquire_timeout(Duration::from_secs(10))
            .connect_with(options)
            .await?;
        Self::with_pool(pool).await
    }

    /// As [`Store::open`], over a pool that is there (tests have one of their own).
    ///
    /// # Errors
    /// When a migration fails.
    pub async fn with_pool(pool: sqlx::PgPool) -> Result<Self> {
        sqlx::migrate!("../../migrations").run(&pool).await?;
        let store = Self {
            pool,
            clock: Arc::default(),
            together: Arc::default(),
            gathering: Arc::default(),
            lately: Arc::default(),
            alike: Arc::default(),
            bytes: Arc::default(),
        };
        store.read_clock().await?;
        Ok(store)
    }

    /// The pool, for tests that look at rows.
    pub fn pool(&self) -> &sqlx::PgPool {
        &self.pool
    }
}
