//! The timetable for calendar programs: schedules as events, with the zones that they are in.

use super::lines::{escaped, push};
use crate::due::Timing;
use crate::series::{RecurrenceId, Series};
use crate::zone::Zone;
use chrono::{NaiveDateTime, TimeDelta};
use pitstop_domain::Time;
use std::collections::{BTreeMap, BTreeSet};

/// A schedule as a feed shows it.
#[derive(Clone, Debug)]
pub struct Entry {
    pub uid: String,
    pub title: String,
    pub description: String,
    pub timing: Timing,
    /// Left out by hand.
    pub left_out: BTreeSet<RecurrenceId>,
    /// How long it usually takes.
    pub minutes: u32,
    pub changed_at: Time,
}

/// How far back and ahead a feed tells when clocks change.
const YEARS: i64 = 5;

/// The whole feed.
pub fn feed(name: &str, entries: &[Entry], now: Time) -> String {
    let mut out = String::new();
    for line in ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Pitstop//Timetable//EN", "CALSCALE:GREGORIAN"] {
        push(&mut out, line);
    }
    push(&mut out, &format!("X-WR-CALNAME:{}", escaped(name)));
    let zones: BTreeMap<&str, Zone> =
        entries.iter().map(|entry| entry.timing.series.zone).map(|zone| (zone.name(), zone)).collect();
    for zone in zones.into_values().filter(|zone| *zone != Zone::UTC) {
        let from = entries.iter().filter(|entry| entry.timing.series.zone == zone);
        let first = from.map(|entry| zone.at(entry.timing.series.start)).min().unwrap_or(now);
        time_zone(&mut out, zone, first.min(now - TimeDelta::days(366)), now);
    }
    for entry in entries {
        event(&mut out, entry);
    }
    push(&mut out, "END:VCALENDAR");
    out
}

fn event(out: &mut String, entry: &Entry) {
    let series = &entry.timing.series;
    let begin = |out: &mut String| {
        push(out, "BEGIN:VEVENT");
        push(out, &format!("UID:{}", entry.uid));
        push(out, &format!("DTSTAMP:{}", entry.changed_at.format("%Y%m%dT%H%M%SZ")));
    };
    let end = |out: &mut String| {
        push(out, &format!("DURATION:PT{}M", entry.minutes.max(1)));
        push(out, &format!("SUMMARY:{}", escaped(&entry.title)));
        push(out, &format!("DESCRIPTION:{}", escaped(&entry.description)));
        push(out, "TRANSP:TRANSPARENT");
        push(out, "END:VEVENT");
    };
    begin(out);
    push(out, &at("DTSTART", series.zone, first(series)));
    if let Some(rule) = &series.rule {
        push(out, &format!("RRULE:{}", in_utc(series, rule)));
    }
    for id in &series.also {
        push(out, &at("RDATE", series.zone, id.0));
    }
    for id in series.except.iter().chain(&entry.left_out) {
        push(out, &at("EXDATE", series.zone, id.0));
    }
    end(out);
    for (id, to) in series.moved.iter().filter(|(id, _)| !entry.left_out.contains(id)) {
        begin(out);
        push(out, &at("RECURRENCE-ID", series.zone, id.0));
        push(out, &at("DTSTART", series.zone, *to));
        end(out);
    }
}

/// Other programs take the start for an occurrence, whether or not the rule gives it.
fn first(series: &Series) -> NaiveDateTime {
    let plain = Series { moved: BTreeMap::new(), except: BTreeSet::new(), ..series.clone() };
    let from = series.zone.at(series.start) - TimeDelta::seconds(1);
    plain.next(from, 1).first().map_or(series.start, |one| one.id.0)
}

/// With a start in a zone, an end is written in UTC (RFC 5545, 3.3.10).
fn in_utc(series: &Series, rule: &crate::rule::Rule) -> crate::rule::Rule {
    use crate::rule::Until;
    let until = rule.until.map(|until| match until {
        Until::At(at) => Until::At(at),
        Until::Local(local) => Until::At(series.zone.at(local)),
        Until::Date(date) => {
            let end = date.and_time(chrono::NaiveTime::MIN) + TimeDelta::days(1) - TimeDelta::seconds(1);
            Until::At(series.zone.at(end))
        }
    });
    crate::rule::Rule { until, ..rule.clone() }
}

fn at(name: &str, zone: Zone, local: NaiveDateTime) -> String {
    let local = local.format("%Y%m%dT%H%M%S");
    if zone == Zone::UTC { format!("{name}:{local}Z") } else { format!("{name};TZID={zone}:{local}") }
}

/// When clocks change, one by one: rules of zones change, and this is read anew every day.
fn time_zone(out: &mut String, zone: Zone, first: Time, now: Time) {
    push(out, "BEGIN:VTIMEZONE");
    push(out, &format!("TZID:{zone}"));
    let mut from = first - TimeDelta::days(1);
    let mut before = zone.offset(from);
    observance(out, from, before, before);
    let end = now + TimeDelta::days(366 * YEARS);
    while let Some(change) = next_change(zone, from, end) {
        let after = zone.offset(change);
        observance(out, change, before, after);
        (from, before) = (change, after);
    }
    push(out, "END:VTIMEZONE");
}

fn observance(out: &mut String, change: Time, before: i32, after: i32) {
    let kind = if after > before { "DAYLIGHT" } else { "STANDARD" };
    let local = change.naive_utc() + TimeDelta::seconds(i64::from(before));
    push(out, &format!("BEGIN:{kind}"));
    push(out, &format!("DTSTART:{}", local.format("%Y%m%dT%H%M%S")));
    push(out, &format!("TZOFFSETFROM:{}", offset(before)));
    push(out, &format!("TZOFFSETTO:{}", offset(after)));
    push(out, &format!("END:{kind}"));
}

fn offset(seconds: i32) -> String {
    let (sign, s) = if seconds < 0 { ('-', -seconds) } else { ('+', seconds) };
    let rest = if s % 60 > 0 { format!("{:02}", s % 60) } else { String::new() };
    format!("{sign}{:02}{:02}{rest}", s / 3600, s / 60 % 60)
}

/// The first second of another offset: days are leapt over, then the day is halved.
fn next_change(zone: Zone, from: Time, end: Time) -> Option<Time> {
    let before = zone.offset(from);
    let mut day = from;
    while zone.offset(day) == before {
        day += TimeDelta::days(1);
        if day > end {
            return None;
        }
    }
    let (mut low, mut high) = (day - TimeDelta::days(1), day);
    while (high - low).num_seconds() > 1 {
        let middle = low + TimeDelta::seconds((high - low).num_seconds() / 2);
        if zone.offset(middle) == before { low = middle } else { high = middle }
    }
    Some(high)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clocks_change_in_berlin_at_one_in_the_morning_utc() {
        let berlin: Zone = "Europe/Berlin".parse().unwrap();
        let t = |text: &str| text.parse::<Time>().unwrap();
        let spring = next_change(berlin, t("2026-01-10T12:34:56Z"), t("2027-01-01T00:00:00Z"));
        assert_eq!(spring, Some(t("2026-03-29T01:00:00Z")));
        assert_eq!(next_change(Zone::UTC, t("2026-01-10T00:00:00Z"), t("2027-01-01T00:00:00Z")), None);
        assert_eq!((offset(-12_600), offset(20_700)), ("-0330".to_owned(), "+0545".to_owned()));
    }
}
