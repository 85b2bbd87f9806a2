//! The map of cells, drawn. A click, or arrows and Enter, lead to the machine; the list says the same in words.

use super::address::FleetQuery;
use super::api::{CellName, GroupMap, cell};
use super::drawing;
use super::groups::Counts;
use crate::format;
use crate::live::go::use_go;
use leptos::prelude::*;
use leptos::task::spawn_local;
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
    let focus = Focus::new(query.within(group.value.as_deref()).q, group.value.clone(), n, columns);
    let (go, pressing) = (use_go(), focus.clone());
    let press = move |event: leptos::ev::MouseEvent| {
        if let Some(cell) = pressed(&event, width, height, columns).filter(|cell| *cell < n) {
            pressing.open(cell, go.clone());
        }
    };
    let (go, keys) = (use_go(), focus.clone());
    let key = move |event: leptos::ev::KeyboardEvent| {
        if keys.key(&event.key(), go.clone()) {
            event.prevent_default();
        }
    };
    let hovering = focus.clone();
    let hover = move |event: leptos::ev::MouseEvent| {
        if let Some(cell) = pressed(&event, width, height, columns).filter(|cell| *cell < n) {
            hovering.look(cell);
        }
    };
    let (leaving, leaving_too) = (focus.clone(), focus.clone());
    let (ring, told) = (focus.clone(), focus);
    let ring = move || ring.ring();
    view! {
        <figure class="cells" data-full=drawing::is_large(n).then_some("")>
            <figcaption>
                <a href=href>{words}</a> " " <span class="muted figure">{format::count(n as u64)}</span>
                <output class="cell-name">{move || told.words()}</output>
            </figcaption>
            <svg
                role="application" tabindex="0" aria-label=label aria-describedby="map-help" width=width.to_string() height=height.to_string()
                viewBox=format!("0 0 {width} {height}") on:click=press on:keydown=key on:mousemove=hover
                on:mouseleave=move |_| leaving.leave() on:blur=move |_| leaving_too.leave()
            >{paths}{ring}</svg>
        </figure>
    }
    .into_any()
}

/// The cell that is looked at, and the machine that it is. Kept by the page, so that the next answer takes nobody's place
/// away.
#[derive(Clone)]
pub struct LookedAt {
    at: ArcRwSignal<Option<Place>>,
    found: ArcRwSignal<Option<(Place, CellName)>>,
}

/// A group and the cell in it.
type Place = (Option<String>, usize);

impl LookedAt {
    /// Called once by the page, above what is rendered anew with each change.
    pub fn provide() {
        provide_context(Self::new());
    }

    fn new() -> Self {
        Self { at: ArcRwSignal::new(None), found: ArcRwSignal::new(None) }
    }
}

/// One group's part of it.
#[derive(Clone)]
struct Focus {
    /// The words that find the group.
    q: String,
    group: Option<String>,
    cells: usize,
    columns: usize,
    looked: LookedAt,
}

impl Focus {
    fn new(q: String, group: Option<String>, cells: usize, columns: usize) -> Self {
        Self { q, group, cells, columns, looked: use_context().unwrap_or_else(LookedAt::new) }
    }

    fn place(&self, cell: usize) -> Place {
        (self.group.clone(), cell)
    }

    /// The cell of this group that is looked at.
    fn cell(&self, at: Option<Place>) -> Option<usize> {
        at.filter(|(group, cell)| *group == self.group && *cell < self.cells).map(|(_, cell)| cell)
    }

    fn leave(&self) {
        if self.cell(self.looked.at.get_untracked()).is_some() {
            self.looked.at.set(None);
        }
    }

    /// Asks which machine it is, once the eye rests there.
    fn look(&self, cell: usize) {
        let place = Some(self.place(cell));
        if self.looked.at.get_untracked() == place {
            return;
        }
        self.looked.at.set(place.clone());
        let focus = self.clone();
        set_timeout(
            move || {
                if focus.looked.at.get_untracked() == place {
                    focus.ask(cell, |_| ());
                }
            },
            std::time::Duration::from_millis(120),
        );
    }

    fn ask(&self, place: usize, then: impl FnOnce(&CellName) + 'static) {
        let focus = self.clone();
        spawn_local(async move {
            if let Ok(Some(found)) = cell(focus.q.clone(), place as u64).await {
                then(&found);
                focus.looked.found.set(Some((focus.place(place), found)));
            }
        });
    }

    fn open(&self, cell: usize, go: impl Fn(&str) + 'static) {
        self.ask(cell, move |found| go(&format!("/machines/{}", found.id)));
    }

    /// True when the key meant something.
    fn key(&self, key: &str, go: impl Fn(&str) + 'static) -> bool {
        let at = self.cell(self.looked.at.get_untracked());
        if let (Some(cell), "Enter") = (at, key) {
            self.open(cell, go);
            return true;
        }
        let next = match at {
            None => drawing::moved(0, key, self.columns, self.cells).map(|_| 0),
            Some(cell) => drawing::moved(cell, key, self.columns, self.cells),
        };
        if let Some(next) = next {
            self.look(next);
        }
        next.is_some()
    }

    fn words(&self) -> Option<String> {
        let at = self.looked.at.get().filter(|(group, _)| *group == self.group)?;
        let (_, found) = self.looked.found.get().filter(|(place, _)| *place == at)?;
        Some(format!("{}, {}", found.name, found.state.words()))
    }

    fn ring(&self) -> Option<impl IntoView + use<>> {
        let at = self.cell(self.looked.at.get())?;
        let (x, y) = (at % self.columns * drawing::PITCH, at / self.columns * drawing::PITCH);
        let place = |n: usize| (n as f64 - 0.5).to_string();
        Some(view! { <rect class="cell-ring" x=place(x) y=place(y) width="9" height="9" rx="1.5"></rect> })
    }
}

/// Which cell lies under the pointer.
#[cfg(feature = "hydrate")]
fn pressed(event: &leptos::ev::MouseEvent, width: usize, height: usize, columns: usize) -> Option<usize> {
    use wasm_bindgen::JsCast;
    let drawn = event.current_target()?.dyn_into::<web_sys::Element>().ok()?.get_bounding_client_rect();
    let place = |at: f64, from: f64, drawn: f64, size: usize| {
        ((at - from) / drawn * size as f64 / drawing::PITCH as f64).max(0.0) as usize
    };
    let x = place(f64::from(event.client_x()), drawn.left(), drawn.width(), width);
    let y = place(f64::from(event.client_y()), drawn.top(), drawn.height(), height);
    Some(y * columns + x.min(columns - 1))
}

#[cfg(not(feature = "hydrate"))]
fn pressed(_: &leptos::ev::MouseEvent, _: usize, _: usize, _: usize) -> Option<usize> {
    None
}
