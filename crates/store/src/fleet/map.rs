//! The map: one letter a machine while there are few enough to draw, and counts by state.

use super::Wanted;
use super::filter::push_where;
use super::state::{JOINS, push_joins_for, push_letter};
use super::window::state_of;
use crate::{Result, Store};
use pitstop_domain::query::Group;
use pitstop_domain::state::MachineState;
use sqlx::{Postgres, QueryBuilder};
use std::collections::BTreeMap;

/// Machines of one group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupRow {
    /// `None`: without a label, a room, a known model.
    pub value: Option<String>,
    pub states: BTreeMap<MachineState, u64>,
    /// Their letters by name; `None` where they were only counted.
    pub cells: Option<String>,
}

/// Where a group's value stands.
fn column(group: Group) -> &'static str {
    match group {
        Group::Site => "m.site",
        Group::Room => "m.room",
        Group::Label => "l.label",
        Group::Model => "m.model",
    }
}

fn push_from(sql: &mut QueryBuilder<Postgres>, group: Group) {
    sql.push(" from machines m").push(JOINS);
    if group == Group::Label {
        sql.push("left join lateral unnest(m.labels) as l (label) on true");
    }
}

impl Store {
    /// How many machines are meant.
    pub async fn fleet_count(&self, wanted: &Wanted<'_>) -> Result<u64> {
        let mut sql = QueryBuilder::new("select count(*) from machines m");
        push_joins_for(&mut sql, wanted.query);
        push_where(&mut sql, wanted)?;
        let n: i64 = sql.build_query_scalar().fetch_one(&self.pool).await?;
        Ok(n.unsigned_abs())
    }

    /// The machines that are meant by state.
    pub async fn fleet_states(&self, wanted: &Wanted<'_>) -> Result<BTreeMap<MachineState, u64>> {
        let mut sql = QueryBuilder::new("select letter, count(*) from (select");
        push_letter(&mut sql, wanted.now);
        sql.push("as letter from machines m").push(JOINS);
        push_where(&mut sql, wanted)?;
        sql.push(") as s group by 1");
        let rows: Vec<(String, i64)> = sql.build_query_as().fetch_all(&self.pool).await?;
        rows.into_iter().map(|(letter, n)| Ok((state_of(&letter)?, n.unsigned_abs()))).collect()
    }

    /// The machines that are meant, by group and state.
    pub async fn fleet_groups(&self, wanted: &Wanted<'_>, group: Group) -> Result<Vec<GroupRow>> {
        let mut sql = QueryBuilder::new("select value, letter, count(*) from (select ");
        sql.push(column(group)).push(" as value,");
        push_letter(&mut sql, wanted.now);
        sql.push("as letter");
        push_from(&mut sql, group);
        push_where(&mut sql, wanted)?;
        sql.push(") as s group by 1, 2 order by value = '', value");
        let rows: Vec<(Option<String>, String, i64)> = sql.build_query_as().fetch_all(&self.pool).await?;
        let mut groups: Vec<GroupRow> = Vec::new();
        for (value, letter, n) in rows {
            let value = value.filter(|value| !value.is_empty());
            if groups.last().is_none_or(|last| last.value != value) {
                groups.push(GroupRow { value, states: BTreeMap::new(), cells: None });
            }
            if let Some(last) = groups.last_mut() {
                *last.states.entry(state_of(&letter)?).or_default() += n.unsigned_abs();
            }
        }
        Ok(groups)
    }

    /// One letter for each machine that is meant, by group and name.
    pub async fn fleet_cells(&self, wanted: &Wanted<'_>, group: Group) -> Result<Vec<GroupRow>> {
        let mut sql = QueryBuilder::new("select value, string_agg(letter, '' order by name) from (select ");
        sql.push(column(group)).push(" as value, m.name,");
        push_letter(&mut sql, wanted.now);
        sql.push("as letter");
        push_from(&mut sql, group);
        push_where(&mut sql, wanted)?;
        sql.push(") as s group by 1 order by value = '', value");
        let rows: Vec<(Option<String>, String)> = sql.build_query_as().fetch_all(&self.pool).await?;
        Ok(rows.into_iter().map(|(value, cells)| with_cells(value, cells)).collect())
    }
}

fn with_cells(value: Option<String>, cells: String) -> GroupRow {
    let mut states = BTreeMap::new();
    for state in cells.chars().filter_map(MachineState::of_letter) {
        *states.entry(state).or_default() += 1;
    }
    GroupRow { value: value.filter(|value| !value.is_empty()), states, cells: Some(cells) }
}
