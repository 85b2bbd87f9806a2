//! What the worker needs to settle occurrences.
//!
//! A claim only puts the next look off, so that workers do not decide about the same at once. That nothing is started
//! twice is kept by the commit: an occurrence has one row, written together with its run. It compares what was read,
//! too: what a person changed or a worker settled meanwhile is decided on anew. A worker that dies or freezes between claim and commit has started nobody.

use super::occurrences::{Settled, insert};
use super::{ScheduleRow, changed, read};
use crate::jobs::{hold_images, images_of};
use crate::runs::admission::First;
use crate::runs::{NewMember, insert_run};
use crate::{Result, Store};
use pitstop_calendar::Schedule;
use pitstop_domain::Time;
use pitstop_domain::id::ScheduleId;
use pitstop_domain::job::Initiator;
use pitstop_domain::run::Run;
use std::collections::BTreeSet;

/// A decision takes milliseconds, over ten thousand machines a second or two. After this long its worker is dead.
const CLAIMED_S: f64 = 30.0;

/// A run that an occurrence starts.
#[derive(Clone, Debug)]
pub struct Firing {
    pub run: Run,
    pub members: Vec<NewMember>,
    /// Who is started with it.
    pub first: Option<First>,
}

impl Firing {
    /// Images of the jobs that are started with it.
    pub(super) fn images(&self) -> BTreeSet<String> {
        images_of(self.first.iter().flat_map(First::jobs))
    }
}

impl Store {
    /// Claims schedules that are due, those that have waited longest first.
    pub async fn claim_due_schedules(&self, limit: i64, now: Time) -> Result<Vec<ScheduleRow>> {
        let sql = "update schedules set wake_at = $1 + make_interval(secs => $2) \
                   where id in (select id from schedules where wake_at <= $1 order by wake_at limit $3 \
                                for update skip locked) returning *";
        let rows = sqlx::query(sql).bind(now).bind(CLAIMED_S).bind(limit).fetch_all(&self.pool).await?;
        let row =
            |row| read(row).inspect_err(|error| tracing::warn!(%error, "A schedule cannot be read.")).ok();
        Ok(rows.iter().filter_map(row).collect())
    }

    /// When the next schedule is due, as far as is known now.
    pub async fn next_schedule_wake(&self) -> Result<Option<Time>> {
        Ok(sqlx::query_scalar("select min(wake_at) from schedules").fetch_one(&self.pool).await?)
    }

    /// Is what this schedule started before not over?
    pub async fn schedule_is_under_way(&self, id: ScheduleId) -> Result<bool> {
        let sql = "select exists (select 1 from schedule_occurrences o join runs r on r.id = o.run_id \
                   where o.schedule_id = $1 and r.over_at is null)";
        Ok(sqlx::query_scalar(sql).bind(id.0).fetch_one(&self.pool).await?)
    }

    /// How long runs of this schedule usually take: the median of the last ten that were not cancelled, in seconds.
    pub async fn usual_run_seconds(&self, id: ScheduleId) -> Result<Option<f64>> {
        let sql = "select percentile_cont(0.5) within group (order by s) from (\
                   select extract(epoch from r.over_at - r.created_at)::float8 as s \
                   from schedule_occurrences o join runs r on r.id = o.run_id \
                   where o.schedule_id = $1 and r.state = 'closed' order by r.created_at desc limit 10) as last_runs";
        Ok(sqlx::query_scalar(sql).bind(id.0).fetch_one(&self.pool).await?)
    }

    /// As [`Self::usual_run_seconds`], for all schedules that ever ran.
    pub async fn usual_runs(&self) -> Result<Vec<(ScheduleId, f64)>> {
        let sql = "select schedule_id, percentile_cont(0.5) within group (order by s) as s from (\
                   select o.schedule_id, extract(epoch from r.over_at - r.created_at)::float8 as s, \
                   row_number() over (partition by o.schedule_id order by r.created_at desc) as nth \
                   from schedule_occurrences o join runs r on r.id = o.run_id where r.state = 'closed') as last_runs \
                   where nth <= 10 group by schedule_id";
        let rows: Vec<(uuid::Uuid, f64)> = sqlx::query_as(sql).fetch_all(&self.pool).await?;
        Ok(rows.into_iter().map(|(id, s)| (ScheduleId(id), s)).collect())
    }

    /// Stores what became of occurrences, with the runs that they start, and when to look again; all or nothing. False
    /// when the schedule changed since it was claimed, or somebody settled one of them: then nothing was stored.
    pub async fn settle(
        &self,
        claimed: &ScheduleRow,
        settled: &[(Settled, Option<Firing>)],
        through: Time,
        wake_at: Time,
        now: Time,
    ) -> Result<bool> {
        let schedule = &claimed.schedule;
        let mut tx = self.pool.begin().await?;
        if !move_on(&mut tx, claimed, through, wake_at).await? {
            return Ok(false);
        }
        for (settled, firing) in settled {
            if let Some(firing) = firing {
                hold_images(&mut tx, &firing.images()).await?;
                insert_firing(&mut tx, schedule, firing).await?;
            }
            let run = firing.as_ref().map(|firing| firing.run.id);
            if !insert(&mut tx, schedule.id, settled, run, now).await? {
                tx.rollback().await?;
                return Ok(false);
            }
        }
        if !settled.is_empty() {
            changed(&mut tx, schedule.id).await?;
        }
        tx.commit().await?;
        Ok(true)
    }
}

/// The schedule is settled through a moment, if it is as it was claimed.
pub(super) async fn move_on(
    tx: &mut sqlx::PgTransaction<'_>,
    claimed: &ScheduleRow,
    through: Time,
    wake_at: Time,
) -> Result<bool> {
    let schedule = &claimed.schedule;
    let sql = "update schedules set settled_through = greatest(settled_through, $3), \
               wake_at = case when wake_at = $5 then $4 else least(wake_at, $4) end \
               where id = $1 and version = $2 and settled_through is not distinct from $6";
    let done = sqlx::query(sql)
        .bind(schedule.id.0)
        .bind(claimed.version)
        .bind(through)
        .bind(wake_at)
        .bind(claimed.wake_at)
        .bind(schedule.settled_through)
        .execute(&mut **tx)
        .await?;
    Ok(done.rows_affected() == 1)
}

/// The run that a schedule starts. Its images are held by whoever has the transaction.
pub(super) async fn insert_firing(
    tx: &mut sqlx::PgTransaction<'_>,
    schedule: &Schedule,
    firing: &Firing,
) -> Result<()> {
    let initiator = Initiator::Schedule { id: schedule.id, name: schedule.name.clone() };
    insert_run(tx, &firing.run, &initiator, &firing.members, firing.first.as_ref()).await
}
