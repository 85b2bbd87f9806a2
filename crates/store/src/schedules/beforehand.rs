//! Runs of many machines are stored before their moment, in a transaction that stays open until it has come.
//!
//! Nobody sees what is in it, and its end is the commit of [`Store::settle`] with the same comparisons. Whoever has it
//! keeps the next look off for a moment longer than the transaction needs, so that no other worker does the same; if it is
//! given up, or its worker dies, all of it is as if it had never been, and the schedule is looked at as ever.

use super::firing::{Firing, insert_firing, move_on};
use super::occurrences::{Settled, insert};
use super::{ScheduleRow, changed, read};
use crate::jobs::hold_images;
use crate::{Result, Store, machines};
use pitstop_domain::Time;
use pitstop_domain::id::{MachineId, RunId};
use pitstop_domain::machine::Machine;
use sqlx::Row;
use sqlx::postgres::PgRow;
use std::collections::{BTreeSet, HashMap};
use uuid::Uuid;

/// What one transaction wrote of a machine and its NICs is another one's later: whatever is changed, this changes.
const MARK: &str = "m.xmin::text || coalesce((select string_agg(n.xmin::text || n.mac, '' order by n.mac) \
     from nics n where n.machine_id = m.id), '') as mark";

/// A transaction in which a run is stored before its moment. Dropped, it is given up.
#[derive(Debug)]
pub struct Beforehand {
    tx: sqlx::PgTransaction<'static>,
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
        Ok(mine.then(|| Beforehand { tx, images: BTreeSet::new(), run: None }))
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

    /// It is looked at at its moment after all, unless somebody has said another time meanwhile.
    pub async fn put_back(&self, put_off: &ScheduleRow, to: Time) -> Result<()> {
        let mut tx = self.pool.begin().await?;
        let sql = "update schedules set wake_at = $2 where id = $1 and wake_at = $3";
        sqlx::query(sql).bind(put_off.schedule.id.0).bind(to).bind(put_off.wake_at).execute(&mut *tx).await?;
        sqlx::query("select pg_notify('pitstop_wake', '')").execute(&mut *tx).await?;
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
    pub async fn store(&mut self, schedule: &ScheduleRow, firing: &Firing) -> Result<()> {
        self.images = firing.images();
        self.run = Some(firing.run.id);
        insert_firing(&mut self.tx, &schedule.schedule, firing).await
    }

    /// The moment has come: all of it is there, with the occurrence that started it. False when the schedule is another
    /// than `put_off`, or somebody settled the occurrence: then nothing is stored.
    ///
    /// # Errors
    /// [`Error::Refused`](crate::Error::Refused) when an image is out of the catalog; nothing is stored then, either.
    pub async fn settle(
        mut self,
        put_off: &ScheduleRow,
        settled: &Settled,
        through: Time,
        wake_at: Time,
        now: Time,
    ) -> Result<bool> {
        let id = put_off.schedule.id;
        if !move_on(&mut self.tx, put_off, through, wake_at).await? {
            self.tx.rollback().await?;
            return Ok(false);
        }
        // After the schedule's row, as `Store::settle` does: so no two transactions wait for each other.
        hold_images(&mut self.tx, &self.images).await?;
        if !insert(&mut self.tx, id, settled, self.run, now).await? {
            self.tx.rollback().await?;
            return Ok(false);
        }
        changed(&mut self.tx, id).await?;
        self.tx.commit().await?;
        Ok(true)
    }

    /// Nothing of it is stored.
    pub async fn give_up(self) -> Result<()> {
        Ok(self.tx.rollback().await?)
    }
}

fn plain(ids: &[MachineId]) -> Vec<Uuid> {
    ids.iter().map(|id| id.0).collect()
}
