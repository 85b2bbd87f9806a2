//! The map of cells, drawn. A click leads to the machine; the list says the same in words.

use super::api::{MachineState, SiteMap, fleet};
use super::map;
use super::query::{FleetQuery, PAGE};
use crate::format;
use crate::live::go::use_go;
use leptos::prelude::*;
use leptos::task::spawn_local;

/// One drawing a site.
#[component]
pub fn Cells(sites: Vec<SiteMap>, query: FleetQuery) -> AnyView {
    let sites: Vec<_> = sites.into_iter().map(|site| drawing(site, query.clone())).collect();
    view! { <section class="map" aria-label="Map of machines">{sites}</section> }.into_any()
}

fn drawing(site: SiteMap, query: FleetQuery) -> impl IntoView {
    let n = site.cells.len();
    let (columns, lines) = (map::columns(n), map::lines(n));
    let (width, height) = (columns * map::PITCH, lines * map::PITCH);
    let paths: Vec<_> = MachineState::ALL
        .into_iter()
        .filter_map(|state| Some((state, map::path(&site.cells, state, columns)?)))
        .map(|(state, d)| view! { <path data-state=state.name() d=d></path> })
        .collect();
    let label = format!("{}: {}", site.site, format::counted(n as u64, "machine", "machines"));
    let go = use_go();
    let of_site = query.within_site(&site.site);
    let press = move |event: leptos::ev::MouseEvent| {
        if let Some(cell) = pressed(&event, width, height, columns).filter(|cell| *cell < n) {
            open(of_site.clone(), cell, go.clone());
        }
    };
    view! {
        <figure class="cells" data-full=map::is_large(n).then_some("")>
            <figcaption>{site.site.clone()} " " <span class="muted figure">{format::count(n as u64)}</span></figcaption>
            <svg
                role="img" aria-label=label width=width.to_string() height=height.to_string()
                viewBox=format!("0 0 {width} {height}") on:click=press
            >{paths}</svg>
        </figure>
    }
}

/// Goes to the machine that stands at this place of its site.
fn open(query: FleetQuery, cell: usize, go: impl Fn(&str) + 'static) {
    let query = FleetQuery { page: (cell / PAGE + 1) as u32, ..query };
    spawn_local(async move {
        let found = fleet(query).await.ok();
        if let Some(row) = found.as_ref().and_then(|fleet| fleet.rows.get(cell % PAGE)) {
            go(&format!("/machines/{}", row.id));
        }
    });
}

/// Which cell lies under the pointer.
#[cfg(feature = "hydrate")]
fn pressed(event: &leptos::ev::MouseEvent, width: usize, height: usize, columns: usize) -> Option<usize> {
    use wasm_bindgen::JsCast;
    let drawn = event.current_target()?.dyn_into::<web_sys::Element>().ok()?.get_bounding_client_rect();
    let place = |at: f64, from: f64, drawn: f64, size: usize| {
        ((at - from) / drawn * size as f64 / map::PITCH as f64).max(0.0) as usize
    };
    let x = place(f64::from(event.client_x()), drawn.left(), drawn.width(), width);
    let y = place(f64::from(event.client_y()), drawn.top(), drawn.height(), height);
    Some(y * columns + x.min(columns - 1))
}

#[cfg(not(feature = "hydrate"))]
fn pressed(_: &leptos::ev::MouseEvent, _: usize, _: usize, _: usize) -> Option<usize> {
    None
}
