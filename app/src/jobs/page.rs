//! One job: the trip as it happens.

use super::acts::{Cancel, Decisions, provide_acts};
use super::api::JobPage;
use super::followed::followed;
use super::known::WhatIsKnown;
use super::parts::JobChip;
use super::person::PersonRoute;
use super::result::ResultCard;
use super::server::job;
use super::steps::Stepper;
use super::story::{Calls, Files, History, Log, Plan};
use super::trip::Trip;
use super::waiting::WhyItWaits;
use crate::live::document::drawn;
use crate::parts::{Icon, When, icon};
use crate::people::me::why_not_at;
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_params_map;
use pitstop_domain::job::{Initiator, Phase};
use pitstop_domain::people::Right;

/// The page at `/jobs/{id}`.
#[component]
pub fn JobPageView() -> impl IntoView {
    provide_acts();
    let id = use_params_map().with_untracked(|params| params.get("id").unwrap_or_default());
    drawn(async move { job(&id).await }, |page| view! { {followed(&page)} <Found page/> })
}

#[component]
fn Found(page: JobPage) -> AnyView {
    let trip = Trip::of(&page);
    let job = page.job.clone();
    let by = match &page.initiator {
        Initiator::Person { name, .. } => name.clone(),
        Initiator::Program { name } => format!("{name} (program)"),
        Initiator::Schedule { name, .. } => format!("{name} (schedule)"),
        Initiator::HealthRule { name, because, .. } => format!("{name} (health rule): {because}"),
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
                {page.initiator.reported().map(|said| format!(", reported: {said}"))}
                {page.run.map(|run| view! { ", in " <a href=format!("/runs/{run}")>"a run"</a> })}
            </p>
        </div>
        <Stepper page=page.clone()/>
        <div class="columns">
            <div class="stack">
                <ConsoleLink page=page.clone()/>
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

/// The way to the machine's console while it is in maintenance, and to what was recorded of one.
#[component]
fn ConsoleLink(page: JobPage) -> AnyView {
    let open = page.job.phase == Phase::Running && page.job.plan.image_agent;
    if !(open || page.consoles > 0) || why_not_at(Right::UseConsole, &page.site).is_some() {
        return ().into_any();
    }
    let words = if open { "Console" } else { "Recordings of its console" };
    // Not a page of this program: the browser loads it.
    view! {
        <p><a class="button" href=format!("/jobs/{}/console", page.job.id)>{icon(Icon::Screen)} {words}</a></p>
    }
    .into_any()
}
