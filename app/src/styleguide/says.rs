//! What tells something: states, notices, progress, steps, times, and that there is nothing yet.

use super::moment;
use crate::Failure;
use crate::jobs::stepper::{Line, Measure, State, Step};
use crate::jobs::steps::StepList;
use crate::machines::api::MachineState;
use crate::machines::parts::StateChip;
use crate::machines::run::RiskChip;
use crate::parts::time::Remaining;
use crate::parts::{Ago, Bar, Elapsed, Empty, Icon, Refusal, Skeleton, When, icon};
use chrono::TimeDelta;
use leptos::prelude::*;
use pitstop_domain::function::Risk;

/// States, outcomes, risks: shape, word and hue.
#[component]
pub fn Chips() -> AnyView {
    let states: Vec<_> =
        MachineState::ALL.into_iter().map(|state| view! { <StateChip state/> " " }).collect();
    let risks: Vec<_> = [Risk::ReadsOnly, Risk::Repairs, Risk::Destroys]
        .into_iter()
        .map(|risk| view! { <RiskChip risk/> " " })
        .collect();
    let outcomes: Vec<_> = [
        (Icon::Check, "succeeded"),
        (Icon::Warning, "found"),
        (Icon::Cross, "failed"),
        (Icon::Dash, "cancelled"),
    ]
    .into_iter()
    .map(|(drawing, name)| view! { <span class="chip" data-state=name>{icon(drawing)}{name}</span> " " })
    .collect();
    view! {
        <p>{states}</p>
        <p>{outcomes}</p>
        <p>{risks}</p>
        <p><span class="tag">"floor-2"</span> <span class="tag">"lab"</span> <span class="count figure">"12"</span></p>
    }
    .into_any()
}

/// What is said between other things.
#[component]
pub fn Notices() -> AnyView {
    let notice = |kind: &str, drawing, words| {
        view! { <div class=format!("notice {kind}")>{icon(drawing)} <p>{words}</p></div> }
    };
    view! {
        {notice("", Icon::Clock, "Cancelled at 09:12: what must not be cut ends first; then the machine is returned.")}
        {notice("good", Icon::Check, "All 12 machines are back.")}
        {notice("warn", Icon::Warning, "Any certificate is believed: pin its fingerprint.")}
        <Refusal failure=Failure::Refused("No image has the programs that repair file systems. Build one first.".to_owned())/>
        <section class="panel"><h3>"A panel"</h3><p>"Holds what belongs together."</p></section>
        <section class="panel held"><h3>{icon(Icon::Hand)} "Your decision"</h3><p>"Waits for a person."</p></section>
        <section class="panel result" data-state="succeeded"><h3>{icon(Icon::Check)} "The work is done"</h3><p>"2 passes over 14.6 GiB, no error."</p></section>
    }
    .into_any()
}

/// Measured progress.
#[component]
pub fn Progress() -> AnyView {
    view! {
        <Bar label="Nothing yet" done=0 total=100/>
        <Bar label="Some of it" done=43 total=100/>
        <Bar label="All of it" done=100 total=100/>
    }
    .into_any()
}

/// Steps in each state that a step can have.
#[component]
pub fn Steps() -> AnyView {
    let step = |title, state, s: i64, line: &str| Step {
        title,
        state,
        at: (s >= 0).then(|| moment() + TimeDelta::seconds(s)),
        took: (state == State::Done).then(|| TimeDelta::milliseconds(3_800)),
        measure: (title == "Transferring").then_some(Measure { done: 43, total: 100 }),
        lines: vec![Line::from(line)],
    };
    let under_way = vec![
        step("Located", State::Done, 0, "maintenance 2026.11.23"),
        step("Restarting", State::Unseen, 1, "nobody saw it"),
        step("Transferring", State::Now, 5, "19 MiB of 44 MiB"),
        step("Starting", State::Ahead, -1, ""),
        step("Working", State::Ahead, -1, ""),
        step("Back", State::Ahead, -1, ""),
    ];
    let ended = vec![
        step("Located", State::Done, 0, "maintenance 2026.11.23"),
        step("Restarting", State::Failed, 1, "the agent has no right to restart"),
        step("Working", State::Skipped, -1, ""),
        step("Returning", State::Held, 60, "attempt 5: asked, not answered"),
        step("Back", State::Ahead, -1, "not seen in its own system"),
    ];
    view! {
        <StepList label="A trip under way" steps=under_way asked_at=moment()/>
        <StepList label="A trip that waits" steps=ended asked_at=moment()/>
        <div class="plain-steps"><StepList label="A trip in plain words" steps=vec![step("Located", State::Done, 0, "what it needs was found"), step("Transferring", State::Now, 5, "the repair system goes to the machine"), step("Back", State::Ahead, -1, "")] asked_at=moment()/></div>
    }
    .into_any()
}

/// The reader's zone, once the page is alive; UTC on hover.
/// Each unit, in seconds: `public/times.js` writes them in the same words.
const SPANS: [i64; 6] = [1, 12, 185, 7_200, 8_040, 356_400];

#[component]
pub fn Times() -> AnyView {
    let at = moment();
    view! {
        <dl class="facts">
            <div><dt>"Moment"</dt><dd><When at/></dd></div>
            <div><dt>"With its day"</dt><dd><When at date=true/></dd></div>
            <div><dt>"Ago"</dt><dd>{SPANS.map(|s| view! { <Ago at=at - TimeDelta::seconds(s) asked_at=at/> " " }).collect_view()}</dd></div>
            <div><dt>"Lasts"</dt><dd>{SPANS.map(|s| view! { <Elapsed since=at - TimeDelta::seconds(s) asked_at=at/> " " }).collect_view()}</dd></div>
            <div><dt>"Left"</dt><dd><Remaining until=at + TimeDelta::seconds(185) asked_at=at/></dd></div>
        </dl>
    }
    .into_any()
}

/// As large as what they stand for.
#[component]
pub fn Loading() -> AnyView {
    view! { <div class="panel"><Skeleton lines=3/></div> }.into_any()
}

/// What nothing looks like, and what cannot be had.
#[component]
pub fn Empties() -> AnyView {
    view! {
        <Empty title="No job here">
            <p>"A job is one trip of a machine into maintenance and back. Choose a machine and run a function on it."</p>
            <p><a class="button" href="/">"To the fleet"</a></p>
        </Empty>
        <section class="trouble"><h3>"Cannot be done just now"</h3><p>"The database does not answer. Running jobs wait for it; try again in a moment."</p></section>
    }
    .into_any()
}
