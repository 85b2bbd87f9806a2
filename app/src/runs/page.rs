//! One run, as it goes.

use super::acts::{Wishes, provide_wishes};
use super::api::{MembersQuery, RunPage, WaveLine};
use super::members::{Counts, Members, read};
use super::parts::{RunChip, TallyBar, machines, wave_name, words};
use super::server::run;
use crate::format;
use crate::live::document::{drawn, follow};
use crate::parts::time::Remaining;
use crate::parts::{Elapsed, When};
use chrono::TimeDelta;
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::{use_params_map, use_query_map};
use pitstop_domain::event::Noun;
use pitstop_domain::job::Initiator;
use pitstop_domain::run::{RunPlan, StopOn};

/// The page at `/runs/{id}`.
#[component]
pub fn RunPageView() -> impl IntoView {
    provide_wishes();
    let id = use_params_map().with_untracked(|params| params.get("id").unwrap_or_default());
    let query = use_query_map().with_untracked(|map| read(map.get("show"), map.get("page")));
    drawn(
        async move { run(&id, query).await },
        move |page| view! { {follow(Noun::Run, page.run.id)} <Found page query/> },
    )
}

#[component]
fn Found(page: RunPage, query: MembersQuery) -> AnyView {
    let by = match &page.initiator {
        Initiator::Person { name, .. } => name.clone(),
        Initiator::Program { name } => format!("{name} (program)"),
        Initiator::Schedule { name, .. } => format!("{name} (schedule)"),
        Initiator::HealthRule { name, because, .. } => format!("{name} (health rule): {because}"),
    };
    let title = format!("{} on {}", page.title, machines(page.tally.machines));
    let over = page.run.over_at;
    view! {
        <Title text=title.clone()/>
        <div class="page-head">
            <p class="crumbs"><a href="/runs">"Runs"</a></p>
            <h1>{title}</h1>
            <RunChip state=page.run.state over=over.is_some()/>
            <p class="muted">
                "asked for by " {by} ", " <When at=page.created_at date=true/>
                {over.map(|over| format!(", took {}", format::duration(over - page.created_at)))}
            </p>
        </div>
        <Counts page=page.clone() query/>
        <div class="columns">
            <div class="stack">
                <WhyItWaits page=page.clone()/>
                <Waves page=page.clone()/>
            </div>
            <div class="stack">
                <Wishes page=page.clone()/>
                <Plan plan=page.run.plan.clone()/>
                <History page=page.clone()/>
            </div>
        </div>
        <Members page query/>
    }
    .into_any()
}

#[component]
fn WhyItWaits(page: RunPage) -> AnyView {
    let Some(waiting) = page.waiting else { return ().into_any() };
    let asked_at = page.asked_at;
    let why = (page.run.state == pitstop_domain::run::RunState::Stopped)
        .then(|| view! { <div><dt>"Why"</dt><dd>{format::sentence(&page.run.because)}</dd></div> });
    let until = waiting.until.map(|until| {
        view! { <div><dt>"Until"</dt><dd><When at=until/> ", " <Remaining until asked_at/></dd></div> }
    });
    view! {
        <section class="panel waiting" aria-labelledby="waits">
            <h2 id="waits">"What it waits for"</h2>
            <p class="awaits">{format::sentence(&waiting.awaits)}</p>
            <dl class="facts">
                {why}
                <div><dt>"Since"</dt><dd><When at=waiting.since/> ", " <Elapsed since=waiting.since asked_at/></dd></div>
                {until}
                <div><dt>"Then"</dt><dd>{format::sentence(&waiting.then)}</dd></div>
                {page.expected.map(|expected| view! { <div><dt>"Expected to be over"</dt><dd>{format::sentence(&expected.words)}</dd></div> })}
            </dl>
        </section>
    }
    .into_any()
}

#[component]
fn Waves(page: RunPage) -> AnyView {
    let current = page.run.wave;
    let lines: Vec<_> = page.waves.into_iter().map(|line| wave(line, current)).collect();
    view! {
        <section class="panel" aria-labelledby="waves">
            <h2 id="waves">{if lines.len() > 1 { "Waves" } else { "How far it is" }}</h2>
            <ol class="waves">{lines}</ol>
        </section>
    }
    .into_any()
}

fn wave(line: WaveLine, current: Option<u32>) -> impl IntoView {
    view! {
        <li aria-current=(current == Some(line.wave)).then_some("step")>
            <span class="wave-name">{wave_name(line.wave)} <span class="muted figure">{machines(line.tally.machines)}</span></span>
            <TallyBar tally=line.tally/>
            <span class="muted figure">{words(&line.tally)}</span>
        </li>
    }
}

#[component]
fn Plan(plan: RunPlan) -> impl IntoView {
    let facts: Vec<_> = facts(&plan)
        .into_iter()
        .map(|(name, value)| view! { <div><dt>{name}</dt><dd>{value}</dd></div> })
        .collect();
    view! {
        <section class="panel" aria-labelledby="plan">
            <h2 id="plan">"Plan"</h2>
            <dl class="facts">{facts}</dl>
        </section>
    }
}

/// A plan as names and values.
pub fn facts(plan: &RunPlan) -> Vec<(&'static str, String)> {
    let time = |seconds: u32| format::elapsed(TimeDelta::seconds(i64::from(seconds)));
    let limit = |limit: Option<u32>| limit.map_or("no limit".to_owned(), machines);
    let mut facts = Vec::new();
    if plan.canary > 0 {
        facts.push(("Canary", format!("{} first", machines(plan.canary))));
    }
    facts.push((
        "Waves",
        match plan.wave {
            None => "all in one".to_owned(),
            Some(pitstop_domain::run::Size::Machines(n)) => format!("of {}", machines(n)),
            Some(pitstop_domain::run::Size::Percent(n)) => format!("of {n} % of the machines"),
        },
    ));
    if plan.pause_s > 0 {
        facts.push(("Pause", format!("{} between waves", time(plan.pause_s))));
    }
    facts.push((
        "Stops",
        match plan.stop_on {
            None => "not by itself".to_owned(),
            Some(StopOn::Failures(n)) => {
                format!("when {} failed", format::counted(u64::from(n), "job has", "jobs have"))
            }
            Some(StopOn::Percent(n)) => format!("when {n} % of the ended jobs failed"),
        },
    ));
    facts.push(("At once", limit(plan.at_once.in_all)));
    facts.push(("At a site", limit(plan.at_once.per_site)));
    facts.push(("No sign", format!("after {} a machine holds up nobody else", time(plan.no_show_s))));
    facts
}

#[component]
fn History(page: RunPage) -> AnyView {
    let lines: Vec<_> = page
        .history
        .into_iter()
        .rev()
        .map(|line| view! { <li><span class="muted figure"><When at=line.at/></span><span>{format::sentence(&line.reason)}</span></li> })
        .collect();
    view! {
        <section class="panel" aria-labelledby="history">
            <h2 id="history">"History"</h2>
            <ol class="lines">{lines}</ol>
        </section>
    }
    .into_any()
}
