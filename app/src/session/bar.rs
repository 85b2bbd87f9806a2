//! The rail at the side, or the bar on top: where one is, where one can go, and whether the page is live.

use super::density::{self, density_switch};
use super::jump::jump;
use super::nav::{PLACES, Place};
use super::theme::{self, theme_switch};
use crate::parts::icon;
use crate::people::me::me;
use crate::people::menu::menu;
use leptos::prelude::*;

/// The bar of the page under way.
pub(crate) fn top_bar() -> AnyView {
    let path = use_context::<axum::http::request::Parts>().map(|parts| parts.uri.path().to_owned());
    let end = view! {
        {live_mark()}
        {density_switch(density::wanted())}
        {theme_switch(theme::wanted())}
        {me().map(|who| menu(&who))}
    };
    bar(&path.unwrap_or_default(), end.into_any())
}

/// Name, palette, navigation, and what stands at its end.
pub(crate) fn bar(path: &str, end: AnyView) -> AnyView {
    let link = |place: &Place| {
        let here = place.has(path).then_some("page");
        view! { <li><a href=place.href aria-current=here>{icon(place.icon)}{place.words}</a></li> }
    };
    view! {
        <header class="top">
            <a class="brand" href="/" aria-label="Pitstop, to the fleet">
                <img src="/logo.svg" width="24" height="24" alt=""/>
                <span>"Pitstop"</span>
            </a>
            {jump()}
            <nav aria-label="Main">
                <ul>{PLACES.iter().map(link).collect_view()}</ul>
            </nav>
            <div class="top-end">{end}</div>
        </header>
    }
    .into_any()
}

/// Is what one sees still so? `public/stream.js` says it; without scripts it is as it was loaded.
pub(crate) fn live_mark() -> AnyView {
    let title = "This page shows the moment it was loaded. Load it again to see what changed.";
    view! {
        <span class="live" data-status="loaded" title=title role="status">
            <span class="live-dot" aria-hidden="true"></span>
            <span class="live-words">"as loaded"</span>
        </span>
    }
    .into_any()
}
