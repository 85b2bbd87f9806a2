//! What tells which system a machine ran when.

use crate::{Result, Store};
use pitstop_domain::Time;
use pitstop_domain::id::MachineId;
use pitstop_domain::sighting::Sighting;
use sqlx::types::Json;

/// Sightings of a week that are looked at, the newest; a machine that starts every ten minutes stays below.
const MOST: i64 = 4000;

const KINDS: &str = "('own_agent', 'maintenance_agent', 'outside_job', 'asked_to_boot', 'probed', 'power')";

impl Store {
    /// What was seen since a moment, oldest first, after the last that was seen before it.
    pub async fn systems_since(&self, machine: MachineId, from: Time) -> Result<Vec<(Time, Sighting)>> {
        let sql = format!(
            "select * from (\
               (select at, id, sighting from sightings where machine_id = $1 and at >= $2 \
                and sighting ->> 'kind' in {KINDS} order by at desc, id desc limit {MOST}) \
               union all \
               (select at, id, sighting from sightings where machine_id = $1 and at < $2 \
                and sighting ->> 'kind' in ('own_agent', 'maintenance_agent') order by at desc, id desc limit 1)\
             ) as seen order by at, id"
        );
        let rows: Vec<(Time, i64, Json<Sighting>)> =
            sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(machine.0).bind(from).fetch_all(&self.pool).await?;
        Ok(rows.into_iter().map(|(at, _, sighting)| (at, sighting.0)).collect())
    }
}
