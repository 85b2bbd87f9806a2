//! Orders to shut a machine down again that was off before its job: given by the step that closed it, fetched and answered by
//! the agent of the boot that proved the return. Apart from [`crate::orders`], whose calls restart machines and end with their
//! attempt: this one comes when the job is over, and nothing waits for it. Each way it can go is a line of the job's history.

use crate::machines::lock;
use crate::{Error, Result, Store};
use pitstop_domain::Time;
use pitstop_domain::id::{BootId, CallId, JobId, MachineId};
use pitstop_domain::sighting::Sighting;
use pitstop_domain::step::off_again::TAKEN_WITHIN_S;
use sqlx::{PgConnection, PgTransaction};
use std::collections::HashSet;
use uuid::Uuid;

/// Nobody took it or said what becomes of it; and no other job wants the machine, which would be restarted at once.
const OPEN: &str = "s.state in ('waiting', 'started')";
const FREE: &str =
    "not exists (select 1 from jobs j where j.machine_id = s.machine_id and j.phase <> 'closed')";

/// An order to shut down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShutDown {
    pub id: CallId,
    pub job: JobId,
    pub machine: MachineId,
}

type Row = (Uuid, Uuid, Uuid);

fn read((id, job, machine): Row) -> ShutDown {
    ShutDown { id: CallId(id), job: JobId(job), machine: MachineId(machine) }
}

impl Store {
    /// The order for the agent of this boot, while it may be carried out.
    pub async fn open_shut_down(
        &self,
        machine: MachineId,
        boot: &BootId,
        now: Time,
    ) -> Result<Option<ShutDown>> {
        let sql = format!(
            "select s.id, s.job_id, s.machine_id from shut_downs s where s.machine_id = $1 and s.boot_id = $2 \
             and s.expires_at > $3 and {OPEN} and {FREE} limit 1"
        );
        let row: Option<Row> = sqlx::query_as(sqlx::AssertSqlSafe(sql))
            .bind(machine.0)
            .bind(&boot.0)
            .bind(now)
            .fetch_optional(&self.pool)
            .await?;
        Ok(row.map(read))
    }

    /// As [`Store::open_shut_down`], and it counts as taken. One that was taken and not answered is given again.
    pub async fn fetch_shut_down(
        &self,
        machine: MachineId,
        boot: &BootId,
        now: Time,
    ) -> Result<Option<ShutDown>> {
        let Some(order) = self.open_shut_down(machine, boot, now).await? else { return Ok(None) };
        let sql =
            "update shut_downs set state = 'started', changed_at = $2 where id = $1 and state = 'waiting'";
        sqlx::query(sql).bind(order.id.0).bind(now).execute(&self.pool).await?;
        Ok(Some(order))
    }

    pub async fn shut_down(&self, id: CallId) -> Result<Option<ShutDown>> {
        let sql = "select id, job_id, machine_id from shut_downs where id = $1";
        let row: Option<Row> = sqlx::query_as(sql).bind(id.0).fetch_optional(&self.pool).await?;
        Ok(row.map(read))
    }

    /// What the agent of this boot will do. It may take its word back (accepted, then refused), and may say the same twice.
    ///
    /// # Errors
    /// [`Error::Refused`] when it came too late, is another boot's, or another job wants the machine: it is to stay on.
    pub async fn answer_shut_down(
        &self,
        id: CallId,
        boot: &BootId,
        (accepted, words): (bool, &str),
        now: Time,
    ) -> Result<()> {
        let order = self.shut_down(id).await?.ok_or(Error::NotFound("call"))?;
        let mut tx = self.pool.begin().await?;
        lock(&mut tx, order.machine).await?;
        if !take_word(&mut tx, &order, boot, accepted, now).await? {
            let sql = "select state = $2 and boot_id = $3 from shut_downs where id = $1";
            let again: bool = sqlx::query_scalar(sql)
                .bind(id.0)
                .bind(word(accepted))
                .bind(&boot.0)
                .fetch_one(&mut *tx)
                .await?;
            tx.rollback().await?;
            let stays = "this order was given up meanwhile: the machine stays on";
            return if again { Ok(()) } else { Err(Error::Refused(stays.to_owned())) };
        }
        let reason = if accepted { format!("shut down again: {words}") } else { format!("kept on: {words}") };
        tell(&mut tx, &[order.job.0], &reason, now).await?;
        tx.commit().await?;
        if accepted {
            // Who looks at the machine from now on must not take its silence for a fault.
            self.saw(order.machine, &Sighting::ShutDown { job: order.job }, now).await?;
        }
        Ok(())
    }

    /// Orders that nobody took in time are over: their machines stay on. Gives how many.
    pub async fn expire_shut_downs(&self, now: Time) -> Result<usize> {
        let mut tx = self.pool.begin().await?;
        let sql = format!(
            "update shut_downs s set state = 'void', changed_at = $1 where s.id in (select s.id from shut_downs s \
             where {OPEN} and s.expires_at <= $1 for update skip locked) returning s.job_id"
        );
        let jobs: Vec<Uuid> =
            sqlx::query_scalar(sqlx::AssertSqlSafe(sql)).bind(now).fetch_all(&mut *tx).await?;
        let reason = format!(
            "kept on: its agent did not say within {} min that it shuts it down",
            TAKEN_WITHIN_S / 60
        );
        tell(&mut tx, &jobs, &reason, now).await?;
        tx.commit().await?;
        Ok(jobs.len())
    }
}

fn word(accepted: bool) -> &'static str {
    if accepted { "accepted" } else { "refused" }
}

/// False when it cannot be said any more, or was said already.
async fn take_word(
    tx: &mut PgTransaction<'_>,
    order: &ShutDown,
    boot: &BootId,
    accepted: bool,
    now: Time,
) -> Result<bool> {
    let may = match accepted {
        true => format!("{OPEN} and s.expires_at > $3 and {FREE}"),
        false => format!("({OPEN} or s.state = 'accepted')"),
    };
    let sql = format!(
        "update shut_downs s set state = $2, changed_at = $3 where s.id = $1 and s.boot_id = $4 and {may}"
    );
    let done = sqlx::query(sqlx::AssertSqlSafe(sql))
        .bind(order.id.0)
        .bind(word(accepted))
        .bind(now)
        .bind(&boot.0)
        .execute(&mut **tx)
        .await?;
    Ok(done.rows_affected() == 1)
}

/// Gives orders to the agents of these boots, and tells them. A job has one at most.
pub(crate) async fn give(
    tx: &mut PgTransaction<'_>,
    of: &[(JobId, MachineId, &BootId)],
    now: Time,
) -> Result<()> {
    if of.is_empty() {
        return Ok(());
    }
    sqlx::query(
        "with given as (insert into shut_downs (id, job_id, machine_id, boot_id, state, given_at, expires_at, changed_at) \
             select id, job, machine, boot, 'waiting', $5, $5 + make_interval(secs => $6), $5 \
             from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[]) as s (id, job, machine, boot) \
             on conflict (job_id) do nothing returning machine_id) \
         select pg_notify('pitstop_order', machine_id::text) from given",
    )
    .bind(of.iter().map(|_| Uuid::now_v7()).collect::<Vec<_>>())
    .bind(of.iter().map(|(job, ..)| job.0).collect::<Vec<_>>())
    .bind(of.iter().map(|(_, machine, _)| machine.0).collect::<Vec<_>>())
    .bind(of.iter().map(|(.., boot)| boot.0.as_str()).collect::<Vec<_>>())
    .bind(now)
    .bind(f64::from(TAKEN_WITHIN_S))
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// A job takes these machines: orders of the jobs before are over.
pub(crate) async fn void(tx: &mut PgTransaction<'_>, machines: &[Uuid], now: Time) -> Result<()> {
    let sql = format!(
        "update shut_downs s set state = 'void', changed_at = $2 where s.machine_id = any($1) and {OPEN} returning s.job_id"
    );
    let jobs: Vec<Uuid> =
        sqlx::query_scalar(sqlx::AssertSqlSafe(sql)).bind(machines).bind(now).fetch_all(&mut **tx).await?;
    tell(tx, &jobs, "kept on: the next job has the machine", now).await
}

/// Machines that are on only because the job before was not over yet: they are in the boot that was to be shut down.
pub(crate) async fn to_be_off(db: &mut PgConnection, machines: &[MachineId]) -> Result<HashSet<MachineId>> {
    let ids: Vec<Uuid> = machines.iter().map(|machine| machine.0).collect();
    let sql = format!(
        "select s.machine_id from shut_downs s join facts f on f.machine_id = s.machine_id and f.kind = 'own_agent' \
         and f.sighting ->> 'boot_id' = s.boot_id where s.machine_id = any($1) and {OPEN}"
    );
    let rows: Vec<Uuid> = sqlx::query_scalar(sqlx::AssertSqlSafe(sql)).bind(ids).fetch_all(db).await?;
    Ok(rows.into_iter().map(MachineId).collect())
}

/// What became of it, as a line of each job's history.
async fn tell(tx: &mut PgTransaction<'_>, jobs: &[Uuid], reason: &str, now: Time) -> Result<()> {
    if jobs.is_empty() {
        return Ok(());
    }
    let sql = "insert into job_history (job_id, at, \"from\", \"to\", attempt, reason) \
               select id, $2, 'closed', 'closed', 0, $3 from unnest($1::uuid[]) as j (id)";
    sqlx::query(sql).bind(jobs).bind(now).bind(reason).execute(&mut **tx).await?;
    for job in jobs {
        crate::jobs::changed(tx, JobId(*job)).await?;
    }
    Ok(())
}
