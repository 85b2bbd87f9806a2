//! Days side by side: a week, or the weeks of a month. A table, so that whoever hears it hears the weekday with it.

use super::calendar::{HERE, blackouts, chip};
use super::desk::{DayLine, Days, EntryLine, View};
use leptos::prelude::*;

/// Occurrences that a day of a month shows; the rest is a link to its agenda.
const SHOWN: usize = 4;

const WEEKDAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

pub(super) fn grid(days: &Days, view: View) -> AnyView {
    let shown = if view == View::Month { SHOWN } else { usize::MAX };
    let heads: Vec<_> = WEEKDAYS
        .iter()
        .map(|day| view! { <th scope="col"><abbr title=*day>{&day[..3]}</abbr></th> })
        .collect();
    let weeks: Vec<_> = days
        .days
        .chunks(7)
        .map(|week| {
            let cells: Vec<_> = week.iter().map(|day| cell(day, days, shown)).collect();
            view! { <tr>{cells}</tr> }
        })
        .collect();
    let class = if view == View::Month { "days month" } else { "days week" };
    view! {
        <div class="days-scroll" tabindex="0" role="region" aria-label="Days">
            <table class=class>
                <caption class="sr-only">"Occurrences by day"</caption>
                <thead><tr>{heads}</tr></thead>
                <tbody>{weeks}</tbody>
            </table>
        </div>
    }
    .into_any()
}

fn cell(day: &DayLine, days: &Days, shown: usize) -> AnyView {
    let href = format!(
        "{HERE}?view=agenda&at={}&zone={}",
        day.date,
        crate::machines::fleet::address::encode(&days.zone)
    );
    let entries: Vec<_> = day.entries.iter().take(shown).map(entry).collect();
    let more = day.entries.len().saturating_sub(shown);
    let more = (more > 0).then(|| {
        view! { <a class="day-more" href=href.clone()>{format!("{more} more")}</a> }
    });
    let today = (day.date == days.today).then_some("date");
    view! {
        <td data-within=day.within.to_string() aria-current=today>
            <a class="day-number" href=href.clone()><time datetime=day.date.to_string()>{day.date.format("%-d").to_string()}</time></a>
            {blackouts(day)}
            <ul>{entries}</ul>
            {more}
        </td>
    }
    .into_any()
}

fn entry(entry: &EntryLine) -> AnyView {
    let title = std::iter::once(entry.words.as_str()).chain(entry.notes.iter().map(String::as_str));
    let title = title.filter(|words| !words.is_empty()).collect::<Vec<_>>().join("; ");
    view! {
        <li><a class="day-entry" href=format!("{HERE}/{}", entry.schedule) title=title>
            <span class="figure">{entry.clock.clone()}</span> " " {entry.name.clone()} " " {chip(entry.state)}
        </a></li>
    }
    .into_any()
}
