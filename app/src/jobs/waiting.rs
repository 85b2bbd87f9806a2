//! Why a job waits: what is awaited, since when, until when, what is done then, and what a person can do now.

use super::api::JobPage;
use super::parts::phase_words;
use crate::format;
use crate::parts::time::Remaining;
use crate::parts::{Elapsed, When};
use chrono::TimeDelta;
use leptos::either::Either;
use leptos::prelude::*;
use pitstop_domain::act::{Act, acts};
use pitstop_domain::facts::Decision;
use pitstop_domain::job::Phase;
use pitstop_domain::step::Waiting;

/// A time of day alone is plain within this.
const HALF_A_DAY: TimeDelta = TimeDelta::hours(12);

/// The panel of an open job. It has an answer at every moment.
#[component]
pub fn WhyItWaits(page: JobPage) -> AnyView {
    let waiting = page.waiting.clone().unwrap_or_else(|| not_looked_at(&page));
    let asked_at = page.asked_at;
    let until = match waiting.until {
        Some(until) => {
            let date = until - asked_at > HALF_A_DAY;
            Either::Left(view! { <When at=until date/> ", " <Remaining until asked_at/> })
        }
        None => Either::Right("no limit"),
    };
    let behind = page.behind.clone().map(|(id, title)| {
        view! { <p>"The machine is held by another job: " <a href=format!("/jobs/{id}")>{title}</a> ". One job holds a machine at a time."</p> }
    });
    let cancelled = page.cancel.clone().map(|cancel| {
        view! {
            <p class="notice">
                <span>
                    "Cancelled " <When at=cancel.at/> ": " {cancel.what}
                    ". What must not be cut ends first; then the machine is returned."
                </span>
            </p>
        }
    });
    view! {
        <section class="panel waiting" aria-labelledby="waits">
            <h2 id="waits">"What it waits for"</h2>
            <p class="awaits">{format::sentence(&waiting.awaits)}</p>
            {behind}
            <dl class="facts">
                <div><dt>"Since"</dt><dd><When at=waiting.since/> ", " <Elapsed since=waiting.since asked_at/></dd></div>
                <div><dt>"Usually"</dt>{usually(&page)}</div>
                <div><dt>"At the latest"</dt><dd>{until}</dd></div>
                <div><dt>"Then"</dt><dd>{format::sentence(&waiting.then)}</dd></div>
                <div><dt>"You can"</dt>{can_do(&page)}</div>
            </dl>
            {cancelled}
        </section>
    }.into_any()
}

/// A job that was asked for this moment, and that no worker has looked at yet.
fn not_looked_at(page: &JobPage) -> Waiting {
    Waiting { for_others: false,
        awaits: "a worker to look at it".to_owned(),
        since: page.job.attempt_since,
        until: None,
        then: "the next step is taken, usually within a second; if not, no worker runs: look at the server's log".to_owned(),
    }
}

/// How long the phase and the whole trip take, as far as that is known.
fn usually(page: &JobPage) -> Vec<AnyView> {
    let words = |s: u64| format::elapsed(TimeDelta::seconds(i64::try_from(s).unwrap_or(i64::MAX / 1000)));
    let mut lines = Vec::new();
    // How long people take to decide says nothing about the machine.
    if page.job.phase != Phase::Held {
        lines.push(match page.usual_phase_s {
            Some(s) => format!("{} takes {} on this model", phase_words(page.job.phase), words(s)),
            None => format!("not known yet how long {} takes on this model", phase_words(page.job.phase)),
        });
    }
    if let Some(s) = page.usual_s {
        lines.push(format!("the whole trip takes {}", words(s)));
    }
    if lines.is_empty() {
        lines.push("not known yet".to_owned());
    }
    lines.into_iter().map(|line| view! { <dd>{line}</dd> }.into_any()).collect()
}

/// What a person can do, each leading to where it is done.
fn can_do(page: &JobPage) -> Vec<AnyView> {
    let acts = acts(&page.job, page.cancel.is_some());
    if acts.is_empty() {
        return vec![view! { <dd>"nothing, and nothing needs to be done"</dd> }.into_any()];
    }
    let asked = page.person_call().is_some();
    let routes = acts.iter().filter(|act| matches!(act, Act::Decide(Decision::ByRoute(_)))).count();
    let mut lines = Vec::new();
    for act in acts {
        let (place, words) = match &act {
            Act::Cancel => (Some("#cancel"), act.words()),
            Act::Press(_) => (asked.then_some("#press"), act.words()),
            // One line for all of them: they stand side by side above.
            Act::Decide(Decision::ByRoute(_)) if routes > 1 => {
                (Some("#decide"), format!("try again from one of its {routes} routes on"))
            }
            Act::Decide(_) => (Some("#decide"), act.words()),
        };
        if !lines.contains(&(place, words.clone())) {
            lines.push((place, words));
        }
    }
    lines
        .into_iter()
        .map(|(place, words)| match place {
            Some(place) => view! { <dd><a href=place>{words}</a></dd> }.into_any(),
            None => view! { <dd>{words}</dd> }.into_any(),
        })
        .collect()
}
