//! Questions to whoever is at a machine. A step puts one, its agent fetches it with a heartbeat and tells what became of it.
//! What was told may be told again: rounds count once, and of answers the first stands.

use crate::{Error, Result, Store};
use pitstop_domain::Time;
use pitstop_domain::ask::{Answer, Question, Told};
use pitstop_domain::facts::Seen;
use pitstop_domain::id::{BootId, JobId, MachineId};
use sqlx::postgres::PgRow;
use sqlx::types::Json;
use sqlx::{PgConnection, PgTransaction, Row};
use std::collections::HashMap;
use uuid::Uuid;

impl Store {
    /// The question that the agent of this boot is to show: of a job that still waits for it, not put off, and not shown
    /// by this boot already.
    pub async fn open_question(
        &self,
        machine: MachineId,
        boot: &BootId,
        now: Time,
    ) -> Result<Option<(JobId, Question)>> {
        let sql = "select q.* from questions q join jobs j on j.id = q.job_id \
                   where q.machine_id = $1 and q.answer is null and j.phase = 'queued' \
                   and (q.shown_boot is null or q.shown_boot <> $2) \
                   and (q.snoozed_at is null or q.snoozed_at + make_interval(secs => (j.plan #>> '{ask,snooze_s}')::int) <= $3) \
                   order by q.asked_at limit 1";
        let row = sqlx::query(sql).bind(machine.0).bind(&boot.0).bind(now).fetch_optional(&self.pool).await?;
        row.as_ref().map(|row| Ok((JobId(row.try_get("job_id")?), read(row)?))).transpose()
    }

    /// What became of a job's question.
    pub async fn question_of(&self, job: JobId) -> Result<Option<Question>> {
        let row = sqlx::query("select * from questions where job_id = $1")
            .bind(job.0)
            .fetch_optional(&self.pool)
            .await?;
        row.as_ref().map(read).transpose()
    }

    /// The agent of this boot tells what became of a question in this round. The job's version changes, so that a step
    /// decided without knowing it is not stored.
    ///
    /// # Errors
    /// [`Error::Refused`] when the question is not open any more: the job has gone on, or another answer stands.
    pub async fn told(
        &self,
        (job, machine): (JobId, MachineId),
        (boot, round): (&BootId, u32),
        told: &Told,
        now: Time,
    ) -> Result<()> {
        let mut tx = self.pool.begin().await?;
        match take_word(&mut tx, (job, machine), (boot, round), told, now).await {
            Ok(()) => Ok(tx.commit().await?),
            Err(error) => {
                // Now, and not when the connection is used again: whoever looks for jobs passes over locked ones.
                tx.rollback().await?;
                Err(error)
            }
        }
    }
}

async fn take_word(
    tx: &mut PgTransaction<'_>,
    (job, machine): (JobId, MachineId),
    (boot, round): (&BootId, u32),
    told: &Told,
    now: Time,
) -> Result<()> {
    crate::machines::lock_all(tx, std::iter::once(machine)).await?;
    let row = sqlx::query(
        "select q.*, (j.plan #>> '{ask,snoozes}')::int as snoozes from questions q join jobs j on j.id = q.job_id \
         where q.job_id = $1 and q.machine_id = $2 and j.phase = 'queued' for update",
    )
    .bind(job.0)
    .bind(machine.0)
    .fetch_optional(&mut **tx)
    .await?
    .ok_or_else(over)?;
    let question = read(&row)?;
    if let Some(answer) = &question.answer {
        return if *told == Told::Answered(answer.what.clone()) { Ok(()) } else { Err(over()) };
    }
    if question.round != round {
        // Told before, in a round that is over: putting it off has been counted.
        return if *told == Told::Later && round < question.round { Ok(()) } else { Err(over()) };
    }
    let snoozes: i32 = row.try_get("snoozes")?;
    match told {
        Told::Shown => shown(tx, job, boot, now).await?,
        Told::Later if i64::from(round) < i64::from(snoozes) => put_off(tx, job, now).await?,
        Told::Later => return Err(Error::Refused("it cannot be put off any more".to_owned())),
        Told::Answered(answer) => answered(tx, job, answer, now).await?,
    }
    crate::jobs::touch(tx, job, now).await?;
    sqlx::query("select pg_notify('pitstop_wake', '')").execute(&mut **tx).await?;
    Ok(())
}

fn over() -> Error {
    Error::Refused("this question is not open any more".to_owned())
}

/// A boot that shows it again does not begin the countdown anew; another boot does: before its screen nobody has read it.
async fn shown(tx: &mut PgTransaction<'_>, job: JobId, boot: &BootId, now: Time) -> Result<()> {
    let sql = "update questions set shown_at = case when shown_boot = $2 then shown_at else $3 end, shown_boot = $2 \
               where job_id = $1";
    sqlx::query(sql).bind(job.0).bind(&boot.0).bind(now).execute(&mut **tx).await?;
    Ok(())
}

async fn put_off(tx: &mut PgTransaction<'_>, job: JobId, now: Time) -> Result<()> {
    let sql = "update questions set round = round + 1, snoozed_at = $2, shown_at = null, shown_boot = null \
               where job_id = $1";
    sqlx::query(sql).bind(job.0).bind(now).execute(&mut **tx).await?;
    Ok(())
}

async fn answered(tx: &mut PgTransaction<'_>, job: JobId, answer: &Answer, now: Time) -> Result<()> {
    let sql = "update questions set answer = $2, answered_at = $3 where job_id = $1";
    sqlx::query(sql).bind(job.0).bind(Json(answer)).bind(now).execute(&mut **tx).await?;
    Ok(())
}

/// Puts the questions of these jobs, and tells their agents. One that was put stays as it is.
pub(crate) async fn put(tx: &mut PgTransaction<'_>, of: &[(JobId, MachineId)], now: Time) -> Result<()> {
    if of.is_empty() {
        return Ok(());
    }
    sqlx::query(
        "with put as (insert into questions (job_id, machine_id, asked_at) \
             select job, machine, $3 from unnest($1::uuid[], $2::uuid[]) as q (job, machine) \
             on conflict (job_id) do nothing returning machine_id) \
         select pg_notify('pitstop_order', machine_id::text) from put",
    )
    .bind(of.iter().map(|(job, _)| job.0).collect::<Vec<_>>())
    .bind(of.iter().map(|(_, machine)| machine.0).collect::<Vec<_>>())
    .bind(now)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// What became of the questions of these jobs.
pub(crate) async fn of_jobs(db: &mut PgConnection, jobs: &[JobId]) -> Result<HashMap<JobId, Question>> {
    let ids: Vec<Uuid> = jobs.iter().map(|job| job.0).collect();
    let rows = sqlx::query("select * from questions where job_id = any($1)").bind(ids).fetch_all(db).await?;
    rows.iter().map(|row| Ok((JobId(row.try_get("job_id")?), read(row)?))).collect()
}

fn read(row: &PgRow) -> Result<Question> {
    let answer: Option<Json<Answer>> = row.try_get("answer")?;
    let answered_at: Option<Time> = row.try_get("answered_at")?;
    Ok(Question {
        asked_at: row.try_get("asked_at")?,
        round: u32::try_from(row.try_get::<i32, _>("round")?).unwrap_or(0),
        snoozed_at: row.try_get("snoozed_at")?,
        shown_at: row.try_get("shown_at")?,
        answer: answered_at.zip(answer).map(|(at, Json(what))| Seen { at, what }),
    })
}
