//! The samples, section by section.

use super::SECTIONS;
use super::draws::{Charts, Icons, Palette, Type};
use super::lists::{Lists, TabsSample};
use super::press::{Buttons, Dialogs, Fields};
use super::says::{Chips, Empties, Loading, Notices, Progress, Steps, Times};
use leptos::prelude::*;

/// All samples. `sort`, `page` and `tab` are those of the address.
#[component]
pub(super) fn Sheet(sort: String, page: String, tab: String) -> AnyView {
    view! {
        <Section id="type"><Type/></Section>
        <Section id="colours"><Palette/></Section>
        <Section id="icons"><Icons/></Section>
        <Section id="buttons"><Buttons/></Section>
        <Section id="fields"><Fields/></Section>
        <Section id="dialogs"><Dialogs/></Section>
        <Section id="tabs"><TabsSample here=tab/></Section>
        <Section id="tables"><Lists sort page/></Section>
        <Section id="chips"><Chips/></Section>
        <Section id="notices"><Notices/></Section>
        <Section id="progress"><Progress/></Section>
        <Section id="steps"><Steps/></Section>
        <Section id="times"><Times/></Section>
        <Section id="charts"><Charts/></Section>
        <Section id="loading"><Loading/></Section>
        <Section id="empty"><Empties/></Section>
    }
    .into_any()
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
