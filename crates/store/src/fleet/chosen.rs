//! Machines that are chosen for a run: ten thousand may be due at one moment, and no more is read of each than that takes.

use super::Wanted;
use super::filter::push_where;
use super::state::{HOLDER, JOINS, push_joins_for};
use crate::{Result, Store};
use pitstop_domain::Time;
use pitstop_domain::id::MachineId;
use pitstop_domain::query::{Query, Scope};
use sqlx::postgres::PgRow;
use sqlx::{QueryBuilder, Row};
use std::collections::HashSet;
use uuid::Uuid;

/// A machine, and what holds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChosenRow {
    pub id: MachineId,
    pub name: String,
    pub site: String,
    pub labels: Vec<String>,
    pub model: Option<String>,
    /// The function of the job that holds it.
    pub held_by: Option<String>,
}

/// Which of these machines a search finds.
pub(crate) async fn among(
    tx: &mut sqlx::PgTransaction<'_>,
    query: &Query,
    machines: &[Uuid],
    now: Time,
) -> Result<HashSet<Uuid>> {
    let mut sql = QueryBuilder::new("select m.id from machines m");
    push_joins_for(&mut sql, query);
    push_where(&mut sql, &Wanted { query, scope: &Scope::ALL, now })?;
    sql.push(" and m.id = any(").push_bind(machines.to_vec()).push(")");
    Ok(sql.build_query_scalar().fetch_all(&mut **tx).await?.into_iter().collect())
}

impl Store {
    /// The machines that are meant, and only those among these where some are given, by site and name.
    pub async fn fleet_chosen(
        &self,
        wanted: &Wanted<'_>,
        among: Option<&[MachineId]>,
    ) -> Result<Vec<ChosenRow>> {
        let mut sql =
            QueryBuilder::new("select m.id, m.name, m.site, m.labels, m.model, j.function from machines m");
        sql.push(if wanted.query.asks_for_state() { JOINS } else { HOLDER });
        push_where(&mut sql, wanted)?;
        if let Some(among) = among {
            sql.push(" and m.id = any(").push_bind(among.iter().map(|id| id.0).collect::<Vec<_>>()).push(")");
        }
        sql.push(" order by m.site, m.name");
        let read = |row: &PgRow| {
            Ok(ChosenRow {
                id: MachineId(row.try_get("id")?),
                name: row.try_get("name")?,
                site: row.try_get("site")?,
                labels: row.try_get("labels")?,
                model: row.try_get::<Option<String>, _>("model")?.filter(|model| !model.is_empty()),
                held_by: row.try_get("function")?,
            })
        };
        sql.build().fetch_all(&self.pool).await?.iter().map(read).collect()
    }
}
