//! The browser's own dialog: it keeps the focus, closes by Escape, and gives the focus back.

use super::{Icon, icon};
use leptos::prelude::*;

/// A dialog with its name on top. Opened by an [`Opener`] with the same id.
#[component]
pub fn Dialog(
    id: &'static str,
    #[prop(into)] title: String,
    /// Buttons at its end; one of them should do nothing but close.
    acts: AnyView,
    children: Children,
) -> AnyView {
    let named = format!("{id}-title");
    let name = named.clone();
    view! {
        <dialog id=id aria-labelledby=named>
            <div class="dialog-head">
                <h2 id=name>{title}</h2>
                <form method="dialog">
                    <button class="button bare square" aria-label="Close">{icon(Icon::Cross)}</button>
                </form>
            </div>
            <div class="dialog-body">{children()}</div>
            <div class="dialog-acts">{acts}</div>
        </dialog>
    }
    .into_any()
}

/// A button that opens a dialog. `command` does it without scripts in browsers of 2025 and later; the program of the
/// page does it in all others.
#[component]
pub fn Opener(dialog: &'static str, #[prop(optional)] class: &'static str, children: Children) -> AnyView {
    view! {
        <button
            type="button" class=format!("button {class}") command="show-modal" commandfor=dialog aria-haspopup="dialog"
            on:click=move |_| open(dialog)
        >
            {children()}
        </button>
    }
    .into_any()
}

/// A button that closes the dialog it stands in, and does nothing else.
#[component]
pub fn Closer(children: Children) -> AnyView {
    view! { <form method="dialog"><button class="button">{children()}</button></form> }.into_any()
}

/// Opens a dialog, unless it is open.
pub fn open(id: &str) {
    #[cfg(feature = "hydrate")]
    if let Some(dialog) = find(id).filter(|dialog| !dialog.open()) {
        let _ = dialog.show_modal();
    }
    #[cfg(not(feature = "hydrate"))]
    let _ = id;
}

/// Closes a dialog.
pub fn close(id: &str) {
    #[cfg(feature = "hydrate")]
    if let Some(dialog) = find(id) {
        dialog.close();
    }
    #[cfg(not(feature = "hydrate"))]
    let _ = id;
}

#[cfg(feature = "hydrate")]
fn find(id: &str) -> Option<web_sys::HtmlDialogElement> {
    use wasm_bindgen::JsCast;
    document().get_element_by_id(id)?.dyn_into().ok()
}
