//! The copy button. It needs JavaScript; the text stands beside it for all others.

use super::{Icon, icon};
use leptos::prelude::*;

/// What became of the copying.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Copied {
    NotYet,
    Done,
    Refused,
}

/// Copies a text and says so.
#[component]
pub fn Copy(#[prop(into)] text: String, what: &'static str) -> impl IntoView {
    // Counted by reference: read while a page is rendered (see `form`).
    let copied = ArcRwSignal::new(Copied::NotYet);
    let said = copied.clone();
    let press = move |_| {
        copied.set(if copy(&text) { Copied::Done } else { Copied::Refused });
        let copied = copied.clone();
        set_timeout(move || copied.set(Copied::NotYet), std::time::Duration::from_secs(3));
    };
    let words = move || match said.get() {
        Copied::NotYet => format!("Copy {what}"),
        Copied::Done => "Copied".to_owned(),
        Copied::Refused => "The browser did not let us copy: select the text".to_owned(),
    };
    view! {
        <button type="button" class="button quiet needs-script" on:click=press>
            {icon(Icon::Copy)}
            <span aria-live="polite">{words}</span>
        </button>
    }
}

/// By a selected field and not by `navigator.clipboard`, which is missing where the dashboard is reached by plain
/// HTTP at an address of the local network.
#[cfg(feature = "hydrate")]
fn copy(text: &str) -> bool {
    let by_selection = || {
        use wasm_bindgen::JsCast;
        let document = document().dyn_into::<web_sys::HtmlDocument>().ok()?;
        let field =
            document.create_element("textarea").ok()?.dyn_into::<web_sys::HtmlTextAreaElement>().ok()?;
        field.set_value(text);
        field.set_class_name("sr-only");
        document.body()?.append_child(&field).ok()?;
        field.select();
        let copied = document.exec_command("copy").unwrap_or(false);
        field.remove();
        Some(copied)
    };
    by_selection().unwrap_or(false)
}

#[cfg(not(feature = "hydrate"))]
fn copy(_: &str) -> bool {
    false
}
