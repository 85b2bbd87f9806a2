//! The copy button. It needs JavaScript and a secure context; the text stands beside it for all others.

use super::{Icon, icon};
use leptos::prelude::*;

/// Copies a text and says so.
#[component]
pub fn Copy(#[prop(into)] text: String, what: &'static str) -> impl IntoView {
    let copied = ArcRwSignal::new(false);
    let said = copied.clone();
    let press = move |_| {
        copy(&text);
        copied.set(true);
        let copied = copied.clone();
        set_timeout(
            move || {
                copied.set(false);
            },
            std::time::Duration::from_secs(2),
        );
    };
    view! {
        <button type="button" class="button quiet needs-script" on:click=press>
            {icon(Icon::Copy)}
            <span aria-live="polite">{move || if said.get() { "Copied".to_owned() } else { format!("Copy {what}") }}</span>
        </button>
    }
}

#[cfg(feature = "hydrate")]
fn copy(text: &str) {
    if let Some(window) = web_sys::window() {
        let _ = window.navigator().clipboard().write_text(text);
    }
}

#[cfg(not(feature = "hydrate"))]
fn copy(_text: &str) {}
