//! What was seen of a machine, with the server's time of receipt.

use crate::{Result, Store};
use pitstop_domain::Time;
use pitstop_domain::id::{BootId, MachineId};
use pitstop_domain::sighting::Sighting;
use sqlx::types::Json;

/// A sighting and when it was made.
#[derive(Clone, Debug, PartialEq)]
pub struct Sighted {
    pub at: Time,
    /// Since when it says the same (of the story's lines: when it was said).
    pub since: Time,
    pub sighting: Sighting,
}

impl Store {
    /// Stores a sighting: the fact is renewed, the story gets a line when it tells something new, and the
    /// machine's job is woken when it may move. Doubled and late sightings do no harm: the newest stands.
    ///
    /// Boots follow each other: a message of a boot that another one has followed was on its way for long, and is not
    /// believed, whatever it says. False then, and nothing is stored.
    pub async fn saw(&self, machine: MachineId, sighting: &Sighting, now: Time) -> Result<bool> {
        if self.renewed(machine, sighting, now).await? {
            return Ok(true);
        }
        let kind = sighting.fact();
        let mut tx = self.pool.begin().await?;
        crate::machines::lock(&mut tx, machine).await?;
        let mut now = now;
        if let Some(boot) = sighting.boot() {
            if is_past(&mut tx, machine, boot).await? {
                return Ok(false);
            }
            now = now.max(after_the_boot_before(&mut tx, machine, boot).await?.unwrap_or(now));
        }
        let before: Option<(Time, Time, Json<Sighting>)> =
            sqlx::query_as("select at, since, sighting from facts where machine_id = $1 and kind = $2")
                .bind(machine.0)
                .bind(kind)
                .fetch_optional(&mut *tx)
                .await?;
        let before = before.map(|(at, since, sighting)| Sighted { at, since, sighting: sighting.0 });
        sqlx::query(
            "insert into facts (machine_id, kind, at, sighting, since) values ($1, $2, $3, $4, $3) \
             on conflict (machine_id, kind) do update set at = excluded.at, sighting = excluded.sighting, \
             since = case when facts.sighting = excluded.sighting then facts.since else excluded.at end \
             where facts.at <= excluded.at",
        )
        .bind(machine.0)
        .bind(kind)
        .bind(now)
        .bind(Json(sighting))
        .execute(&mut *tx)
        .await?;
        let news = if sighting.polled() {
            before.as_ref().is_none_or(|before| before.at < now)
                && changed(&mut tx, machine, before.as_ref(), sighting).await?
        } else {
            tells_something_new(before.as_ref(), sighting, now)
        };
        if news {
            sqlx::query("insert into sightings (machine_id, at, sighting) values ($1, $2, $3)")
                .bind(machine.0)
                .bind(now)
                .bind(Json(sighting))
                .execute(&mut *tx)
                .await?;
        }
        if sighting.wakes() && (news || !sighting.polled()) {
            wake(&mut tx, machine, now).await?;
        }
        if news || !sighting.wakes() {
            show(&mut tx, machine).await?;
        }
        tx.commit().await?;
        Ok(true)
    }

    /// The fast way for what is said again and again, a heartbeat of an idle machine above all: one statement. True
    /// when that was all there was to do: the fact was there and says the same, and no job may be moved by it.
    async fn renewed(&self, machine: MachineId, sighting: &Sighting, now: Time) -> Result<bool> {
        if !matches!(sighting, Sighting::OwnAgent { .. }) {
            return Ok(false);
        }
        let sql = "update facts set at = $4 where machine_id = $1 and kind = $2 and sighting = $3 and at <= $4 \
                   and not exists (select 1 from jobs where machine_id = $1 and phase <> 'closed')";
        let done = sqlx::query(sql)
            .bind(machine.0)
            .bind(sighting.fact())
            .bind(Json(sighting))
            .bind(now)
            .execute(&self.pool)
            .await?;
        Ok(done.rows_affected() == 1)
    }

    /// The newest sighting of each kind.
    pub async fn facts_of(&self, machine: MachineId) -> Result<Vec<Sighted>> {
        let sql = "select at, since, sighting from facts where machine_id = $1 order by at";
        self.sighted(sqlx::query_as(sql).bind(machine.0)).await
    }

    /// The story of a machine between two moments, oldest first.
    pub async fn sightings_between(&self, machine: MachineId, from: Time, to: Time) -> Result<Vec<Sighted>> {
        let sql = "select at, at, sighting from sightings where machine_id = $1 and at between $2 and $3 order by at, id";
        self.sighted(sqlx::query_as(sql).bind(machine.0).bind(from).bind(to)).await
    }

    /// The newest sightings of a machine, newest first.
    pub async fn recent_sightings(&self, machine: MachineId, limit: i64) -> Result<Vec<Sighted>> {
        let sql =
            "select at, at, sighting from sightings where machine_id = $1 order by at desc, id desc limit $2";
        self.sighted(sqlx::query_as(sql).bind(machine.0).bind(limit)).await
    }

    async fn sighted(
        &self,
        query: sqlx::query::QueryAs<'_, sqlx::Postgres, RawSighting, sqlx::postgres::PgArguments>,
    ) -> Result<Vec<Sighted>> {
        let rows = query.fetch_all(&self.pool).await?;
        Ok(rows
            .into_iter()
            .map(|(at, since, sighting)| Sighted { at, since, sighting: sighting.0 })
            .collect())
    }
}

/// This boot was heard before, and another one since.
async fn is_past(tx: &mut sqlx::PgTransaction<'_>, machine: MachineId, boot: &BootId) -> Result<bool> {
    let boots =
        "from sightings where machine_id = $1 and sighting ->> 'kind' in ('own_agent', 'maintenance_agent')";
    let sql = format!(
        "select coalesce((select sighting ->> 'boot_id' <> $2 {boots} order by at desc, id desc limit 1) \
         and exists (select 1 {boots} and sighting ->> 'boot_id' = $2), false)"
    );
    let asked = sqlx::query_scalar(sqlx::AssertSqlSafe(sql)).bind(machine.0).bind(&boot.0);
    Ok(asked.fetch_one(&mut **tx).await?)
}

/// The first message of a boot comes after all that its predecessor said, whatever the clock said when it came in: it
/// may have waited for the machine's row while a late message of the boot before was stored.
async fn after_the_boot_before(
    tx: &mut sqlx::PgTransaction<'_>,
    machine: MachineId,
    boot: &BootId,
) -> Result<Option<Time>> {
    let sql = "select max(at) + interval '1 microsecond' from facts where machine_id = $1 \
               and kind in ('own_agent', 'maintenance_agent') and sighting ->> 'boot_id' <> $2 \
               and not exists (select 1 from facts where machine_id = $1 \
                   and kind in ('own_agent', 'maintenance_agent') and sighting ->> 'boot_id' = $2)";
    Ok(sqlx::query_scalar(sql).bind(machine.0).bind(&boot.0).fetch_one(&mut **tx).await?)
}

type RawSighting = (Time, Time, Json<Sighting>);

/// What is polled tells something new when it says another thing than the last time; of a probe's two facts, that is
/// whichever is younger.
async fn changed(
    tx: &mut sqlx::PgTransaction<'_>,
    machine: MachineId,
    before: Option<&Sighted>,
    sighting: &Sighting,
) -> Result<bool> {
    let Sighting::Probed { answered, .. } = sighting else {
        return Ok(before.is_none_or(|before| before.sighting != *sighting));
    };
    let other = if *answered { "probe_silent" } else { "probe_answered" };
    let sql = "select at from facts where machine_id = $1 and kind = $2";
    let other: Option<Time> =
        sqlx::query_scalar(sql).bind(machine.0).bind(other).fetch_optional(&mut **tx).await?;
    Ok(other >= before.map(|before| before.at))
}

/// Heartbeats of the same boot, ends reported again and bytes on their way renew the fact and are no news. Nor is
/// a heartbeat that is overtaken by another boot's.
fn tells_something_new(before: Option<&Sighted>, sighting: &Sighting, now: Time) -> bool {
    let same = before.is_some_and(|before| before.sighting == *sighting);
    let late = before.is_some_and(|before| before.at > now);
    match sighting {
        Sighting::OwnAgent { .. } | Sighting::MaintenanceAgent { .. } => !same && !late,
        Sighting::Progress { .. } => false,
        Sighting::Fetched(fetched) | Sighting::FetchedOwn(fetched) => fetched.done,
        Sighting::Reported { .. }
        | Sighting::UrlCalled { .. }
        | Sighting::ToldOwnImage { .. }
        | Sighting::OutsideJob { .. } => !same,
        Sighting::AskedToBoot { .. } => true,
        Sighting::Power { .. } | Sighting::Probed { .. } => !same,
    }
}

/// Wakes the machine's open jobs: the one that holds it, and those that wait for it.
pub(crate) async fn wake(tx: &mut sqlx::PgTransaction<'_>, machine: MachineId, now: Time) -> Result<()> {
    let woken = sqlx::query("update jobs set wake_at = $2 where machine_id = $1 and phase <> 'closed'")
        .bind(machine.0)
        .bind(now)
        .execute(&mut **tx)
        .await?;
    if woken.rows_affected() > 0 {
        sqlx::query("select pg_notify('pitstop_wake', '')").execute(&mut **tx).await?;
    }
    Ok(())
}

/// Tells the pages that show this machine or its open job.
async fn show(tx: &mut sqlx::PgTransaction<'_>, machine: MachineId) -> Result<()> {
    sqlx::query(
        "select pg_notify('pitstop_changed', json_build_object('kind', 'job', 'id', id, 'version', version)::text) \
         from jobs where machine_id = $1 and phase not in ('queued', 'closed')",
    )
    .bind(machine.0)
    .execute(&mut **tx)
    .await?;
    crate::machines::changed(tx, machine).await
}
