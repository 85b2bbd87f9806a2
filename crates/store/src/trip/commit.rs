//! Steps are stored with all that belongs to them, in one transaction: phases, history, assignments, calls, alarms,
//! events, and what tells the others.

use super::Claimed;
use super::commands;
use crate::text::word;
use crate::{Result, Store};
use pitstop_domain::Time;
use pitstop_domain::job::{Job, Phase};
use pitstop_domain::step::Step;
use sqlx::PgTransaction;
use sqlx::types::Json;
use std::collections::HashSet;
use uuid::Uuid;

/// A step that was decided, and the claim it was decided on.
pub type Decided<'a> = (&'a Claimed, &'a Step);

impl Store {
    /// Stores a step. False when the job changed since it was claimed, or the lease ran out and it is another's:
    /// then nothing was stored, and it is looked at again.
    pub async fn commit_step(&self, claimed: &Claimed, step: &Step, now: Time) -> Result<bool> {
        Ok(self.commit_steps(&[(claimed, step)], now).await?.contains(&true))
    }

    /// Stores several steps in one transaction, as [`Store::commit_step`] each.
    pub async fn commit_steps(&self, decided: &[Decided<'_>], now: Time) -> Result<Vec<bool>> {
        match self.commit_together(decided, now).await {
            Ok(stored) => {
                for ((claimed, _), _) in decided.iter().zip(&stored).filter(|(_, stored)| !**stored) {
                    self.release(claimed, now).await?;
                }
                Ok(stored)
            }
            // Another job of one machine was quicker: that one is looked at again, the rest is stored.
            Err(error) if error.is_conflict() && decided.len() == 1 => {
                self.release(decided[0].0, now).await?;
                Ok(vec![false])
            }
            Err(error) if error.is_of_one_row() && decided.len() > 1 => {
                self.commit_one_by_one(decided, now).await
            }
            Err(error) => Err(error),
        }
    }

    async fn commit_one_by_one(&self, decided: &[Decided<'_>], now: Time) -> Result<Vec<bool>> {
        let mut stored = Vec::with_capacity(decided.len());
        for (claimed, step) in decided {
            match Box::pin(self.commit_step(claimed, step, now)).await {
                Err(error) if error.is_of_one_row() => {
                    tracing::warn!(job = %claimed.job.id, %error, "A step could not be stored; it is tried again.");
                    stored.push(false);
                }
                done => stored.push(done?),
            }
        }
        Ok(stored)
    }

    async fn commit_together(&self, decided: &[Decided<'_>], now: Time) -> Result<Vec<bool>> {
        let mut tx = self.pool.begin().await?;
        crate::machines::lock_all(&mut tx, decided.iter().map(|(claimed, _)| claimed.job.machine)).await?;
        let late = crate::places::taken_meanwhile(&mut tx, &jobs_of(decided), now).await?;
        let in_place = |one: &Decided<'_>| !late.contains(&one.0.job.id.0);
        let in_place: Vec<Decided<'_>> = decided.iter().copied().filter(in_place).collect();
        let stored = update(&mut tx, &in_place, now).await?;
        let stored_of = |claimed: &Claimed| stored.contains(&claimed.job.id.0);
        let done: Vec<Decided<'_>> =
            decided.iter().copied().filter(|(claimed, _)| stored_of(claimed)).collect();
        let moved: Vec<Decided<'_>> = done.iter().copied().filter(|(_, step)| step.moved.is_some()).collect();
        if !moved.is_empty() {
            note(&mut tx, &moved).await?;
            commands::run(&mut tx, &moved, now).await?;
            crate::alarms::follow(&mut tx, &moved, now).await?;
            crate::hooks::events::of_jobs(&mut tx, &moved, now).await?;
            crate::watches::follow(&mut tx, &moved, now).await?;
            close(&mut tx, &moved, now).await?;
            crate::runs::jobs_moved(&mut tx, &moved, now).await?;
            crate::places::freed(&mut tx, &jobs_of(&moved), now).await?;
        }
        tell(&mut tx, &done).await?;
        tx.commit().await?;
        Ok(decided.iter().map(|(claimed, _)| stored_of(claimed)).collect())
    }
}

fn jobs_of<'a>(decided: &[Decided<'a>]) -> Vec<(&'a Job, &'a Step)> {
    decided.iter().map(|(claimed, step)| (&claimed.job, *step)).collect()
}

/// The rows of the jobs, each only if it is as it was claimed. Gives those that were.
///
/// A claim takes the wake-up away; whatever is seen sets it again. A step that moves is stored only while it is still
/// away: else something was seen that the decision did not know, and that would be older than the new attempt.
async fn update(tx: &mut PgTransaction<'_>, decided: &[Decided<'_>], now: Time) -> Result<HashSet<Uuid>> {
    macro_rules! column {
        (|$claimed:ident, $step:ident| $value:expr) => {
            decided.iter().map(|($claimed, $step)| $value).collect::<Vec<_>>()
        };
    }
    let mut outcomes = Vec::new();
    let mut proofs = Vec::new();
    for (_, step) in decided {
        outcomes.push(step.job.ended.as_ref().map(|ended| word(&ended.outcome)).transpose()?);
        proofs.push(step.job.proof.as_ref().map(word).transpose()?);
    }
    let stored = sqlx::query_scalar(
        "update jobs j set phase = u.phase, attempt = u.attempt, phase_since = u.phase_since, \
         attempt_since = u.attempt_since, switching_since = u.switching_since, boot_before = u.boot_before, \
         boot_attempt = u.boot_attempt, boot_maintenance = u.boot_maintenance, outcome = u.outcome, \
         because = u.because, proof = u.proof, waiting = u.waiting, was_off = u.was_off, \
         closed_at = case when u.phase = 'closed' then $20::timestamptz end, \
         wake_at = case when u.phase = 'closed' then null else least(j.wake_at, u.wake_at) end, \
         version = j.version + u.news, lease_by = null, lease_until = null \
         from unnest($1::uuid[], $2::bigint[], $3::text[], $4::timestamptz[], $5::text[], $6::int[], \
             $7::timestamptz[], $8::timestamptz[], $9::timestamptz[], $10::text[], $11::text[], $12::text[], \
             $13::text[], $14::text[], $15::text[], $16::jsonb[], $17::timestamptz[], $18::bigint[], $19::boolean[], $21::boolean[]) \
         as u (id, version, lease_by, lease_until, phase, attempt, phase_since, attempt_since, switching_since, \
             boot_before, boot_attempt, boot_maintenance, outcome, because, proof, waiting, wake_at, news, moved, was_off) \
         where j.id = u.id and j.version = u.version and j.lease_by = u.lease_by and j.lease_until = u.lease_until \
         and not (u.moved and j.wake_at is not null) \
         returning j.id",
    )
    .bind(column!(|claimed, _step| claimed.job.id.0))
    .bind(column!(|claimed, _step| claimed.version))
    .bind(column!(|claimed, _step| claimed.lease.by.clone()))
    .bind(column!(|claimed, _step| claimed.lease.until))
    .bind(column!(|_claimed, step| step.job.phase.name()))
    .bind(column!(|_claimed, step| i32::try_from(step.job.attempt).unwrap_or(i32::MAX)))
    .bind(column!(|_claimed, step| step.job.phase_since))
    .bind(column!(|_claimed, step| step.job.attempt_since))
    .bind(column!(|_claimed, step| step.job.switching_since))
    .bind(column!(|_claimed, step| step.job.boot_before.as_ref().map(|boot| boot.0.clone())))
    .bind(column!(|_claimed, step| step.job.boot_attempt.as_ref().map(|boot| boot.0.clone())))
    .bind(column!(|_claimed, step| step.job.boot_maintenance.as_ref().map(|boot| boot.0.clone())))
    .bind(outcomes)
    .bind(column!(|_claimed, step| step.job.ended.as_ref().map(|ended| ended.because.clone())))
    .bind(proofs)
    .bind(column!(|_claimed, step| step.waiting.clone().map(Json)))
    .bind(column!(|_claimed, step| step.wake_at))
    .bind(column!(|claimed, step| i64::from(is_news(claimed, step))))
    .bind(column!(|_claimed, step| step.moved.is_some()))
    .bind(now)
    .bind(column!(|_claimed, step| step.job.was_off))
    .fetch_all(&mut **tx)
    .await?;
    Ok(stored.into_iter().collect())
}

fn is_news(claimed: &Claimed, step: &Step) -> bool {
    step.moved.is_some() || step.waiting != claimed.waiting
}

/// The moves, as lines of their jobs' history.
async fn note(tx: &mut PgTransaction<'_>, moved: &[Decided<'_>]) -> Result<()> {
    let ids: Vec<Uuid> = moved.iter().map(|(_, step)| step.job.id.0).collect();
    let at: Vec<Time> = moved.iter().map(|(_, step)| step.job.attempt_since).collect();
    let from: Vec<&str> = moved.iter().map(|(claimed, _)| claimed.job.phase.name()).collect();
    let to: Vec<&str> = moved.iter().map(|(_, step)| step.job.phase.name()).collect();
    let attempts: Vec<i32> =
        moved.iter().map(|(_, step)| i32::try_from(step.job.attempt).unwrap_or(i32::MAX)).collect();
    let reasons: Vec<&str> =
        moved.iter().map(|(_, step)| step.moved.as_deref().unwrap_or_default()).collect();
    sqlx::query(
        "insert into job_history (job_id, at, \"from\", \"to\", attempt, reason) \
         select * from unnest($1::uuid[], $2::timestamptz[], $3::text[], $4::text[], $5::int[], $6::text[])",
    )
    .bind(ids)
    .bind(at)
    .bind(from)
    .bind(to)
    .bind(attempts)
    .bind(reasons)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// A closed job lets its machine go: calls that nobody took are void (it may be back before anybody took the order to
/// bring it back), and jobs that wait for the machine are woken.
async fn close(tx: &mut PgTransaction<'_>, moved: &[Decided<'_>], now: Time) -> Result<()> {
    let closed: Vec<_> = moved.iter().filter(|(_, step)| step.job.phase == Phase::Closed).collect();
    if closed.is_empty() {
        return Ok(());
    }
    let jobs: Vec<Uuid> = closed.iter().map(|(_, step)| step.job.id.0).collect();
    let machines: Vec<Uuid> = closed.iter().map(|(_, step)| step.job.machine.0).collect();
    commands::void_calls(tx, &jobs, now).await?;
    let sql = "update jobs set wake_at = $2 where machine_id = any($1) and phase <> 'closed'";
    sqlx::query(sql).bind(machines).bind(now).execute(&mut **tx).await?;
    sqlx::query("select pg_notify('pitstop_wake', '')").execute(&mut **tx).await?;
    Ok(())
}

/// Tells the pages that show these jobs and their machines, when the transaction commits.
async fn tell(tx: &mut PgTransaction<'_>, done: &[Decided<'_>]) -> Result<()> {
    let of = |news: &dyn Fn(&Claimed, &Step) -> bool, id: &dyn Fn(&Claimed) -> Uuid| -> Vec<Uuid> {
        done.iter().filter(|(claimed, step)| news(claimed, step)).map(|(claimed, _)| id(claimed)).collect()
    };
    let jobs = of(&is_news, &|claimed| claimed.job.id.0);
    let machines = of(&|_, step| step.moved.is_some(), &|claimed| claimed.job.machine.0);
    if jobs.is_empty() && machines.is_empty() {
        return Ok(());
    }
    sqlx::query(
        "select pg_notify('pitstop_changed', json_build_object('kind', kind, 'id', id, 'version', version)::text) \
         from (select 'job' as kind, id, version from jobs where id = any($1) \
               union all select 'machine', id, version from machines where id = any($2)) as changed",
    )
    .bind(jobs)
    .bind(machines)
    .execute(&mut **tx)
    .await?;
    Ok(())
}
