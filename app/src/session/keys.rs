//! Keys that work on every page: `/` leads to the search field, Ctrl-K or ⌘K opens the palette, G and a letter lead to
//! a page. And where the focus goes with a new page.

use leptos::prelude::*;

/// Listens, in the browser. Shows nothing.
#[component]
pub fn Keys() -> impl IntoView {
    #[cfg(feature = "hydrate")]
    browser::listen();
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

/// To the search field, where the page has one.
pub(crate) fn to_search() -> bool {
    #[cfg(feature = "hydrate")]
    return browser::focus("q");
    #[cfg(not(feature = "hydrate"))]
    false
}

#[cfg(feature = "hydrate")]
mod browser {
    use super::to_search;
    use crate::live::go::use_go;
    use crate::palette::PaletteState;
    use crate::palette::entries::PAGES;
    use leptos::prelude::*;
    use std::cell::Cell;
    use wasm_bindgen::JsCast;

    /// Between G and its letter, in milliseconds: as long as one may think.
    const SOON: f64 = 1500.0;

    pub fn listen() {
        let (palette, go) = (PaletteState::here(), use_go());
        let began = Cell::new(f64::MIN);
        let listener = window_event_listener(leptos::ev::keydown, move |event| {
            let key = event.key().to_lowercase();
            if key == "k" && (event.ctrl_key() || event.meta_key()) && !event.alt_key() && !event.shift_key()
            {
                event.prevent_default();
                return palette.open();
            }
            if event.ctrl_key() || event.meta_key() || event.alt_key() || typing() {
                return;
            }
            let now = js_sys::Date::now();
            if now - began.replace(f64::MIN) < SOON {
                let page = PAGES.iter().find(|(_, _, _, letter)| letter.to_lowercase() == key);
                if let Some((path, ..)) = page {
                    event.prevent_default();
                    return go(path);
                }
            }
            match key.as_str() {
                "g" => began.set(now),
                "/" => {
                    event.prevent_default();
                    if !to_search() {
                        palette.open();
                    }
                }
                _ => {}
            }
        });
        on_cleanup(move || listener.remove());
    }

    pub fn focus(id: &str) -> bool {
        let field = document().get_element_by_id(id);
        let field = field.and_then(|found| found.dyn_into::<web_sys::HtmlElement>().ok());
        field.is_some_and(|field| field.focus().is_ok())
    }

    /// Is somebody writing in a field, or is a dialog open?
    fn typing() -> bool {
        let active = document().active_element();
        let field = active
            .is_some_and(|element| matches!(element.tag_name().as_str(), "INPUT" | "TEXTAREA" | "SELECT"));
        field || document().query_selector("dialog[open]").ok().flatten().is_some()
    }
}
