//! The timetable: what starts by itself, again and again.
//!
//! - here: schedules, made and changed by people
//! - [`occurrences`]: what became of each; [`times`]: maintenance windows and blackouts
//! - [`calendars`]: calendars elsewhere that are read again and again
//! - [`feeds`]: secret addresses for calendar programs
//! - [`firing`]: what the worker needs to settle occurrences, exactly once; [`beforehand`]: the same where there is much to
//!   store, so that at the moment itself there is little to do

pub mod beforehand;
pub mod calendars;
pub mod feeds;
pub mod firing;
pub mod occurrences;
pub mod times;

use crate::{Error, Result, Store};
use pitstop_calendar::{Chosen, Schedule, Timing};
use pitstop_domain::Time;
use pitstop_domain::id::{MachineId, ScheduleId};
use pitstop_domain::people::Scope;
use pitstop_domain::run::RunPlan;
use sqlx::Row;
use sqlx::postgres::PgRow;
use sqlx::types::Json;

/// A schedule and what stands beside it.
#[derive(Clone, Debug)]
pub struct ScheduleRow {
    pub schedule: Schedule,
    pub changed_by: String,
    pub changed_at: Time,
    pub wake_at: Time,
    pub version: i64,
}

fn read(row: &PgRow) -> Result<ScheduleRow> {
    let machines: Option<Vec<uuid::Uuid>> = row.try_get("machines")?;
    let chosen = match machines {
        Some(machines) => Chosen::Machines(machines.into_iter().map(MachineId).collect()),
        None => Chosen::Search(row.try_get("query")?),
    };
    Ok(ScheduleRow {
        schedule: Schedule {
            id: ScheduleId(row.try_get("id")?),
            name: row.try_get("name")?,
            chosen,
            scopes: row.try_get::<Json<Option<Vec<Scope>>>, _>("scope")?.0,
            plan: row.try_get::<Json<RunPlan>, _>("plan")?.0,
            timing: row.try_get::<Json<Timing>, _>("timing")?.0,
            since: row.try_get("since")?,
            settled_through: row.try_get("settled_through")?,
            paused_at: row.try_get("paused_at")?,
        },
        changed_by: row.try_get("changed_by")?,
        changed_at: row.try_get("changed_at")?,
        wake_at: row.try_get("wake_at")?,
        version: row.try_get("version")?,
    })
}

impl Store {
    /// All schedules, by name.
    pub async fn schedules(&self) -> Result<Vec<ScheduleRow>> {
        let rows = sqlx::query("select * from schedules order by name").fetch_all(&self.pool).await?;
        rows.iter().map(read).collect()
    }

    pub async fn schedule(&self, id: ScheduleId) -> Result<Option<ScheduleRow>> {
        let row = sqlx::query("select * from schedules where id = $1").bind(id.0);
        row.fetch_optional(&self.pool).await?.as_ref().map(read).transpose()
    }

    /// Keeps a schedule, new or changed. What it changes is due from now on; `version`: the one that was changed, so that
    /// of two who change it at once the second is told.
    ///
    /// # Errors
    /// When another has this name, or it was changed meanwhile.
    pub async fn keep_schedule(
        &self,
        schedule: &Schedule,
        version: Option<i64>,
        by: &str,
        now: Time,
    ) -> Result<()> {
        let (query, machines) = match &schedule.chosen {
            Chosen::Search(words) => (words.as_str(), None),
            Chosen::Machines(machines) => {
                ("", Some(machines.iter().map(|machine| machine.0).collect::<Vec<_>>()))
            }
        };
        let sql = match version {
            None => {
                "insert into schedules (id, name, function, query, machines, scope, plan, timing, since, \
                 settled_through, paused_at, changed_by, changed_at, wake_at) \
                 values ($1, $2, $3, $4, $5, $6, $7, $8, $9, null, $10, $11, $12, $12)"
            }
            Some(_) => {
                "update schedules set name = $2, function = $3, query = $4, machines = $5, scope = $6, plan = $7, \
                 timing = $8, since = $9, paused_at = $10, changed_by = $11, changed_at = $12, wake_at = $12, \
                 version = version + 1 where id = $1 and version = $13"
            }
        };
        let query = sqlx::query(sql)
            .bind(schedule.id.0)
            .bind(&schedule.name)
            .bind(&schedule.plan.function)
            .bind(query)
            .bind(machines)
            .bind(Json(&schedule.scopes))
            .bind(Json(&schedule.plan))
            .bind(Json(&schedule.timing))
            .bind(schedule.since)
            .bind(schedule.paused_at)
            .bind(by)
            .bind(now);
        let query = match version {
            Some(version) => query.bind(version),
            None => query,
        };
        let mut tx = self.pool.begin().await?;
        let done = query.execute(&mut *tx).await.map_err(Error::from);
        let done = done.map_err(|error| named_twice(error, &schedule.name))?;
        if done.rows_affected() == 0 {
            return Err(Error::Refused(
                "somebody changed this schedule meanwhile: look at it again".to_owned(),
            ));
        }
        changed(&mut tx, schedule.id).await?;
        Ok(tx.commit().await?)
    }

    /// Forgets a schedule and what became of its occurrences. Runs that it started stay.
    pub async fn remove_schedule(&self, id: ScheduleId) -> Result<()> {
        let done = sqlx::query("delete from schedules where id = $1").bind(id.0).execute(&self.pool).await?;
        if done.rows_affected() == 0 { Err(Error::NotFound("schedule")) } else { Ok(()) }
    }
}

fn named_twice(error: Error, name: &str) -> Error {
    if error.is_conflict() {
        Error::Refused(format!("there is a schedule `{name}` already: give this one another name"))
    } else {
        error
    }
}

/// Tells workers and dashboards, when the transaction commits.
async fn changed(tx: &mut sqlx::PgTransaction<'_>, id: ScheduleId) -> Result<()> {
    sqlx::query("select pg_notify('pitstop_wake', '')").execute(&mut **tx).await?;
    let sql = "select pg_notify('pitstop_changed', \
               json_build_object('kind', 'schedule', 'id', id, 'version', version)::text) from schedules where id = $1";
    sqlx::query(sql).bind(id.0).execute(&mut **tx).await?;
    Ok(())
}
