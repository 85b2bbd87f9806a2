//! Which system the machine ran when, as a ribbon; beneath it the same in words.

use crate::format;
use crate::parts::When;
use leptos::prelude::*;
use pitstop_domain::Time;
use pitstop_domain::ribbon::{Span, System};

/// Width of the drawing, in its units.
const WIDTH: i64 = 1000;

/// Spans that are told in words, the newest.
const TOLD: usize = 12;

#[component]
pub fn Ribbon(spans: Vec<Span>, asked_at: Time) -> AnyView {
    let (Some(first), Some(last)) = (spans.first(), spans.last()) else { return ().into_any() };
    let (from, whole) = (first.from, (last.to - first.from).num_seconds().max(1));
    let x = |at: Time| (at - from).num_seconds() * WIDTH / whole;
    let pieces: Vec<_> = spans
        .iter()
        .map(|span| {
            // A trip of minutes is seen in a week of days.
            let width = (x(span.to) - x(span.from)).max(3);
            let title = format!("{}, {}", span.system.words(), format::elapsed(span.to - span.from));
            view! {
                <rect data-state=span.system.name() x=x(span.from).to_string() width=width.to_string() height="28">
                    <title>{title}</title>
                </rect>
            }
        })
        .collect();
    let days: Vec<_> = (1..7)
        .map(|day| WIDTH * day / 7)
        .map(|x| view! { <line x1=x.to_string() x2=x.to_string() y1="0" y2="28"></line> })
        .collect();
    let lines: Vec<_> = spans.iter().rev().take(TOLD).map(|span| line(*span, asked_at)).collect();
    view! {
        <section class="ribbon" aria-labelledby="ribbon">
            <h2 id="ribbon">"Seven days"</h2>
            <svg viewBox="0 0 1000 28" preserveAspectRatio="none" role="img" aria-label=summary(&spans)>{pieces}{days}</svg>
            <p class="ribbon-scale muted" aria-hidden="true"><span>"7 d ago"</span><span>"now"</span></p>
            <ul class="ribbon-key" aria-hidden="true">
                {[System::Own, System::Maintenance, System::Starting, System::Unknown].map(|system| {
                    view! { <li data-state=system.name()><span class="swatch"></span>{system.words()}</li> }
                })}
            </ul>
            <details>
                <summary class="muted">"In words"</summary>
                <ol class="lines">{lines}</ol>
            </details>
        </section>
    }
    .into_any()
}

fn line(span: Span, asked_at: Time) -> impl IntoView {
    let lasts = if span.to >= asked_at { "for " } else { "" };
    view! {
        <li>
            <span class="muted figure"><When at=span.from date=true/></span>
            <span>{span.system.words()} ", " {lasts} {format::elapsed(span.to - span.from)}</span>
        </li>
    }
}

/// How long each system ran in all.
fn summary(spans: &[Span]) -> String {
    let of = |system: System| {
        let spans = spans.iter().filter(|span| span.system == system);
        let all = spans.map(|span| (span.to - span.from).num_seconds()).sum::<i64>();
        (all > 0).then(|| format!("{} {}", system.words(), format::elapsed(chrono::TimeDelta::seconds(all))))
    };
    let each: Vec<_> = [System::Own, System::Maintenance, System::Starting, System::Unknown]
        .into_iter()
        .filter_map(of)
        .collect();
    format!("In the last seven days: {}", each.join(", "))
}
