//! The page.

use super::SECTIONS;
use super::api::styleguide;
use crate::live::fetched;
use crate::parts::{Icon, Toast, Toasts, Trouble};
use leptos::either::Either;
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;

/// The page at `/styleguide`. `sort`, `page` and `tab` of its samples are in the address, as on every page.
#[component]
pub fn StyleguidePage() -> impl IntoView {
    let map = use_query_map();
    let asked = Memo::new(move |_| {
        map.with(|map| ["sort", "page", "tab"].map(|name| map.get(name).unwrap_or_default()))
    });
    let data = fetched(move || asked.get(), |[sort, page, tab]| styleguide(sort, page, tab));
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
        <Transition fallback=|| view! { <div class="skeleton tall" aria-busy="true"></div> }>
            {move || data.get().map(|found| match found {
                Ok(html) => Either::Left(view! { <div class="guide" inner_html=html></div> }),
                Err(failure) => Either::Right(view! { <Trouble failure/> }),
            })}
        </Transition>
    }
}

/// Says something in the corner.
#[component]
fn Say() -> AnyView {
    let toasts = Toasts::here();
    let say = move |_| {
        toasts.say(Toast {
            state: "succeeded",
            icon: Icon::Check,
            title: "Memory test on pc-004: succeeded".to_owned(),
            words: "2 passes over 14.6 GiB, no error.".to_owned(),
            href: "/jobs".to_owned(),
        });
    };
    view! { <button type="button" class="button quiet head-act needs-script" on:click=say>"Say something"</button> }.into_any()
}
