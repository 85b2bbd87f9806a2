//! Our feed, read back by two programs of others.

use super::python::ask;
use pitstop_calendar::ical::feed::{Entry, feed};
use pitstop_calendar::series::RecurrenceId;
use pitstop_calendar::{OnMiss, Series, Timing};
use pitstop_domain::Time;
use std::collections::BTreeSet;

/// Reads the feed by `icalendar`, with vobject as a second reader, and tells of each event its occurrences of half a year
/// in UTC, by the VTIMEZONEs of the feed alone.
const SCRIPT: &str = r#"
import sys, datetime
from datetime import timezone
import icalendar, vobject
from dateutil.rrule import rruleset, rrulestr
text = sys.stdin.buffer.read()
calendar = icalendar.Calendar.from_ical(text)
assert not calendar.errors, calendar.errors
again = vobject.readOne(text.decode())
zones = {str(zone["TZID"]): zone.to_tz() for zone in calendar.walk("VTIMEZONE")}
events = calendar.walk("VEVENT")
assert len(events) == len(again.vevent_list), "two readers"
end = datetime.datetime(2026, 12, 30)
moved = {(str(e["UID"]), e["RECURRENCE-ID"].dt.replace(tzinfo=None)): e for e in events if "RECURRENCE-ID" in e}
for event in events:
    assert not event.errors and event["DTSTAMP"] and event["SUMMARY"], event
    if "RECURRENCE-ID" in event:
        continue
    start = event["DTSTART"].dt
    zone = zones[event["DTSTART"].params["TZID"]] if "TZID" in event["DTSTART"].params else timezone.utc
    all = rruleset()
    if "RRULE" in event:
        rule = event["RRULE"]
        if "UNTIL" in rule:
            rule = icalendar.vRecur({**rule, "UNTIL": [u.astimezone(zone).replace(tzinfo=None) for u in rule["UNTIL"]]})
        all.rrule(rrulestr(rule.to_ical().decode(), dtstart=start.replace(tzinfo=None)))
    else:
        all.rdate(start.replace(tzinfo=None))
    for name, add in (("EXDATE", all.exdate), ("RDATE", all.rdate)):
        found = event.get(name, [])
        for each in found if isinstance(found, list) else [found]:
            for one in each.dts:
                add(one.dt.replace(tzinfo=None))
    times = []
    for at in all:
        if at > end:
            break
        other = moved.get((str(event["UID"]), at))
        at = other["DTSTART"].dt.replace(tzinfo=None) if other is not None else at
        times.append(at.replace(tzinfo=zone).astimezone(timezone.utc).strftime("%m%dT%H%M"))
    print(event["SUMMARY"], *sorted(times), sep="|")
"#;

fn entry(title: &str, zone: &str, start: &str, rule: &str) -> Entry {
    let rule = (!rule.is_empty()).then(|| rule.parse().unwrap());
    let series = Series { rule, ..Series::once(zone.parse().unwrap(), start.parse().unwrap()) };
    Entry {
        uid: format!("{}@pitstop", title.len()),
        title: title.to_owned(),
        description: "Memory test, 12 machines;\nsee the timetable".to_owned(),
        timing: Timing { series, ready_by: None, on_miss: OnMiss::Skip },
        left_out: BTreeSet::new(),
        minutes: 90,
        changed_at: "2026-06-01T00:00:00Z".parse().unwrap(),
    }
}

#[test]
fn two_readers_of_others_find_the_same_times_in_our_feed() {
    let mut berlin = entry(
        "Berlin, nights; ünd a näme that is löng enough to be folded twice over",
        "Europe/Berlin",
        "2026-07-07T22:00:00",
        "FREQ=WEEKLY;INTERVAL=2;BYDAY=TU",
    );
    let id = |text: &str| text.parse::<RecurrenceId>().unwrap();
    berlin.timing.series.moved.insert(id("20260721T220000"), "2026-07-22T23:30:00".parse().unwrap());
    berlin.timing.series.except.insert(id("20260804T220000"));
    berlin.left_out.insert(id("20260818T220000"));
    berlin.timing.series.also.insert(id("20261224T120000"));
    let mut late =
        entry("until", "America/New_York", "2026-10-05T21:15:00", "FREQ=WEEKLY;UNTIL=20261116;BYDAY=WE");
    late.uid = "until".to_owned();
    let entries = [
        berlin,
        late,
        entry("howe", "Australia/Lord_Howe", "2026-09-27T09:15:00", "FREQ=DAILY;COUNT=15"),
        entry("kathmandu", "Asia/Kathmandu", "2026-08-01T00:00:00", "FREQ=MONTHLY"),
        entry("once", "UTC", "2026-08-01T00:00:00", ""),
    ];
    let now: Time = "2026-06-15T00:00:00Z".parse().unwrap();
    let text = feed("Pitstop", &entries, now);
    let answer = ask(SCRIPT, &text);
    let end: Time = "2026-12-30T00:00:00Z".parse().unwrap();
    for (entry, line) in entries.iter().zip(answer.lines()) {
        let mut times = vec![entry.title.clone()];
        let all = entry.timing.series.between(now, end).into_iter();
        times.extend(
            all.filter(|one| !entry.left_out.contains(&one.id))
                .map(|one| one.at.format("%m%dT%H%M").to_string()),
        );
        assert_eq!(line, times.join("|"));
    }
    assert_eq!(answer.lines().count(), entries.len());
}
