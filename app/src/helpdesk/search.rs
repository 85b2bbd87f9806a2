//! One field that finds a machine by anything that the person on the phone can read out.

use super::api::{Found, FoundList, how_many};
use super::server::find;
use super::words;
use crate::live::document::drawn;
use crate::machines::parts::StateChip;
use crate::parts::{Ago, Empty, Icon, icon};
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;
use pitstop_domain::Time;

/// The page at `/helpdesk`.
#[component]
pub fn SearchPage() -> impl IntoView {
    let q = use_query_map().with_untracked(|map| map.get("q").unwrap_or_default());
    let asked = q.clone();
    view! {
        <Title text=words::TITLE/>
        <div class="desk">
            <div class="page-head"><h1>{words::TITLE}</h1></div>
            <p class="lead">{words::LEAD}</p>
            <Search q=q.clone()/>
            {drawn(async move { find(&q).await }, move |list| view! { <List list asked/> })}
        </div>
    }
}

#[component]
fn Search(q: String) -> AnyView {
    view! {
        <form method="get" action="/helpdesk" class="search desk-search" role="search">
            <label class="sr-only" for="q">{words::FIND}</label>
            {icon(Icon::Search)}
            <input
                id="q" name="q" type="search" value=q autocomplete="off" autocapitalize="off" spellcheck="false"
                enterkeyhint="search" autofocus placeholder=words::FIELD_HINT
            />
            <button type="submit" class="button primary large">{words::SEARCH}</button>
        </form>
    }
    .into_any()
}

#[component]
fn List(list: FoundList, asked: String) -> AnyView {
    if asked.trim().is_empty() {
        return view! { <p class="muted desk-hint">{words::FOUND_BY}</p> }.into_any();
    }
    if list.rows.is_empty() {
        return view! { <Empty title=words::NOTHING><p>{words::NOTHING_HELP}</p></Empty> }.into_any();
    }
    let many = how_many(&list);
    let asked_at = list.asked_at;
    let rows: Vec<_> = list.rows.into_iter().map(|row| card(row, asked_at)).collect();
    view! {
        <p class="muted" role="status">{many}</p>
        <ul class="desk-found">{rows}</ul>
        {list.more.then(|| view! { <p class="muted">{words::MORE}</p> })}
    }
    .into_any()
}

fn card(row: Found, asked_at: Time) -> AnyView {
    let under = row.under();
    let seen = row.last_seen.map(|at| view! { <span class="muted figure">"seen " <Ago at asked_at/></span> });
    view! {
        <li>
            <a href=format!("/helpdesk/{}", row.id)>
                <strong>{row.name}</strong>
                <StateChip state=row.state/>
                <span class="under">{under}</span>
                {seen}
            </a>
        </li>
    }
    .into_any()
}
