//! `/schedules`: what was, and what comes. Agenda, week and month are links, and so is each day.

use super::desk::{Asked, DayLine, Days, EntryLine, EntryState, View};
use super::grid::grid;
use super::year::year;
use crate::format::counted;
use crate::machines::fleet::address::encode;
use crate::parts::{Icon, icon};
use crate::people::door::Entered;
use crate::people::pages::frame::{Frame, html, when};
use axum::Extension;
use axum::extract::Query;
use axum::http::StatusCode;
use axum::response::Response;
use chrono::{Datelike, Days as Ahead, Months, NaiveDate};
use leptos::prelude::*;
use std::collections::HashMap;

pub(super) const HERE: &str = "/schedules";

/// `GET /schedules?view=week&at=2026-11-27&zone=Europe/Berlin`
pub async fn show(
    frame: Frame,
    Extension(entered): Extension<Entered>,
    Query(query): Query<HashMap<String, String>>,
) -> Response {
    let text = |name: &str| query.get(name).map(|text| text.trim().to_owned()).unwrap_or_default();
    let wanted = text("view");
    let view = View::ALL.into_iter().find(|view| view.name() == wanted).unwrap_or_default();
    let asked = Asked {
        at: text("at").parse().ok(),
        view,
        zone: text("zone"),
        named: text("named"),
        q: text("q"),
        function: text("function"),
    };
    match entered.timetable.days(&asked).await {
        Ok(days) => html(StatusCode::OK, page(&frame, &asked, days)),
        Err(failure) => frame.trouble(&failure),
    }
}

fn page(frame: &Frame, asked: &Asked, days: Days) -> String {
    let body = if days.schedules == 0 {
        view! {
            <section class="empty">
                <h2>"No schedule yet"</h2>
                <p>"A schedule starts a function on machines again and again: a memory test of a room every second Tuesday night, an inventory of all on the first of the month. It knows time zones, maintenance windows and holidays, and keeps what became of each time."</p>
                <p><a class="button primary" href="/schedules/new">"Make a schedule"</a></p>
            </section>
        }
        .into_any()
    } else {
        match asked.view {
            View::Agenda | View::Day => agenda(asked, &days),
            View::Year => year(asked, &days),
            view => grid(asked, &days, view),
        }
    };
    let body = view! {
        <div class="page-head">
            <h1>"Timetable"</h1>
            <p class="muted">"Times of " {days.zone.clone()}</p>
            <p class="head-act"><a class="button" href="/schedules/forecast">"Next seven days"</a> " " <a class="button" href="/schedules/times">"Windows and blackouts"</a> " " <a class="button primary" href="/schedules/new">"New schedule"</a></p>
        </div>
        {bar(asked, &days)}
        {some_of_them(asked, &days)}
        {body}
        <form method="post" action="/schedules/feed" class="timetable-feed">
            <p class="muted">"In a calendar program of yours: it reads the timetable by a secret address."</p>
            <button type="submit" class="button">"Make a new address"</button>
        </form>
    };
    match asked.view {
        View::Week | View::Month => frame.wide_with("Timetable", "/timetable.js", body),
        _ => frame.wide("Timetable", body),
    }
}

/// Another view or day, with what else was asked for.
pub(super) fn address(asked: &Asked, view: View, at: NaiveDate) -> String {
    let more =
        [("zone", &asked.zone), ("named", &asked.named), ("q", &asked.q), ("function", &asked.function)];
    let more = more.iter().filter(|(_, value)| !value.is_empty());
    let more: String = more.map(|(name, value)| format!("&{name}={}", encode(value))).collect();
    format!("{HERE}?view={}&at={at}{more}", view.name())
}

/// That what is shown is not all, and the way to all.
fn some_of_them(asked: &Asked, days: &Days) -> Option<AnyView> {
    if !asked.is_some_of_them() {
        return None;
    }
    let all = Asked { view: asked.view, zone: asked.zone.clone(), ..Asked::default() };
    let all = view! { <a href=address(&all, asked.view, days.at)>"Show all"</a> };
    let line = match &days.not_understood {
        Some(why) => view! { <p class="entry-note">{icon(Icon::Warning)} " The search for machines is not understood: " {why.clone()} " " {all}</p> }.into_any(),
        None => view! { <p class="muted">{format!("{} of {}. ", days.shown, counted(days.schedules as u64, "schedule", "schedules"))} {all}</p> }.into_any(),
    };
    Some(line)
}

/// Where else one can look.
fn bar(asked: &Asked, days: &Days) -> AnyView {
    let href = |view: View, at: NaiveDate| address(asked, view, at);
    let tab = |view: View, words: &'static str| {
        let here = (asked.view == view).then_some("page");
        view! { <li><a href=href(view, days.at) aria-current=here>{words}</a></li> }
    };
    let (before, after) = neighbours(asked.view, days.at);
    let zones: Vec<_> = days
        .zones
        .iter()
        .map(|zone| view! { <option value=zone.clone() selected=*zone == days.zone>{zone.clone()}</option> })
        .collect();
    let functions: Vec<_> = days
        .functions
        .iter()
        .map(|(name, title)| view! { <option value=name.clone() selected=*name == asked.function>{title.clone()}</option> })
        .collect();
    view! {
        <div class="timetable-bar">
            <nav class="tabs" aria-label="View"><ul>{tab(View::Agenda, "Agenda")}{tab(View::Day, "Day")}{tab(View::Week, "Week")}{tab(View::Month, "Month")}{tab(View::Year, "Year")}</ul></nav>
            <div class="timetable-move">
                <a class="button" href=href(asked.view, before) rel="prev">{icon(Icon::Left)}<span class="sr-only">"Earlier"</span></a>
                <a class="button" href=href(asked.view, days.today)>"Today"</a>
                <a class="button" href=href(asked.view, after) rel="next">{icon(Icon::Right)}<span class="sr-only">"Later"</span></a>
                <strong>{title(asked.view, days.at)}</strong>
            </div>
            <form method="get" action=HERE class="timetable-filter">
                <input type="hidden" name="view" value=asked.view.name()/>
                <input type="hidden" name="at" value=days.at.to_string()/>
                <div class="field"><label for="named">"Schedule"</label><input id="named" name="named" type="search" value=asked.named.clone()/></div>
                <div class="field"><label for="q">"On machines"</label><input id="q" name="q" type="search" value=asked.q.clone() placeholder="site:berlin label:lab"/></div>
                <div class="field"><label for="function">"Function"</label><select id="function" name="function"><option value="">"Any"</option>{functions}</select></div>
                <div class="field"><label for="zone">"Zone"</label><select id="zone" name="zone">{zones}</select></div>
                <button type="submit" class="button">"Show"</button>
            </form>
        </div>
    }
    .into_any()
}

fn neighbours(view: View, at: NaiveDate) -> (NaiveDate, NaiveDate) {
    let (before, after) = match view {
        View::Agenda => (at.checked_sub_days(Ahead::new(14)), at.checked_add_days(Ahead::new(14))),
        View::Day => (at.checked_sub_days(Ahead::new(1)), at.checked_add_days(Ahead::new(1))),
        View::Year => (at.checked_sub_months(Months::new(12)), at.checked_add_months(Months::new(12))),
        View::Week => (at.checked_sub_days(Ahead::new(7)), at.checked_add_days(Ahead::new(7))),
        View::Month => (at.checked_sub_months(Months::new(1)), at.checked_add_months(Months::new(1))),
    };
    (before.unwrap_or(at), after.unwrap_or(at))
}

fn title(view: View, at: NaiveDate) -> String {
    match view {
        View::Month => at.format("%B %Y").to_string(),
        View::Week => format!("Week {} of {}", at.iso_week().week(), at.iso_week().year()),
        View::Agenda => at.format("from %-d %B %Y").to_string(),
        View::Day => at.format("%A, %-d %B %Y").to_string(),
        View::Year => at.format("%Y").to_string(),
    }
}

/// Occurrences that a day of two weeks shows; the rest is a link to that day.
const SHOWN: usize = 20;

fn agenda(asked: &Asked, days: &Days) -> AnyView {
    let shown = if asked.view == View::Day { usize::MAX } else { SHOWN };
    let with_something = |day: &&DayLine| !day.entries.is_empty() || !day.blackouts.is_empty();
    let shown: Vec<_> = days
        .days
        .iter()
        .filter(with_something)
        .map(|day| agenda_day(asked, day, days.today, shown))
        .collect();
    if shown.is_empty() {
        return view! { <section class="empty"><h2>{if asked.view == View::Day { "Nothing on this day" } else { "Nothing in these two weeks" }}</h2><p>"Look at other days, or at all schedules."</p></section> }.into_any();
    }
    view! { <ol class="agenda">{shown}</ol> }.into_any()
}

fn agenda_day(asked: &Asked, day: &DayLine, today: NaiveDate, shown: usize) -> AnyView {
    let words = day.date.format("%A, %-d %B").to_string();
    let is_today = (day.date == today).then(|| view! { <span class="tag">"today"</span> });
    let entries: Vec<_> =
        day.entries.iter().take(shown).map(|entry| view! { <li>{entry_row(entry)}</li> }).collect();
    let more = day.entries.len().saturating_sub(shown);
    let more = (more > 0).then(|| {
        view! { <li><a class="day-more" href=address(asked, View::Day, day.date)>{format!("{more} more")}</a></li> }
    });
    view! {
        <li class="agenda-day">
            <h2><time datetime=day.date.to_string()>{words}</time> {is_today}</h2>
            {blackouts(day)}
            <ul>{entries}{more}</ul>
        </li>
    }
    .into_any()
}

pub(super) fn blackouts(day: &DayLine) -> Option<AnyView> {
    let titles: Vec<_> = day.blackouts.iter().map(|line| line.title.as_str()).collect();
    (!titles.is_empty()).then(|| {
        view! { <p class="blackout">{icon(Icon::Dash)} " Blackout: " {titles.join(", ")}</p> }.into_any()
    })
}

/// One occurrence on a line.
pub(super) fn entry_row(entry: &EntryLine) -> AnyView {
    let at = format!("{HERE}/{}", entry.schedule);
    // One that is not kept yet has no page.
    let name = match entry.schedule.is_empty() {
        true => view! { <span class="entry-name">{entry.name.clone()}</span> }.into_any(),
        false => view! { <a class="entry-name" href=at>{entry.name.clone()}</a> }.into_any(),
    };
    let words = match &entry.run {
        Some(run) => view! { <a href=format!("/runs/{run}")>{entry.words.clone()}</a> }.into_any(),
        None => view! { <span class="muted">{entry.words.clone()}</span> }.into_any(),
    };
    let notes: Vec<_> = entry
        .notes
        .iter()
        .map(|note| view! { <span class="entry-note">{icon(Icon::Warning)} {note.clone()}</span> })
        .collect();
    view! {
        <div class="entry">
            <span class="entry-clock figure">{entry.clock.clone()}</span>
            {name}
            {chip(entry.state)}
            <span class="entry-words">{words} {entry.moved.then_some(" moved from another time")} {notes}</span>
            <span class="entry-own muted">"for you " {when(entry.at)}</span>
        </div>
    }
    .into_any()
}

pub(super) fn chip(state: EntryState) -> AnyView {
    let drawing = match state {
        EntryState::Coming => Icon::Clock,
        EntryState::Conflict => Icon::Warning,
        EntryState::Paused | EntryState::LeftOut | EntryState::Skipped => Icon::Dash,
        EntryState::UnderWay => Icon::Wrench,
        EntryState::Well => Icon::Check,
        EntryState::Failed => Icon::Cross,
    };
    view! { <span class="chip" data-state=state.hue()>{icon(drawing)} {state.words()}</span> }.into_any()
}
