//! Moments and durations: UTC from the server, the reader's zone once hydrated.

use crate::format;
use crate::live::clock::use_clock;
use chrono::{DateTime, Local, TimeZone};
use leptos::prelude::*;
use pitstop_domain::Time;
use std::fmt::Display;

/// A moment: the time of day, or with `date` the day too.
#[component]
pub fn When(at: Time, #[prop(optional)] date: bool) -> impl IntoView {
    let clock = use_clock();
    let text = move || {
        if clock.local() { words(&at.with_timezone(&Local), date, "") } else { words(&at, date, " UTC") }
    };
    view! { <time datetime=machine(at) title=full(at)>{text}</time> }
}

/// How long ago a moment was, counted on; the moment itself on hover.
#[component]
pub fn Ago(at: Time, asked_at: Time) -> impl IntoView {
    let clock = use_clock();
    let text = counted(move || format::ago(at, clock.now_or(asked_at)));
    view! { <time datetime=machine(at) title=full(at)>{text}</time> }
}

/// How long something lasts already, counted on.
#[component]
pub fn Elapsed(since: Time, asked_at: Time) -> impl IntoView {
    let clock = use_clock();
    let text = counted(move || format::elapsed(clock.now_or(asked_at) - since));
    view! { <span class="figure">{text}</span> }
}

/// How long until a moment, counted down; once past, it says so.
#[component]
pub fn Remaining(until: Time, asked_at: Time) -> impl IntoView {
    let clock = use_clock();
    let text = counted(move || {
        let left = until - clock.now_or(asked_at);
        if left.num_seconds() > 0 { format!("in {}", format::elapsed(left)) } else { "due now".to_owned() }
    });
    view! { <span class="figure">{text}</span> }
}

/// Text that is touched only when its words change, though the clock ticks each second.
fn counted(
    words: impl Fn() -> String + Send + Sync + 'static,
) -> impl Fn() -> String + Clone + Send + Sync + 'static {
    let text = ArcMemo::new(move |_| words());
    move || text.get()
}

fn words<Z: TimeZone>(at: &DateTime<Z>, date: bool, zone: &str) -> String
where
    Z::Offset: Display,
{
    let pattern = if date { "%-d %b %Y, %H:%M" } else { "%H:%M:%S" };
    format!("{}{zone}", at.format(pattern))
}

/// For programs (RFC 3339).
fn machine(at: Time) -> String {
    at.to_rfc3339_opts(chrono::SecondsFormat::Millis, true)
}

fn full(at: Time) -> String {
    at.format("%Y-%m-%d %H:%M:%S UTC").to_string()
}
