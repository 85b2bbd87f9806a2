//! One field that finds a machine by anything that the person on the phone can read out.

use super::api::{Found, FoundList, find, how_many};
use super::words;
use crate::live::fetched;
use crate::live::go::use_go;
use crate::machines::fleet::address::encode;
use crate::machines::parts::StateChip;
use crate::parts::{Ago, Empty, Icon, Trouble, icon};
use leptos::either::Either;
use leptos::ev::SubmitEvent;
use leptos::html::Input;
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;
use pitstop_domain::Time;

/// The page at `/helpdesk`.
#[component]
pub fn SearchPage() -> impl IntoView {
    let map = use_query_map();
    let q = Memo::new(move |_| map.with(|map| map.get("q").unwrap_or_default()));
    let data = fetched(move || q.get(), find);
    view! {
        <Title text=words::TITLE/>
        <div class="desk">
            <div class="page-head"><h1>{words::TITLE}</h1></div>
            <p class="lead">{words::LEAD}</p>
            <Search q/>
            <Transition fallback=|| view! { <div class="skeleton" aria-busy="true"></div> }>
                {move || data.get().map(|found| match found {
                    Ok(list) => Either::Left(view! { <List list asked=q.try_get_untracked().unwrap_or_default()/> }),
                    Err(failure) => Either::Right(view! { <Trouble failure/> }),
                })}
            </Transition>
        </div>
    }
}

#[component]
fn Search(q: Memo<String>) -> AnyView {
    let field = NodeRef::<Input>::new();
    let go = use_go();
    let submit = move |event: SubmitEvent| {
        if let Some(field) = field.get_untracked() {
            event.prevent_default();
            go(&format!("/helpdesk?q={}", encode(field.value().trim())));
        }
    };
    let value = move || q.try_get().unwrap_or_default();
    view! {
        <form method="get" action="/helpdesk" class="search desk-search" role="search" on:submit=submit>
            <label class="sr-only" for="q">{words::FIND}</label>
            {icon(Icon::Search)}
            <input
                node_ref=field id="q" name="q" type="search" value=value() prop:value=value autocomplete="off" autocapitalize="off" spellcheck="false"
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
