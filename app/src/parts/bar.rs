//! A bar of measured progress. Its width is an SVG attribute: no inline style is needed.

use crate::format;
use leptos::prelude::*;

/// `done` of `total`, drawn and told.
#[component]
pub fn Bar(#[prop(into)] label: String, done: u64, total: u64) -> impl IntoView {
    let percent = format::percent(done, total).unwrap_or(0);
    view! {
        <span class="bar" role="progressbar" aria-label=label aria-valuemin="0" aria-valuemax="100" aria-valuenow=percent.to_string()>
            <svg viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true" focusable="false">
                <rect class="bar-ground" width="100" height="4"></rect>
                <rect class="bar-fill" width=percent.to_string() height="4"></rect>
            </svg>
            <span class="bar-figure figure">{format!("{percent} %")}</span>
        </span>
    }
}
