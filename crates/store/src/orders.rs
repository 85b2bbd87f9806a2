//! Calls to routes: fetched by agents, answered by agents and persons. Those that the server itself makes are in
//! [`crate::presses`].
//!
//! `waiting` means that nobody was asked; taking a call makes it `started` and changes the job's version, so
//! that a step decided on older facts cannot be committed.

use crate::text::{value, word};
use crate::{Error, Result, Store};
use pitstop_domain::Time;
use pitstop_domain::facts::CallState;
use pitstop_domain::id::{BootId, CallId, JobId, MachineId};
use pitstop_domain::route::{Route, Target};
use sqlx::Row;
use sqlx::postgres::PgRow;
use sqlx::types::Json;

/// A call to a route, with all that is known of it.
#[derive(Clone, Debug, PartialEq)]
pub struct CallRow {
    pub id: CallId,
    pub job: JobId,
    pub machine: MachineId,
    pub phase: String,
    pub attempt: u32,
    pub route: Route,
    pub target: Target,
    pub state: CallState,
    pub answer: Option<String>,
    pub created_at: Time,
    pub changed_at: Time,
}

pub(crate) fn read(row: &PgRow) -> Result<CallRow> {
    let (target, state): (String, String) = (row.try_get("target")?, row.try_get("state")?);
    Ok(CallRow {
        id: CallId(row.try_get("id")?),
        job: JobId(row.try_get("job_id")?),
        machine: MachineId(row.try_get("machine_id")?),
        phase: row.try_get("phase")?,
        attempt: u32::try_from(row.try_get::<i32, _>("attempt")?).unwrap_or(0),
        route: row.try_get::<Json<Route>, _>("route")?.0,
        target: value(&target, "a target")?,
        state: value(&state, "a state of calls")?,
        answer: row.try_get("answer")?,
        created_at: row.try_get("created_at")?,
        changed_at: row.try_get("changed_at")?,
    })
}

/// Only the call of the attempt that the job is at: whatever came before is over, also where it was never answered.
pub(crate) const OF_THE_ATTEMPT: &str = "join jobs j on j.id = c.job_id \
     and (j.phase, j.phase_since, j.attempt) = (c.phase, c.phase_since, c.attempt)";

impl Store {
    /// The order for an agent, if there is one: the own system's agent fetches restarts into maintenance, the
    /// maintenance agent fetches restarts into the own system, and neither the other's. A call that was
    /// fetched but not answered is given again to the same boot only, and only while its attempt lasts.
    pub async fn fetch_order(
        &self,
        machine: MachineId,
        target: Target,
        boot: &BootId,
        now: Time,
    ) -> Result<Option<CallRow>> {
        let sql = format!(
            "select c.* from calls c {OF_THE_ATTEMPT} where c.machine_id = $1 and c.target = $2 \
             and c.state in ('waiting', 'started') \
             and c.route ->> 'kind' in ('agent', 'agent_kexec') \
             and (c.state = 'waiting' or (c.state = 'started' and c.boot_id = $3)) limit 1"
        );
        let target = word(&target)?;
        let look = async || {
            let query =
                sqlx::query(sqlx::AssertSqlSafe(sql.as_str())).bind(machine.0).bind(&target).bind(&boot.0);
            query.fetch_optional(&self.pool).await?.as_ref().map(read).transpose()
        };
        // Nearly always there is none: a look without a lock is enough to know.
        let Some(call) = look().await? else { return Ok(None) };
        if call.state == CallState::Started {
            return Ok(Some(call));
        }
        if self.take_order(&call, boot, now).await? {
            return Ok(Some(CallRow { state: CallState::Started, ..call }));
        }
        // Another request was quicker: it is the same boot's, or the order is not to be had any more.
        Ok(look().await?.filter(|call| call.state == CallState::Started))
    }

    /// The agent of this boot has the order now: in one statement, which changes nothing when anything of what it was
    /// looked up by changed meanwhile. The job's version changes, so that a step decided without knowing it is not stored.
    async fn take_order(&self, call: &CallRow, boot: &BootId, now: Time) -> Result<bool> {
        let taken: Option<bool> = sqlx::query_scalar(
            "with machine as (select id from machines where id = $2 for no key update), \
             job as (update jobs j set version = j.version + 1, wake_at = $4 from machine, calls c \
                 where c.id = $1 and c.state = 'waiting' and j.id = c.job_id and j.machine_id = machine.id \
                 and j.phase <> 'closed' and (j.phase, j.phase_since, j.attempt) = (c.phase, c.phase_since, c.attempt) \
                 returning j.id, j.version), \
             taken as (update calls c set state = 'started', boot_id = $3, changed_at = $4 from job \
                 where c.id = $1 and c.state = 'waiting' returning job.id, job.version) \
             select pg_notify('pitstop_changed', json_build_object('kind', 'job', 'id', id, 'version', version)::text) \
                 is not null from taken",
        )
        .bind(call.id.0)
        .bind(call.machine.0)
        .bind(&boot.0)
        .bind(now)
        .fetch_optional(&self.pool)
        .await?;
        Ok(taken.is_some())
    }

    /// What a route answered. Accepted is not done: only a sighting says that. A route may take its word back
    /// (accepted, then refused), and may say the same twice.
    ///
    /// # Errors
    /// [`Error::Refused`] when the call was given up meanwhile: whoever answers must then not act.
    pub async fn answer_call(&self, id: CallId, state: CallState, answer: &str, now: Time) -> Result<()> {
        const MAY_BE_SAID: &str = "(c.state in ('waiting', 'started', 'pressed') or c.state = $2 or (c.state = 'accepted' and $2 = 'refused'))";
        // The job's row first, as steps do: whoever holds it is waited for, and then it is looked at again.
        let sql = format!(
            "with machine as (select m.id from machines m join calls c on c.machine_id = m.id where c.id = $1 \
                 for no key update of m), \
             job as (update jobs j set wake_at = $4 from machine, calls c \
                 where c.id = $1 and {MAY_BE_SAID} and j.id = c.job_id and j.machine_id = machine.id \
                 and j.phase <> 'closed' and (j.phase, j.phase_since, j.attempt) = (c.phase, c.phase_since, c.attempt) \
                 returning j.id, j.version), \
             answered as (update calls c set state = $2, answer = $3, changed_at = $4 from job where c.id = $1 \
                 and {MAY_BE_SAID} returning job.id, job.version) \
             select pg_notify('pitstop_wake', '') is not null and pg_notify('pitstop_changed', \
                 json_build_object('kind', 'job', 'id', id, 'version', version)::text) is not null from answered"
        );
        let answered: Option<bool> = sqlx::query_scalar(sqlx::AssertSqlSafe(sql))
            .bind(id.0)
            .bind(word(&state)?)
            .bind(answer)
            .bind(now)
            .fetch_optional(&self.pool)
            .await?;
        match answered {
            Some(_) => Ok(()),
            None if self.call(id).await?.is_none() => Err(Error::NotFound("call")),
            None => Err(given_up()),
        }
    }

    pub async fn call(&self, id: CallId) -> Result<Option<CallRow>> {
        let row =
            sqlx::query("select * from calls where id = $1").bind(id.0).fetch_optional(&self.pool).await?;
        row.as_ref().map(read).transpose()
    }

    /// What each route of a machine was last asked: its newest call that left our hands. Looks at the machine's newest
    /// jobs only, so that the cost does not grow with its past.
    pub async fn last_calls(&self, machine: MachineId) -> Result<Vec<CallRow>> {
        let sql = "select distinct on (c.route) c.* from calls c \
                   where c.job_id in (select id from jobs where machine_id = $1 order by created_at desc limit 50) \
                   and c.state not in ('waiting', 'void') order by c.route, c.created_at desc, c.id desc";
        sqlx::query(sql).bind(machine.0).fetch_all(&self.pool).await?.iter().map(read).collect()
    }

    /// All calls of a job, in their order.
    pub async fn calls_of(&self, job: JobId) -> Result<Vec<CallRow>> {
        let sql = "select * from calls where job_id = $1 order by created_at, id";
        sqlx::query(sql).bind(job.0).fetch_all(&self.pool).await?.iter().map(read).collect()
    }
}

fn given_up() -> Error {
    Error::Refused("this order was given up meanwhile: do not carry it out".to_owned())
}

/// A worker has the call now: the job's version changes, so that a step decided without knowing it is not stored.
pub(crate) async fn start(tx: &mut sqlx::PgTransaction<'_>, call: &CallRow, now: Time) -> Result<()> {
    sqlx::query("update calls set state = 'started', boot_id = null, changed_at = $2 where id = $1")
        .bind(call.id.0)
        .bind(now)
        .execute(&mut **tx)
        .await?;
    crate::jobs::touch(tx, call.job, now).await
}
