//! What happened elsewhere, said once in a corner (`session::news`, `public/news.js`). It stays until it is read: nothing
//! runs away from a reader.

use super::{Icon, icon};
use leptos::prelude::*;

/// One thing that happened.
#[derive(Clone, Debug, PartialEq)]
pub struct Toast {
    /// The word in classes, as states have it: `succeeded`, `held`, `failed`.
    pub state: &'static str,
    pub icon: Icon,
    pub title: String,
    pub words: String,
    /// Where more is to be read.
    pub href: String,
}

/// As it stands in the corner.
pub(crate) fn drawn(toast: &Toast) -> AnyView {
    view! {
        <div class="toast" data-state=toast.state>
            {icon(toast.icon)}
            <div>
                <p><a href=toast.href.clone()><strong>{toast.title.clone()}</strong></a></p>
                <p class="muted">{toast.words.clone()}</p>
            </div>
            <button type="button" class="button bare square" aria-label="Read, take it away">{icon(Icon::Cross)}</button>
        </div>
    }
    .into_any()
}
