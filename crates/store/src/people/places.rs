//! Where things stand: the site and labels by which it is decided who may see and touch them.

use crate::{Result, Store};
use pitstop_domain::id::{JobId, MachineId, RunId};
use pitstop_domain::people::Scope;
use sqlx::types::Json;
use uuid::Uuid;

/// A machine, as far as that decides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    pub machine: MachineId,
    pub name: String,
    pub site: String,
    pub labels: Vec<String>,
}

type Row = (Uuid, String, String, Vec<String>);

fn read((id, name, site, labels): Row) -> Place {
    Place { machine: MachineId(id), name, site, labels }
}

impl Store {
    pub async fn place_of_machine(&self, id: MachineId) -> Result<Option<Place>> {
        let sql = "select id, name, site, labels from machines where id = $1";
        let row: Option<Row> = sqlx::query_as(sql).bind(id.0).fetch_optional(&self.pool).await?;
        Ok(row.map(read))
    }

    pub async fn place_of_job(&self, id: JobId) -> Result<Option<Place>> {
        let sql = "select m.id, m.name, m.site, m.labels from jobs j join machines m on m.id = j.machine_id where j.id = $1";
        let row: Option<Row> = sqlx::query_as(sql).bind(id.0).fetch_optional(&self.pool).await?;
        Ok(row.map(read))
    }

    pub async fn place_of_alarm(&self, id: i64) -> Result<Option<Place>> {
        let sql = "select m.id, m.name, m.site, m.labels from alarms a join machines m on m.id = a.machine_id where a.id = $1";
        let row: Option<Row> = sqlx::query_as(sql).bind(id).fetch_optional(&self.pool).await?;
        Ok(row.map(read))
    }

    /// The machines of a run.
    pub async fn places_of_run(&self, id: RunId) -> Result<Vec<Place>> {
        let sql = "select m.id, m.name, m.site, m.labels from run_members r join machines m on m.id = r.machine_id \
                   where r.run_id = $1";
        let rows: Vec<Row> = sqlx::query_as(sql).bind(id.0).fetch_all(&self.pool).await?;
        Ok(rows.into_iter().map(read).collect())
    }

    /// Those of these machines that stand within one of the scopes.
    pub async fn machines_within(&self, machines: &[MachineId], scopes: &[Scope]) -> Result<Vec<MachineId>> {
        let ids: Vec<Uuid> = machines.iter().map(|id| id.0).collect();
        let sql = "select id from machines where id = any($1) and in_scope(site, labels, $2)";
        let found: Vec<Uuid> =
            sqlx::query_scalar(sql).bind(ids).bind(Json(scopes)).fetch_all(&self.pool).await?;
        Ok(found.into_iter().map(MachineId).collect())
    }

    /// How many jobs within the scopes are not closed, and how many of these wait for a person.
    pub async fn open_and_held_within(&self, scopes: &[Scope]) -> Result<(u64, u64)> {
        let sql = "select count(*), count(*) filter (where phase = 'held') from jobs j join machines m on m.id = j.machine_id \
                   where j.phase <> 'closed' and in_scope(m.site, m.labels, $1)";
        let (open, held): (i64, i64) = sqlx::query_as(sql).bind(Json(scopes)).fetch_one(&self.pool).await?;
        Ok((open.unsigned_abs(), held.unsigned_abs()))
    }

    /// The sites and labels that there are, to choose scopes from.
    pub async fn sites_and_labels(&self) -> Result<(Vec<String>, Vec<String>)> {
        let sites = sqlx::query_scalar("select distinct site from machines order by site");
        let labels =
            sqlx::query_scalar("select distinct unnest(labels) as label from machines order by label");
        Ok((sites.fetch_all(&self.pool).await?, labels.fetch_all(&self.pool).await?))
    }
}
