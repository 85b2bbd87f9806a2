//! Where the keyboard goes on with a new page. Keys that work everywhere are in `public/frame.js`, since they work on pages
//! without the program too.

use leptos::prelude::*;

/// Shows nothing.
#[component]
pub fn Keys() -> impl IntoView {
    // The link that led to another page is gone with its page: the keyboard goes on where the new one begins.
    let path = leptos_router::hooks::use_location().pathname;
    Effect::new(move |before: Option<String>| {
        let now = path.get();
        if before.is_some_and(|before| before != now) {
            crate::parts::focus("main");
        }
        now
    });
}
