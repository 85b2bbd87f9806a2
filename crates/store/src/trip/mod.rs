//! What the worker needs to move jobs: claim what is due, load the facts, commit the steps.
//!
//! A claim is a lease; a commit compares the version that was read. So a worker that freezes and wakes up
//! later loses its commit and does no harm. All of it is done for many jobs at once: the cost of a step is that of a
//! few rows, whatever else is open.
//!
//! - [`facts`]: what a decision may look at
//! - [`commit`]: a step and all that belongs to it; [`commands`]: what a step asks to be done

mod commands;
mod commit;
mod facts;

pub use commit::Decided as DecidedStep;
pub(crate) use facts::{Asked, facts_for};

use crate::jobs::{json, read_job};
use crate::{Result, Store};
use pitstop_domain::Time;
use pitstop_domain::facts::{Decided, Seen};
use pitstop_domain::job::Job;
use pitstop_domain::step::Waiting;
use sqlx::Row;
use sqlx::postgres::PgRow;
use uuid::Uuid;

/// How long a claim lasts. A step takes milliseconds; after this long its worker is taken for dead.
const LEASE_S: f64 = 30.0;

/// A job that this worker may step now.
#[derive(Clone, Debug)]
pub struct Claimed {
    pub job: Job,
    version: i64,
    lease: Lease,
    waiting: Option<Waiting>,
    cancel: Option<Seen<String>>,
    decision: Option<Seen<Decided>>,
}

/// Tells this claim from every other: the same worker may claim again when its lease ran out.
#[derive(Clone, Debug)]
struct Lease {
    by: Option<String>,
    until: Option<Time>,
}

impl Store {
    /// Claims jobs that are due, those that have waited longest first. A row that cannot be read holds up none
    /// but itself: it stays claimed, and is tried again when the lease is over.
    pub async fn claim_due(&self, worker: &str, limit: i64, now: Time) -> Result<Vec<Claimed>> {
        let rows = sqlx::query(
            "update jobs set lease_by = $1, lease_until = clock_timestamp() + make_interval(secs => $2), wake_at = null \
             where id in (select id from jobs where phase <> 'closed' and wake_at <= $3 \
                          and (lease_until is null or lease_until < clock_timestamp()) \
                          order by wake_at limit $4 for update skip locked) returning *",
        )
        .bind(worker)
        .bind(LEASE_S)
        .bind(now)
        .bind(limit)
        .fetch_all(&self.pool)
        .await?;
        Ok(rows
            .iter()
            .filter_map(|row| read_claim(row).inspect_err(|error| unreadable(row, error)).ok())
            .collect())
    }

    /// Claims whose worker died between claim and commit are due again: their lease ran out with no wake-up set.
    pub async fn revive_lost_claims(&self, now: Time) -> Result<u64> {
        let sql = "update jobs set wake_at = $1, lease_by = null, lease_until = null \
                   where id in (select id from jobs where phase <> 'closed' and lease_until < clock_timestamp() \
                                for update skip locked)";
        Ok(sqlx::query(sql).bind(now).execute(&self.pool).await?.rows_affected())
    }

    /// When the next job is due, as far as is known now.
    pub async fn next_wake(&self) -> Result<Option<Time>> {
        let sql = "select min(wake_at) from jobs where phase <> 'closed' and lease_until is null";
        Ok(sqlx::query_scalar(sql).fetch_one(&self.pool).await?)
    }

    /// Gives a claim back unused; the job is due again at once. A claim that is another's by now stays.
    pub async fn release(&self, claimed: &Claimed, now: Time) -> Result<()> {
        let sql = "update jobs set lease_by = null, lease_until = null, wake_at = $2 \
                   where id = $1 and phase <> 'closed' and lease_by = $3 and lease_until = $4";
        sqlx::query(sql)
            .bind(claimed.job.id.0)
            .bind(now)
            .bind(&claimed.lease.by)
            .bind(claimed.lease.until)
            .execute(&self.pool)
            .await?;
        Ok(())
    }
}

fn read_claim(row: &PgRow) -> Result<Claimed> {
    Ok(Claimed {
        job: read_job(row)?,
        version: row.try_get("version")?,
        lease: Lease { by: row.try_get("lease_by")?, until: row.try_get("lease_until")? },
        waiting: json(row, "waiting")?,
        cancel: json(row, "cancel")?,
        decision: json(row, "decision")?,
    })
}

fn unreadable(row: &PgRow, error: &crate::Error) {
    let job = row.try_get::<Uuid, _>("id").map(|id| id.to_string()).unwrap_or_default();
    tracing::warn!(job, %error, "A job cannot be read: it stands still until somebody looks at its row.");
}
