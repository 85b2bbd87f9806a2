//! Machines by what programs call them, and what is under way.

use crate::jobs::{COLUMNS, JobRow, read};
use crate::{Result, Store};
use pitstop_domain::id::MachineId;

impl Store {
    /// Ids and names of the machines that are named, by name or id. Those that there are not are missing.
    pub async fn machines_named(&self, named: &[String]) -> Result<Vec<(MachineId, String)>> {
        let ids: Vec<uuid::Uuid> = named.iter().filter_map(|name| name.parse().ok()).collect();
        let sql = "select id, name from machines where name = any($1) or id = any($2)";
        let rows: Vec<(uuid::Uuid, String)> =
            sqlx::query_as(sql).bind(named).bind(ids).fetch_all(&self.pool).await?;
        Ok(rows.into_iter().map(|(id, name)| (MachineId(id), name)).collect())
    }

    /// The newest jobs that are not closed.
    pub async fn open_jobs(&self, limit: i64) -> Result<Vec<JobRow>> {
        let sql = format!(
            "select {COLUMNS} from jobs j join machines m on m.id = j.machine_id where j.phase <> 'closed' \
             order by j.created_at desc limit $1"
        );
        let rows = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(limit).fetch_all(&self.pool).await?;
        rows.iter().map(read).collect()
    }
}
