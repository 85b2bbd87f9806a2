//! The line above every page while machines need a person.

use super::api::AlarmCount;
use super::server::count_alarms;
use crate::format;
use crate::parts::{Icon, icon};
use leptos::prelude::*;

/// As it is while the page is drawn; `public/news.js` keeps it.
pub(crate) fn alarm_bar() -> AnyView {
    Suspend::new(async {
        let count = count_alarms().await.unwrap_or_default();
        drawn(count)
    })
    .into_any()
}

/// Nothing while there is no alarm. It says how many nobody looks after. Alarms that somebody looks after already are told more quietly.
pub(crate) fn drawn(count: AlarmCount) -> AnyView {
    if count.open == 0 {
        return ().into_any();
    }
    let needs = if count.open == 1 { "needs" } else { "need" };
    let looked_after = match count.unseen {
        0 if count.open == 1 => "somebody looks after it",
        0 => "somebody looks after each",
        1 if count.open == 1 => "nobody looks after it yet",
        n if n == count.open => "nobody looks after them yet",
        _ => "some are not looked after yet",
    };
    view! {
        <aside class="alarm-bar" data-quiet=(count.unseen == 0).then_some("") data-unseen=count.unseen.to_string() aria-label="Alarms">
            <a href="/alarms">
                {icon(Icon::Hand)}
                <strong>{format!("{} {needs} a person", format::counted(count.open, "machine", "machines"))}</strong>
                <span>{looked_after}</span>
            </a>
        </aside>
    }
    .into_any()
}
