//! The map of cells, drawn. A click, or arrows and Enter, lead to the machine (`public/map.js`); the list says the same in
//! words.

use super::address::FleetQuery;
use super::api::GroupMap;
use super::drawing;
use super::groups::Counts;
use crate::format;
use leptos::prelude::*;
use pitstop_domain::query::Group;
use pitstop_domain::state::MachineState;
use std::collections::BTreeMap;

/// Groups that are drawn at most, the first by name; more are counted, and searched.
const MOST_GROUPS: usize = 200;

/// One drawing a group; counts alone where there are too many machines.
#[component]
pub fn Map(groups: Vec<GroupMap>, query: FleetQuery) -> AnyView {
    if groups.iter().any(|group| group.cells.is_none()) {
        return view! { <Counts groups query/> }.into_any();
    }
    let more = groups.len().saturating_sub(MOST_GROUPS);
    let drawings: Vec<_> = groups
        .into_iter()
        .take(MOST_GROUPS)
        .map(|group| view! { <Drawing group query=query.clone()/> })
        .collect();
    let more = (more > 0).then(|| {
        let words = format!(
            "{} further groups are not drawn: search for one, or group by site.",
            format::count(more as u64)
        );
        view! { <p class="muted">{words}</p> }
    });
    view! {
        <section class="map" aria-label="Map of machines">
            <p class="sr-only" id="map-help">"Arrow keys move from machine to machine, Enter opens one. The list below says the same."</p>
            {drawings}
            {more}
        </section>
    }
    .into_any()
}

/// The words for a group.
pub fn group_words(value: Option<&str>, group: Group) -> String {
    value.map_or_else(|| group.none().to_owned(), str::to_owned)
}

/// How many are in each state, in words.
pub fn states_words(states: &BTreeMap<MachineState, u64>) -> String {
    let each: Vec<_> =
        states.iter().map(|(state, n)| format!("{} {}", format::count(*n), state.words())).collect();
    each.join(", ")
}

#[component]
fn Drawing(group: GroupMap, query: FleetQuery) -> AnyView {
    let cells = group.cells.clone().unwrap_or_default();
    let n = cells.len();
    let (columns, lines) = (drawing::columns(n), drawing::lines(n));
    let (width, height) = (columns * drawing::PITCH, lines * drawing::PITCH);
    let paths: Vec<_> = MachineState::ALL
        .into_iter()
        .filter_map(|state| Some((state, drawing::path(&cells, state, columns)?)))
        .map(|(state, d)| view! { <path data-state=state.name() d=d></path> })
        .collect();
    let words = group_words(group.value.as_deref(), query.group);
    let label = format!(
        "{words}: {}; {}",
        format::counted(n as u64, "machine", "machines"),
        states_words(&group.states)
    );
    let href = query.into_group(group.value.as_deref()).href();
    let q = query.within(group.value.as_deref()).q;
    view! {
        <figure class="cells" data-full=drawing::is_large(n).then_some("")>
            <figcaption>
                <a href=href>{words}</a> " " <span class="muted figure">{format::count(n as u64)}</span>
                // What `public/map.js` writes into these two is its own.
                <output class="cell-name"></output>
            </figcaption>
            <svg
                role="application" tabindex="0" aria-label=label aria-describedby="map-help" width=width.to_string() height=height.to_string()
                viewBox=format!("0 0 {width} {height}") data-q=q data-cells=n data-columns=columns
            >
                {paths}
                <rect class="cell-ring" width="9" height="9" rx="1.5"></rect>
            </svg>
        </figure>
    }
    .into_any()
}
