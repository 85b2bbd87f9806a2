//! Runs: jobs started together.
//!
//! - here: making one, reading it, and what people want of it
//! - [`members`]: its machines; [`standing`]: how far they are, counted, and a window of them
//! - [`admission`]: what the worker needs to start them
//!
//! Only [`admission`] changes a run's state and starts its jobs; everybody else states a wish.

pub mod admission;
pub mod members;
pub mod standing;

use crate::jobs::json;
use crate::text::{value, word};
use crate::{Error, Result, Store};
use admission::First;
use pitstop_domain::Time;
use pitstop_domain::facts::Seen;
use pitstop_domain::id::{MachineId, RunId};
use pitstop_domain::job::{Initiator, Job, Phase};
use pitstop_domain::people::Scope;
use pitstop_domain::run::{Gap, Run, RunPlan, Wish};
use pitstop_domain::step::Waiting;
use sqlx::postgres::PgRow;
use sqlx::types::Json;
use sqlx::{FromRow, Row};

/// A run and what stands beside it.
#[derive(Clone, Debug)]
pub struct RunRow {
    pub run: Run,
    pub initiator: Initiator,
    pub waiting: Option<Waiting>,
    /// What a person wants of it, until it is looked at.
    pub wish: Option<Seen<Wish>>,
    pub created_at: Time,
    pub version: i64,
}

/// A machine of a run that is made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewMember {
    pub machine: MachineId,
    pub wave: u32,
    /// Why nothing can be done to it.
    pub refused: Option<String>,
}

/// The run moved, and why.
#[derive(Clone, Debug, FromRow)]
pub struct RunHistoryRow {
    pub at: Time,
    pub state: String,
    pub reason: String,
}

fn read_run(row: &PgRow) -> Result<Run> {
    let state: String = row.try_get("state")?;
    let wave: Option<i32> = row.try_get("wave")?;
    Ok(Run {
        id: RunId(row.try_get("id")?),
        plan: row.try_get::<Json<RunPlan>, _>("plan")?.0,
        state: value(&state, "a state of runs")?,
        since: row.try_get("since")?,
        because: row.try_get("because")?,
        wave: wave.and_then(|wave| u32::try_from(wave).ok()),
        gap: json::<Gap>(row, "gap")?,
        over_at: row.try_get("over_at")?,
    })
}

fn read(row: &PgRow) -> Result<RunRow> {
    Ok(RunRow {
        run: read_run(row)?,
        initiator: row.try_get::<Json<Initiator>, _>("initiator")?.0,
        waiting: json(row, "waiting")?,
        wish: json(row, "wish")?,
        created_at: row.try_get("created_at")?,
        version: row.try_get("version")?,
    })
}

impl Store {
    /// Adds a run with its members, in the order in which they go, and wakes the worker.
    pub async fn add_run(&self, run: &Run, initiator: &Initiator, members: &[NewMember]) -> Result<()> {
        let mut tx = self.pool.begin().await?;
        insert_run(&mut tx, run, initiator, members, None).await?;
        Ok(tx.commit().await?)
    }

    pub async fn run(&self, id: RunId) -> Result<Option<RunRow>> {
        let row =
            sqlx::query("select * from runs where id = $1").bind(id.0).fetch_optional(&self.pool).await?;
        row.as_ref().map(read).transpose()
    }

    /// Runs, newest first. `open`: only those that are not over; `scopes`: only those with a machine within one of them.
    pub async fn runs(
        &self,
        open: bool,
        before: Option<Time>,
        scopes: Option<&[Scope]>,
        limit: i64,
    ) -> Result<Vec<RunRow>> {
        let sql = "select * from runs where (not $1 or over_at is null) \
                   and ($2::timestamptz is null or created_at < $2) \
                   and ($3::jsonb is null or exists (select from run_members r join machines m on m.id = r.machine_id \
                     where r.run_id = runs.id and in_scope(m.site, m.labels, $3))) \
                   order by created_at desc limit $4";
        let query = sqlx::query(sql).bind(open).bind(before).bind(scopes.map(Json)).bind(limit);
        let rows = query.fetch_all(&self.pool).await?;
        rows.iter().map(read).collect()
    }

    /// How the run moved, oldest first.
    pub async fn run_history(&self, id: RunId) -> Result<Vec<RunHistoryRow>> {
        let sql = "select at, state, reason from run_history where run_id = $1 order by id";
        Ok(sqlx::query_as(sql).bind(id.0).fetch_all(&self.pool).await?)
    }

    /// A person wants something of a run. The newest wish stands.
    ///
    /// # Errors
    /// When there is no such run, or it is over.
    pub async fn wish_run(&self, id: RunId, wish: Wish, now: Time) -> Result<()> {
        let mut tx = self.pool.begin().await?;
        let sql = "update runs set wish = $2, wake_at = $3, version = version + 1 where id = $1 and over_at is null";
        let wished = Json(Seen { at: now, what: wish });
        let done = sqlx::query(sql).bind(id.0).bind(wished).bind(now).execute(&mut *tx).await?;
        if done.rows_affected() == 0 {
            let known = sqlx::query_scalar::<_, i32>("select 1 from runs where id = $1").bind(id.0);
            return Err(match known.fetch_optional(&mut *tx).await? {
                Some(_) => {
                    Error::Refused("the run is over: nothing of it can be changed any more".to_owned())
                }
                None => Error::NotFound("run"),
            });
        }
        wake_worker(&mut tx).await?;
        changed(&mut tx, id).await?;
        Ok(tx.commit().await?)
    }
}

/// A run with its members, and the jobs that it starts at once, as a part of more. Their images are
/// [held](crate::jobs::hold_images) by whoever has the transaction.
pub(crate) async fn insert_run(
    tx: &mut sqlx::PgTransaction<'_>,
    run: &Run,
    initiator: &Initiator,
    members: &[NewMember],
    first: Option<&First>,
) -> Result<()> {
    let begun = first.map_or(run, |first| &first.admission.run);
    sqlx::query(
        "insert into runs (id, function, initiator, plan, state, since, because, wave, waiting, created_at, wake_at) \
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $6, coalesce($10, $6))",
    )
    .bind(run.id.0)
    .bind(&run.plan.function)
    .bind(Json(initiator))
    .bind(Json(&run.plan))
    .bind(word(&begun.state)?)
    .bind(run.since)
    .bind(&run.because)
    .bind(begun.wave.map(|wave| i32::try_from(wave).unwrap_or(i32::MAX)))
    .bind(first.and_then(|first| first.admission.waiting.as_ref()).map(Json))
    .bind(first.and_then(|first| first.admission.wake_at))
    .execute(&mut **tx)
    .await?;
    let started = first.map_or(&[][..], |first| &first.started);
    let jobs: Vec<&Job> = started.iter().filter_map(|started| started.job.as_ref().ok()).collect();
    if !jobs.is_empty() {
        crate::jobs::insert_all_unheld(tx, &jobs, initiator, run.id).await?;
    }
    members::insert(tx, run.id, members, started).await?;
    note(tx, run, &run.because, run.since).await?;
    if let Some(reason) = first.and_then(|first| first.admission.moved.as_ref()) {
        note(tx, begun, reason, run.since).await?;
    }
    wake_worker(tx).await?;
    changed(tx, run.id).await?;
    Ok(())
}

/// Jobs moved: their runs may start others when a place became free, and the runs' pages show it in any case. A run's
/// row is locked last, after machine and job, and several in their order, by everybody.
pub(crate) async fn jobs_moved(
    tx: &mut sqlx::PgTransaction<'_>,
    moved: &[crate::trip::DecidedStep<'_>],
    now: Time,
) -> Result<()> {
    let jobs: Vec<uuid::Uuid> = moved.iter().map(|(_, step)| step.job.id.0).collect();
    let runs: Vec<uuid::Uuid> =
        sqlx::query_scalar("select distinct run_id from jobs where id = any($1) and run_id is not null")
            .bind(jobs)
            .fetch_all(&mut **tx)
            .await?;
    if runs.is_empty() {
        return Ok(());
    }
    let over: Vec<uuid::Uuid> = moved
        .iter()
        .filter(|(_, step)| matches!(step.job.phase, Phase::Held | Phase::Closed))
        .map(|(_, step)| step.job.id.0)
        .collect();
    let sql = "update runs set wake_at = $2 where id in (select id from runs where over_at is null \
               and id in (select run_id from jobs where id = any($1)) order by id for update)";
    if sqlx::query(sql).bind(over).bind(now).execute(&mut **tx).await?.rows_affected() > 0 {
        wake_worker(tx).await?;
    }
    for run in runs {
        changed(tx, RunId(run)).await?;
    }
    Ok(())
}

async fn note(tx: &mut sqlx::PgTransaction<'_>, run: &Run, reason: &str, now: Time) -> Result<()> {
    sqlx::query("insert into run_history (run_id, at, state, reason) values ($1, $2, $3, $4)")
        .bind(run.id.0)
        .bind(now)
        .bind(run.state.name())
        .bind(reason)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

async fn wake_worker(tx: &mut sqlx::PgTransaction<'_>) -> Result<()> {
    sqlx::query("select pg_notify('pitstop_wake', '')").execute(&mut **tx).await?;
    Ok(())
}

/// Tells the dashboards, when the transaction commits.
async fn changed(tx: &mut sqlx::PgTransaction<'_>, id: RunId) -> Result<()> {
    sqlx::query(
        "select pg_notify('pitstop_changed', json_build_object('kind', 'run', 'id', id, 'version', version)::text) \
         from runs where id = $1",
    )
    .bind(id.0)
    .execute(&mut **tx)
    .await?;
    Ok(())
}
