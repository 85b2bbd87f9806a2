//! Schedules, windows and blackouts.

use super::Look;
use super::paint::Tone;
use super::table::{Cell, table};
use super::words::{clip, duration, size, spaced};
use crate::shape::timetable::{Calendar, Entry, Forecast, Schedule, Times, Would};
use chrono::TimeDelta;
use pitstop_domain::Time;

const LONGEST_NOTE: usize = 60;

pub fn list(schedules: &[Schedule], look: &Look) -> String {
    let rows = schedules.iter().map(|one| {
        let next = match one.paused_at {
            Some(_) => Cell::toned("paused", Tone::Quiet),
            None => stamp(one.next_at, look).into(),
        };
        [
            (&one.name).into(),
            (&one.function).into(),
            clip(&machines(one), LONGEST_NOTE).into(),
            clip(&one.words, LONGEST_NOTE).into(),
            next,
            (&one.id).into(),
        ]
    });
    table(["NAME", "FUNCTION", "MACHINES", "WHEN", "NEXT", "ID"], rows.collect(), look.paint)
}

fn machines(schedule: &Schedule) -> String {
    match (&schedule.machines, &schedule.q) {
        (Some(names), _) => names.join(", "),
        (None, Some(words)) if !words.is_empty() => words.clone(),
        _ => "all".to_owned(),
    }
}

fn stamp(at: Option<Time>, look: &Look) -> String {
    at.map(|at| look.stamp(at)).unwrap_or_default()
}

/// A schedule with what comes and what was.
pub fn one(schedule: &Schedule, look: &Look) -> String {
    let mut text = format!("{}: {}\n", schedule.name, schedule.words);
    text += &format!("{} on {}\n", schedule.function, machines(schedule));
    if let Some(at) = schedule.paused_at {
        text += &format!("paused since {}\n", look.stamp(at));
    }
    text += &format!("\nWhat comes, by the clocks of {}:\n", schedule.zone);
    text += &entries(&schedule.next, look);
    if !schedule.past.is_empty() {
        text += "\nWhat was:\n";
        text += &entries(&schedule.past, look);
    }
    text
}

pub fn would(would: &Would, look: &Look) -> String {
    let mut text = format!("{}\n{}\n", would.words, would.machines);
    for note in &would.notes {
        text += &format!("note: {note}\n");
    }
    text += &format!("\nThe next times, by the clocks of {}:\n", would.zone);
    text + &entries(&would.next, look)
}

fn entries(entries: &[Entry], look: &Look) -> String {
    let rows = entries.iter().map(|entry| {
        let tone = match entry.state.as_str() {
            "conflict" | "failed" => Tone::Warning,
            "well" => Tone::Good,
            "coming" | "under_way" => Tone::Plain,
            _ => Tone::Quiet,
        };
        let words = std::iter::once(entry.words.as_str()).chain(entry.notes.iter().map(String::as_str));
        let words: Vec<_> = words.filter(|words| !words.is_empty()).collect();
        [
            (&entry.recurrence).into(),
            (&entry.clock).into(),
            Cell::toned(spaced(&entry.state), tone),
            words.join("; ").into(),
        ]
    });
    table(["TIME", "AT", "STATE", "NOTE"], rows.collect(), look.paint)
}

pub fn times(times: &[Times], look: &Look) -> String {
    let rows = times.iter().map(|one| {
        let tone = if one.kind == "blackout" { Tone::Warning } else { Tone::Plain };
        [
            Cell::toned(&one.kind, tone),
            (&one.title).into(),
            (if one.q.is_empty() { "all" } else { one.q.as_str() }).into(),
            clip(&one.words, LONGEST_NOTE).into(),
            stamp(one.next, look).into(),
            one.source.clone().unwrap_or_default().into(),
            (&one.id).into(),
        ]
    });
    table(["KIND", "NAME", "MACHINES", "WHEN", "NEXT", "CALENDAR", "ID"], rows.collect(), look.paint)
}

pub fn calendars(calendars: &[Calendar], look: &Look) -> String {
    let rows = calendars.iter().map(|one| {
        let trouble = Cell::toned(one.trouble.as_deref().unwrap_or_default(), Tone::Warning);
        [
            (&one.name).into(),
            (&one.url).into(),
            (if one.query.is_empty() { "all" } else { one.query.as_str() }).into(),
            one.blackouts.to_string().into(),
            stamp(one.read_at, look).into(),
            trouble,
        ]
    });
    table(["CALENDAR", "ADDRESS", "MACHINES", "BLACKOUTS", "READ", "TROUBLE"], rows.collect(), look.paint)
}

pub fn forecast(forecast: &Forecast, look: &Look) -> String {
    let some = |n: u64| if n > 0 { Cell::toned(n.to_string(), Tone::Warning) } else { "".into() };
    let lines = forecast.lines.iter().map(|one| {
        let takes = one.takes_s.map(|s| duration(TimeDelta::seconds(s))).unwrap_or_default();
        [
            (&one.name).into(),
            (&one.function).into(),
            look.stamp(one.first).into(),
            one.times.to_string().into(),
            one.machines.to_string().into(),
            takes.into(),
            some(one.conflicts),
        ]
    });
    let head = ["SCHEDULE", "FUNCTION", "FIRST", "TIMES", "MACHINES", "TAKES", "CONFLICTS"];
    let mut text = table(head, lines.collect(), look.paint);
    let sites = forecast.sites.iter().map(|one| {
        [(&one.site).into(), one.trips.to_string().into(), size(one.bytes).into(), some(one.without_image)]
    });
    text.push('\n');
    text + &table(["SITE", "TRIPS", "SENT", "WITHOUT IMAGE"], sites.collect(), look.paint)
}
