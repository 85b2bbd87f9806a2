//! Who is at a machine, as its own system's agent saw it last. One row a machine: it moves no job and is no story.

use crate::{Result, Store};
use pitstop_domain::Time;
use pitstop_domain::id::MachineId;
use pitstop_domain::presence::Presence;
use sqlx::PgConnection;
use sqlx::types::Json;
use std::collections::HashMap;

impl Store {
    /// The agent reported. What did not change is written once a minute, so that it is known to be fresh.
    pub async fn saw_presence(&self, machine: MachineId, presence: &Presence, now: Time) -> Result<()> {
        let sql = "insert into presences (machine_id, presence, at) values ($1, $2, $3) \
                   on conflict (machine_id) do update set presence = excluded.presence, at = excluded.at \
                   where presences.presence <> excluded.presence or presences.at < excluded.at - interval '1 minute'";
        sqlx::query(sql).bind(machine.0).bind(Json(presence)).bind(now).execute(&self.pool).await?;
        Ok(())
    }

    /// What was reported of these.
    pub async fn presences(&self, machines: &[MachineId]) -> Result<HashMap<MachineId, (Presence, Time)>> {
        of(&mut *self.pool.acquire().await?, machines).await
    }
}

/// What was reported of these.
pub(crate) async fn of(
    db: &mut PgConnection,
    machines: &[MachineId],
) -> Result<HashMap<MachineId, (Presence, Time)>> {
    let ids: Vec<_> = machines.iter().map(|machine| machine.0).collect();
    let sql = "select machine_id, presence, at from presences where machine_id = any($1)";
    let rows: Vec<(uuid::Uuid, Json<Presence>, Time)> = sqlx::query_as(sql).bind(ids).fetch_all(db).await?;
    Ok(rows.into_iter().map(|(id, Json(presence), at)| (MachineId(id), (presence, at))).collect())
}
