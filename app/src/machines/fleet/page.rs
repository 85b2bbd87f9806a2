//! The fleet: what wants attention, one cell a machine, and the list.

use super::address::{FleetQuery, View};
use super::api::{DropView, Fleet, KeepView, fleet};
use super::aside::Beside;
use super::cells::Map;
use super::list::List;
use super::pick::Picked;
use super::search::{Chips, Misread, Search};
use super::tiles::States;
use super::views::{Shown, Views};
use crate::format;
use crate::live::{Pace, fetched, use_changes};
use crate::parts::{Empty, Posted, Trouble};
use crate::people::me::{me, sees_a_part, why_not_whole, why_nowhere};
use crate::runs::form::RunForm;
use leptos::either::{Either, EitherOf3};
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;
use pitstop_domain::event::Noun;
use pitstop_domain::people::Right;
use pitstop_domain::query::edit;

/// The page at `/`.
#[component]
pub fn FleetPage() -> impl IntoView {
    Posted::<KeepView>::provide();
    Posted::<DropView>::provide();
    let picked = Picked::new();
    let map = use_query_map();
    let query = Memo::new(move |_| map.with(|map| FleetQuery::read(|name| map.get(name))));
    let tick =
        use_changes(Pace::List, |changed| matches!(changed.kind, Noun::Machine | Noun::Alarm | Noun::Job));
    let (kept, dropped) = (Posted::<KeepView>::here(), Posted::<DropView>::here());
    let told = move || (kept.pending(), dropped.pending());
    let data = fetched(move || (query.get(), tick.get(), told()), |(query, ..)| fleet(query));
    view! {
        <Title text="Fleet"/>
        <Transition fallback=|| view! { <Waiting/> }>
            {move || {
                let picked = picked.clone();
                data.get().map(|found| match found {
                    Ok(fleet) => Either::Left(
                        view! { <Found query=query.try_get_untracked().unwrap_or_default() fleet picked/> },
                    ),
                    Err(failure) => Either::Right(view! { <Trouble failure/> }),
                })
            }}
        </Transition>
    }
}

/// As large as what it stands for.
#[component]
fn Waiting() -> impl IntoView {
    view! {
        <div class="fleet" aria-busy="true">
            <div class="skeleton fleet-wait-tiles"></div>
            <div class="skeleton tall"></div>
        </div>
    }
}

#[component]
fn Found(query: FleetQuery, fleet: Fleet, picked: Picked) -> AnyView {
    if fleet.total == 0 && fleet.errors.is_empty() {
        let empty = if sees_a_part() { Either::Left(NoneOfYours()) } else { Either::Right(NoMachines()) };
        return view! { <h1>"Fleet"</h1> {empty} }.into_any();
    }
    let misread = !fleet.errors.is_empty();
    let discover =
        why_not_whole(Right::See).is_none().then(|| view! { ", " <a href="/discovery">"discover more"</a> });
    let (chips, views, misread_in) = (query.clone(), query.clone(), query.clone());
    let (errors, kept) = (fleet.errors.clone(), fleet.views.clone());
    view! {
        <div class="page-head">
            <h1>"Fleet"</h1>
            <p class="muted">{format::counted(fleet.total, "machine", "machines")} {discover}</p>
            <Search query=query.clone() values=fleet.values.clone()/>
        </div>
        <div class="fleet-bar">
            <Chips query=chips/>
            <Views query=views kept/>
        </div>
        {if misread {
            Either::Left(view! { <Misread query=misread_in errors/> })
        } else {
            Either::Right(view! { <Everything query fleet picked/> })
        }}
    }
    .into_any()
}

#[component]
fn Everything(query: FleetQuery, fleet: Fleet, picked: Picked) -> AnyView {
    let narrowed = !query.q.trim().is_empty();
    let view = query.view;
    let (aside, silent) = (fleet.aside.clone(), query.clone());
    let asked_at = fleet.asked_at;
    let map = (view != View::Table && fleet.matching > 0).then(|| {
        view! { <Map groups=fleet.map.clone() query=query.clone()/> }
    });
    let run = (fleet.matching > 0).then(|| {
        view! {
            {why_nowhere(Right::StartRuns).is_none().then(|| view! {
                <a class="button" href=RunForm::for_machines(&query.q)>
                    {if narrowed { "Run a function on these" } else { "Run a function on all" }}
                </a>
            })}
            {why_nowhere(Right::EditMachines).is_none().then(|| view! {
                <a class="button" href=FleetQuery::act_href(&query.q)>"Change these"</a>
            })}
        }
    });
    let found = narrowed.then(|| {
        let found = format::counted(fleet.matching, "machine matches", "machines match");
        view! { <p class="fleet-found" role="status">{found}</p> }
    });
    let list = match (fleet.matching, view) {
        (0, _) => EitherOf3::A(view! { <NoMatch fleet=fleet.clone() query=query.clone()/> }),
        (_, View::Grid) => EitherOf3::B(()),
        _ => EitherOf3::C(view! { <List query=query.clone() fleet=fleet.clone() picked/> }),
    };
    view! {
        <States query=query.clone() states=fleet.states.clone()/>
        <div class="fleet-columns">
            <div class="stack fleet-main">
                <div class="fleet-tools">
                    {found}
                    <Shown query=query.clone()/>
                    <span class="fleet-acts">{run}</span>
                </div>
                {map}
                {list}
            </div>
            <Beside aside query=silent asked_at/>
        </div>
    }
    .into_any()
}

#[component]
fn NoMatch(fleet: Fleet, query: FleetQuery) -> AnyView {
    let meant: Vec<_> = fleet
        .meant
        .into_iter()
        .map(|(word, near)| {
            let words = edit::words(&query.q).into_iter().map(|old| if old == word { near.clone() } else { old });
            let href = query.with(words.collect::<Vec<_>>().join(" ")).href();
            view! { <p>"No machine has " <code>{word}</code> ". Did you mean " <a href=href><code>{near}</code></a> "?"</p> }
        })
        .collect();
    let fewer = query.with(String::new()).href();
    view! {
        <Empty title="No machine matches">
            {meant}
            <p>"All words must hold. Take one of the words above away, or begin anew."</p>
            <p><a class="button" href=fewer>"Show all"</a></p>
        </Empty>
    }
    .into_any()
}

/// For somebody who sees a part only: there may be others.
#[component]
fn NoneOfYours() -> AnyView {
    let me = me().map(|who| who.grants.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "));
    view! {
        <Empty title="No machine that you see">
            <p>"You see a part of the fleet, and no machine is in it: " {me} "."</p>
            <p>"Whether that is the right part, an administrator knows."</p>
        </Empty>
    }
    .into_any()
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
            <p>
                "Machines without an agent are adopted when they ask to boot, or read from a list: "
                <a href="/discovery">"Discovery"</a> ", " <a href="/discovery/import">"Import"</a> "."
            </p>
            <p>"To see the whole trip without a machine of your own, start the server with its lab:"</p>
            <pre><code>"cargo xtask up --demo"</code></pre>
        </Empty>
    }
    .into_any()
}
