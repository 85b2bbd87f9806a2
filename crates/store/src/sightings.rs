//! What was seen of a machine, with the server's time of receipt.

use crate::{Result, Store};
use pitstop_domain::Time;
use pitstop_domain::id::MachineId;
use pitstop_domain::sighting::Sighting;
use sqlx::types::Json;

/// A sighting and when it was made.
#[derive(Clone, Debug, PartialEq)]
pub struct Sighted {
    pub at: Time,
    pub sighting: Sighting,
}

impl Store {
    /// Stores a sighting: the fact is renewed, the story gets a line when it tells something new, and the
    /// machine's job is woken when it may move. Doubled and late sightings do no harm: the newest stands.
    pub async fn saw(&self, machine: MachineId, sighting: &Sighting, now: Time) -> Result<()> {
        let kind = sighting.fact();
        let mut tx = self.pool.begin().await?;
        crate::machines::lock(&mut tx, machine).await?;
        let before: Option<(Time, Json<Sighting>)> =
            sqlx::query_as("select at, sighting from facts where machine_id = $1 and kind = $2")
                .bind(machine.0)
                .bind(kind)
                .fetch_optional(&mut *tx)
                .await?;
        let before = before.map(|(at, sighting)| Sighted { at, sighting: sighting.0 });
        sqlx::query(
            "insert into facts (machine_id, kind, at, sighting) values ($1, $2, $3, $4) \
             on conflict (machine_id, kind) do update set at = excluded.at, sighting = excluded.sighting \
             where facts.at <= excluded.at",
        )
        .bind(machine.0)
        .bind(kind)
        .bind(now)
        .bind(Json(sighting))
        .execute(&mut *tx)
        .await?;
        let news = tells_something_new(before.as_ref(), sighting, now);
        if news {
            sqlx::query("insert into sightings (machine_id, at, sighting) values ($1, $2, $3)")
                .bind(machine.0)
                .bind(now)
                .bind(Json(sighting))
                .execute(&mut *tx)
                .await?;
        }
        if sighting.wakes() {
            wake(&mut tx, machine, now).await?;
        }
        if news || !sighting.wakes() {
            show(&mut tx, machine).await?;
        }
        Ok(tx.commit().await?)
    }

    /// The newest sighting of each kind.
    pub async fn facts_of(&self, machine: MachineId) -> Result<Vec<Sighted>> {
        let sql = "select at, sighting from facts where machine_id = $1 order by at";
        self.sighted(sqlx::query_as(sql).bind(machine.0)).await
    }

    /// The story of a machine between two moments, oldest first.
    pub async fn sightings_between(&self, machine: MachineId, from: Time, to: Time) -> Result<Vec<Sighted>> {
        let sql = "select at, sighting from sightings where machine_id = $1 and at between $2 and $3 order by at, id";
        self.sighted(sqlx::query_as(sql).bind(machine.0).bind(from).bind(to)).await
    }

    /// The newest sightings of a machine, newest first.
    pub async fn recent_sightings(&self, machine: MachineId, limit: i64) -> Result<Vec<Sighted>> {
        let sql =
            "select at, sighting from sightings where machine_id = $1 order by at desc, id desc limit $2";
        self.sighted(sqlx::query_as(sql).bind(machine.0).bind(limit)).await
    }

    async fn sighted(
        &self,
        query: sqlx::query::QueryAs<'_, sqlx::Postgres, (Time, Json<Sighting>), sqlx::postgres::PgArguments>,
    ) -> Result<Vec<Sighted>> {
        let rows = query.fetch_all(&self.pool).await?;
        Ok(rows.into_iter().map(|(at, sighting)| Sighted { at, sighting: sighting.0 }).collect())
    }
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
