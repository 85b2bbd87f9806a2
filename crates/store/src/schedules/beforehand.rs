//! Runs of many machines are stored before their moment, in a transaction that stays open until it has come.
//!
//! Nobody sees what is in it, and its end is the commit of [`Store::settle`] with the same comparisons. Whoever has it
//! keeps the next look off for a moment longer than the transaction needs, so that no other worker does the same; if it is
//! given up, or its worker dies, all of it is as if it had never been, and the schedule is looked at as ever.
//!
//! Of two workers one has it: by a lock that goes with the transaction. What is stored stands behind a savepoint, so that it
//! can be given up and the look be put back before the lock is another's, by one commit.

use super::firing::{Firing, insert_firing, move_on};
use super::occurrences::{Settled, insert};
use super::{ScheduleRow, changed, read};
use crate::jobs::hold_images;
use crate::{Error, Result, Store, machines};
use pitstop_domain::Time;
use pitstop_domain::id::{MachineId, RunId};
use pitstop_domain::machine::Machine;
use sqlx::postgres::PgRow;
use sqlx::{PgConnection, Row};
use std::collections::{BTreeSet, HashMap};
use std::time::Duration;
use uuid::Uuid;

/// Whoever else holds a row for so long (people who rename machines, who would wait for each other with this) goes first, and
/// it is given up. Less than the second after which PostgreSQL ends either of two that wait for each other.
const LONGEST_WAIT: Duration = Duration::from_millis(500);

/// What one transaction wrote of a machine and its NICs is another one's later: whatever is changed, this changes.
const MARK: &str = "m.xmin::text || coalesce((select string_agg(n.xmin::text || n.mac, '' order by n.mac) \
     from nics n where n.machine_id = m.id), '') as mark";

/// After so long it is given up, since others may wait for it.
#[derive(Clone, Copy, Debug)]
pub struct Longest {
    /// To store it.
    pub takes: Duration,
    /// Stored, without a word of its worker.
    pub stands: Duration,
}

/// A transaction in which a run is stored before its moment. Dropped, it is given up, and the look stays put off.
#[derive(Debug)]
pub struct Beforehand {
    tx: sqlx::PgTransaction<'static>,
    /// When the schedule was to be looked at.
    at: Time,
    images: BTreeSet<String>,
    run: Option<RunId>,
}

impl Store {
    /// Schedules that will be looked at after a time, until another; those that are not paused.
    pub async fn schedules_due_between(&self, after: Time, until: Time) -> Result<Vec<ScheduleRow>> {
        let sql = "select * from schedules where wake_at > $1 and wake_at <= $2 and paused_at is null order by wake_at";
        let rows = sqlx::query(sql).bind(after).bind(until).fetch_all(&self.pool).await?;
        // One that cannot be read is told of when it is claimed.
        Ok(rows.iter().filter_map(|row| read(row).ok()).collect())
    }

    /// A transaction for what a schedule will start; `None` while another has one for it.
    pub async fn beforehand(&self, schedule: &ScheduleRow) -> Result<Option<Beforehand>> {
        let mut tx = self.pool.begin().await?;
        let sql = "select pg_try_advisory_xact_lock(hashtextextended('pitstop beforehand ' || $1::text, 0))";
        let mine: bool = sqlx::query_scalar(sql).bind(schedule.schedule.id.0).fetch_one(&mut *tx).await?;
        if !mine {
            return Ok(None);
        }
        // The lock is from before it, and stays when all else is given up.
        sqlx::query("savepoint locked").execute(&mut *tx).await?;
        Ok(Some(Beforehand { tx, at: schedule.wake_at, images: BTreeSet::new(), run: None }))
    }

    /// Puts the next look at a schedule off, if it is as it was read: nobody else claims it until then. Gives it as it is now.
    pub async fn put_off(&self, schedule: &ScheduleRow, until: Time) -> Result<Option<ScheduleRow>> {
        let sql = "update schedules set wake_at = $4 where id = $1 and version = $2 and wake_at = $3 \
                   and settled_through is not distinct from $5 returning *";
        let row = sqlx::query(sql)
            .bind(schedule.schedule.id.0)
            .bind(schedule.version)
            .bind(schedule.wake_at)
            .bind(until)
            .bind(schedule.schedule.settled_through)
            .fetch_optional(&self.pool)
            .await?;
        row.as_ref().map(read).transpose()
    }

    /// As [`Beforehand::put_back`], where its transaction is lost.
    pub async fn put_back(&self, put_off: &ScheduleRow, to: Time) -> Result<()> {
        let mut tx = self.pool.begin().await?;
        look_at(&mut tx, put_off, to).await?;
        Ok(tx.commit().await?)
    }

    /// Those of these machines that there are, each with its mark.
    pub async fn marked_machines(&self, ids: &[MachineId]) -> Result<Vec<(Machine, String)>> {
        let sql = format!("select {}, {MARK} from machines m where m.id = any($1)", machines::COLUMNS);
        let rows = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(plain(ids)).fetch_all(&self.pool).await?;
        rows.iter().map(|row| Ok((machines::read(row)?, row.try_get("mark")?))).collect()
    }

    /// Marks of machines. One that has the mark with which it was read is as it was read.
    pub async fn marks(&self, ids: &[MachineId]) -> Result<HashMap<MachineId, String>> {
        let sql = format!("select m.id, {MARK} from machines m where m.id = any($1)");
        let rows = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(plain(ids)).fetch_all(&self.pool).await?;
        let mark = |row: &PgRow| Ok((MachineId(row.try_get("id")?), row.try_get("mark")?));
        rows.iter().map(mark).collect()
    }
}

impl Beforehand {
    /// Stores a run with its members, and the jobs that it starts at once.
    ///
    /// # Errors
    /// When it takes longer, or others hold what it needs: it can be [put back](Self::put_back) then.
    pub async fn store(&mut self, schedule: &ScheduleRow, firing: &Firing, longest: Longest) -> Result<()> {
        self.images = firing.images();
        self.run = Some(firing.run.id);
        sqlx::query("select set_config('statement_timeout', $1, true), set_config('lock_timeout', $2, true)")
            .bind(millis(longest.takes))
            .bind(millis(LONGEST_WAIT))
            .execute(&mut *self.tx)
            .await?;
        self.stand(longest.stands).await?;
        insert_firing(&mut self.tx, &schedule.schedule, firing).await
    }

    /// From now on it may stand still for so long, and not longer.
    ///
    /// # Errors
    /// When it stood still for too long before, and is lost.
    pub async fn stand(&mut self, longest: Duration) -> Result<()> {
        let sql = "select set_config('idle_in_transaction_session_timeout', $1, true)";
        sqlx::query(sql).bind(millis(longest)).execute(&mut *self.tx).await?;
        Ok(())
    }

    /// The moment has come: all of it is there, with the occurrence that started it. False when the schedule is another
    /// than `put_off`, somebody settled the occurrence, or an image is out of the catalog: then it is
    /// [put back](Self::put_back).
    ///
    /// # Errors
    /// When the database does not answer. Then nothing is stored, or all of it.
    pub async fn settle(
        mut self,
        put_off: &ScheduleRow,
        settled: &Settled,
        through: Time,
        wake_at: Time,
        now: Time,
    ) -> Result<bool> {
        match self.written(put_off, settled, through, wake_at, now).await {
            Ok(true) => self.tx.commit().await?,
            Ok(false) | Err(Error::Refused(_)) => {
                self.put_back(put_off).await?;
                return Ok(false);
            }
            Err(error) => return Err(error),
        }
        Ok(true)
    }

    async fn written(
        &mut self,
        put_off: &ScheduleRow,
        settled: &Settled,
        through: Time,
        wake_at: Time,
        now: Time,
    ) -> Result<bool> {
        let id = put_off.schedule.id;
        if !move_on(&mut self.tx, put_off, through, wake_at).await? {
            return Ok(false);
        }
        // After the schedule's row, as `Store::settle` does: so no two transactions wait for each other.
        hold_images(&mut self.tx, &self.images).await?;
        if !insert(&mut self.tx, id, settled, self.run, now).await? {
            return Ok(false);
        }
        changed(&mut self.tx, id).await?;
        // A commit of much may take longer than there was time to store it.
        sqlx::query("set local statement_timeout = 0").execute(&mut *self.tx).await?;
        Ok(true)
    }

    /// Nothing of it is stored, and the schedule is looked at at its moment after all, unless somebody has said another time
    /// meanwhile. Until that is so nobody else stores it beforehand.
    pub async fn put_back(mut self, put_off: &ScheduleRow) -> Result<()> {
        sqlx::query("rollback to savepoint locked").execute(&mut *self.tx).await?;
        look_at(&mut self.tx, put_off, self.at).await?;
        Ok(self.tx.commit().await?)
    }
}

async fn look_at(tx: &mut PgConnection, put_off: &ScheduleRow, at: Time) -> Result<()> {
    let sql = "update schedules set wake_at = $2 where id = $1 and wake_at = $3";
    sqlx::query(sql).bind(put_off.schedule.id.0).bind(at).bind(put_off.wake_at).execute(&mut *tx).await?;
    sqlx::query("select pg_notify('pitstop_wake', '')").execute(&mut *tx).await?;
    Ok(())
}

/// As a setting: none is no limit there.
fn millis(of: Duration) -> String {
    of.as_millis().max(1).to_string()
}

fn plain(ids: &[MachineId]) -> Vec<Uuid> {
    ids.iter().map(|id| id.0).collect()
}
