//! The fleet: what wants attention, one cell a machine, and the list.

use super::api::{Fleet, MachineRow, MachineState, fleet};
use super::cells::Cells;
use super::parts::{StateChip, drawing};
use super::query::{FleetQuery, PAGE};
use crate::format;
use crate::jobs::parts::working;
use crate::live::go::use_go;
use crate::live::{Pace, fetched, use_changes};
use crate::parts::{Ago, Empty, Icon, Trouble, icon};
use crate::runs::form::RunForm;
use leptos::either::Either;
use leptos::ev::SubmitEvent;
use leptos::html::Input;
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;
use pitstop_domain::event::Noun;

/// The page at `/`.
#[component]
pub fn FleetPage() -> impl IntoView {
    let map = use_query_map();
    let query = Memo::new(move |_| map.with(|map| FleetQuery::new(map.get("q"), map.get("page"))));
    let tick = use_changes(Pace::List, |changed| changed.kind == Noun::Machine);
    let data = fetched(move || (query.get(), tick.get()), |(query, _)| fleet(query));
    view! {
        <Title text="Fleet"/>
        <Transition fallback=|| view! { <div class="skeleton tall" aria-busy="true"></div> }>
            {move || data.get().map(|found| match found {
                Ok(fleet) => Either::Left(view! { <Found query=query.try_get_untracked().unwrap_or_default() fleet/> }),
                Err(failure) => Either::Right(view! { <Trouble failure/> }),
            })}
        </Transition>
    }
}

#[component]
fn Found(query: FleetQuery, fleet: Fleet) -> AnyView {
    if fleet.total == 0 {
        return view! { <h1>"Fleet"</h1> <NoMachines/> }.into_any();
    }
    let narrowed = !query.q.trim().is_empty();
    view! {
        <div class="page-head">
            <h1>"Fleet"</h1>
            <p class="muted">{format::counted(fleet.total, "machine", "machines")}</p>
            <Search query=query.clone()/>
            {(fleet.matching > 0).then(|| view! {
                <a class="button" href=RunForm::for_machines(&query.q)>
                    {if narrowed { "Run a function on these" } else { "Run a function on all" }}
                </a>
            })}
        </div>
        <States query=query.clone() fleet=fleet.clone()/>
        {(fleet.matching > 12).then(|| view! { <Cells sites=fleet.map.clone() query=query.clone()/> })}
        {match fleet.matching {
            0 => Either::Left(view! {
                <Empty title="No machine matches">
                    <p>"Words must all hold. Try fewer, or " <code>"site:"</code> ", " <code>"label:"</code> ", "
                    <code>"state:"</code> ", " <code>"model:"</code> " with a value."</p>
                    <p><a class="button" href="/">"Show all"</a></p>
                </Empty>
            }),
            _ => Either::Right(view! { <List fleet=fleet.clone() narrowed/> <Pages query fleet/> }),
        }}
    }.into_any()
}

#[component]
fn NoMachines() -> AnyView {
    view! {
        <Empty title="No machine yet">
            <p>
                "Machines appear here by themselves: start the agent in a machine's own system, with this server's address and "
                "its enrolment key in " <code>"agent.json"</code> ", and it introduces its machine."
            </p>
            <pre><code>"pitstop-agent own --config /etc/pitstop/agent.json"</code></pre>
            <p>"To see the whole trip without a machine of your own, start the server with its lab:"</p>
            <pre><code>"cargo xtask up --demo"</code></pre>
        </Empty>
    }.into_any()
}

#[component]
fn Search(query: FleetQuery) -> AnyView {
    let field = NodeRef::<Input>::new();
    let go = use_go();
    let submit = move |event: SubmitEvent| {
        if let Some(field) = field.get_untracked() {
            event.prevent_default();
            go(&FleetQuery { q: field.value(), page: 0 }.href());
        }
    };
    view! {
        <form method="get" action="/" class="search" role="search" on:submit=submit>
            <label class="sr-only" for="q">"Search machines"</label>
            {icon(Icon::Search)}
            <input
                node_ref=field id="q" name="q" type="search" value=query.q.clone() prop:value=query.q autocomplete="off" spellcheck="false"
                placeholder="Name, site:berlin, label:lab, state:held …"
            />
            <button type="submit" class="button">"Search"</button>
        </form>
    }.into_any()
}

/// How many are in each state; each leads to those.
#[component]
fn States(query: FleetQuery, fleet: Fleet) -> AnyView {
    let tiles: Vec<_> = MachineState::ALL
        .into_iter()
        .map(|state| {
            let n = fleet.states.get(&state).copied().unwrap_or(0);
            let here = query.has_state(state);
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

#[component]
fn List(fleet: Fleet, narrowed: bool) -> AnyView {
    let asked_at = fleet.asked_at;
    let caption = if narrowed { "Machines that match" } else { "All machines" };
    let rows: Vec<_> = fleet.rows.into_iter().map(|row| view! { <Row row asked_at/> }).collect();
    view! {
        <table class="list">
            <caption class="sr-only">{caption}</caption>
            <thead>
                <tr>
                    <th scope="col">"Machine"</th>
                    <th scope="col">"State"</th>
                    <th scope="col">"Site"</th>
                    <th scope="col" class="wide">"Labels"</th>
                    <th scope="col" class="wide">"Model"</th>
                    <th scope="col" class="wide">"Boots"</th>
                    <th scope="col">"Last seen"</th>
                </tr>
            </thead>
            <tbody>{rows}</tbody>
        </table>
    }
    .into_any()
}

#[component]
fn Row(row: MachineRow, asked_at: pitstop_domain::Time) -> AnyView {
    let labels: Vec<_> =
        row.labels.into_iter().map(|label| view! { <span class="tag">{label}</span> }).collect();
    view! {
        <tr>
            <th scope="row"><a href=format!("/machines/{}", row.id)>{row.name}</a></th>
            <td>
                <StateChip state=row.state/>
                {row.job.map(|job| view! {
                    " " <a class="job-note" href=format!("/jobs/{}", job.id)>
                        {job.title}{working(job.phase, job.permille)}
                    </a>
                })}
            </td>
            <td>{row.site}</td>
            <td class="wide">{labels}</td>
            <td class="wide">{row.model}</td>
            <td class="wide muted">{format!("{}, {}", row.firmware, row.arch)}</td>
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
    let older = (page > 1).then(|| to(page - 1));
    let newer = (first + (PAGE as u64) < fleet.matching).then(|| to(page + 1));
    view! {
        <nav class="pages" aria-label="Pages of the list">
            <span class="muted figure">{shown}</span>
            {older.map(|href| view! { <a class="button" href=href rel="prev">"Previous"</a> })}
            {newer.map(|href| view! { <a class="button" href=href rel="next">"Next"</a> })}
        </nav>
    }
    .into_any()
}
