//! The whole fleet at a glance: counts and cells. The one thing that has to look at every machine.

use pitstop_app::machines::fleet::api::{GroupMap, MOST_CELLS};
use pitstop_domain::query::{Group, Query, Scope};
use pitstop_domain::state::MachineState;
use pitstop_store::fleet::{GroupRow, Wanted};
use pitstop_store::{Result, Store};
use std::collections::BTreeMap;

/// What a search finds, counted.
#[derive(Clone, Debug, Default)]
pub(super) struct Glance {
    pub total: u64,
    pub matching: u64,
    /// But for the words about states.
    pub states: BTreeMap<MachineState, u64>,
    pub map: Vec<GroupMap>,
}

/// `counted`: the same by another group, where a machine may stand in more than one of this.
pub(super) async fn glance(
    store: &Store,
    query: &Query,
    scope: &Scope,
    group: Group,
    counted: Option<Glance>,
) -> Result<Glance> {
    let now = store.now();
    let everything = Query::default();
    let total = match &counted {
        Some(counted) => counted.total,
        None => store.fleet_count(&Wanted { query: &everything, scope, now }).await?,
    };
    let (_, others) = query.without_states();
    let but_for_states = Wanted { query: &others, scope, now };
    let wanted = Wanted { query, scope, now };
    let drawn = total <= MOST_CELLS;
    let groups = match drawn {
        true => store.fleet_cells(&but_for_states, group).await?,
        false => store.fleet_groups(&but_for_states, group).await?,
    };
    let states = counted.map_or_else(|| sum(&groups), |counted| counted.states);
    let matching = states.iter().filter(|(state, _)| query.allows(**state)).map(|(_, n)| n).sum();
    let groups = match (drawn, matching <= MOST_CELLS) {
        (false, true) => store.fleet_cells(&wanted, group).await?,
        _ => groups,
    };
    let map =
        groups.into_iter().map(|group| allowed(group, query)).filter(|group| group.count() > 0).collect();
    Ok(Glance { total, matching, states, map })
}

fn sum(groups: &[GroupRow]) -> BTreeMap<MachineState, u64> {
    let mut states = BTreeMap::new();
    for (state, n) in groups.iter().flat_map(|group| &group.states) {
        *states.entry(*state).or_default() += n;
    }
    states
}

/// What the words about states leave of a group.
fn allowed(group: GroupRow, query: &Query) -> GroupMap {
    let is = |letter: char| MachineState::of_letter(letter).is_some_and(|state| query.allows(state));
    GroupMap {
        value: group.value,
        states: group.states.into_iter().filter(|(state, _)| query.allows(*state)).collect(),
        cells: group.cells.map(|cells| cells.chars().filter(|letter| is(*letter)).collect()),
    }
}
