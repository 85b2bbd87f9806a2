//! Tabs that are links: each can be sent, and works without scripts.

use crate::format;
use leptos::prelude::*;

/// One tab.
pub struct Tab {
    pub href: String,
    pub words: &'static str,
    /// How many things are behind it, where that is worth saying.
    pub count: Option<u64>,
    /// It is the one that is shown.
    pub here: bool,
}

/// The row of tabs.
#[component]
pub fn Tabs(label: &'static str, tabs: Vec<Tab>) -> AnyView {
    let tabs: Vec<_> = tabs
        .into_iter()
        .map(|tab| {
            let count = tab.count.map(|n| view! { <span class="count figure">{format::count(n)}</span> });
            view! { <li><a href=tab.href aria-current=tab.here.then_some("page")>{tab.words} {count}</a></li> }
        })
        .collect();
    view! { <nav class="tabs" aria-label=label><ul>{tabs}</ul></nav> }.into_any()
}
