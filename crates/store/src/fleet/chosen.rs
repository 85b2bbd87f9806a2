//! Machines that are chosen for a run: ten thousand may be due at one moment, and no more is read of each than that takes.

use super::Wanted;
use super::filter::push_where;
use super::state::{HOLDER, JOINS};
use crate::{Result, Store};
use pitstop_domain::id::MachineId;
use sqlx::postgres::PgRow;
use sqlx::{QueryBuilder, Row};

/// A machine, and what holds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChosenRow {
    pub id: MachineId,
    pub name: String,
    pub site: String,
    pub model: Option<String>,
    /// The function of the job that holds it.
    pub held_by: Option<String>,
}

impl Store {
    /// The machines that are meant, and only those among these where some are given, by site and name.
    pub async fn fleet_chosen(
        &self,
        wanted: &Wanted<'_>,
        among: Option<&[MachineId]>,
    ) -> Result<Vec<ChosenRow>> {
        let mut sql = QueryBuilder::new("select m.id, m.name, m.site, m.model, j.function from machines m");
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
                model: row.try_get::<Option<String>, _>("model")?.filter(|model| !model.is_empty()),
                held_by: row.try_get("function")?,
            })
        };
        sql.build().fetch_all(&self.pool).await?.iter().map(read).collect()
    }
}
