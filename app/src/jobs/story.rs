//! The details of a job: plan, files, calls, history, log.

use super::api::{CallLine, HistoryLine, JobPage};
use super::parts::phase_words;
use super::trip::{Hop, Trip};
use crate::format;
use crate::machines::parts::step;
use crate::machines::routes::words::place_of;
use crate::machines::run::RiskChip;
use crate::parts::{Icon, When, icon};
use chrono::TimeDelta;
use leptos::prelude::*;
use pitstop_domain::facts::CallState;
use pitstop_domain::function::Task;
use pitstop_domain::job::{Job, Plan as JobPlan};

/// What was fixed when the job was made.
#[component]
pub fn Plan(page: JobPage) -> AnyView {
    let plan = &page.job.plan;
    let seconds = |s: u32| format::elapsed(TimeDelta::seconds(i64::from(s)));
    let limits = plan.limits;
    let image = page.image.map(|image| {
        view! {
            <div>
                <dt>"Image"</dt>
                <dd>{image.name} " " {image.version}</dd>
                <dd class="muted"><code title=image.digest.to_string()>{image.digest.short().to_owned()}</code> ", " {format::bytes(image.bytes)}</dd>
            </div>
        }
    });
    view! {
        <section class="panel" aria-labelledby="plan">
            <h2 id="plan">"The plan"</h2>
            <dl class="facts">
                <div><dt>"Risk"</dt><dd><RiskChip risk=page.risk/></dd></div>
                {task(&plan.task).map(|words| view! { <div><dt>"Task"</dt><dd>{words}</dd></div> })}
                {image}
                <div>
                    <dt>"Limits"</dt>
                    <dd>"in maintenance within " {seconds(limits.switch_s)}</dd>
                    <dd>"done within " {seconds(limits.run_s)}</dd>
                    <dd>"back within " {seconds(limits.restore_s)} " an attempt"</dd>
                </div>
                <div>
                    <dt>"Counts as back when"</dt>
                    <dd>{back_when(&page.job.plan)}</dd>
                </div>
                {afterwards(&page.job).map(|words| view! { <div><dt>"Afterwards"</dt><dd>{words}</dd></div> })}
            </dl>
        </section>
    }
    .into_any()
}

/// What becomes of a machine that was off, once it is back.
fn afterwards(job: &Job) -> Option<&'static str> {
    match (job.plan.off_again, job.was_off) {
        (false, _) => None,
        (true, false) => Some("it is shut down again if it was off when the trip began"),
        (true, true) => Some("it was off: its agent shuts it down again, unless somebody is at it"),
    }
}

fn back_when(plan: &JobPlan) -> String {
    match (&plan.probe, plan.own_agent) {
        (_, true) => "its own system reports a new boot".to_owned(),
        (Some(probe), false) => format!("its probe answers again after it was silent: {probe}"),
        (None, false) => "it was sent to its own system and does not ask again".to_owned(),
    }
}

fn task(task: &Task) -> Option<String> {
    match task {
        Task::MemoryTest { mib, passes } => {
            let passes = format::counted(u64::from(*passes), "pass", "passes");
            let memory = mib.map_or("all free memory".to_owned(), |mib| format::bytes(mib << 20));
            Some(format!("{passes} over {memory}"))
        }
        other => other.words(),
    }
}

/// Each file that went to the machine.
#[component]
pub fn Files(trip: Trip) -> AnyView {
    if trip.hops.is_empty() {
        return ().into_any();
    }
    let hops: Vec<_> = trip.hops.into_iter().map(hop).collect();
    view! {
        <section class="panel" aria-labelledby="files">
            <h2 id="files">"Files that went to it"</h2>
            <ol class="hops">{hops}</ol>
        </section>
    }
    .into_any()
}

fn hop(hop: Hop) -> impl IntoView {
    let took = hop.began.map(|began| hop.at - began).filter(|_| hop.done);
    let rate = took.and_then(|took| format::rate(hop.bytes, took));
    let of = hop.total.filter(|_| !hop.done).map(|total| format!(" of {}", format::bytes(total)));
    view! {
        <li>
            <span>{step(hop.step)} " " <code>{hop.name}</code></span>
            <span class="muted figure">
                {format::bytes(hop.bytes)}{of}
                {took.map(|took| format!(" in {}", format::duration(took)))}
                {rate.map(|rate| format!(", {rate}"))} ", " <When at=hop.at/>
            </span>
        </li>
    }
}

/// Calls to power routes and their answers.
#[component]
pub fn Calls(page: JobPage) -> AnyView {
    if page.calls.is_empty() {
        return ().into_any();
    }
    let calls: Vec<_> = page.calls.into_iter().map(call).collect();
    view! {
        <section class="panel" aria-labelledby="calls">
            <h2 id="calls">"Restarts asked for"</h2>
            <p class="muted">"Accepted is not done: only what is seen of the machine counts."</p>
            <ol class="lines">{calls}</ol>
        </section>
    }
    .into_any()
}

/// A call and its answer as a line.
pub(super) fn call(call: CallLine) -> impl IntoView {
    let drawing = match call.state {
        CallState::Waiting => Icon::Clock,
        CallState::Started | CallState::Pressed => Icon::Dot,
        CallState::Accepted => Icon::Check,
        CallState::Refused => Icon::Cross,
        CallState::Void => Icon::Dash,
    };
    let place = place_of(&call.route).map(|place| format!(" ({place})"));
    view! {
        <li>
            <span class="muted figure"><When at=call.changed_at/></span>
            <span>
                {call.route.words()} {place} ", " {phase_words(call.phase)} " attempt " {call.attempt} ": "
                <span class="call-state">{icon(drawing)}{call_words(call.state)}</span>
                {call.answer.map(|answer| view! { <span class="answer">{answer}</span> })}
            </span>
        </li>
    }
}

/// How far a call is, in words.
pub fn call_words(state: CallState) -> &'static str {
    match state {
        CallState::Waiting => "asked for",
        CallState::Started => "being prepared",
        CallState::Pressed => "asked, not answered",
        CallState::Accepted => "accepted",
        CallState::Refused => "refused",
        CallState::Void => "taken back",
    }
}

/// How the job moved, and why.
#[component]
pub fn History(page: JobPage) -> AnyView {
    if page.history.is_empty() {
        return ().into_any();
    }
    let lines: Vec<_> = page.history.into_iter().rev().map(moved).collect();
    view! {
        <section class="panel" aria-labelledby="history">
            <h2 id="history">"How it went"</h2>
            <ol class="lines">{lines}</ol>
        </section>
    }
    .into_any()
}

fn moved(line: HistoryLine) -> impl IntoView {
    let attempt = (line.attempt > 1).then(|| format!(", attempt {}", line.attempt));
    view! {
        <li>
            <span class="muted figure"><When at=line.at/></span>
            <span><strong>{phase_words(line.to)}{attempt}</strong> ": " {line.reason}</span>
        </li>
    }
}

/// What the machine said.
#[component]
pub fn Log(page: JobPage) -> AnyView {
    if page.log.is_empty() {
        return ().into_any();
    }
    let hidden = page.log_total.saturating_sub(page.log.len() as u64);
    let text: String =
        page.log.iter().map(|line| format!("{}  {}\n", line.at.format("%H:%M:%S"), line.text)).collect();
    view! {
        <section class="panel" aria-labelledby="log">
            <h2 id="log">"Log"</h2>
            <p class="muted">
                "Times in UTC" {(hidden > 0).then(|| format!("; {} before these", format::counted(hidden, "older line", "older lines")))}
            </p>
            <pre class="log" tabindex="0" aria-label="Log of the job"><code>{text}</code></pre>
        </section>
    }.into_any()
}
