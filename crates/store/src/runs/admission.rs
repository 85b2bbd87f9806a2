//! What the worker needs to move runs: claim what is due, and commit an admission with the jobs that it starts.
//!
//! As for jobs, a claim is a lease and a commit compares the version that was read. A member's job and its row are
//! written in one transaction: whatever crashes, a machine is started once or not at all.

use super::{changed, note, read_run, wake_worker};
use crate::jobs::json;
use crate::text::word;
use crate::{Error, Result, Store};
use pitstop_domain::Time;
use pitstop_domain::facts::Seen;
use pitstop_domain::id::{MachineId, RunId};
use pitstop_domain::job::{Initiator, Job};
use pitstop_domain::run::{Admission, Run, Wish};
use pitstop_domain::step::Waiting;
use sqlx::Row;
use sqlx::postgres::PgRow;
use sqlx::types::Json;

/// How long a claim lasts. An admission takes tens of milliseconds; after this long its worker is taken for dead.
const LEASE_S: f64 = 30.0;

/// A run that this worker may decide about now.
#[derive(Clone, Debug)]
pub struct ClaimedRun {
    pub run: Run,
    pub initiator: Initiator,
    pub wish: Option<Seen<Wish>>,
    version: i64,
    lease_by: Option<String>,
    lease_until: Option<Time>,
    waiting: Option<Waiting>,
}

/// A member whose turn came: its job, or why there is none.
#[derive(Clone, Debug)]
pub struct Started {
    pub machine: MachineId,
    pub job: std::result::Result<Job, String>,
}

/// What a run starts at once, in the transaction that makes it.
#[derive(Clone, Debug)]
pub struct First {
    /// It only starts machines.
    pub admission: Admission,
    pub started: Vec<Started>,
}

impl First {
    /// The jobs that are started.
    pub(crate) fn jobs(&self) -> impl Iterator<Item = &Job> {
        self.started.iter().filter_map(|started| started.job.as_ref().ok())
    }
}

impl Store {
    /// Claims runs that are due, those that have waited longest first.
    pub async fn claim_due_runs(&self, worker: &str, limit: i64, now: Time) -> Result<Vec<ClaimedRun>> {
        let rows = sqlx::query(
            "update runs set lease_by = $1, lease_until = clock_timestamp() + make_interval(secs => $2), wake_at = null \
             where id in (select id from runs where over_at is null and wake_at <= $3 \
                          and (lease_until is null or lease_until < clock_timestamp()) \
                          order by wake_at limit $4 for update skip locked) returning *",
        )
        .bind(worker)
        .bind(LEASE_S)
        .bind(now)
        .bind(limit)
        .fetch_all(&self.pool)
        .await?;
        let claim = |row| read_claim(row).inspect_err(|error| unreadable(row, error)).ok();
        Ok(rows.iter().filter_map(claim).collect())
    }

    /// Claims whose worker died between claim and commit are due again.
    pub async fn revive_lost_runs(&self, now: Time) -> Result<u64> {
        let sql = "update runs set wake_at = $1, lease_by = null, lease_until = null \
                   where id in (select id from runs where over_at is null and lease_until < clock_timestamp() \
                                for update skip locked)";
        Ok(sqlx::query(sql).bind(now).execute(&self.pool).await?.rows_affected())
    }

    /// When the next run is due, as far as is known now.
    pub async fn next_run_wake(&self) -> Result<Option<Time>> {
        let sql = "select min(wake_at) from runs where over_at is null and lease_until is null";
        Ok(sqlx::query_scalar(sql).fetch_one(&self.pool).await?)
    }

    /// Stores an admission with all that belongs to it, in one transaction. False when the run changed since it was
    /// claimed, or the lease ran out and it is another's: then nothing was stored, and it is looked at again.
    pub async fn commit_admission(
        &self,
        claimed: &ClaimedRun,
        admission: &Admission,
        started: &[Started],
        now: Time,
    ) -> Result<bool> {
        let mut tx = self.pool.begin().await?;
        // Jobs before the run, as `commit_step` does: so no two transactions wait for each other.
        take_back(&mut tx, admission, now).await?;
        if !update(&mut tx, claimed, admission).await? {
            tx.rollback().await?;
            self.release_run(claimed, now).await?;
            return Ok(false);
        }
        let run = admission.run.id;
        set_members(&mut tx, run, "state = 'skipped'", &admission.skip).await?;
        set_members(&mut tx, run, "forgiven = true", &admission.forgive).await?;
        start(&mut tx, claimed, started).await?;
        if let Some(reason) = &admission.moved {
            note(&mut tx, &admission.run, reason, now).await?;
        }
        crate::hooks::events::of_run(&mut tx, &claimed.run, &admission.run, now).await?;
        if admission.moved.is_some() || !started.is_empty() || admission.waiting != claimed.waiting {
            changed(&mut tx, run).await?;
        }
        tx.commit().await?;
        Ok(true)
    }

    /// Gives a claim back unused; the run is due again at once. A claim that is another's by now stays.
    pub async fn release_run(&self, claimed: &ClaimedRun, now: Time) -> Result<()> {
        let sql = "update runs set lease_by = null, lease_until = null, wake_at = $2 \
                   where id = $1 and over_at is null and lease_by = $3 and lease_until = $4";
        sqlx::query(sql)
            .bind(claimed.run.id.0)
            .bind(now)
            .bind(&claimed.lease_by)
            .bind(claimed.lease_until)
            .execute(&self.pool)
            .await?;
        Ok(())
    }
}

fn read_claim(row: &PgRow) -> Result<ClaimedRun> {
    Ok(ClaimedRun {
        run: read_run(row)?,
        initiator: row.try_get::<Json<Initiator>, _>("initiator")?.0,
        wish: json(row, "wish")?,
        version: row.try_get("version")?,
        lease_by: row.try_get("lease_by")?,
        lease_until: row.try_get("lease_until")?,
        waiting: json(row, "waiting")?,
    })
}

fn unreadable(row: &PgRow, error: &Error) {
    let run = row.try_get::<uuid::Uuid, _>("id").map(|id| id.to_string()).unwrap_or_default();
    tracing::warn!(run, %error, "A run cannot be read: it stands still until somebody looks at its row.");
}

async fn update(
    tx: &mut sqlx::PgTransaction<'_>,
    claimed: &ClaimedRun,
    admission: &Admission,
) -> Result<bool> {
    let run = &admission.run;
    let done = sqlx::query(
        "update runs set state = $3, since = $4, because = $5, wave = $6, gap = $7, waiting = $8, over_at = $9, \
         wake_at = case when $9::timestamptz is not null then null else least(wake_at, $10) end, wish = null, \
         version = version + 1, lease_by = null, lease_until = null \
         where id = $1 and version = $2 and lease_by = $11 and lease_until = $12",
    )
    .bind(run.id.0)
    .bind(claimed.version)
    .bind(word(&run.state)?)
    .bind(run.since)
    .bind(&run.because)
    .bind(run.wave.map(|wave| i32::try_from(wave).unwrap_or(i32::MAX)))
    .bind(run.gap.map(Json))
    .bind(admission.waiting.as_ref().map(Json))
    .bind(run.over_at)
    .bind(admission.wake_at)
    .bind(&claimed.lease_by)
    .bind(claimed.lease_until)
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

async fn take_back(tx: &mut sqlx::PgTransaction<'_>, admission: &Admission, now: Time) -> Result<()> {
    if admission.cancel.is_empty() {
        return Ok(());
    }
    let wish = Json(Seen { at: now, what: "its run was cancelled by a person".to_owned() });
    let jobs: Vec<_> = admission.cancel.iter().map(|job| job.0).collect();
    let sql = "update jobs set cancel = coalesce(cancel, $2), wake_at = $3, version = version + 1 \
               where id = any($1) and phase <> 'closed'";
    sqlx::query(sql).bind(jobs).bind(wish).bind(now).execute(&mut **tx).await?;
    wake_worker(tx).await
}

async fn set_members(
    tx: &mut sqlx::PgTransaction<'_>,
    run: RunId,
    what: &'static str,
    machines: &[MachineId],
) -> Result<()> {
    if machines.is_empty() {
        return Ok(());
    }
    let machines: Vec<_> = machines.iter().map(|machine| machine.0).collect();
    let sql = format!("update run_members set {what} where run_id = $1 and machine_id = any($2)");
    sqlx::query(sqlx::AssertSqlSafe(sql)).bind(run.0).bind(machines).execute(&mut **tx).await?;
    Ok(())
}

async fn start(tx: &mut sqlx::PgTransaction<'_>, claimed: &ClaimedRun, started: &[Started]) -> Result<()> {
    if started.is_empty() {
        return Ok(());
    }
    let run = claimed.run.id;
    let jobs: Vec<&Job> = started.iter().filter_map(|started| started.job.as_ref().ok()).collect();
    if !jobs.is_empty() {
        crate::jobs::insert_all(tx, &jobs, &claimed.initiator, run).await?;
    }
    let machines: Vec<_> = started.iter().map(|started| started.machine.0).collect();
    let ids: Vec<_> = started.iter().map(|started| started.job.as_ref().ok().map(|job| job.id.0)).collect();
    let why: Vec<_> = started.iter().map(|started| started.job.as_ref().err().cloned()).collect();
    let sql = "update run_members rm set state = case when s.job_id is null then 'refused' else 'job' end, \
               job_id = s.job_id, why = s.why \
               from unnest($2::uuid[], $3::uuid[], $4::text[]) s (machine_id, job_id, why) \
               where rm.run_id = $1 and rm.machine_id = s.machine_id and rm.state = 'waiting'";
    let done = sqlx::query(sql).bind(run.0).bind(machines).bind(ids).bind(why);
    if done.execute(&mut **tx).await?.rows_affected() != started.len() as u64 {
        // The transaction is given up with its jobs: nothing was started.
        return Err(Error::Refused(format!("machines of run {run} do not wait any more")));
    }
    Ok(())
}
