//! Maintenance windows and blackouts, from fields and from calendars.

use super::form::{start, text};
use crate::backend::fleet::understood;
use chrono::{NaiveDate, NaiveDateTime, TimeDelta};
use pitstop_app::schedules::desk::{Filled, TimesLine};
use pitstop_calendar::due::length;
use pitstop_calendar::ical;
use pitstop_calendar::window::LONGEST_MINUTES;
use pitstop_calendar::{Held, Kind, Rule, Series, Times, Zone, words};
use pitstop_domain::Time;
use pitstop_domain::id::TimesId;
use pitstop_store::schedules::times::HeldRow;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

type Read<T> = Result<T, String>;

/// A calendar of a few hundred kilobytes is a year of a university's rooms.
const LONGEST_TEXT: usize = 2_000_000;

/// The last day of one that comes once and belongs to no calendar.
fn last_day(row: &HeldRow) -> Option<NaiveDate> {
    let (times, start) = (&row.held.times, row.held.times.starts.start);
    let own = times.starts.rule.is_none() && times.starts.also.is_empty() && row.source.is_none();
    let end = start + TimeDelta::minutes(i64::from(times.minutes));
    own.then(|| (end - TimeDelta::seconds(1)).date())
}

/// As long as it takes to end on this day, at the same time of day.
pub fn stretched(row: &HeldRow, until: &str) -> Read<Times> {
    let until: NaiveDate = until.parse().map_err(|_| "Choose its last day.".to_owned())?;
    let last = last_day(row).ok_or("One that comes again, or belongs to a calendar, is changed there.")?;
    let minutes = i64::from(row.held.times.minutes) + (until - last).num_minutes();
    let minutes = u32::try_from(minutes).ok().filter(|minutes| *minutes > 0);
    let minutes = minutes.ok_or("It would end before it begins.")?;
    if minutes > LONGEST_MINUTES {
        return Err("It lasts a year at most.".to_owned());
    }
    Ok(Times { minutes, ..row.held.times.clone() })
}

pub fn line(row: HeldRow, now: Time) -> TimesLine {
    let ends = last_day(&row);
    let held = row.held;
    let lasts = length(TimeDelta::minutes(i64::from(held.times.minutes)));
    TimesLine {
        id: held.id.to_string(),
        is_window: held.kind == Kind::Window,
        title: held.title,
        words: format!("{}, for {lasts}", words::series(&held.times.starts)),
        query: held.query,
        next: held.times.starts.next(now, 1).first().map(|one| one.at),
        source: row.source,
        ends,
    }
}

pub(super) fn query(filled: &Filled) -> Read<String> {
    let words = text(filled, "query");
    understood(words).map_err(|error| error.to_string())?;
    Ok(words.to_owned())
}

/// A window or blackout as programs read and write it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct WrittenTimes {
    pub kind: Kind,
    pub title: String,
    /// The fleet's search for its machines; empty: all.
    #[serde(default)]
    pub q: String,
    /// When it begins first, by the clocks of the zone.
    pub start: NaiveDateTime,
    pub zone: Zone,
    /// So long it lasts.
    pub minutes: u32,
    /// A rule of iCalendar; `null`: once.
    #[serde(default)]
    pub rule: Option<Rule>,
}

impl WrittenTimes {
    pub fn of(held: &Held) -> Self {
        let starts = &held.times.starts;
        Self {
            kind: held.kind,
            title: held.title.clone(),
            q: held.query.clone(),
            start: starts.start,
            zone: starts.zone,
            minutes: held.times.minutes,
            rule: starts.rule.clone(),
        }
    }
}

/// What a program wrote.
pub fn held(written: WrittenTimes) -> Read<Held> {
    let title = titled(&written.title)?;
    understood(&written.q).map_err(|error| error.to_string())?;
    if written.minutes == 0 || written.minutes > LONGEST_MINUTES {
        return Err("It lasts a minute at least and a year at most.".to_owned());
    }
    let starts = Series { rule: written.rule, ..Series::once(written.zone, written.start) };
    let times = Times { starts, minutes: written.minutes };
    Ok(Held { id: TimesId(Uuid::now_v7()), kind: written.kind, title, query: written.q, times })
}

fn titled(title: &str) -> Read<String> {
    let title = title.trim();
    if title.is_empty() || title.len() > 200 {
        return Err("Give it a name, of 200 letters at most.".to_owned());
    }
    Ok(title.to_owned())
}

/// One window or blackout.
pub fn read(filled: &Filled) -> Read<Held> {
    let title = titled(text(filled, "title"))?;
    let zone: Zone = text(filled, "zone").parse()?;
    let from = start(filled, "date", "from")?;
    let to = start(filled, "date", "to")?;
    let days = match text(filled, "days") {
        "" => 0,
        days => days.parse::<u32>().map_err(|_| "Days more: write a whole number.".to_owned())?.min(366),
    };
    let mut length = to - from + TimeDelta::days(i64::from(days));
    if length <= TimeDelta::zero() {
        length += TimeDelta::days(1);
    }
    let minutes = u32::try_from(length.num_minutes()).ok().filter(|minutes| *minutes <= LONGEST_MINUTES);
    let minutes = minutes.ok_or("It lasts a year at most.")?;
    let rule = match text(filled, "rule") {
        "" => None,
        rule => Some(rule.parse::<Rule>().map_err(|why| format!("The rule: {why}."))?),
    };
    let kind = if text(filled, "kind") == "blackout" { Kind::Blackout } else { Kind::Window };
    let times = Times { starts: Series { rule, ..Series::once(zone, from) }, minutes };
    Ok(Held { id: TimesId(Uuid::now_v7()), kind, title, query: query(filled)?, times })
}

/// Blackouts of a calendar, with its name.
pub fn import(filled: &Filled) -> Read<(String, Vec<Held>)> {
    let source = text(filled, "source").to_owned();
    if source.is_empty() || source.len() > 200 {
        return Err("Give the calendar a name, by which it is replaced when it is read again.".to_owned());
    }
    let zone = match text(filled, "zone") {
        "" => Zone::UTC,
        zone => zone.parse()?,
    };
    let calendar = text(filled, "text");
    let query = query(filled)?;
    Ok((source, calendar_of(calendar, zone, &query)?))
}

/// The blackouts of an iCalendar text.
pub fn calendar_of(calendar: &str, zone: Zone, query: &str) -> Read<Vec<Held>> {
    if calendar.len() > LONGEST_TEXT {
        return Err("The calendar has more than 2 MB: divide it.".to_owned());
    }
    let events = ical::read(calendar, zone)?;
    if events.is_empty() {
        return Err("The calendar has no event that keeps anybody busy.".to_owned());
    }
    let held = |event: ical::Event| Held {
        id: TimesId(Uuid::now_v7()),
        kind: Kind::Blackout,
        title: event.title.chars().take(200).collect(),
        query: query.to_owned(),
        times: event.times,
    };
    Ok(events.into_iter().map(held).collect())
}
