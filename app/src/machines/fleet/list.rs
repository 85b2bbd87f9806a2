//! The list: a window of the machines that match, in an order, with boxes to choose by.

use super::address::{FleetQuery, PAGE};
use super::api::Fleet;
use super::pick::Picked;
use crate::format;
use crate::jobs::parts::working;
use crate::machines::api::MachineRow;
use crate::machines::parts::StateChip;
use crate::parts::{Ago, Icon, icon};
use leptos::either::Either;
use leptos::prelude::*;
use pitstop_domain::Time;
use pitstop_domain::query::sort::By;

#[component]
pub fn List(query: FleetQuery, fleet: Fleet, picked: Picked) -> AnyView {
    let asked_at = fleet.asked_at;
    let caption = if query.q.trim().is_empty() { "All machines" } else { "Machines that match" };
    let names: Vec<String> = fleet.rows.iter().map(|row| row.name.clone()).collect();
    let rows: Vec<_> = fleet
        .rows
        .iter()
        .map(|row| view! { <Row row=row.clone() asked_at picked=picked.clone() names=names.clone()/> })
        .collect();
    let (all, whole, set) = (picked.clone(), names.clone(), picked.clone());
    let every = move || !whole.is_empty() && whole.iter().all(|name| all.has(name));
    let choose_all = move |event: leptos::ev::Event| set.set(&names, event_target_checked(&event));
    let head = |by: By, words: &'static str| head(&query, by, words);
    view! {
        <form method="get" action="/act" class="pick-form">
            <table class="list machines" on:keydown=step>
                <caption class="sr-only">{caption}</caption>
                <thead>
                    <tr>
                        <th scope="col" class="pick">
                            <input type="checkbox" aria-label="Choose all on this page" prop:checked=every on:change=choose_all/>
                        </th>
                        {head(By::Name, "Machine")}
                        {head(By::State, "State")}
                        {head(By::Site, "Site")}
                        <th scope="col" class="wide">"Labels"</th>
                        {head(By::Model, "Model")}
                        <th scope="col" class="wide widest">"Boots"</th>
                        {head(By::Seen, "Last seen")}
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
            <input type="hidden" name="chosen" value="1"/>
            <div class="list-foot">
                <Chosen picked query=query.clone() matching=fleet.matching/>
                <Pages query fleet/>
            </div>
        </form>
    }
    .into_any()
}

/// The head of a column that the list can stand by.
fn head(query: &FleetQuery, by: By, words: &'static str) -> impl IntoView + use<> {
    let here = query.sort.by == by;
    let order = here.then_some(if query.sort.down { "descending" } else { "ascending" });
    let mark = here.then(|| icon(if query.sort.down { Icon::Up } else { Icon::Down }));
    let href = FleetQuery { sort: query.sort.pressed(by), page: 0, ..query.clone() }.href();
    let class = if by == By::Model { "wide" } else { "" };
    view! { <th scope="col" class=class aria-sort=order><a class="sort" href=href>{words}{mark}</a></th> }
}

#[component]
fn Row(row: MachineRow, asked_at: Time, picked: Picked, names: Vec<String>) -> AnyView {
    let labels: Vec<_> =
        row.labels.into_iter().map(|label| view! { <span class="tag">{label}</span> }).collect();
    let (name, chosen, label) = (row.name.clone(), picked.clone(), format!("Choose {}", row.name));
    let is = row.name.clone();
    let press = move |event: leptos::ev::MouseEvent| {
        picked.press(&name, event_target_checked(&event), event.shift_key(), &names);
    };
    let room = (!row.room.is_empty()).then(|| view! { <span class="muted">" " {row.room.clone()}</span> });
    view! {
        <tr>
            <td class="pick">
                <input
                    type="checkbox" name="pick" value=row.name.clone() aria-label=label
                    prop:checked=move || chosen.has(&is) on:click=press
                />
            </td>
            <th scope="row"><a class="row-link" href=format!("/machines/{}", row.id)>{row.name}</a></th>
            <td>
                <StateChip state=row.state/>
                {row.job.map(|job| view! {
                    " " <a class="job-note" href=format!("/jobs/{}", job.id)>
                        {job.title}{working(job.phase, job.permille)}
                    </a>
                })}
            </td>
            <td>{row.site}{room}</td>
            <td class="wide">{labels}</td>
            <td class="wide">{row.model}</td>
            <td class="wide widest muted">{format!("{}, {}", row.firmware, row.arch)}</td>
            <td class="figure muted">
                {match row.last_seen {
                    Some(at) => Either::Left(view! { <Ago at asked_at/> }),
                    None => Either::Right("never"),
                }}
            </td>
        </tr>
    }
    .into_any()
}

/// What can be done with those that are chosen. Without JavaScript the button leads on with the boxes that are ticked.
#[component]
fn Chosen(picked: Picked, query: FleetQuery, matching: u64) -> AnyView {
    let (words, to, clear) = (picked.clone(), picked.clone(), picked.clone());
    let count = move || words.count();
    let said = count.clone();
    let none = count.clone();
    let href = move || {
        let names = to.all();
        FleetQuery::act_href(&FleetQuery::named(names.iter().map(String::as_str)))
    };
    let all = FleetQuery::act_href(&query.q);
    view! {
        <div class="chosen" data-chosen=move || (count() > 0).then_some("")>
            <button type="submit" class="button">"Change those chosen"</button>
            {move || (said() > 0).then(|| view! {
                <span class="chosen-now">
                    <strong class="figure" role="status">{format::count(said() as u64)} " chosen"</strong>
                    <a class="button primary" href=href()>"Change or run on them"</a>
                </span>
            })}
            <a class="button quiet" href=all>{format!("All {} that match", format::count(matching))}</a>
            {move || (none() > 0).then(|| {
                let clear = clear.clone();
                view! { <button type="button" class="button quiet" on:click=move |_| clear.clear()>"Choose none"</button> }
            })}
        </div>
    }
    .into_any()
}

/// Which window this is, and the ways to the others.
#[component]
fn Pages(query: FleetQuery, fleet: Fleet) -> AnyView {
    let first = query.offset() as u64;
    let shown = format!(
        "{} to {} of {}",
        format::count(first + 1),
        format::count(first + fleet.rows.len() as u64),
        format::counted(fleet.matching, "machine", "machines")
    );
    let page = query.page.max(1);
    let to = |page: u32| FleetQuery { page, ..query.clone() }.href();
    let before = (page > 1).then(|| to(page - 1));
    let next = (first + (PAGE as u64) < fleet.matching).then(|| to(page + 1));
    view! {
        <nav class="pages" aria-label="Pages of the list">
            <span class="muted figure">{shown}</span>
            {before.map(|href| view! { <a class="button" href=href rel="prev">"Previous"</a> })}
            {next.map(|href| view! { <a class="button" href=href rel="next">"Next"</a> })}
        </nav>
    }
    .into_any()
}

/// Up and down in the rows, from link to link or from box to box.
#[cfg(feature = "hydrate")]
fn step(event: leptos::ev::KeyboardEvent) {
    use wasm_bindgen::JsCast;
    let down = match event.key().as_str() {
        "ArrowDown" => true,
        "ArrowUp" => false,
        _ => return,
    };
    let element = event.target().and_then(|target| target.dyn_into::<web_sys::Element>().ok());
    let next = element.and_then(|element| {
        let row = element.closest("tbody tr").ok()??;
        let other = if down { row.next_element_sibling() } else { row.previous_element_sibling() }?;
        let same = if element.tag_name() == "INPUT" { "input" } else { "a.row-link" };
        other.query_selector(same).ok()??.dyn_into::<web_sys::HtmlElement>().ok()
    });
    if let Some(next) = next {
        event.prevent_default();
        let _ = next.focus();
    }
}

#[cfg(not(feature = "hydrate"))]
fn step(_: leptos::ev::KeyboardEvent) {}
