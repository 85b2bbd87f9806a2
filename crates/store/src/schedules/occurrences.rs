//! What became of occurrences. A row is the end of it: nothing else happens to that occurrence.

use super::changed;
use crate::text::{value, word};
use crate::{Error, Result, Store};
use chrono::NaiveDate;
use pitstop_calendar::{Outcome, RecurrenceId};
use pitstop_domain::Time;
use pitstop_domain::id::{RunId, ScheduleId};
use sqlx::Row;
use sqlx::postgres::PgRow;
use std::collections::BTreeSet;
use std::ops::Range;

/// What became of one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settled {
    pub id: RecurrenceId,
    /// When it was to begin.
    pub due_at: Time,
    pub outcome: Outcome,
    /// In words.
    pub reason: String,
}

/// A settled occurrence, of any schedule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettledRow {
    pub schedule: ScheduleId,
    pub settled: Settled,
    pub run: Option<RunId>,
    pub settled_at: Time,
}

fn read(row: &PgRow) -> Result<SettledRow> {
    let (recurrence, outcome): (String, String) = (row.try_get("recurrence")?, row.try_get("outcome")?);
    let unreadable = |_| Error::Unreadable { value: recurrence.clone(), expected: "an occurrence's name" };
    Ok(SettledRow {
        schedule: ScheduleId(row.try_get("schedule_id")?),
        settled: Settled {
            id: recurrence.parse().map_err(unreadable)?,
            due_at: row.try_get("due_at")?,
            outcome: value(&outcome, "an outcome of occurrences")?,
            reason: row.try_get("reason")?,
        },
        run: row.try_get::<Option<uuid::Uuid>, _>("run_id")?.map(RunId),
        settled_at: row.try_get("settled_at")?,
    })
}

/// What was on a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SettledDay {
    pub date: NaiveDate,
    pub times: u32,
    /// They could not be started, or a job of theirs failed.
    pub failed: u32,
}

impl Store {
    /// How many of these schedules were to begin on each day of a time, by the clocks of a zone, until now.
    pub async fn settled_days(
        &self,
        schedules: &[ScheduleId],
        range: Range<Time>,
        zone: &str,
    ) -> Result<Vec<SettledDay>> {
        let sql = "select (o.due_at at time zone $4)::date as date, count(*) as times, \
                   count(*) filter (where o.outcome = 'failed' or exists \
                   (select 1 from jobs j where j.run_id = o.run_id and j.outcome = 'failed')) as failed \
                   from schedule_occurrences o where o.due_at >= $1 and o.due_at < least($2, $5) \
                   and o.schedule_id = any($3) group by 1";
        let ids: Vec<_> = schedules.iter().map(|id| id.0).collect();
        let query = sqlx::query(sql).bind(range.start).bind(range.end).bind(ids).bind(zone).bind(self.now());
        let count = |row: &PgRow, name: &str| -> Result<u32> {
            Ok(u32::try_from(row.try_get::<i64, _>(name)?).unwrap_or(u32::MAX))
        };
        let day = |row: &PgRow| {
            Ok(SettledDay {
                date: row.try_get("date")?,
                times: count(row, "times")?,
                failed: count(row, "failed")?,
            })
        };
        query.fetch_all(&self.pool).await?.iter().map(day).collect()
    }

    /// Those of all schedules that were to begin in a time, oldest first.
    pub async fn settled_between(&self, from: Time, until: Time) -> Result<Vec<SettledRow>> {
        let sql = "select * from schedule_occurrences where due_at >= $1 and due_at < $2 order by due_at, schedule_id";
        let rows = sqlx::query(sql).bind(from).bind(until).fetch_all(&self.pool).await?;
        rows.iter().map(read).collect()
    }

    /// The latest of a schedule, newest first.
    pub async fn latest_settled(&self, schedule: ScheduleId, limit: i64) -> Result<Vec<SettledRow>> {
        let sql = "select * from schedule_occurrences where schedule_id = $1 order by due_at desc, recurrence desc limit $2";
        let rows = sqlx::query(sql).bind(schedule.0).bind(limit).fetch_all(&self.pool).await?;
        rows.iter().map(read).collect()
    }

    /// Names of a schedule's settled occurrences, of those that were to begin from a time on.
    pub async fn settled_since(&self, schedule: ScheduleId, since: Time) -> Result<BTreeSet<RecurrenceId>> {
        let sql = "select * from schedule_occurrences where schedule_id = $1 and (due_at >= $2 or settled_at >= $2)";
        let rows = sqlx::query(sql).bind(schedule.0).bind(since).fetch_all(&self.pool).await?;
        rows.iter().map(|row| Ok(read(row)?.settled.id)).collect()
    }

    /// A person leaves one out, before its time.
    ///
    /// # Errors
    /// When it is settled already.
    pub async fn skip_occurrence(
        &self,
        schedule: ScheduleId,
        id: RecurrenceId,
        due_at: Time,
        by: &str,
        now: Time,
    ) -> Result<()> {
        let settled = Settled { id, due_at, outcome: Outcome::Skipped, reason: format!("left out by {by}") };
        let mut tx = self.pool.begin().await?;
        look_now(&mut tx, schedule, now).await?;
        if !insert(&mut tx, schedule, &settled, None, now).await? {
            return Err(Error::Refused("this occurrence is over already".to_owned()));
        }
        changed(&mut tx, schedule).await?;
        Ok(tx.commit().await?)
    }

    /// A person wants one back that was left out, before its time.
    ///
    /// # Errors
    /// When its time has passed, or it was not left out by a person.
    pub async fn unskip_occurrence(&self, schedule: ScheduleId, id: RecurrenceId, now: Time) -> Result<()> {
        let mut tx = self.pool.begin().await?;
        look_now(&mut tx, schedule, now).await?;
        let sql = "delete from schedule_occurrences where schedule_id = $1 and recurrence = $2 \
                   and outcome = 'skipped' and due_at > $3";
        let done = sqlx::query(sql).bind(schedule.0).bind(id.to_string()).bind(now).execute(&mut *tx).await?;
        if done.rows_affected() == 0 {
            return Err(Error::Refused("this occurrence is over already".to_owned()));
        }
        changed(&mut tx, schedule).await?;
        Ok(tx.commit().await?)
    }
}

/// The schedule is looked at. Its row before an occurrence's, as when one is settled: so nobody waits for each other.
async fn look_now(tx: &mut sqlx::PgTransaction<'_>, schedule: ScheduleId, now: Time) -> Result<()> {
    let sql = "update schedules set wake_at = $2 where id = $1";
    sqlx::query(sql).bind(schedule.0).bind(now).execute(&mut **tx).await?;
    Ok(())
}

/// False when it has its row already.
pub(super) async fn insert(
    tx: &mut sqlx::PgTransaction<'_>,
    schedule: ScheduleId,
    settled: &Settled,
    run: Option<RunId>,
    now: Time,
) -> Result<bool> {
    let sql = "insert into schedule_occurrences (schedule_id, recurrence, due_at, outcome, reason, run_id, settled_at) \
               values ($1, $2, $3, $4, $5, $6, $7) on conflict do nothing";
    let done = sqlx::query(sql)
        .bind(schedule.0)
        .bind(settled.id.to_string())
        .bind(settled.due_at)
        .bind(word(&settled.outcome)?)
        .bind(&settled.reason)
        .bind(run.map(|run| run.0))
        .bind(now)
        .execute(&mut **tx)
        .await?;
    Ok(done.rows_affected() == 1)
}
