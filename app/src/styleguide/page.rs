//! The page.

use super::draws::{Charts, Icons, Palette, Type};
use super::lists::{Lists, TabsSample};
use super::press::{Buttons, Dialogs, Fields};
use super::says::{Chips, Empties, Loading, Notices, Progress, Steps, Times, ToastSample};
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;

const SECTIONS: [(&str, &str); 16] = [
    ("type", "Type"),
    ("colours", "Colours"),
    ("icons", "Icons"),
    ("buttons", "Buttons"),
    ("fields", "Fields"),
    ("dialogs", "Dialogs"),
    ("tabs", "Tabs"),
    ("tables", "Tables"),
    ("chips", "Chips"),
    ("notices", "Notices"),
    ("progress", "Progress"),
    ("steps", "Stepper"),
    ("times", "Dates and durations"),
    ("charts", "Charts"),
    ("loading", "Loading"),
    ("empty", "Empty and trouble"),
];

/// The page at `/styleguide`. `sort`, `page` and `tab` of its samples are in the address, as on every page.
#[component]
pub fn StyleguidePage() -> impl IntoView {
    let map = use_query_map();
    let of = move |name: &'static str| Memo::new(move |_| map.with(|map| map.get(name).unwrap_or_default()));
    let (sort, window, tab) = (of("sort"), of("page"), of("tab"));
    let ways: Vec<_> = SECTIONS
        .into_iter()
        .map(|(id, words)| view! { <li><a href=format!("#{id}")>{words}</a></li> })
        .collect();
    view! {
        <Title text="Style guide"/>
        <div class="page-head">
            <h1>"Style guide"</h1>
            <p class="muted">"All parts in all their states"</p>
        </div>
        <nav class="guide-ways" aria-label="Sections"><ul>{ways}</ul></nav>
        <div class="guide">
            <Section id="type"><Type/></Section>
            <Section id="colours"><Palette/></Section>
            <Section id="icons"><Icons/></Section>
            <Section id="buttons"><Buttons/></Section>
            <Section id="fields"><Fields/></Section>
            <Section id="dialogs"><Dialogs/> <ToastSample/></Section>
            <Section id="tabs">{move || view! { <TabsSample here=tab.try_get().unwrap_or_default()/> }}</Section>
            <Section id="tables">
                {move || view! { <Lists sort=sort.try_get().unwrap_or_default() page=window.try_get().unwrap_or_default()/> }}
            </Section>
            <Section id="chips"><Chips/></Section>
            <Section id="notices"><Notices/></Section>
            <Section id="progress"><Progress/></Section>
            <Section id="steps"><Steps/></Section>
            <Section id="times"><Times/></Section>
            <Section id="charts"><Charts/></Section>
            <Section id="loading"><Loading/></Section>
            <Section id="empty"><Empties/></Section>
        </div>
    }
}

#[component]
fn Section(id: &'static str, children: Children) -> AnyView {
    let words = SECTIONS.iter().find(|(other, _)| *other == id).map_or("", |(_, words)| *words);
    let named = format!("{id}-name");
    let name = named.clone();
    view! {
        <section id=id class="guide-section" aria-labelledby=named>
            <h2 id=name>{words}</h2>
            <div class="guide-body">{children()}</div>
        </section>
    }
    .into_any()
}
