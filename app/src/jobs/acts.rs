//! What a person can do to a job: cancel, and decide where it is held.

use super::api::{CallLine, CancelJob, Decide, JobPage, PersonDid};
use super::story::{call, call_words};
use crate::format;
use crate::machines::routes::words::place_of;
use crate::parts::form::Posts;
use crate::parts::{Elapsed, Icon, Post, Posted, Refusal, icon};
use crate::people::allowed::Allowed;
use crate::people::me::why_not_at;
use leptos::prelude::*;
use pitstop_domain::act::decisions;
use pitstop_domain::facts::{CallState, Decision};
use pitstop_domain::job::Phase;
use pitstop_domain::people::Right;
use pitstop_domain::route::{Route, Target};

/// Called once by the page.
pub fn provide_acts() {
    Posted::<CancelJob>::provide();
    Posted::<Decide>::provide();
    Posted::<PersonDid>::provide();
}

/// Takes the job back; the trip back is made all the same.
#[component]
pub fn Cancel(page: JobPage) -> AnyView {
    let posted = Posted::<CancelJob>::here();
    let refusal = refusal(&posted);
    let possible =
        matches!(page.job.phase, Phase::Queued | Phase::Switching | Phase::Running) && page.cancel.is_none();
    let why = why_not_at(Right::Cancel, &page.site);
    let what = match page.job.phase {
        Phase::Queued => "The machine was not touched yet: the job is closed at once.",
        _ => "The work is stopped where it can be, and the machine is restarted into its own system.",
    };
    possible
        .then(|| {
            view! {
                <details class="panel cancel" id="cancel">
                    <summary>"Cancel this job"</summary>
                    <p>{what}</p>
                    {refusal}
                    <Allowed why=why><Post posted>
                        <input type="hidden" name="job" value=page.job.id.to_string()/>
                        <button type="submit" class="button danger">"Cancel the job"</button>
                    </Post></Allowed>
                </details>
            }
        })
        .into_any()
}

/// A held job waits for a decision: why it is held, what was tried, and what can be done.
#[component]
pub fn Decisions(page: JobPage) -> AnyView {
    if page.job.phase != Phase::Held {
        return ().into_any();
    }
    let posted = Posted::<Decide>::here();
    let refusal = refusal(&posted);
    let why = why_not_at(Right::Decide, &page.site);
    let (job, name) = (page.job.id.to_string(), page.machine_name.clone());
    let (sure, again) = (job.clone(), job.clone());
    let reason = page.history.iter().rev().find(|line| line.to == Phase::Held).cloned();
    let since = reason.as_ref().map_or(page.job.phase_since, |line| line.at);
    let ways: Vec<_> = decisions(&page.job)
        .into_iter()
        .enumerate()
        .filter_map(|(nth, decision)| match decision {
            Decision::ByRoute(route) => Some(by_route(&page, nth, &route)),
            _ => None,
        })
        .collect();
    let by_route = (!ways.is_empty()).then(|| {
        view! {
            <h3>"By another route"</h3>
            <Post posted=posted.clone() class="choices small">
                <input type="hidden" name="job" value=again/>
                {ways}
            </Post>
        }
    });
    view! {
        <section class="panel held" aria-labelledby="decide">
            <h2 id="decide">{icon(Icon::Hand)} "Your decision"</h2>
            {reason.map(|line| view! { <p class="because">{format::sentence(&line.reason)}</p> })}
            <p>
                "Held for " <Elapsed since asked_at=page.asked_at/> ". " <strong>{name.clone()}</strong>
                " stays reserved until you decide, or until it is seen in its own system."
            </p>
            <Tried page=page.clone()/>
            {refusal}
            <Allowed why=why>
            <Post posted=posted.clone() class="choices">
                <input type="hidden" name="job" value=job/>
                <button type="submit" name="decision" value="try_again" class="button primary">
                    <strong>"Try again"</strong> <span>"Every route once more, from the first"</span>
                </button>
                <button type="submit" name="decision" value="confirm_own_system" class="button">
                    <strong>"It runs its own system"</strong> <span>"I have seen it; recorded as confirmed by me"</span>
                </button>
            </Post>
            {by_route}
            <details class="sure">
                <summary>"Give up"</summary>
                <Post posted class="stack-tight">
                    <input type="hidden" name="job" value=sure/>
                    <p>
                        "The job is closed and the machine is free for others. It stays unproven that " {name}
                        " runs its own system: somebody should look at it."
                    </p>
                    <label class="check">
                        <input type="checkbox" name="sure" value="yes" required/>
                        " I know that its return stays unproven"
                    </label>
                    <button type="submit" name="decision" value="give_up" class="button danger">"Give up and close the job"</button>
                </Post>
            </details>
            </Allowed>
        </section>
    }.into_any()
}

fn by_route(page: &JobPage, nth: usize, route: &Route) -> impl IntoView + use<> {
    let last = page.calls.iter().rev().find(|call| call.route == *route && call.target == Target::OwnSystem);
    let last = match last {
        Some(call) => format!("last: {}", call_words(call.state)),
        None => "not tried in this job".to_owned(),
    };
    view! {
        <button type="submit" name="decision" value=format!("by_route:{nth}") class="button">
            <strong>{format::begin(route.words())}</strong> <span>{place_of(route).map(|place| format!("{place}; "))}{last}</span>
        </button>
    }
}

/// What was tried to bring the machine back, with the answers.
#[component]
fn Tried(page: JobPage) -> AnyView {
    let home = |call: &&CallLine| call.target == Target::OwnSystem && call.state != CallState::Void;
    let calls: Vec<_> = page.calls.iter().filter(home).cloned().map(call).collect();
    if calls.is_empty() {
        return view! { <p class="muted">"No route was asked: none of its routes can bring it home."</p> }
            .into_any();
    }
    view! {
        <h3>"What was tried"</h3>
        <ol class="lines">{calls}</ol>
    }
    .into_any()
}

/// The refusal, beside the form that was posted.
pub(super) fn refusal<F: Posts>(posted: &Posted<F>) -> impl IntoView + use<F> {
    let posted = posted.clone();
    move || posted.failure().map(|failure| view! { <Refusal failure/> })
}
