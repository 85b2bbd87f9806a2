//! The copy button. It needs JavaScript (`public/live.js`); the text stands beside it for all others.

use super::{Icon, icon};
use leptos::prelude::*;

/// Copies a text and says so.
#[component]
pub fn Copy(#[prop(into)] text: String, what: &'static str) -> AnyView {
    view! {
        <button type="button" class="button quiet needs-script" data-copy=text>
            {icon(Icon::Copy)}
            <span aria-live="polite">{format!("Copy {what}")}</span>
        </button>
    }
    .into_any()
}
