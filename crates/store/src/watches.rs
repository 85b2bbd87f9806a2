//! Machines that are looked at again and again while a job has them: their boards and their probes.

use crate::trip::DecidedStep;
use crate::{Result, Store};
use pitstop_domain::Time;
use pitstop_domain::id::{JobId, MachineId};
use pitstop_domain::job::{Job, Phase};
use sqlx::PgTransaction;
use uuid::Uuid;

/// While somebody looks, nobody else does: longer than the slowest board takes to answer.
const LOOK_S: f64 = 90.0;

/// A machine to look at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Watch {
    pub machine: MachineId,
    pub job: JobId,
}

/// Is there anything that can be looked at?
fn worth_watching(job: &Job) -> bool {
    job.plan.probe.is_some() || job.plan.routes.iter().any(|route| route.abilities().reads_power)
}

/// Jobs that took their machine begin to watch it; closed ones end that.
pub(crate) async fn follow(tx: &mut PgTransaction<'_>, moved: &[DecidedStep<'_>], now: Time) -> Result<()> {
    let begun: Vec<_> = moved
        .iter()
        .filter(|(was, is)| was.job.phase == Phase::Queued && is.job.phase == Phase::Switching)
        .filter(|(_, is)| worth_watching(&is.job))
        .collect();
    let ended: Vec<Uuid> = moved
        .iter()
        .filter(|(_, is)| is.job.phase == Phase::Closed && worth_watching(&is.job))
        .map(|(_, is)| is.job.id.0)
        .collect();
    if !begun.is_empty() {
        sqlx::query(
            "insert into watches (machine_id, job_id, due_at) \
             select machine, job, $3 from unnest($1::uuid[], $2::uuid[]) as w (machine, job) \
             on conflict (machine_id) do update set job_id = excluded.job_id, due_at = excluded.due_at",
        )
        .bind(begun.iter().map(|(_, is)| is.job.machine.0).collect::<Vec<_>>())
        .bind(begun.iter().map(|(_, is)| is.job.id.0).collect::<Vec<_>>())
        .bind(now)
        .execute(&mut **tx)
        .await?;
    }
    if !ended.is_empty() {
        let sql = "delete from watches where job_id = any($1)";
        sqlx::query(sql).bind(ended).execute(&mut **tx).await?;
    }
    Ok(())
}

impl Store {
    /// Takes machines that are due to be looked at. Each is given to one, however many ask; one who dies over it
    /// leaves it to others after a while.
    pub async fn take_watches(&self, limit: i64, now: Time) -> Result<Vec<Watch>> {
        let rows: Vec<(Uuid, Uuid)> = sqlx::query_as(
            "update watches set due_at = $1 + make_interval(secs => $3) where machine_id in \
             (select machine_id from watches where due_at <= $1 order by due_at limit $2 for update skip locked) \
             returning machine_id, job_id",
        )
        .bind(now)
        .bind(limit)
        .bind(LOOK_S)
        .fetch_all(&self.pool)
        .await?;
        Ok(rows.into_iter().map(|(m, j)| Watch { machine: MachineId(m), job: JobId(j) }).collect())
    }

    /// The machine was looked at; it is due again at this moment.
    pub async fn looked(&self, watch: Watch, again_at: Time) -> Result<()> {
        let sql = "update watches set due_at = $3 where machine_id = $1 and job_id = $2";
        sqlx::query(sql).bind(watch.machine.0).bind(watch.job.0).bind(again_at).execute(&self.pool).await?;
        Ok(())
    }

    /// When the next machine is due to be looked at.
    pub async fn next_watch(&self) -> Result<Option<Time>> {
        Ok(sqlx::query_scalar("select min(due_at) from watches").fetch_one(&self.pool).await?)
    }
}
