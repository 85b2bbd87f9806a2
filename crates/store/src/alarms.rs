//! Alarms: a person must be told. Raised and cleared in the transaction that makes them true or untrue.

use crate::listeners;
use crate::trip::DecidedStep;
use crate::{Error, Result, Store};
use pitstop_domain::Time;
use pitstop_domain::event::{Changed, Noun};
use pitstop_domain::health::rule::Severity;
use pitstop_domain::id::{JobId, MachineId};
use pitstop_domain::job::Phase;
use sqlx::PgTransaction;
use uuid::Uuid;

/// Something a person must look at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlarmRow {
    pub id: i64,
    pub job: JobId,
    pub machine: MachineId,
    pub machine_name: String,
    pub reason: String,
    pub raised_at: Time,
    /// Who said that they look after it, and when.
    pub seen: Option<(String, Time)>,
}

/// Jobs that became held raise an alarm; those that are held no more clear theirs.
pub(crate) async fn follow(tx: &mut PgTransaction<'_>, moved: &[DecidedStep<'_>], now: Time) -> Result<()> {
    let held = |phase: Phase| phase == Phase::Held;
    let raised: Vec<_> =
        moved.iter().filter(|(was, is)| held(is.job.phase) && !held(was.job.phase)).collect();
    let cleared: Vec<Uuid> = moved
        .iter()
        .filter(|(was, is)| held(was.job.phase) && !held(is.job.phase))
        .map(|(_, is)| is.job.id.0)
        .collect();
    if !raised.is_empty() {
        let raised: Vec<i64> = sqlx::query_scalar(
            "insert into alarms (kind, job_id, machine_id, reason, raised_at, tell_at) \
             select 'held', job, machine, reason, $4, $4 \
             from unnest($1::uuid[], $2::uuid[], $3::text[]) as a (job, machine, reason) on conflict do nothing returning id",
        )
        .bind(raised.iter().map(|(_, is)| is.job.id.0).collect::<Vec<_>>())
        .bind(raised.iter().map(|(_, is)| is.job.machine.0).collect::<Vec<_>>())
        .bind(raised.iter().map(|(_, is)| is.moved.clone().unwrap_or_default()).collect::<Vec<_>>())
        .bind(now)
        .fetch_all(&mut **tx)
        .await?;
        let raised: Vec<_> = raised.iter().map(|id| format!("alarm:{id}")).collect();
        listeners::queue(tx, "held", &raised, Severity::Critical, now).await?;
    }
    if !cleared.is_empty() {
        let sql = "update alarms set cleared_at = $2 where job_id = any($1) and cleared_at is null";
        sqlx::query(sql).bind(cleared).bind(now).execute(&mut **tx).await?;
    }
    if raised.is_empty() && !moved.iter().any(|(was, is)| held(was.job.phase) && !held(is.job.phase)) {
        return Ok(());
    }
    tell_pages(tx, now).await
}

/// Tells the pages that show alarms, when the transaction commits. They read the whole list again, so no id is named.
async fn tell_pages(tx: &mut PgTransaction<'_>, now: Time) -> Result<()> {
    let changed = Changed { kind: Noun::Alarm, id: String::new(), version: now.timestamp_micros() };
    let text = serde_json::to_string(&changed).unwrap_or_default();
    sqlx::query("select pg_notify('pitstop_changed', $1)").bind(text).execute(&mut **tx).await?;
    Ok(())
}

type Row = (i64, Uuid, Uuid, String, String, Time, Option<String>, Option<Time>);

const COLUMNS: &str = "a.id, a.job_id, a.machine_id, m.name, a.reason, a.raised_at, a.seen_by, a.seen_at";

fn read(row: Row) -> AlarmRow {
    let (id, job, machine, machine_name, reason, raised_at, seen_by, seen_at) = row;
    let (job, machine) = (JobId(job), MachineId(machine));
    AlarmRow { id, job, machine, machine_name, reason, raised_at, seen: seen_by.zip(seen_at) }
}

impl Store {
    /// Alarms that are not cleared, oldest first.
    pub async fn open_alarms(&self, limit: i64) -> Result<Vec<AlarmRow>> {
        let sql = format!(
            "select {COLUMNS} from alarms a join machines m on m.id = a.machine_id \
             where a.cleared_at is null order by a.raised_at, a.id limit $1"
        );
        let rows: Vec<Row> =
            sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(limit).fetch_all(&self.pool).await?;
        Ok(rows.into_iter().map(read).collect())
    }

    /// How many alarms are not cleared, and how many of these nobody looks after yet.
    pub async fn count_alarms(&self) -> Result<(u64, u64)> {
        let sql =
            "select count(*), count(*) filter (where seen_by is null) from alarms where cleared_at is null";
        let (open, unseen): (i64, i64) = sqlx::query_as(sql).fetch_one(&self.pool).await?;
        Ok((open.unsigned_abs(), unseen.unsigned_abs()))
    }

    /// Somebody says that they look after an alarm. The first who said so stands.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is no such alarm.
    pub async fn see_alarm(&self, id: i64, by: &str, now: Time) -> Result<()> {
        let sql = "update alarms set seen_by = coalesce(seen_by, $2), seen_at = coalesce(seen_at, $3) where id = $1";
        let mut tx = self.pool.begin().await?;
        if sqlx::query(sql).bind(id).bind(by).bind(now).execute(&mut *tx).await?.rows_affected() == 0 {
            return Err(Error::NotFound("alarm"));
        }
        tell_pages(&mut tx, now).await?;
        Ok(tx.commit().await?)
    }

    /// Alarms that somebody outside is to be told of now. Each is taken by one worker; until it is
    /// [told](Store::alarm_told), it comes again, later and later: after a minute, two, four, up to an hour.
    pub async fn take_alarms_to_tell(&self, now: Time) -> Result<Vec<AlarmRow>> {
        let sql = format!(
            "with due as (update alarms set tries = tries + 1, \
                 tell_at = $1 + make_interval(mins => least(60, (2 ^ least(tries, 6))::int)) \
                 where id in (select id from alarms where tell_at <= $1 and cleared_at is null \
                              order by tell_at limit 16 for update skip locked) returning *) \
             select {COLUMNS} from due a join machines m on m.id = a.machine_id"
        );
        let rows: Vec<Row> = sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(now).fetch_all(&self.pool).await?;
        Ok(rows.into_iter().map(read).collect())
    }

    /// An alarm was told to somebody outside.
    pub async fn alarm_told(&self, id: i64, now: Time) -> Result<()> {
        let sql = "update alarms set told_at = $2, tell_at = null where id = $1";
        sqlx::query(sql).bind(id).bind(now).execute(&self.pool).await?;
        Ok(())
    }
}
