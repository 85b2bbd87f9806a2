//! Why a job waits: what is awaited, since when, until when, and what is done then.

use super::api::JobPage;
use crate::format;
use crate::parts::time::Remaining;
use crate::parts::{Elapsed, When};
use chrono::TimeDelta;
use leptos::either::Either;
use leptos::prelude::*;

/// A time of day alone is plain within this.
const HALF_A_DAY: TimeDelta = TimeDelta::hours(12);

/// The panel of an open job.
#[component]
pub fn WhyItWaits(page: JobPage) -> AnyView {
    let Some(waiting) = page.waiting else { return ().into_any() };
    let asked_at = page.asked_at;
    let usual = page.usual_s.and_then(|s| i64::try_from(s).ok()).map(|s| {
        view! { <div><dt>"Usually"</dt><dd>"the whole trip takes " {format::elapsed(TimeDelta::seconds(s))} " on this model"</dd></div> }
    });
    let until = match waiting.until {
        Some(until) => {
            let date = until - asked_at > HALF_A_DAY;
            Either::Left(view! { <When at=until date/> ", " <Remaining until asked_at/> })
        }
        None => Either::Right("no limit"),
    };
    let cancelled = page.cancel.map(|cancel| {
        view! {
            <p class="notice">
                "Cancelled " <When at=cancel.at/> ": " {cancel.what}
                ". What must not be cut ends first; then the machine is returned."
            </p>
        }
    });
    view! {
        <section class="panel waiting" aria-labelledby="waits">
            <h2 id="waits">"What it waits for"</h2>
            <p class="awaits">{format::sentence(&waiting.awaits)}</p>
            <dl class="facts">
                <div><dt>"Since"</dt><dd><When at=waiting.since/> ", " <Elapsed since=waiting.since asked_at/></dd></div>
                <div><dt>"Until"</dt><dd>{until}</dd></div>
                <div><dt>"Then"</dt><dd>{format::sentence(&waiting.then)}</dd></div>
                {usual}
            </dl>
            {cancelled}
        </section>
    }.into_any()
}
