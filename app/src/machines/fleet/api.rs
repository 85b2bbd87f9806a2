//! What goes over the wire for the fleet.

use super::address::FleetQuery;
use crate::Failure;
use crate::alarms::api::AlarmLine;
use crate::jobs::api::JobRow;
use crate::machines::api::MachineRow;
use leptos::prelude::*;
use pitstop_domain::Time;
use pitstop_domain::id::MachineId;
use pitstop_domain::query::QueryError;
use pitstop_domain::query::complete::Values;
use pitstop_domain::state::MachineState;
use serde::{Deserialize, Serialize};
use server_fn::codec::GetUrl;
use std::collections::BTreeMap;

/// Machines that are drawn one by one at most; where more match, they are counted by group.
pub const MOST_CELLS: u64 = 20_000;

/// A window of the fleet.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Fleet {
    pub asked_at: Time,
    /// Machines in all, whatever the search.
    pub total: u64,
    /// Machines that the search finds.
    pub matching: u64,
    /// How many are in each state of those that the search finds but for its words about states.
    pub states: BTreeMap<MachineState, u64>,
    pub rows: Vec<MachineRow>,
    /// Those that the search finds, by group.
    pub map: Vec<GroupMap>,
    /// Words of the search that are not understood: nothing was searched for.
    pub errors: Vec<QueryError>,
    /// Words that find nothing, and what may have been meant.
    pub meant: Vec<(String, String)>,
    /// What could be searched for.
    pub values: Values,
    pub views: Vec<SavedView>,
    pub aside: Aside,
}

/// The machines of one group.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupMap {
    /// `None`: they have no such value.
    pub value: Option<String>,
    pub states: BTreeMap<MachineState, u64>,
    /// One letter a machine, by name (see [`super::drawing`]); `None` where there are too many to draw.
    pub cells: Option<String>,
}

impl GroupMap {
    /// Machines in it.
    pub fn count(&self) -> u64 {
        self.states.values().sum()
    }
}

/// What stands beside the fleet.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Aside {
    /// The oldest that are not cleared.
    pub alarms: Vec<AlarmLine>,
    /// All that are not cleared.
    pub open_alarms: u64,
    /// Machines whose agents fell silent.
    pub silent: u64,
    /// The newest that are not closed.
    pub jobs: Vec<JobRow>,
    /// All that are not closed.
    pub open_jobs: u64,
}

/// A search that is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SavedView {
    pub id: i64,
    pub name: String,
    pub query: FleetQuery,
}

/// The machine of a cell. Read by `public/map.js`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CellName {
    pub id: MachineId,
    pub name: String,
    /// Its state, in words.
    pub words: String,
}

/// The fleet, searched.
#[server(name = ReadFleet, prefix = "/api", endpoint = "fleet", input = GetUrl)]
pub async fn fleet(query: FleetQuery) -> Result<Fleet, Failure> {
    crate::serve::answer(super::server::fleet(query)).await
}

/// The machine at this place among those that the words find, by name.
#[server(name = ReadCell, prefix = "/api", endpoint = "cell", input = GetUrl)]
pub async fn cell(q: String, nth: u64) -> Result<Option<CellName>, Failure> {
    crate::serve::answer(super::server::cell(&q, nth)).await
}

/// Changes all machines that the words find: `add_label`, `remove_label` or `move_to`, with the label or the site.
/// `expect`: so many the person has seen. Answers by the page where it was asked for.
#[server(prefix = "/api", endpoint = "change_machines")]
pub async fn change_machines(
    #[server(default)] q: String,
    what: String,
    value: String,
    expect: u64,
) -> Result<u64, Failure> {
    crate::serve::answer(super::server::change(&q, &what, &value, expect)).await
}

/// Keeps a search, with how it is shown, by a name. Answers by the fleet's page.
#[server(prefix = "/api", endpoint = "keep_view")]
pub async fn keep_view(
    name: String,
    #[server(default)] q: String,
    #[server(default)] sort: String,
    #[server(default)] view: String,
    #[server(default)] group: String,
) -> Result<(), Failure> {
    let query = FleetQuery {
        q,
        page: 0,
        sort: pitstop_domain::query::Sort::read(&sort),
        view: super::address::View::read(&view),
        group: pitstop_domain::query::Group::read(&group),
    };
    crate::serve::answer(super::server::keep_view(&name, query)).await
}

/// Forgets a search that was kept. Answers by the fleet's page.
#[server(prefix = "/api", endpoint = "drop_view")]
pub async fn drop_view(id: i64) -> Result<(), Failure> {
    crate::serve::answer(super::server::drop_view(id)).await
}
