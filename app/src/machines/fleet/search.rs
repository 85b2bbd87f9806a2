//! The line that is searched with: completed while it is typed, its words as chips, and what is wrong with it.

use super::address::FleetQuery;
use crate::format;
use crate::live::go::use_go;
use crate::parts::{Icon, icon};
use leptos::ev::SubmitEvent;
use leptos::html::Input;
use leptos::prelude::*;
use leptos::web_sys::HtmlInputElement;
use pitstop_domain::query::complete::{Values, complete};
use pitstop_domain::query::{Group, Query, QueryError, edit};

/// Lines that are offered at once.
const OFFERED: usize = 12;

/// The form. Without JavaScript the browser offers what could follow the words that were searched for.
#[component]
pub fn Search(query: FleetQuery, values: Values) -> AnyView {
    let field = NodeRef::<Input>::new();
    let go = use_go();
    let asked = query.clone();
    let submit = move |event: SubmitEvent| {
        if let Some(field) = field.get_untracked() {
            event.prevent_default();
            let _ = field.set_attribute(SHOWN, &field.value());
            go(&asked.with(field.value()).href());
        }
    };
    let found = query.q.clone();
    Effect::new(move |_| field.get().inspect(|field| show(field, &found)));
    let begun = if query.q.trim().is_empty() { String::new() } else { format!("{} ", query.q.trim()) };
    let typed = ArcRwSignal::new(begun);
    let (reads, writes) = (typed.clone(), typed);
    let offers = move || {
        let lines = complete(&reads.get(), &values, OFFERED);
        lines.into_iter().map(|line| view! { <option value=line></option> }).collect::<Vec<_>>()
    };
    let type_on = move |event: leptos::ev::Event| writes.set(event_target_value(&event));
    // What else the address holds stays.
    let group = if query.group == Group::default() { "" } else { query.group.name() };
    let rest =
        [("sort", query.sort.word()), ("view", query.view.name().to_owned()), ("group", group.to_owned())];
    let rest: Vec<_> = rest
        .into_iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(name, value)| view! { <input type="hidden" name=name value=value/> })
        .collect();
    view! {
        <form method="get" action="/" class="search fleet-search" role="search" on:submit=submit>
            <label class="sr-only" for="q">"Search machines"</label>
            {icon(Icon::Search)}
            <input
                node_ref=field id="q" name="q" type="search" value=query.q autocomplete="off"
                spellcheck="false" list="q-offers" aria-describedby="q-help" on:input=type_on
                placeholder="Name, user, room, IP … or site:berlin state:held"
            />
            <datalist id="q-offers">{offers}</datalist>
            {rest}
            <button type="submit" class="button">"Search"</button>
            <details class="search-help">
                <summary aria-label="How to search"><span aria-hidden="true">"?"</span></summary>
                <div class="search-help-body" id="q-help">
                    <p>"All words must hold. A word without a key is looked for in names, rooms, people, numbers and addresses."</p>
                    <dl>
                        <div><dt><code>"site:berlin,hamburg"</code></dt><dd>"one of these"</dd></div>
                        <div><dt><code>"label:lab -label:kiosk"</code></dt><dd>"with one label, without the other"</dd></div>
                        <div><dt><code>"model:\"OptiPlex 7090\""</code></dt><dd>"quotes hold words together"</dd></div>
                        <div><dt><code>"name:pc-0*"</code></dt><dd>"a star is anything"</dd></div>
                        <div><dt><code>"seen<1h seen>7d seen:never"</code></dt><dd>"seen within the hour; longer ago; never"</dd></div>
                        <div><dt><code>"health<60 health>80 health:none"</code></dt><dd>"worse; better; not known, which is neither"</dd></div>
                        <div><dt><code>"state:held"</code></dt><dd>"also switching, maintenance, returning, silent, unknown, own, off"</dd></div>
                        <div><dt><code>"room user asset serial mac ip arch firmware"</code></dt><dd>"further keys"</dd></div>
                    </dl>
                </div>
            </details>
        </form>
    }
    .into_any()
}

/// What the field was last known to hold: what is searched for, or was sent.
const SHOWN: &str = "data-shown";

/// Writes what was searched for, unless somebody is typing something else: an answer that comes late takes nothing away.
fn show(field: &HtmlInputElement, found: &str) {
    let shown = field.get_attribute(SHOWN).unwrap_or_else(|| field.default_value());
    let typing = document().active_element().is_some_and(|at| at == ***field);
    if field.value() == shown || (!typing && found != shown) {
        field.set_value(found);
        let _ = field.set_attribute(SHOWN, found);
    }
}

/// The words of the line; each can be taken away.
#[component]
pub fn Chips(query: FleetQuery) -> AnyView {
    let chips: Vec<_> = Query::chips(&query.q)
        .into_iter()
        .map(|(word, without)| {
            let label = format!("Take {word} away");
            let href = query.with(without).href();
            view! {
                <li>
                    <a class="word" href=href aria-label=label>
                        <code>{word}</code> {icon(Icon::Cross)}
                    </a>
                </li>
            }
        })
        .collect();
    if chips.is_empty() {
        return ().into_any();
    }
    let clear = query.with(String::new()).href();
    view! {
        <ul class="words" aria-label="Words of the search">
            {chips}
            <li><a class="word-clear" href=clear>"Clear"</a></li>
        </ul>
    }
    .into_any()
}

/// What is not understood. The line stays as it was typed.
#[component]
pub fn Misread(query: FleetQuery, errors: Vec<QueryError>) -> AnyView {
    let lines: Vec<_> = errors
        .into_iter()
        .map(|error| {
            let instead = error.instead.clone().map(|word| {
                let href = query.with(edit::instead(&query.q, error.at, &word)).href();
                view! { <p>"Did you mean " <a href=href><code>{word}</code></a> "?"</p> }
            });
            view! { <li><p><code>{error.word}</code> " — " {format::sentence(&error.why)}</p> {instead}</li> }
        })
        .collect();
    view! {
        <div class="notice bad" role="alert">
            {icon(Icon::Warning)}
            <div class="misread">
                <strong>"This search is not understood, so nothing was looked for"</strong>
                <ul>{lines}</ul>
            </div>
        </div>
    }
    .into_any()
}
