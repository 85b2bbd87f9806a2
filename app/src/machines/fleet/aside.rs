//! Beside the fleet: what wants attention, and what is under way.

use super::address::FleetQuery;
use super::api::Aside;
use crate::alarms::api::AlarmLine;
use crate::format;
use crate::jobs::api::JobRow;
use crate::jobs::parts::JobChip;
use crate::parts::{Ago, Elapsed, Icon, icon};
use leptos::either::Either;
use leptos::prelude::*;
use pitstop_domain::Time;
use pitstop_domain::query::edit::has_state;
use pitstop_domain::state::MachineState;

#[component]
pub fn Beside(aside: Aside, query: FleetQuery, asked_at: Time) -> AnyView {
    view! {
        <aside class="stack fleet-aside" aria-label="Now">
            <Attention aside=aside.clone() query asked_at/>
            <UnderWay jobs=aside.jobs open=aside.open_jobs asked_at/>
        </aside>
    }
    .into_any()
}

#[component]
fn Attention(aside: Aside, query: FleetQuery, asked_at: Time) -> AnyView {
    let lines: Vec<_> = aside.alarms.iter().map(|alarm| line(alarm, asked_at)).collect();
    let more = aside.open_alarms.saturating_sub(lines.len() as u64);
    let silent = (aside.silent > 0).then(|| {
        let state = MachineState::Silent;
        let silent = if has_state(&query.q, state) { query.clone() } else { query.toggle_state(state) };
        let words = format::counted(aside.silent, "machine is silent", "machines are silent");
        view! { <li><a href=silent.href()>{icon(Icon::Quiet)} <span>{words}</span></a></li> }
    });
    let calm = lines.is_empty() && silent.is_none();
    view! {
        <section class="panel now" aria-labelledby="attention">
            <h2 id="attention">"Needs attention"</h2>
            {if calm {
                Either::Left(view! { <p class="muted">{icon(Icon::Check)} " Nothing. Held jobs and silent machines stand here."</p> })
            } else {
                Either::Right(view! { <ul>{lines}{silent}</ul> })
            }}
            {(more > 0).then(|| view! { <p><a href="/alarms">{format!("{} more", format::count(more))}</a></p> })}
        </section>
    }
    .into_any()
}

fn line(alarm: &AlarmLine, asked_at: Time) -> impl IntoView + use<> {
    let seen = alarm.seen.as_ref().map(|(who, _)| format!("{who} looks after it"));
    view! {
        <li data-state="held">
            <a href=format!("/jobs/{}", alarm.job)>{icon(Icon::Hand)} <strong>{alarm.machine_name.clone()}</strong></a>
            <span class="under">{alarm.reason.clone()} ", " <Ago at=alarm.raised_at asked_at/></span>
            {seen.map(|seen| view! { <span class="under">{seen}</span> })}
        </li>
    }
}

#[component]
fn UnderWay(jobs: Vec<JobRow>, open: u64, asked_at: Time) -> AnyView {
    let more = open.saturating_sub(jobs.len() as u64);
    let lines: Vec<_> = jobs.into_iter().map(|job| job_line(job, asked_at)).collect();
    view! {
        <section class="panel now" aria-labelledby="under-way">
            <h2 id="under-way">"Under way"</h2>
            {if lines.is_empty() {
                Either::Left(view! { <p class="muted">"No job. Choose machines and run a function on them."</p> })
            } else {
                Either::Right(view! { <ul>{lines}</ul> })
            }}
            {(more > 0).then(|| view! { <p><a href="/jobs?show=open">{format!("{} more", format::count(more))}</a></p> })}
        </section>
    }
    .into_any()
}

fn job_line(job: JobRow, asked_at: Time) -> impl IntoView + use<> {
    view! {
        <li>
            <a href=format!("/jobs/{}", job.id)><strong>{job.machine_name}</strong> " " {job.title}</a>
            <span class="under">
                <JobChip phase=job.phase ended=job.ended proof=job.proof permille=job.permille/>
                " " <Elapsed since=job.phase_since asked_at/>
                {job.awaits.map(|awaits| format!(", waits for {awaits}"))}
            </span>
        </li>
    }
}
