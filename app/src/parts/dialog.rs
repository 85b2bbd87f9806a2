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

/// A button that opens a dialog. `command` does it without scripts in browsers of 2025 and later; `public/frame.js` does it
/// in all others.
#[component]
pub fn Opener(dialog: &'static str, #[prop(optional)] class: &'static str, children: Children) -> AnyView {
    view! {
        <button
            type="button" class=format!("button {class}") command="show-modal" commandfor=dialog aria-haspopup="dialog"
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
