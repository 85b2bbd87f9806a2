//! Keys that work on every page.

/// `/` leads to the search field, where there is one.
pub fn provide_keys() {
    #[cfg(feature = "hydrate")]
    leptos::prelude::Effect::new(|_| listen());
}

#[cfg(feature = "hydrate")]
fn listen() {
    use leptos::prelude::{document, window_event_listener};
    use wasm_bindgen::JsCast;
    let listener = window_event_listener(leptos::ev::keydown, |event| {
        let plain = !event.ctrl_key() && !event.meta_key() && !event.alt_key();
        let field =
            document().get_element_by_id("q").and_then(|found| found.dyn_into::<web_sys::HtmlElement>().ok());
        if let Some(field) = field.filter(|_| event.key() == "/" && plain && !typing()) {
            event.prevent_default();
            let _ = field.focus();
        }
    });
    leptos::prelude::on_cleanup(move || listener.remove());
}

/// Is somebody writing in a field?
#[cfg(feature = "hydrate")]
fn typing() -> bool {
    let active = leptos::prelude::document().active_element();
    active.is_some_and(|element| matches!(element.tag_name().as_str(), "INPUT" | "TEXTAREA" | "SELECT"))
}
