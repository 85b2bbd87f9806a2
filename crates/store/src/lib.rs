//! What is remembered, in PostgreSQL. One file per noun; SQL stands next to the values it fills.
//!
//! - [`Store`] is a pool and the signals that go with it; [`Store::open`] applies `migrations/`
//! - nouns: machines, images, functions, jobs (with history, log and calls), assignments
//! - [`sightings`]: what was seen, as facts (newest of each kind) and as a story
//! - [`trip`]: what the worker needs: claim a due job, load its facts, commit a step
//! - [`runs`]: jobs started together, and what the worker needs to start them
//! - [`orders`]: what the agents need: fetch an order, answer it
//! - [`signals`]: `LISTEN`/`NOTIFY`, so that nobody polls for what is new

pub mod assignments;
pub mod error;
pub mod functions;
pub mod images;
pub mod jobs;
pub mod keys;
pub mod machines;
pub mod orders;
pub mod overview;
pub mod runs;
pub mod sightings;
pub mod signals;
pub mod story;
pub mod strangers;
pub mod trip;

mod text;

pub use error::{Error, Result};
pub use keys::Keys;

use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use std::str::FromStr;
use std::time::Duration;

/// Connections a process keeps at most. Each request and each step holds one for milliseconds; PostgreSQL
/// allows 100 in all by default, so several processes fit beside each other.
const CONNECTIONS: u32 = 16;

/// The database, ready for use. Cheap to clone.
#[derive(Clone)]
pub struct Store {
    pool: sqlx::PgPool,
}

impl Store {
    /// Connects and applies the migrations that are missing.
    ///
    /// # Errors
    /// When the database cannot be reached within ten seconds, or a migration fails.
    pub async fn open(url: &str) -> Result<Self> {
        let options = PgConnectOptions::from_str(url)?.application_name("pitstop");
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
        Ok(Self { pool })
    }

    /// The pool, for tests that look at rows.
    pub fn pool(&self) -> &sqlx::PgPool {
        &self.pool
    }
}
