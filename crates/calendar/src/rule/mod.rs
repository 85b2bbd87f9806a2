//! A recurrence rule, as RFC 5545, 3.3.10 has it.
//!
//! - here: its parts as values; [`read`]: from `FREQ=WEEKLY;BYDAY=TU`, or what is wrong with it; [`write`]: back to it

mod read;
mod write;

pub(crate) use read::date_time;

use chrono::{Datelike, NaiveDate, NaiveDateTime, Weekday};
use pitstop_domain::Time;

/// How often, before anything else.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Freq {
    Yearly,
    Monthly,
    Weekly,
    Daily,
    Hourly,
    Minutely,
    Secondly,
}

/// A weekday; with `nth`, the n-th of its month or year, counted from the end where it is negative.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Day {
    pub nth: Option<i16>,
    pub weekday: Weekday,
}

/// The last moment at which it may recur.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Until {
    At(Time),
    /// In the zone of the start.
    Local(NaiveDateTime),
    /// All of that day.
    Date(NaiveDate),
}

/// A recurrence rule. Lists are sorted and have nothing twice; an empty list is a part that is not there.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Rule {
    pub freq: Freq,
    pub interval: u32,
    pub count: Option<u32>,
    pub until: Option<Until>,
    pub by_second: Vec<u32>,
    pub by_minute: Vec<u32>,
    pub by_hour: Vec<u32>,
    pub by_day: Vec<Day>,
    pub by_month_day: Vec<i16>,
    pub by_year_day: Vec<i16>,
    pub by_week_no: Vec<i16>,
    pub by_month: Vec<u32>,
    pub by_set_pos: Vec<i16>,
    pub week_start: Weekday,
}

/// The seven, from Monday, as iCalendar writes them.
pub const WEEKDAYS: [(Weekday, &str); 7] = [
    (Weekday::Mon, "MO"),
    (Weekday::Tue, "TU"),
    (Weekday::Wed, "WE"),
    (Weekday::Thu, "TH"),
    (Weekday::Fri, "FR"),
    (Weekday::Sat, "SA"),
    (Weekday::Sun, "SU"),
];

impl Freq {
    pub const ALL: [(Self, &'static str); 7] = [
        (Self::Yearly, "YEARLY"),
        (Self::Monthly, "MONTHLY"),
        (Self::Weekly, "WEEKLY"),
        (Self::Daily, "DAILY"),
        (Self::Hourly, "HOURLY"),
        (Self::Minutely, "MINUTELY"),
        (Self::Secondly, "SECONDLY"),
    ];

    /// Its word in iCalendar.
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(freq, _)| *freq == self).map_or("", |(_, name)| name)
    }
}

impl Day {
    pub fn every(weekday: Weekday) -> Self {
        Self { nth: None, weekday }
    }

    pub fn nth(nth: i16, weekday: Weekday) -> Self {
        Self { nth: Some(nth), weekday }
    }
}

impl Rule {
    /// A rule with nothing but how often.
    pub fn every(freq: Freq) -> Self {
        Self {
            freq,
            interval: 1,
            count: None,
            until: None,
            by_second: vec![],
            by_minute: vec![],
            by_hour: vec![],
            by_day: vec![],
            by_month_day: vec![],
            by_year_day: vec![],
            by_week_no: vec![],
            by_month: vec![],
            by_set_pos: vec![],
            week_start: Weekday::Mon,
        }
    }
}

/// iCalendar has years of four digits.
pub(crate) fn is_common(date: NaiveDate) -> bool {
    (1..=9999).contains(&date.year())
}
