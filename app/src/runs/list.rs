//! The list of runs, newest first.

use super::api::{RunLine, Runs};
use super::parts::{RunChip, TallyBar, machines, words};
use super::server::runs;
use crate::format;
use crate::live::document::{drawn, follow_all};
use crate::machines::fleet::address::encode;
use crate::parts::{Elapsed, Empty, When};
use crate::people::me::why_nowhere;
use leptos::either::Either;
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;
use pitstop_domain::Time;
use pitstop_domain::event::Noun;
use pitstop_domain::people::Right;

/// The page at `/runs`.
#[component]
pub fn RunsPage() -> impl IntoView {
    let before = use_query_map().with_untracked(|map| map.get("before"));
    let before = before.and_then(|text| text.parse::<Time>().ok());
    view! {
        <Title text="Runs"/>
        {follow_all(Noun::Run)}
        {drawn(runs(before), move |runs| view! { <Found runs older=before.is_some()/> })}
    }
}

#[component]
fn Found(runs: Runs, older: bool) -> AnyView {
    let asked_at = runs.asked_at;
    let more = runs.more.map(|before| format!("/runs?before={}", encode(&before.to_rfc3339())));
    let may_start = why_nowhere(Right::StartRuns).is_none();
    let rows: Vec<_> = runs.rows.into_iter().map(|row| view! { <Row row asked_at/> }).collect();
    view! {
        <div class="page-head">
            <h1>"Runs"</h1>
            {may_start.then(|| view! { <a class="button primary head-act" href="/runs/new">"New run"</a> })}
        </div>
        {if rows.is_empty() {
            Either::Left(view! {
                <Empty title="No run yet">
                    <p>
                        "A run takes many machines through one function: a few first, the canary, then the rest in waves, "
                        "so many at once as you say. It stops by itself when too many fail."
                    </p>
                    <p><a class="button" href="/runs/new">"Choose machines and a function"</a></p>
                </Empty>
            })
        } else {
            Either::Right(view! { <Table rows/> })
        }}
        <nav class="pages" aria-label="Pages of the list">
            {older.then(|| view! { <a class="button" href="/runs">"Newest"</a> })}
            {more.map(|href| view! { <a class="button" href=href rel="next">"Older"</a> })}
        </nav>
    }
    .into_any()
}

#[component]
fn Table<V: IntoView + 'static>(rows: Vec<V>) -> impl IntoView {
    view! {
        <table class="list runs">
            <caption class="sr-only">"Runs, newest first"</caption>
            <thead>
                <tr>
                    <th scope="col">"Run"</th>
                    <th scope="col">"State"</th>
                    <th scope="col">"How far"</th>
                    <th scope="col" class="wide">"What of it"</th>
                    <th scope="col">"Asked for"</th>
                    <th scope="col" class="number">"Took"</th>
                </tr>
            </thead>
            <tbody>{rows}</tbody>
        </table>
    }
}

#[component]
fn Row(row: RunLine, asked_at: Time) -> AnyView {
    let of_it = match (&row.awaits, row.over_at) {
        (Some(awaits), None) => format!("waits for {awaits}"),
        _ => row.because.clone(),
    };
    let took = match row.over_at {
        Some(end) => Either::Left(format::duration(end - row.created_at)),
        None => Either::Right(view! { <Elapsed since=row.created_at asked_at/> }),
    };
    view! {
        <tr>
            <th scope="row">
                <a href=format!("/runs/{}", row.id)>{row.title} " on " {machines(row.tally.machines)}</a>
            </th>
            <td><RunChip state=row.state over=row.over_at.is_some()/></td>
            <td class="how-far"><span class="under figure">{words(&row.tally)}</span> <TallyBar tally=row.tally/></td>
            <td class="wide muted">{of_it}</td>
            <td class="figure muted"><When at=row.created_at date=true/></td>
            <td class="number figure">{took}</td>
        </tr>
    }
    .into_any()
}
