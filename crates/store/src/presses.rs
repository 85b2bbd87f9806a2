//! Calls that the server itself makes: taken, prepared, pressed, answered.
//!
//! Preparing a board may be repeated, so a call whose worker died over it is taken by another when its lease ran out.
//! The one request that restarts may not: it is recorded ([`Store::press`]) before it leaves, and a call that was
//! pressed is never taken again, whatever became of it.

use crate::jobs::{json, read_job};
use crate::machines::lock;
use crate::orders::{CallRow, OF_THE_ATTEMPT, read, start};
use crate::text::word;
use crate::trip::{Asked, facts_for};
use crate::{Result, Store};
use pitstop_domain::Time;
use pitstop_domain::facts::{Decided, Seen};
use pitstop_domain::id::JobId;
use pitstop_domain::route::Target;
use pitstop_domain::step::off_again::{self, FoundOff, Glance};
use pitstop_domain::step::step;
use sqlx::PgTransaction;

/// How long a worker may prepare a call before it must say that it is still at it. Boards take up to a minute to
/// answer one request, and the lease is renewed between requests.
const LEASE_S: f64 = 90.0;

/// Looks for calls that wait, or whose worker died while it prepared them.
const TO_ASK: &str = "c.route ->> 'kind' not in ('agent', 'agent_kexec', 'person') and (c.state = 'waiting' \
     or (c.state = 'started' and c.lease_until < clock_timestamp()))";

/// A call that this worker prepares.
#[derive(Clone, Debug)]
pub struct Taken {
    pub call: CallRow,
    by: String,
    /// Tells this lease from every other of the same worker.
    until: Time,
    /// What a board has just said: is the machine on? `None`: nobody looked, or none can tell.
    pub on: Option<bool>,
}

/// May the restart be asked for?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Press {
    /// Recorded: ask now, once.
    Now,
    /// Something was seen that moves the job: it is decided first, and this call is wanted or not.
    Undecided,
    /// The call was given up, or is another worker's by now: leave the machine alone.
    GivenUp,
}

impl Store {
    /// Takes calls that the server itself has to make, oldest first. Each is given to one worker, however many ask.
    pub async fn take_pushed_calls(&self, worker: &str, limit: i64, now: Time) -> Result<Vec<Taken>> {
        let sql =
            format!("select c.* from calls c {OF_THE_ATTEMPT} where {TO_ASK} order by c.created_at limit $1");
        let waiting = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(limit).fetch_all(&self.pool).await?;
        let mut taken = Vec::new();
        for row in &waiting {
            match self.take(read(row)?, worker, now).await {
                Ok(one) => taken.extend(one),
                // What was taken must be made: nobody else may.
                Err(error) if !taken.is_empty() => {
                    tracing::warn!(%error, "Not all calls that wait could be taken; the rest is taken next.");
                    break;
                }
                Err(error) => return Err(error),
            }
        }
        Ok(taken)
    }

    /// Nothing when it was taken or given up meanwhile.
    async fn take(&self, call: CallRow, worker: &str, now: Time) -> Result<Option<Taken>> {
        let mut tx = self.pool.begin().await?;
        lock(&mut tx, call.machine).await?;
        let sql =
            format!("select exists (select 1 from calls c {OF_THE_ATTEMPT} where c.id = $1 and {TO_ASK})");
        let free: bool =
            sqlx::query_scalar(sqlx::AssertSqlSafe(sql)).bind(call.id.0).fetch_one(&mut *tx).await?;
        if !free {
            return Ok(None);
        }
        start(&mut tx, &call, now).await?;
        let until = lease(&mut tx, &call, worker).await?;
        tx.commit().await?;
        Ok(Some(Taken { call, by: worker.to_owned(), until, on: None }))
    }

    /// Says that this worker is still preparing. False when the call was given up, or is another's: stop.
    pub async fn keep_call(&self, taken: &mut Taken) -> Result<bool> {
        let mut tx = self.pool.begin().await?;
        lock(&mut tx, taken.call.machine).await?;
        if !is_ours(&mut tx, taken).await? {
            return Ok(false);
        }
        taken.until = lease(&mut tx, &taken.call, &taken.by).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// Records that the restart is about to be asked for, if it is still wanted: this worker has the call, its attempt
    /// lasts, and all that was seen so far leaves the job waiting for it.
    pub async fn press(&self, taken: &Taken, now: Time) -> Result<Press> {
        let call = &taken.call;
        let mut tx = self.pool.begin().await?;
        lock(&mut tx, call.machine).await?;
        if !is_ours(&mut tx, taken).await? {
            return Ok(Press::GivenUp);
        }
        if moves(&mut tx, call.job, now).await? {
            have_decided(&mut tx, call.job, now).await?;
            tx.commit().await?;
            return Ok(Press::Undecided);
        }
        // The own system's boot that this restart ends: seen again later, it proves no return.
        let found_off = found_off(&mut tx, taken, now).await?.map(|found| word(&found)).transpose()?;
        let sql = "update calls c set state = 'pressed', lease_until = null, changed_at = $2, found_off = $3, \
                   boot_id = (select sighting ->> 'boot_id' from facts f \
                              where f.machine_id = c.machine_id and f.kind = 'own_agent') where id = $1";
        sqlx::query(sql).bind(call.id.0).bind(now).bind(found_off).execute(&mut *tx).await?;
        crate::jobs::touch(&mut tx, call.job, now).await?;
        tx.commit().await?;
        Ok(Press::Now)
    }
}

/// This worker has the call, and its attempt lasts.
async fn is_ours(tx: &mut PgTransaction<'_>, taken: &Taken) -> Result<bool> {
    let sql = format!(
        "select exists (select 1 from calls c {OF_THE_ATTEMPT} where c.id = $1 and c.state = 'started' \
         and c.lease_by = $2 and c.lease_until = $3 and c.lease_until > clock_timestamp())"
    );
    Ok(sqlx::query_scalar(sqlx::AssertSqlSafe(sql))
        .bind(taken.call.id.0)
        .bind(&taken.by)
        .bind(taken.until)
        .fetch_one(&mut **tx)
        .await?)
}

/// What shows that the machine is off, where its job's plan wants to know.
async fn found_off(tx: &mut PgTransaction<'_>, taken: &Taken, now: Time) -> Result<Option<FoundOff>> {
    if taken.call.target != Target::Maintenance {
        return Ok(None);
    }
    let sql = "select f.at, j.switching_since from jobs j \
               left join facts f on f.machine_id = j.machine_id and f.kind = 'own_agent' \
               where j.id = $1 and (j.plan ->> 'off_again')::boolean";
    let row: Option<(Option<Time>, Option<Time>)> =
        sqlx::query_as(sql).bind(taken.call.job.0).fetch_optional(&mut **tx).await?;
    Ok(row.and_then(|(heard, since)| {
        off_again::found_off(&taken.call.route, Glance { board_on: taken.on, heard, taken: since }, now)
    }))
}

async fn lease(tx: &mut PgTransaction<'_>, call: &CallRow, worker: &str) -> Result<Time> {
    let sql = "update calls set lease_by = $2, lease_until = clock_timestamp() + make_interval(secs => $3) \
               where id = $1 returning lease_until";
    Ok(sqlx::query_scalar(sql).bind(call.id.0).bind(worker).bind(LEASE_S).fetch_one(&mut **tx).await?)
}

/// Sees to it that the job is decided on. One that a worker has in its hands, or that is due, is left alone: being woken
/// once more would make that worker's step look as if something had been seen meanwhile, again and again.
async fn have_decided(tx: &mut PgTransaction<'_>, job: JobId, now: Time) -> Result<()> {
    let sql = "update jobs set wake_at = $2 where id = $1 and phase <> 'closed' and lease_until is null \
               and (wake_at is null or wake_at > $2)";
    if sqlx::query(sql).bind(job.0).bind(now).execute(&mut **tx).await?.rows_affected() > 0 {
        sqlx::query("select pg_notify('pitstop_wake', '')").execute(&mut **tx).await?;
    }
    Ok(())
}

/// Would a decision now move the job? The machine is locked: nothing more is seen until this transaction ends.
async fn moves(tx: &mut PgTransaction<'_>, job: JobId, now: Time) -> Result<bool> {
    let row = sqlx::query("select * from jobs where id = $1").bind(job.0).fetch_one(&mut **tx).await?;
    let job = read_job(&row)?;
    let cancel: Option<Seen<String>> = json(&row, "cancel")?;
    let decision: Option<Seen<Decided>> = json(&row, "decision")?;
    let asked = Asked { job: &job, cancel: &cancel, decision: &decision };
    let mut facts = facts_for(tx, &[asked], now).await?;
    let facts = facts.pop().unwrap_or(Err(crate::Error::NotFound("job")))?;
    Ok(step(&job, &facts, now).moved.is_some())
}
