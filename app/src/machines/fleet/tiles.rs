//! How many machines are in each state; each leads to those.

use super::address::FleetQuery;
use crate::format;
use crate::machines::parts::drawing;
use crate::parts::icon;
use leptos::prelude::*;
use pitstop_domain::query::edit::has_state;
use pitstop_domain::state::MachineState;
use std::collections::BTreeMap;

#[component]
pub fn States(query: FleetQuery, states: BTreeMap<MachineState, u64>) -> AnyView {
    let tiles: Vec<_> = MachineState::ALL
        .into_iter()
        .map(|state| {
            let n = states.get(&state).copied().unwrap_or(0);
            let here = has_state(&query.q, state);
            view! {
                <li>
                    <a
                        class="tile" data-state=state.name() data-none=(n == 0).then_some("")
                        href=query.toggle_state(state).href() aria-current=here.then_some("true")
                    >
                        <span class="tile-count figure">{format::count(n)}</span>
                        <span class="tile-words">{icon(drawing(state))}{state.words()}</span>
                    </a>
                </li>
            }
        })
        .collect();
    view! { <ul class="tiles" aria-label="Machines by state">{tiles}</ul> }.into_any()
}
