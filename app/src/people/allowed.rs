//! What a person may not do is shown, cannot be pressed, and says why.

use crate::parts::{Icon, icon};
use leptos::either::Either;
use leptos::prelude::*;

/// A form, or several. `why`: why this person may not use them; `None`: they may. The server decides again.
#[component]
pub fn Allowed(why: Option<String>, children: Children) -> impl IntoView {
    match why {
        None => Either::Left(children()),
        Some(why) => Either::Right(view! {
            <p class="why-not">{icon(Icon::Hand)} <span>{why}</span></p>
            <fieldset class="not-allowed" disabled>{children()}</fieldset>
        }),
    }
}
