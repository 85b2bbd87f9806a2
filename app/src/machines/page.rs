//! One machine: what it is, what it does, what can be done with it.

use super::api::{MachinePage, SeenSighting};
use super::keep::{KeptPanel, provide_keep};
use super::own::{OwnSystemPanel, provide_own};
use super::parts::{StateChip, facts, sighting};
use super::ribbon::Ribbon;
use super::routes::summary::Ladder;
use super::run::{Functions, provide_start};
use super::server::machine;
use crate::jobs::api::JobRow;
use crate::jobs::parts::{JobTable, PhaseNote};
use crate::live::document::{drawn, follow};
use crate::parts::{Ago, Icon, When, icon};
use crate::people::me::why_nowhere;
use leptos::either::Either;
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_params_map;
use pitstop_domain::Time;
use pitstop_domain::event::Noun;
use pitstop_domain::job::Phase;
use pitstop_domain::machine::Machine;
use pitstop_domain::people::Right;

/// The page at `/machines/{id}`.
#[component]
pub fn MachinePageView() -> impl IntoView {
    provide_start();
    provide_own();
    provide_keep();
    let id = use_params_map().with_untracked(|params| params.get("id").unwrap_or_default());
    drawn(
        async move { machine(&id).await },
        |page| view! { {follow(Noun::Machine, page.machine.id)} <Found page/> },
    )
}

#[component]
fn Found(page: MachinePage) -> AnyView {
    let asked_at = page.asked_at;
    let (ladder, kept) = (page.clone(), page.clone());
    let own = view! { <OwnSystemPanel page=page.clone()/> };
    view! {
        <Title text=page.machine.name.clone()/>
        <div class="page-head">
            <p class="crumbs"><a href="/">"Fleet"</a></p>
            <h1>{page.machine.name.clone()}</h1>
            <StateChip state=page.state/>
            <p class="muted">
                {match page.last_seen {
                    Some(at) => Either::Left(view! { "seen " <Ago at asked_at/> }),
                    None => Either::Right("never seen"),
                }}
            </p>
            <p><a href=format!("/machines/{}/health", page.machine.id)>"Health"</a></p>
        </div>
        <div class="columns">
            <div class="stack">
                {page.current.clone().map(|job| view! { <Current job/> })}
                <Ribbon spans=page.ribbon.clone() asked_at/>
                <Functions page=page.clone()/>
                <section aria-labelledby="jobs">
                    <h2 id="jobs">"Jobs"</h2>
                    {if page.jobs.is_empty() {
                        Either::Left(view! { <p class="muted">"None yet. A function run above makes the first."</p> })
                    } else {
                        Either::Right(view! { <JobTable rows=page.jobs asked_at machines=false/> })
                    }}
                </section>
            </div>
            <div class="stack">
                <KeptPanel page=kept/>
                <Ladder page=ladder/>
                {own}
                <Facts machine=page.machine/>
                <Seen sightings=page.sightings/>
            </div>
        </div>
    }.into_any()
}

/// The job that has the machine now.
#[component]
fn Current(job: JobRow) -> AnyView {
    let console = (job.phase == Phase::Running && why_nowhere(Right::UseConsole).is_none()).then(|| {
        view! { <a class="button" href=format!("/jobs/{}/console", job.id)>{icon(Icon::Screen)} "Console"</a> }
    });
    view! {
        <section class="current" aria-label="Job under way">
            <a href=format!("/jobs/{}", job.id)>
                {icon(Icon::Job)}
                <strong>{job.title}</strong>
                <PhaseNote phase=job.phase permille=job.permille/>
                <span class="muted">{job.awaits.map(|what| format!("waits for {what}"))}</span>
            </a>
            {console}
        </section>
    }
    .into_any()
}

#[component]
fn Facts(machine: Machine) -> AnyView {
    let facts: Vec<_> = facts(&machine)
        .into_iter()
        .map(|(name, values)| {
            let values: Vec<_> = values.into_iter().map(|value| view! { <dd>{value}</dd> }).collect();
            view! { <div><dt>{name}</dt>{values}</div> }
        })
        .collect();
    view! {
        <section class="panel" aria-labelledby="facts">
            <h2 id="facts">"What it is"</h2>
            <dl class="facts">{facts}</dl>
        </section>
    }
    .into_any()
}

#[component]
fn Seen(sightings: Vec<SeenSighting>) -> AnyView {
    if sightings.is_empty() {
        return ().into_any();
    }
    let lines: Vec<_> = sightings.iter().map(|seen| line(seen.at, sighting(seen))).collect();
    view! {
        <section class="panel" aria-labelledby="seen">
            <h2 id="seen">"Seen lately"</h2>
            <ol class="lines">{lines}</ol>
        </section>
    }
    .into_any()
}

fn line(at: Time, words: String) -> impl IntoView {
    view! { <li><span class="muted figure"><When at/></span><span>{words}</span></li> }
}
