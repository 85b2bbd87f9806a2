//! The rail at the side, or the bar on top: where one is, where one can go, and whether the page is live.

use super::density::{self, density_switch};
use super::jump::jump;
use super::nav::{PLACES, Place};
use super::theme::{self, theme_switch};
use crate::live::{Status, use_status};
use crate::parts::icon;
use crate::people::menu::PersonMenu;
use leptos::prelude::*;
use leptos_router::hooks::use_location;

/// Name, palette, navigation, live mark, density, theme.
#[component]
pub fn TopBar() -> AnyView {
    let path = use_location().pathname;
    let link = move |place: &'static Place| {
        let Place { href, words, icon: drawing, is_document, .. } = *place;
        let (here, rel) = (move || path.with(|path| place.has(path)), is_document.then_some("external"));
        view! {
            <li><a href=href rel=rel aria-current=move || here().then_some("page")>{icon(drawing)}{words}</a></li>
        }
    };
    view! {
        <header class="top">
            <a class="brand" href="/" aria-label="Pitstop, to the fleet">
                <img src="/logo.svg" width="24" height="24" alt=""/>
                <span>"Pitstop"</span>
            </a>
            {jump()}
            <nav aria-label="Main">
                <ul>
                    {PLACES.iter().map(link).collect_view()}
                </ul>
            </nav>
            <div class="top-end">
                <LiveMark/>
                {density_switch(density::wanted())}
                {theme_switch(theme::wanted())}
                <PersonMenu/>
            </div>
        </header>
    }
    .into_any()
}

/// Is what one sees still so?
#[component]
fn LiveMark() -> impl IntoView {
    let status = use_status();
    let title = move || match status.get() {
        Status::AsLoaded => "This page shows the moment it was loaded. Load it again to see what changed.",
        Status::Live => "This page follows what happens.",
        Status::Lost => "The connection is lost: this page shows what was. It is tried again by itself.",
    };
    view! {
        <span class="live" data-status=move || status.get().name() title=title role="status">
            <span class="live-dot" aria-hidden="true"></span>
            {move || status.get().words()}
        </span>
    }
}
