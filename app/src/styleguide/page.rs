//! The page.

use super::SECTIONS;
use super::sheet::Sheet;
use crate::parts::Icon;
use crate::parts::toast::{Toast, drawn};
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;

/// The page at `/styleguide`. `sort`, `page` and `tab` of its samples are in the address, as on every page.
#[component]
pub fn StyleguidePage() -> impl IntoView {
    let [sort, page, tab] = use_query_map()
        .with_untracked(|map| ["sort", "page", "tab"].map(|name| map.get(name).unwrap_or_default()));
    let ways: Vec<_> = SECTIONS
        .into_iter()
        .map(|(id, words)| view! { <li><a href=format!("#{id}")>{words}</a></li> })
        .collect();
    view! {
        <Title text="Style guide"/>
        <div class="page-head">
            <h1>"Style guide"</h1>
            <p class="muted">"All parts in all their states"</p>
            <Say/>
        </div>
        <nav class="guide-ways" aria-label="Sections"><ul>{ways}</ul></nav>
        <div class="guide"><Sheet sort page tab/></div>
    }
}

/// Says something in the corner.
#[component]
fn Say() -> AnyView {
    let toast = Toast {
        state: "succeeded",
        icon: Icon::Check,
        title: "Memory test on pc-004: succeeded".to_owned(),
        words: "2 passes over 14.6 GiB, no error.".to_owned(),
        href: "/jobs".to_owned(),
    };
    let said = drawn(&toast).to_html();
    view! { <button type="button" class="button quiet head-act needs-script" data-say=said>"Say something"</button> }.into_any()
}
