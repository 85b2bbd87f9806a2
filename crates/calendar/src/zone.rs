//! Named time zones, and what a local time means in one.
//!
//! A local time may not exist, where clocks are put ahead, or exist twice, where they are put back. RFC 5545, 3.3.5 says
//! what is meant then: one that does not exist is read with the offset from before the gap, of two the first is meant.

use chrono::{MappedLocalTime, NaiveDateTime, Offset, TimeDelta, TimeZone};
use chrono_tz::Tz;
use pitstop_domain::Time;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// A zone by its name in the database of time zones, `Europe/Berlin`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Zone(pub Tz);

/// How a local time was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reading {
    /// It exists once.
    Plain,
    /// It does not exist: clocks are put ahead over it. What is meant is later by what they are put ahead.
    Gap,
    /// It exists twice: clocks are put back over it. The first is meant.
    Overlap,
}

impl Zone {
    pub const UTC: Self = Self(Tz::UTC);

    /// When a local time is, and how it was read.
    pub fn read(self, local: NaiveDateTime) -> (Time, Reading) {
        match self.0.from_local_datetime(&local) {
            MappedLocalTime::Single(at) => (at.to_utc(), Reading::Plain),
            MappedLocalTime::Ambiguous(one, other) => (one.min(other).to_utc(), Reading::Overlap),
            MappedLocalTime::None => (self.with_the_offset_before(local), Reading::Gap),
        }
    }

    /// When a local time is.
    pub fn at(self, local: NaiveDateTime) -> Time {
        self.read(local).0
    }

    /// What clocks show there.
    pub fn local(self, at: Time) -> NaiveDateTime {
        at.with_timezone(&self.0).naive_local()
    }

    /// What clocks there are ahead of UTC, in seconds.
    pub fn offset(self, at: Time) -> i32 {
        self.0.offset_from_utc_datetime(&at.naive_utc()).fix().local_minus_utc()
    }

    /// A day earlier there is no gap near: zones change by rule twice a year at most, and no gap is as long as a day
    /// but for islands that moved over the date line.
    fn with_the_offset_before(self, local: NaiveDateTime) -> Time {
        let before = self.0.offset_from_utc_datetime(&(local - TimeDelta::hours(26))).fix();
        (local - TimeDelta::seconds(i64::from(before.local_minus_utc()))).and_utc()
    }

    /// The place for people: `Berlin`, `New York`; `UTC`.
    pub fn place(self) -> String {
        let name = self.0.name();
        name.rsplit('/').next().unwrap_or(name).replace('_', " ")
    }

    pub fn name(self) -> &'static str {
        self.0.name()
    }

    /// Names of all zones that are a place, and UTC; sorted.
    pub fn names() -> Vec<&'static str> {
        let places = chrono_tz::TZ_VARIANTS.iter().map(|zone| zone.name());
        let mut names: Vec<_> =
            places.filter(|name| name.contains('/') && !name.starts_with("Etc/")).chain(["UTC"]).collect();
        names.sort_unstable();
        names
    }
}

impl fmt::Display for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.name())
    }
}

impl FromStr for Zone {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let text = text.trim();
        // Calendars write prefixes of their own before the name.
        let name = text
            .strip_prefix('/')
            .and_then(|rest| rest.split_once('/').map(|(_, name)| name))
            .unwrap_or(text);
        name.parse()
            .map(Self)
            .map_err(|_| format!("there is no time zone `{text}`: write one like Europe/Berlin"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reads(zone: &str, local: &str) -> (String, Reading) {
        let (at, reading) = zone.parse::<Zone>().unwrap().read(local.parse().unwrap());
        (at.format("%F %T").to_string(), reading)
    }

    #[test]
    fn a_time_that_does_not_exist_is_read_with_the_offset_before_the_gap() {
        assert_eq!(
            reads("Europe/Berlin", "2026-03-29T02:30:00"),
            ("2026-03-29 01:30:00".into(), Reading::Gap)
        );
        assert_eq!(
            reads("America/New_York", "2007-03-11T02:30:00"),
            ("2007-03-11 07:30:00".into(), Reading::Gap),
            "the example of RFC 5545"
        );
        // Lord Howe puts its clocks ahead by half an hour.
        assert_eq!(
            reads("Australia/Lord_Howe", "2026-10-04T02:15:00"),
            ("2026-10-03 15:45:00".into(), Reading::Gap)
        );
    }

    #[test]
    fn of_a_time_that_exists_twice_the_first_is_meant() {
        assert_eq!(
            reads("Europe/Berlin", "2026-10-25T02:30:00"),
            ("2026-10-25 00:30:00".into(), Reading::Overlap)
        );
        assert_eq!(
            reads("America/New_York", "2007-11-04T01:30:00"),
            ("2007-11-04 05:30:00".into(), Reading::Overlap),
            "the example of RFC 5545"
        );
        assert_eq!(
            reads("Australia/Lord_Howe", "2026-04-05T01:45:00"),
            ("2026-04-04 14:45:00".into(), Reading::Overlap)
        );
    }

    #[test]
    fn kathmandu_is_three_quarters_of_an_hour_off_all_year() {
        assert_eq!(
            reads("Asia/Kathmandu", "2026-07-01T00:00:00"),
            ("2026-06-30 18:15:00".into(), Reading::Plain)
        );
    }

    #[test]
    fn zones_have_a_place_and_others_are_refused_in_words() {
        assert_eq!("America/New_York".parse::<Zone>().unwrap().place(), "New York");
        assert_eq!("/freeassociation.sourceforge.net/Europe/Berlin".parse(), "Europe/Berlin".parse::<Zone>());
        assert!("Mars/Base".parse::<Zone>().unwrap_err().contains("`Mars/Base`"));
        assert!(Zone::names().contains(&"UTC") && Zone::names().contains(&"Asia/Kathmandu"));
    }
}
