//! What was seen of a machine, with the server's time of receipt.
//!
//! - [`known`]: what is known of a machine, and what a sighting adds to that; pure
//! - [`keep`]: stores the sightings of many machines in one transaction
//! - [`together`]: collects what comes in while the last ones are stored

mod keep;
mod known;
mod together;

pub(crate) use together::Together;

use crate::{Result, Store};
use keep::Seen;
use pitstop_domain::Time;
use pitstop_domain::id::MachineId;
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
    ///
    /// It is stored when this returns. What others saw at the same moment is stored with it (see [`together`]), also
    /// when whoever asked goes away meanwhile.
    pub async fn saw(&self, machine: MachineId, sighting: &Sighting, now: Time) -> Result<bool> {
        if self.renewed(machine, sighting, now).await? {
            return Ok(true);
        }
        self.together.store(self, Seen { machine, sighting: sighting.clone(), at: now }).await
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

type RawSighting = (Time, Time, Json<Sighting>);
