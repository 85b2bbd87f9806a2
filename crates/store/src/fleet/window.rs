//! A page of the list.

use super::Wanted;
use super::filter::push_where;
use super::state::{JOINS, JOINS_OF_ALL, push_joins_for, push_letter};
use crate::overview::{HoldingJob, holding_job};
use crate::text::value;
use crate::{Error, Result, Store};
use pitstop_domain::Time;
use pitstop_domain::id::MachineId;
use pitstop_domain::machine::{Arch, Firmware};
use pitstop_domain::query::Sort;
use pitstop_domain::query::sort::By;
use pitstop_domain::state::MachineState;
use sqlx::postgres::PgRow;
use sqlx::{Postgres, QueryBuilder, Row};

/// Which part of the list.
#[derive(Clone, Copy, Debug)]
pub struct Window {
    pub sort: Sort,
    /// Machines before it.
    pub offset: u64,
    /// Machines in it at most; `None`: all.
    pub limit: Option<u64>,
}

/// A machine in the list.
#[derive(Clone, Debug, PartialEq)]
pub struct FleetRow {
    pub id: MachineId,
    pub name: String,
    pub site: String,
    pub room: String,
    pub labels: Vec<String>,
    pub model: Option<String>,
    pub arch: Arch,
    pub firmware: Firmware,
    pub state: MachineState,
    /// Any sighting.
    pub last_seen: Option<Time>,
    /// The job that holds the machine.
    pub job: Option<HoldingJob>,
}

impl Store {
    /// The machines that are meant, in no order.
    pub async fn fleet_ids(&self, wanted: &Wanted<'_>) -> Result<Vec<MachineId>> {
        let mut sql = QueryBuilder::new("select m.id from machines m");
        push_joins_for(&mut sql, wanted.query);
        push_where(&mut sql, wanted)?;
        let ids: Vec<uuid::Uuid> = sql.build_query_scalar().fetch_all(&self.pool).await?;
        Ok(ids.into_iter().map(MachineId).collect())
    }

    /// The machines that are meant, by name, from behind this name on. Names are unique: nothing is told twice or left out,
    /// whatever comes and goes meanwhile.
    pub async fn fleet_after(&self, wanted: &Wanted<'_>, name: &str, limit: u64) -> Result<Vec<MachineId>> {
        let mut sql = QueryBuilder::new("select m.id from machines m");
        push_joins_for(&mut sql, wanted.query);
        push_where(&mut sql, wanted)?;
        sql.push(" and m.name > ").push_bind(name.to_owned());
        sql.push(" order by m.name limit ").push_bind(number(limit));
        let ids: Vec<uuid::Uuid> = sql.build_query_scalar().fetch_all(&self.pool).await?;
        Ok(ids.into_iter().map(MachineId).collect())
    }

    /// A part of the machines that are meant, in this order.
    pub async fn fleet_window(&self, wanted: &Wanted<'_>, window: Window) -> Result<Vec<FleetRow>> {
        // Numbered once the first are known: to number all of them first, all of them would be sorted.
        let mut sql =
            QueryBuilder::new("with chosen as materialized (select id, row_number() over () as nth from (");
        push_ordered(&mut sql, wanted, window.sort)?;
        if let Some(limit) = window.limit {
            sql.push(" limit ").push_bind(number(limit));
        }
        sql.push(" offset ").push_bind(number(window.offset)).push(") as first)");
        self.rows_of_chosen(sql, wanted.now).await
    }

    /// The machines that are meant, all of them in this order: for who pages through an order that no index has.
    pub async fn fleet_order(&self, wanted: &Wanted<'_>, sort: Sort) -> Result<Vec<MachineId>> {
        let mut sql = QueryBuilder::new("");
        push_ordered(&mut sql, wanted, sort)?;
        let ids: Vec<uuid::Uuid> = sql.build_query_scalar().fetch_all(&self.pool).await?;
        Ok(ids.into_iter().map(MachineId).collect())
    }

    /// These machines, in this order, but those that are no more.
    pub async fn fleet_rows(&self, ids: &[MachineId], now: Time) -> Result<Vec<FleetRow>> {
        let mut sql = QueryBuilder::new("with chosen as materialized (select id, nth from unnest(");
        sql.push_bind(ids.iter().map(|id| id.0).collect::<Vec<_>>());
        sql.push("::uuid[]) with ordinality as c (id, nth))");
        self.rows_of_chosen(sql, now).await
    }

    /// Behind `chosen`, which has `id` and `nth`.
    async fn rows_of_chosen(&self, mut sql: QueryBuilder<Postgres>, now: Time) -> Result<Vec<FleetRow>> {
        sql.push(
            " select m.id, m.name, m.site, m.room, m.labels, m.model, m.arch, m.firmware, \
             seen.last_seen, j.id as job_id, j.function, j.phase, \
             case when seen.progress ->> 'job' = j.id::text then (seen.progress ->> 'permille')::int end as permille, ",
        );
        push_letter(&mut sql, now);
        sql.push("as state from chosen c join machines m on m.id = c.id").push(JOINS);
        sql.push(
            "left join lateral (select max(at) as last_seen, \
             (array_agg(sighting) filter (where kind = 'progress'))[1] as progress \
             from facts where machine_id = m.id) seen on true order by c.nth",
        );
        let rows = sql.build().fetch_all(&self.pool).await?;
        rows.iter().map(read).collect()
    }
}

/// The ids of the machines that are meant, in their order. An index gives the first where it has this order, and no more are
/// read than somebody takes.
fn push_ordered(sql: &mut QueryBuilder<Postgres>, wanted: &Wanted<'_>, sort: Sort) -> Result<()> {
    sql.push("select m.id from machines m");
    match sort.by {
        By::State => drop(sql.push(JOINS)),
        By::Seen => drop(sql.push(JOINS_OF_ALL)),
        By::Site | By::Name | By::Model => push_joins_for(sql, wanted.query),
    }
    push_where(sql, wanted)?;
    push_order(sql, sort, wanted.now);
    Ok(())
}

/// The order, in words of SQL; between equals the name decides, and names are unique.
fn push_order(sql: &mut QueryBuilder<Postgres>, sort: Sort, now: Time) {
    let way = if sort.down { " desc" } else { "" };
    sql.push(" order by ");
    match sort.by {
        By::Site => drop(sql.push("m.site").push(way).push(", m.name").push(way)),
        By::Name => drop(sql.push("m.name").push(way)),
        By::Model => drop(sql.push("m.model").push(way).push(", m.name").push(way)),
        By::State => {
            let order: String = MachineState::ALL.map(MachineState::letter).iter().collect();
            sql.push("position(");
            push_letter(sql, now);
            sql.push("in ").push_bind(order).push(")").push(way).push(", m.name").push(way);
        }
        By::Seen => {
            sql.push(if sort.down { "last.at asc nulls first" } else { "last.at desc nulls last" });
            sql.push(", m.name").push(way);
        }
    }
}

pub(super) fn number(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

fn read(row: &PgRow) -> Result<FleetRow> {
    let (arch, firmware): (String, String) = (row.try_get("arch")?, row.try_get("firmware")?);
    let letter: String = row.try_get("state")?;
    Ok(FleetRow {
        id: MachineId(row.try_get("id")?),
        name: row.try_get("name")?,
        site: row.try_get("site")?,
        room: row.try_get("room")?,
        labels: row.try_get("labels")?,
        model: row.try_get::<Option<String>, _>("model")?.filter(|model| !model.is_empty()),
        arch: value(&arch, "an architecture")?,
        firmware: value(&firmware, "a firmware")?,
        state: state_of(&letter)?,
        last_seen: row.try_get("last_seen")?,
        job: holding_job(row)?,
    })
}

pub(super) fn state_of(letter: &str) -> Result<MachineState> {
    let unreadable = || Error::Unreadable { value: letter.to_owned(), expected: "a state's letter" };
    letter.chars().next().and_then(MachineState::of_letter).ok_or_else(unreadable)
}
