//! Chips, notes and the table of jobs.

use super::api::JobRow;
use crate::format;
use crate::parts::{Elapsed, Icon, When, icon};
use leptos::either::Either;
use leptos::prelude::*;
use pitstop_domain::Time;
use pitstop_domain::job::{EndedAs, Outcome, Phase};
use pitstop_domain::proof::Proof;

/// A phase in the words of the screen.
pub fn phase_words(phase: Phase) -> &'static str {
    match phase {
        Phase::Queued => "queued",
        Phase::Switching => "switching",
        Phase::Running => "working",
        Phase::Restoring => "returning",
        Phase::Held => "held",
        Phase::Closed => "closed",
    }
}

/// The phase and, while it works, how far it is.
#[component]
pub fn PhaseNote(phase: Phase, permille: Option<u16>) -> impl IntoView {
    view! { <span class="phase-note figure">{phase_words(phase)}{working(phase, permille)}</span> }
}

/// How far the work is, while it is under way.
pub fn working(phase: Phase, permille: Option<u16>) -> Option<String> {
    permille.filter(|_| phase == Phase::Running).map(|p| format!(" {} %", p / 10))
}

/// Where a job is, or how it ended: shape, word and colour.
#[component]
pub fn JobChip(
    phase: Phase,
    ended: Option<EndedAs>,
    proof: Option<Proof>,
    permille: Option<u16>,
) -> impl IntoView {
    let (drawing, name, words) = match (phase, ended.map(|ended| ended.outcome)) {
        (Phase::Closed, Some(outcome)) => outcome_look(outcome),
        (Phase::Closed, None) => (Icon::Question, "closed", "closed"),
        (Phase::Queued, _) => (Icon::Clock, "queued", "queued"),
        (Phase::Switching, _) => (Icon::Right, "switching", "switching"),
        (Phase::Running, _) => (Icon::Wrench, "maintenance", "working"),
        (Phase::Restoring, _) => (Icon::Left, "returning", "returning"),
        (Phase::Held, _) => (Icon::Hand, "held", "held"),
    };
    let unproven = phase == Phase::Closed && proof.is_none() && name != "cancelled";
    view! {
        <span class="chip figure" data-state=name>{icon(drawing)}{words}{working(phase, permille)}</span>
        {unproven.then(|| view! { " " <span class="chip" data-state="held">{icon(Icon::Warning)}"return not proven"</span> })}
    }
}

/// An outcome: shape, name for classes, words.
pub fn outcome_look(outcome: Outcome) -> (Icon, &'static str, &'static str) {
    match outcome {
        Outcome::Succeeded => (Icon::Check, "succeeded", "succeeded"),
        Outcome::Found => (Icon::Warning, "found", "found something"),
        Outcome::Failed => (Icon::Cross, "failed", "failed"),
        Outcome::Cancelled => (Icon::Dash, "cancelled", "cancelled"),
    }
}

/// Jobs as a table; on a machine's own page without the machine's name.
#[component]
pub fn JobTable(rows: Vec<JobRow>, asked_at: Time, machines: bool) -> AnyView {
    let rows: Vec<_> = rows.into_iter().map(|row| view! { <Row row asked_at machines/> }).collect();
    view! {
        <table class="list">
            <caption class="sr-only">"Jobs, newest first"</caption>
            <thead>
                <tr>
                    <th scope="col">"Job"</th>
                    {machines.then(|| view! { <th scope="col">"Machine"</th> })}
                    <th scope="col">"State"</th>
                    <th scope="col" class="wide">"What of it"</th>
                    <th scope="col">"Asked for"</th>
                    <th scope="col" class="number">"Took"</th>
                </tr>
            </thead>
            <tbody>{rows}</tbody>
        </table>
    }
    .into_any()
}

#[component]
fn Row(row: JobRow, asked_at: Time, machines: bool) -> AnyView {
    let words = match (&row.ended, &row.awaits) {
        (Some(ended), _) if row.phase == Phase::Closed => ended.because.clone(),
        (_, Some(awaits)) => format!("waits for {awaits}"),
        _ => String::new(),
    };
    let took = match row.closed_at {
        Some(end) => Either::Left(format::duration(end - row.created_at)),
        None => Either::Right(view! { <Elapsed since=row.created_at asked_at/> }),
    };
    view! {
        <tr>
            <th scope="row"><a href=format!("/jobs/{}", row.id)>{row.title}</a></th>
            {machines.then(|| view! { <td><a href=format!("/machines/{}", row.machine)>{row.machine_name}</a></td> })}
            <td><JobChip phase=row.phase ended=row.ended proof=row.proof permille=row.permille/></td>
            <td class="wide muted">{words}</td>
            <td class="figure muted"><When at=row.created_at date=true/></td>
            <td class="number figure">{took}</td>
        </tr>
    }.into_any()
}
