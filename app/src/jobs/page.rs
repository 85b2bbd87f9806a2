//! One job: the trip as it happens.

use super::acts::{Cancel, Decisions, provide_acts};
use super::api::{JobPage, job};
use super::known::WhatIsKnown;
use super::parts::JobChip;
use super::person::PersonRoute;
use super::result::ResultCard;
use super::steps::Stepper;
use super::story::{Calls, Files, History, Log, Plan};
use super::trip::Trip;
use super::waiting::WhyItWaits;
use crate::live::{Pace, fetched, use_changes};
use crate::parts::{Trouble, When};
use crate::session::news::Watched;
use leptos::either::Either;
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_params_map;
use pitstop_domain::event::Noun;
use pitstop_domain::job::{Initiator, Phase};

/// The page at `/jobs/{id}`.
#[component]
pub fn JobPageView() -> impl IntoView {
    provide_acts();
    let params = use_params_map();
    let id = Memo::new(move |_| params.with(|params| params.get("id").unwrap_or_default()));
    let machine = RwSignal::new(String::new());
    // Sightings of the machine tell of the trip too.
    let tick = use_changes(Pace::Thing, move |changed| match changed.kind {
        Noun::Job => id.try_with_untracked(|id| *id == changed.id).unwrap_or(false),
        Noun::Machine => machine.try_with_untracked(|machine| *machine == changed.id).unwrap_or(false),
        _ => false,
    });
    let data = fetched(move || (id.get(), tick.get()), |(id, _)| job(id));
    let found = data.clone();
    Effect::new(move |_| {
        if let Some(Ok(page)) = found.get() {
            machine.set(page.job.machine.to_string());
            if page.job.phase != Phase::Closed {
                Watched::follow(page.job.id.to_string());
            }
        }
    });
    view! {
        <Transition fallback=|| view! { <div class="skeleton tall" aria-busy="true"></div> }>
            {move || data.get().map(|found| match found {
                Ok(page) => Either::Left(view! { <Found page/> }),
                Err(failure) => Either::Right(view! { <Trouble failure/> }),
            })}
        </Transition>
    }
}

#[component]
fn Found(page: JobPage) -> AnyView {
    let trip = Trip::of(&page);
    let job = page.job.clone();
    let by = match &page.initiator {
        Initiator::Person { name } => name.clone(),
        Initiator::Program { name } => format!("{name} (program)"),
    };
    let permille = trip.progress.as_ref().map(|progress| progress.permille);
    let open = job.phase != Phase::Closed;
    view! {
        <Title text=format!("{} on {}", page.title, page.machine_name)/>
        <div class="page-head">
            <p class="crumbs"><a href="/jobs">"Jobs"</a></p>
            <h1>
                {page.title.clone()} " on "
                <a href=format!("/machines/{}", job.machine)>{page.machine_name.clone()}</a>
            </h1>
            <JobChip phase=job.phase ended=job.ended.clone() proof=job.proof permille/>
            <p class="muted">
                "asked for by " {by} ", " <When at=page.created_at date=true/>
                {page.run.map(|run| view! { ", in " <a href=format!("/runs/{run}")>"a run"</a> })}
            </p>
        </div>
        <Stepper page=page.clone()/>
        <div class="columns">
            <div class="stack">
                <PersonRoute page=page.clone()/>
                <Decisions page=page.clone()/>
                <ResultCard page=page.clone()/>
                {open.then(|| view! { <WhyItWaits page=page.clone()/> })}
                {open.then(|| view! { <WhatIsKnown page=page.clone()/> })}
                <Cancel page=page.clone()/>
                <Log page=page.clone()/>
                <History page=page.clone()/>
            </div>
            <div class="stack">
                <Plan page=page.clone()/>
                <Files trip/>
                <Calls page/>
            </div>
        </div>
    }
    .into_any()
}
