//! The line above every page while machines need a person.

use super::api::{AlarmCount, count_alarms};
use crate::format;
use crate::live::{Pace, fetched, use_changes};
use crate::parts::{Icon, Toasts, icon};
use crate::session::news::needs_a_person;
use leptos::prelude::*;
use pitstop_domain::event::Noun;

/// Nothing while there is no alarm. Alarms that somebody looks after already are told more quietly.
#[component]
pub fn AlarmBar() -> impl IntoView {
    let tick = use_changes(Pace::List, |changed| changed.kind == Noun::Alarm);
    let count = fetched(move || tick.get(), |_| count_alarms());
    let (newest, toasts) = (count.clone(), Toasts::here());
    Effect::new(move |before: Option<Option<u64>>| {
        let Some(Ok(now)) = newest.get() else { return before.flatten() };
        if before.flatten().is_some_and(|before| before < now.unseen) {
            needs_a_person(&toasts, now.open);
        }
        Some(now.unseen)
    });
    view! {
        <Transition>
            {move || count.get().and_then(Result::ok).filter(|count| count.open > 0).map(bar)}
        </Transition>
    }
}

fn bar(count: AlarmCount) -> AnyView {
    let needs = if count.open == 1 { "needs" } else { "need" };
    let looked_after = match count.unseen {
        0 if count.open == 1 => "somebody looks after it",
        0 => "somebody looks after each",
        1 if count.open == 1 => "nobody looks after it yet",
        n if n == count.open => "nobody looks after them yet",
        _ => "some are not looked after yet",
    };
    view! {
        <aside class="alarm-bar" data-quiet=(count.unseen == 0).then_some("") aria-label="Alarms">
            <a href="/alarms">
                {icon(Icon::Hand)}
                <strong>{format!("{} {needs} a person", format::counted(count.open, "machine", "machines"))}</strong>
                <span>{looked_after}</span>
            </a>
        </aside>
    }
    .into_any()
}
