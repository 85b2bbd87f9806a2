//! What the worker needs to move jobs: claim what is due, load the facts, commit the step.
//!
//! A claim is a lease; a commit compares the version that was read. So a worker that freezes and wakes up
//! later loses its commit and does no harm.

use crate::jobs::{changed, json, note, read_job};
use crate::sightings::{Sighted, wake};
use crate::text::{value, word};
use crate::{Result, Store};
use pitstop_domain::Time;
use pitstop_domain::facts::{CallFact, Facts, InMaintenance, Said, Seen};
use pitstop_domain::job::{Job, Phase};
use pitstop_domain::sighting::{Sighting, Told};
use pitstop_domain::step::{Command, Step, Waiting};
use sqlx::Row;
use sqlx::postgres::PgRow;
use sqlx::types::Json;
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
    decision: Option<Seen<pitstop_domain::facts::Decision>>,
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

    /// All that the decision about a claimed job may look at.
    pub async fn load_facts(&self, claimed: &Claimed) -> Result<Facts> {
        let job = &claimed.job;
        let mut facts =
            Facts { cancel: claimed.cancel.clone(), decision: claimed.decision.clone(), ..Facts::default() };
        for seen in self.facts_of(job.machine).await? {
            put(&mut facts, job, seen);
        }
        let calls = sqlx::query("select * from calls where job_id = $1 and phase_since = $2 and phase = $3")
            .bind(job.id.0)
            .bind(job.phase_since)
            .bind(job.phase.name())
            .fetch_all(&self.pool)
            .await?;
        facts.calls = calls.iter().map(read_call).collect::<Result<_>>()?;
        let sql = "select exists (select 1 from calls where job_id = $1 and phase = 'switching' \
                   and state in ('started', 'accepted')) as touched, \
                   not exists (select 1 from jobs where machine_id = $2 and id <> $1 and \
                   (phase in ('switching', 'running', 'restoring', 'held') \
                    or (phase = 'queued' and (created_at, id) < (select created_at, id from jobs where id = $1)))) as free";
        let row = sqlx::query(sql).bind(job.id.0).bind(job.machine.0).fetch_one(&self.pool).await?;
        facts.touched = row.try_get("touched")?;
        facts.machine_free = row.try_get("free")?;
        let wanted = wanted_lines(job);
        if !wanted.is_empty() {
            let sql = "select text from job_log l where job_id = $1 \
                       and exists (select 1 from unnest($2::text[]) w where strpos(l.text, w) > 0) limit 100";
            facts.log_hits =
                sqlx::query_scalar(sql).bind(job.id.0).bind(wanted).fetch_all(&self.pool).await?;
        }
        Ok(facts)
    }

    /// Stores a step with all that belongs to it, in one transaction. False when the job changed since it was
    /// claimed, or the lease ran out and it is another's: then nothing was stored, and it is looked at again.
    pub async fn commit_step(&self, claimed: &Claimed, step: &Step, now: Time) -> Result<bool> {
        let mut tx = self.pool.begin().await?;
        crate::machines::lock(&mut tx, step.job.machine).await?;
        let stored = match update(&mut tx, claimed, step, now).await {
            Ok(stored) => stored,
            // Another job of the machine was quicker.
            Err(error) if error.is_conflict() => false,
            Err(error) => return Err(error),
        };
        if !stored {
            tx.rollback().await?;
            self.release(claimed, now).await?;
            return Ok(false);
        }
        if let Some(reason) = &step.moved {
            note(&mut tx, &step.job, claimed.job.phase.name(), reason).await?;
            for command in &step.commands {
                run(&mut tx, &step.job, command, now).await?;
            }
            if step.job.phase == Phase::Closed {
                // The machine may be back before anybody took the order to bring it back.
                run(&mut tx, &step.job, &Command::VoidCalls, now).await?;
                wake(&mut tx, step.job.machine, now).await?;
            }
            crate::machines::changed(&mut tx, step.job.machine).await?;
            crate::runs::job_moved(&mut tx, &step.job, now).await?;
        }
        if step.moved.is_some() || step.waiting != claimed.waiting {
            changed(&mut tx, step.job.id).await?;
        }
        tx.commit().await?;
        Ok(true)
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

fn read_call(row: &PgRow) -> Result<CallFact> {
    let (phase, state): (String, String) = (row.try_get("phase")?, row.try_get("state")?);
    Ok(CallFact {
        boot: row.try_get::<Option<String>, _>("boot_id")?.map(pitstop_domain::id::BootId),
        phase: value(&phase, "a phase")?,
        attempt: u32::try_from(row.try_get::<i32, _>("attempt")?).unwrap_or(0),
        state: value(&state, "a state of calls")?,
        since: row.try_get("changed_at")?,
        answer: row.try_get("answer")?,
    })
}

/// Puts a sighting where the decision looks for it. Fetches count only for the job they were for; a loader
/// comes by TFTP, which names no job.
fn put(facts: &mut Facts, job: &Job, seen: Sighted) {
    let at = seen.at;
    match seen.sighting {
        Sighting::OwnAgent { boot_id } => facts.own_agent = Some(Seen { at, what: boot_id }),
        Sighting::MaintenanceAgent { job, boot_id } => {
            facts.maintenance_agent = Some(Seen { at, what: InMaintenance { job, boot_id } });
        }
        Sighting::AskedToBoot { told: Told::Maintenance, .. } => {
            facts.asked_to_boot = Some(Seen { at, what: () })
        }
        Sighting::AskedToBoot { told: Told::OwnSystem, .. } => facts.sent_home = Some(Seen { at, what: () }),
        Sighting::Fetched(fetched) => {
            if fetched.done && fetched.job.is_none_or(|id| id == job.id) {
                facts.fetched.push(Seen { at, what: fetched.step });
            }
        }
        Sighting::Progress { .. } => {}
        Sighting::Reported { job, outcome, summary } => {
            facts.reported = Some(Seen { at, what: Said { job, outcome, summary } });
        }
        Sighting::UrlCalled { job, outcome, summary } => {
            facts.url_called = Some(Seen { at, what: Said { job, outcome, summary } });
        }
    }
}

/// Texts that the job's criteria look for in its log.
fn wanted_lines(job: &Job) -> Vec<String> {
    use pitstop_domain::ending::Condition::{self, All, Any, LogContains};
    fn collect(condition: &Condition, into: &mut Vec<String>) {
        match condition {
            Any(parts) | All(parts) => parts.iter().for_each(|part| collect(part, into)),
            LogContains(text) => into.push(text.clone()),
            _ => {}
        }
    }
    let mut wanted = Vec::new();
    job.plan.ending.0.iter().for_each(|criterion| collect(&criterion.when, &mut wanted));
    wanted
}

async fn update(tx: &mut sqlx::PgTransaction<'_>, claimed: &Claimed, step: &Step, now: Time) -> Result<bool> {
    let job = &step.job;
    let closed_at = (job.phase == Phase::Closed).then_some(now);
    let news = step.moved.is_some() || step.waiting != claimed.waiting;
    let done = sqlx::query(
        "update jobs set phase = $3, attempt = $4, phase_since = $5, attempt_since = $6, switching_since = $7, \
         boot_before = $8, boot_maintenance = $9, outcome = $10, because = $11, proof = $12, waiting = $13, \
         closed_at = $14, wake_at = case when $3 = 'closed' then null else least(wake_at, $15) end, \
         version = version + $16, lease_by = null, lease_until = null, boot_attempt = $19 \
         where id = $1 and version = $2 and lease_by = $17 and lease_until = $18",
    )
    .bind(job.id.0)
    .bind(claimed.version)
    .bind(word(&job.phase)?)
    .bind(i32::try_from(job.attempt).unwrap_or(i32::MAX))
    .bind(job.phase_since)
    .bind(job.attempt_since)
    .bind(job.switching_since)
    .bind(job.boot_before.as_ref().map(|boot| &boot.0))
    .bind(job.boot_maintenance.as_ref().map(|boot| &boot.0))
    .bind(job.ended.as_ref().map(|ended| word(&ended.outcome)).transpose()?)
    .bind(job.ended.as_ref().map(|ended| &ended.because))
    .bind(job.proof.as_ref().map(word).transpose()?)
    .bind(step.waiting.as_ref().map(Json))
    .bind(closed_at)
    .bind(step.wake_at)
    .bind(i64::from(news))
    .bind(&claimed.lease.by)
    .bind(claimed.lease.until)
    .bind(job.boot_attempt.as_ref().map(|boot| &boot.0))
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

async fn run(tx: &mut sqlx::PgTransaction<'_>, job: &Job, command: &Command, now: Time) -> Result<()> {
    match command {
        Command::Assign => {
            sqlx::query(
                "insert into assignments (machine_id, job_id, image, created_at) values ($1, $2, $3, $4) \
                 on conflict (machine_id) do update set job_id = excluded.job_id, image = excluded.image, \
                 created_at = excluded.created_at",
            )
            .bind(job.machine.0)
            .bind(job.id.0)
            .bind(job.image.as_str())
            .bind(now)
            .execute(&mut **tx)
            .await?;
        }
        Command::Unassign => {
            sqlx::query("delete from assignments where job_id = $1")
                .bind(job.id.0)
                .execute(&mut **tx)
                .await?;
        }
        Command::VoidCalls => {
            sqlx::query(
                "update calls set state = 'void', changed_at = $2 where job_id = $1 and state = 'waiting'",
            )
            .bind(job.id.0)
            .bind(now)
            .execute(&mut **tx)
            .await?;
        }
        Command::Restart { route, target } => {
            sqlx::query(
                "insert into calls (id, job_id, machine_id, phase, attempt, phase_since, route, target, state, \
                 created_at, changed_at) values ($1, $2, $3, $4, $5, $6, $7, $8, 'waiting', $9, $9)",
            )
            .bind(Uuid::now_v7())
            .bind(job.id.0)
            .bind(job.machine.0)
            .bind(job.phase.name())
            .bind(i32::try_from(job.attempt).unwrap_or(i32::MAX))
            .bind(job.phase_since)
            .bind(Json(route))
            .bind(word(target)?)
            .bind(now)
            .execute(&mut **tx)
            .await?;
            let channel = if route.needs_agent() { "pitstop_order" } else { "pitstop_wake" };
            sqlx::query("select pg_notify($1, $2)")
                .bind(channel)
                .bind(job.machine.to_string())
                .execute(&mut **tx)
                .await?;
        }
    }
    Ok(())
}
