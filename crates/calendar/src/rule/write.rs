//! Writing a rule, and keeping it as text in JSON.

use super::{Day, Rule, Until, WEEKDAYS};
use chrono::Weekday;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FREQ={}", self.freq.name())?;
        if let Some(until) = self.until {
            write!(f, ";UNTIL={until}")?;
        }
        if let Some(count) = self.count {
            write!(f, ";COUNT={count}")?;
        }
        if self.interval > 1 {
            write!(f, ";INTERVAL={}", self.interval)?;
        }
        part(f, "BYSECOND", &self.by_second)?;
        part(f, "BYMINUTE", &self.by_minute)?;
        part(f, "BYHOUR", &self.by_hour)?;
        part(f, "BYDAY", &self.by_day)?;
        part(f, "BYMONTHDAY", &self.by_month_day)?;
        part(f, "BYYEARDAY", &self.by_year_day)?;
        part(f, "BYWEEKNO", &self.by_week_no)?;
        part(f, "BYMONTH", &self.by_month)?;
        part(f, "BYSETPOS", &self.by_set_pos)?;
        if self.week_start != Weekday::Mon {
            write!(f, ";WKST={}", name(self.week_start))?;
        }
        Ok(())
    }
}

fn part<T: fmt::Display>(f: &mut fmt::Formatter<'_>, name: &str, values: &[T]) -> fmt::Result {
    for (n, value) in values.iter().enumerate() {
        if n == 0 {
            write!(f, ";{name}=")?;
        } else {
            f.write_str(",")?;
        }
        value.fmt(f)?;
    }
    Ok(())
}

fn name(weekday: Weekday) -> &'static str {
    WEEKDAYS.iter().find(|(day, _)| *day == weekday).map_or("", |(_, name)| name)
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(nth) = self.nth {
            nth.fmt(f)?;
        }
        f.write_str(name(self.weekday))
    }
}

impl fmt::Display for Until {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::At(at) => at.format("%Y%m%dT%H%M%SZ").fmt(f),
            Self::Local(at) => at.format("%Y%m%dT%H%M%S").fmt(f),
            Self::Date(date) => date.format("%Y%m%d").fmt(f),
        }
    }
}

impl Serialize for Rule {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Rule {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}
