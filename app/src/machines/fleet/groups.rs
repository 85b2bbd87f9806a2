//! Counts by group, where there are too many machines to draw: each leads into its group.

use super::address::FleetQuery;
use super::api::{GroupMap, MOST_CELLS};
use super::cells::{group_words, states_words};
use crate::format;
use leptos::prelude::*;
use pitstop_domain::state::MachineState;

/// Groups that are shown at most, the largest.
const MOST: usize = 120;

/// Width of a bar in its drawing's units.
const WIDTH: u64 = 1000;

#[component]
pub fn Counts(mut groups: Vec<GroupMap>, query: FleetQuery) -> AnyView {
    groups.sort_by_key(|group| std::cmp::Reverse(group.count()));
    let more = groups.len().saturating_sub(MOST);
    let cards: Vec<_> = groups.into_iter().take(MOST).map(|group| card(group, &query)).collect();
    let more = (more > 0).then(|| {
        view! { <p class="muted">{format!("{} smaller groups are not shown: search for one.", format::count(more as u64))}</p> }
    });
    view! {
        <section class="groups" aria-label="Machines by group">
            <p class="muted groups-why">
                {format!("More than {} machines are counted. Open a group to see each of its machines.", format::count(MOST_CELLS))}
            </p>
            <ul>{cards}</ul>
            {more}
        </section>
    }
    .into_any()
}

fn card(group: GroupMap, query: &FleetQuery) -> impl IntoView + use<> {
    let href = query.into_group(group.value.as_deref()).href();
    let words = group_words(group.value.as_deref(), query.group);
    let count = group.count();
    let told = states_words(&group.states);
    let mut at = 0;
    let bars: Vec<_> = MachineState::ALL
        .into_iter()
        .filter_map(|state| Some((state, *group.states.get(&state)?)))
        .map(|(state, n)| {
            // What is there is seen, however little of all it is.
            let width = (n * WIDTH / count.max(1)).max(6);
            let x = at;
            at += width;
            view! { <rect data-state=state.name() x=x.to_string() width=width.to_string() height="10"></rect> }
        })
        .collect();
    view! {
        <li>
            <a class="group" href=href>
                <span class="group-name">{words}</span>
                <span class="figure">{format::count(count)}</span>
                <svg viewBox="0 0 1000 10" preserveAspectRatio="none" role="img" aria-label=told.clone()>{bars}</svg>
                <span class="group-states muted">{told}</span>
            </a>
        </li>
    }
}
