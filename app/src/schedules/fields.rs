//! The form of a schedule.

use super::desk::Offer;
use crate::runs::form::{ASKS, UNASKED, WHEN_OFF};
use leptos::prelude::*;

const REPEATS: [(&str, &str); 7] = [
    ("once", "Once"),
    ("daily", "Every day"),
    ("weekly", "Every week, on these days"),
    ("monthly_day", "Every month, on this day of the month"),
    ("monthly_nth", "Every month, on a weekday of it"),
    ("yearly", "Every year, on this date"),
    ("rule", "By a rule of iCalendar"),
];

const WEEKDAYS: [(&str, &str); 7] =
    [("MO", "Mon"), ("TU", "Tue"), ("WE", "Wed"), ("TH", "Thu"), ("FR", "Fri"), ("SA", "Sat"), ("SU", "Sun")];

const NTH: [(&str, &str); 5] =
    [("1", "first"), ("2", "second"), ("3", "third"), ("4", "fourth"), ("-1", "last")];

const MISSES: [(&str, &str); 3] = [
    ("skip", "Leave it out"),
    ("run_once", "Start it once, as soon as the server is back"),
    ("next_window", "Start it in the next maintenance window"),
];

/// What stands in a field.
fn value(offer: &Offer, name: &str) -> String {
    offer.filled.get(name).cloned().unwrap_or_default()
}

fn input(
    offer: &Offer,
    name: &'static str,
    label: &'static str,
    kind: &'static str,
    hint: &'static str,
) -> AnyView {
    let hint_id = format!("{name}-hint");
    let described = (!hint.is_empty()).then(|| hint_id.clone());
    view! {
        <div class=if kind == "search" { "field grow" } else { "field" }>
            <label for=name>{label}</label>
            <input id=name name=name type=kind value=value(offer, name) autocomplete="off" aria-describedby=described/>
            {(!hint.is_empty()).then(|| view! { <span class="hint" id=hint_id>{hint}</span> })}
        </div>
    }
    .into_any()
}

fn choice<'a>(
    offer: &Offer,
    name: &'static str,
    label: &'static str,
    options: impl Iterator<Item = (&'a str, &'a str)>,
) -> AnyView {
    let now = value(offer, name);
    let options: Vec<_> = options
        .map(|(value, words)| {
            view! { <option value=value.to_owned() selected=value == now>{words.to_owned()}</option> }
        })
        .collect();
    view! { <div class="field"><label for=name>{label}</label><select id=name name=name>{options}</select></div> }
        .into_any()
}

pub(super) fn fields(offer: &Offer) -> AnyView {
    let functions = offer.functions.iter().map(|(name, title)| (name.as_str(), title.as_str()));
    let hidden = |name: &'static str| {
        let value = value(offer, name);
        (!value.is_empty()).then(|| view! { <input type="hidden" name=name value=value/> })
    };
    view! {
        {hidden("id")}
        {hidden("version")}
        <h2>"What, and where"</h2>
        <div class="fields">
            {input(offer, "name", "Name", "text", "As the calendar shows it")}
            {choice(offer, "function", "Function", functions)}
        </div>
        {input(offer, "q", "Machines: words of the fleet's search", "search", "They are found anew each time: site:berlin label:lab")}
        {input(offer, "machines", "Or these machines, by name", "search", "Parted by commas; then the search is not asked")}
        {when_it_is(offer)}
        {repeats(offer)}
        {ends(offer)}
        <h2>"If it cannot begin then"</h2>
        {choice(offer, "on_miss", "The server was away, no window was open, or there was a blackout", MISSES.into_iter())}
        {carefully(offer)}
        {spared(offer)}
        {asked(offer)}
    }
    .into_any()
}

const SPARED: [(&str, &str); 3] = [
    ("spare_logged_in", "Somebody is logged in"),
    ("spare_busy", "Something is presented, or played"),
    ("spare_on_battery", "It runs on its battery"),
];

/// Looked at when a machine's turn comes.
fn spared(offer: &Offer) -> AnyView {
    let one = |(name, words): (&'static str, &'static str)| {
        let on = offer.filled.contains_key(name);
        view! { <label class="day-choice"><input type="checkbox" name=name value="on" checked=on/> {words}</label> }
    };
    let choices: Vec<_> = SPARED.into_iter().map(one).collect();
    view! {
        <h2>"Whom it disturbs"</h2>
        <fieldset><legend class="small">"Leave a machine alone if, when its turn comes"</legend><div class="day-choices">{choices}</div></fieldset>
        <div class="fields">{choice(offer, "when_off", "A machine that is off, or whose agent is silent", WHEN_OFF.into_iter())}</div>
        <p class="hint">"It is shut down again only if it is certain that it was off, and nobody is logged in by then. On any doubt it stays on."</p>
    }
    .into_any()
}

/// Before a machine is taken that is not left alone anyway.
fn asked(offer: &Offer) -> AnyView {
    view! {
        <h2>"Whoever is at a machine"</h2>
        <div class="fields">
            {choice(offer, "ask", "Before it begins", ASKS.into_iter())}
            {input(offer, "countdown", "Countdown", "text", "It begins when the question is on the screen")}
            {input(offer, "snoozes", "Put off, times", "text", "Half an hour each. Empty: never")}
            {choice(offer, "unasked", "If they cannot be asked", UNASKED.into_iter())}
        </div>
    }
    .into_any()
}

fn when_it_is(offer: &Offer) -> AnyView {
    let zones = offer.zones.iter().map(|zone| (*zone, *zone));
    view! {
        <h2>"When"</h2>
        <div class="fields">
            {input(offer, "date", "First on", "date", "")}
            {input(offer, "time", "At", "time", "")}
            {choice(offer, "zone", "By the clocks of", zones)}
            {input(offer, "ready_by", "Ready by then: minutes before", "text", "Empty: it begins then. Else it begins earlier, by what it usually takes and these at least")}
        </div>
    }
    .into_any()
}

fn repeats(offer: &Offer) -> AnyView {
    let day = |(value, words): (&'static str, &'static str)| {
        let name = format!("day_{value}");
        let on = offer.filled.contains_key(&name);
        view! { <label class="day-choice"><input type="checkbox" name=name value="on" checked=on/> {words}</label> }
    };
    let days: Vec<_> = WEEKDAYS.into_iter().map(day).collect();
    view! {
        <div class="fields">
            {choice(offer, "repeat", "Again", REPEATS.into_iter())}
            {input(offer, "interval", "Every n-th time", "text", "2: every second day, week, month or year")}
        </div>
        <fieldset><legend class="small">"On which days of the week"</legend><div class="day-choices">{days}</div></fieldset>
        <div class="fields">
            {choice(offer, "nth", "Which weekday of the month", NTH.into_iter())}
            {choice(offer, "weekday", "Weekday", WEEKDAYS.into_iter())}
        </div>
        {input(offer, "rule", "Rule of iCalendar", "search", "Like FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1, the last working day")}
    }
    .into_any()
}

fn ends(offer: &Offer) -> AnyView {
    view! {
        <div class="fields">
            {input(offer, "until", "Last on", "date", "Empty: it has no end")}
            {input(offer, "count", "Or so many times", "text", "")}
        </div>
    }
    .into_any()
}

fn carefully(offer: &Offer) -> AnyView {
    view! {
        <h2>"How carefully"</h2>
        <div class="fields">
            {input(offer, "canary", "Canary: machines first", "text", "They must all end before the rest starts")}
            {input(offer, "wave", "Wave: machines, or %", "text", "Each starts when the one before has ended")}
            {input(offer, "pause", "Pause between waves", "text", "Like 90s, 5m or 1h")}
            {input(offer, "stop_on", "Stop at failures, or %", "text", "Held jobs count as failed")}
            {input(offer, "at_once", "At once in all", "text", "Machines away at the same time")}
            {input(offer, "per_site", "At once at a site", "text", "Spares a site's line and its people")}
            {input(offer, "no_show", "No sign for", "text", "Then it holds up nobody else")}
        </div>
    }
    .into_any()
}
