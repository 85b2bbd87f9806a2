//! Days side by side: a week, or the weeks of a month. A table, so that whoever hears it hears the weekday with it.

use super::calendar::{HERE, address, chip};
use super::desk::{Asked, BlackoutLine, DayLine, Days, EntryLine, EntryState, View};
use crate::parts::{Icon, icon};
use leptos::prelude::*;

/// Occurrences that a day of a month shows, and one of a week; the rest is a link to that day.
const SHOWN: usize = 4;
const SHOWN_IN_A_WEEK: usize = 30;

const WEEKDAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

pub(super) fn grid(asked: &Asked, days: &Days, view: View) -> AnyView {
    let shown = if view == View::Month { SHOWN } else { SHOWN_IN_A_WEEK };
    let heads: Vec<_> = WEEKDAYS
        .iter()
        .map(|day| view! { <th scope="col"><abbr title=*day>{&day[..3]}</abbr></th> })
        .collect();
    let weeks: Vec<_> = days
        .days
        .chunks(7)
        .map(|week| {
            let cells: Vec<_> = week.iter().map(|day| cell(asked, day, days, shown)).collect();
            view! { <tr>{cells}</tr> }
        })
        .collect();
    let class = if view == View::Month { "days month" } else { "days week" };
    view! {
        <div class="notice bad" id="drag-says" role="alert" hidden>{icon(Icon::Warning)} <p></p></div>
        <div class="days-scroll" tabindex="0" role="region" aria-label="Days">
            <table class=class data-zone=days.zone.clone()>
                <caption class="sr-only">"Occurrences by day"</caption>
                <thead><tr>{heads}</tr></thead>
                <tbody>{weeks}</tbody>
            </table>
        </div>
    }
    .into_any()
}

fn cell(asked: &Asked, day: &DayLine, days: &Days, shown: usize) -> AnyView {
    // The zone that is shown, whichever it is when the link is followed.
    let asked = Asked { zone: days.zone.clone(), ..asked.clone() };
    let href = address(&asked, View::Day, day.date);
    let entries: Vec<_> = day.entries.iter().take(shown).map(entry).collect();
    let more = day.entries.len().saturating_sub(shown);
    let more = (more > 0).then(|| {
        view! { <a class="day-more" href=href.clone()>{format!("{more} more")}</a> }
    });
    let today = (day.date == days.today).then_some("date");
    view! {
        <td data-date=day.date.to_string() data-within=day.within.to_string() aria-current=today>
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
    // What is over, or left out, stays where it is.
    let comes = matches!(entry.state, EntryState::Coming | EntryState::Conflict | EntryState::Paused);
    let moves = comes.then(|| entry.schedule.clone());
    let title = title.filter(|words| !words.is_empty()).collect::<Vec<_>>().join("; ");
    view! {
        <li><a class="day-entry" data-moves=moves data-recurrence=entry.recurrence.clone() data-clock=entry.clock.clone() href=format!("{HERE}/{}", entry.schedule) title=title>
            <span class="figure">{entry.clock.clone()}</span> " " {entry.name.clone()} " " {chip(entry.state)}
        </a></li>
    }
    .into_any()
}

/// Blackouts of a day; where one ends, it can be made longer by its edge.
fn blackouts(day: &DayLine) -> Option<AnyView> {
    let line = |line: &BlackoutLine| {
        let edge = line.stretched.clone().map(|id| view! { <span class="stretch" data-stretches=id></span> });
        view! { <p class="blackout">{icon(Icon::Dash)} " Blackout: " {line.title.clone()} {edge}</p> }
    };
    let lines: Vec<_> = day.blackouts.iter().map(line).collect();
    (!lines.is_empty()).then(|| lines.into_any())
}
