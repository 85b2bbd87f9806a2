//! What stands where something will be, as large as that.

use leptos::prelude::*;

/// So many lines of text that are on their way.
#[component]
pub fn Skeleton(lines: usize) -> AnyView {
    let lines: Vec<_> = (0..lines).map(|_| view! { <i></i> }).collect();
    view! { <div class="skeleton-lines" aria-busy="true"><span class="sr-only">"Loading"</span>{lines}</div> }
        .into_any()
}
