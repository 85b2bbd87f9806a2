//! Moments and durations: UTC, and as of the answer, from the server; `public/times.js` writes the reader's zone and
//! counts on.

use crate::format;
use leptos::prelude::*;
use pitstop_domain::Time;

/// A moment: the time of day, or with `date` the day too.
#[component]
pub fn When(at: Time, #[prop(optional)] date: bool) -> impl IntoView {
    let (pattern, named) = if date { ("%-d %b %Y, %H:%M UTC", "day") } else { ("%H:%M:%S UTC", "time") };
    view! { <time datetime=machine(at) title=full(at) data-as=named>{at.format(pattern).to_string()}</time> }
}

/// How long ago a moment was, counted on; the moment itself on hover.
#[component]
pub fn Ago(at: Time, asked_at: Time) -> impl IntoView {
    view! { <time datetime=machine(at) title=full(at) data-as="ago">{format::ago(at, asked_at)}</time> }
}

/// How long something lasts already, counted on.
#[component]
pub fn Elapsed(since: Time, asked_at: Time) -> impl IntoView {
    view! { <span class="figure" data-since=machine(since)>{format::elapsed(asked_at - since)}</span> }
}

/// How long until a moment, counted down; once past, it says so.
#[component]
pub fn Remaining(until: Time, asked_at: Time) -> impl IntoView {
    let left = until - asked_at;
    let words = match left.num_seconds() {
        1.. => format!("in {}", format::elapsed(left)),
        _ => "due now".to_owned(),
    };
    view! { <span class="figure" data-until=machine(until)>{words}</span> }
}

/// For programs (RFC 3339).
fn machine(at: Time) -> String {
    at.to_rfc3339_opts(chrono::SecondsFormat::Millis, true)
}

fn full(at: Time) -> String {
    at.format("%Y-%m-%d %H:%M:%S UTC").to_string()
}
