//! Which days a rule means: every part that speaks of days, asked of one day.

use crate::rule::{Day, Freq, Rule};
use chrono::{Datelike, NaiveDate, NaiveDateTime, TimeDelta, Weekday};

/// The parts of a rule that speak of days, filled up from its start.
#[derive(Debug)]
pub(crate) struct Days {
    months: Vec<u32>,
    week_numbers: Vec<i16>,
    year_days: Vec<i16>,
    month_days: Vec<i16>,
    days: Vec<Day>,
    week_start: Weekday,
    /// Numbered days are counted within the year, not the month.
    of_the_year: bool,
}

impl Days {
    /// What a rule leaves out is as its start has it (RFC 5545, 3.3.10).
    pub fn of(rule: &Rule, start: NaiveDateTime) -> Self {
        let mut days = Self {
            months: rule.by_month.clone(),
            week_numbers: rule.by_week_no.clone(),
            year_days: rule.by_year_day.clone(),
            month_days: rule.by_month_day.clone(),
            days: rule.by_day.clone(),
            week_start: rule.week_start,
            of_the_year: rule.freq == Freq::Yearly && rule.by_month.is_empty(),
        };
        let of_the_month = days.year_days.is_empty() && days.month_days.is_empty() && days.days.is_empty();
        match rule.freq {
            Freq::Yearly if of_the_month && days.week_numbers.is_empty() => {
                if days.months.is_empty() {
                    days.months = vec![start.month()];
                }
                days.month_days = vec![day_of(start)];
            }
            Freq::Yearly if of_the_month => days.days = vec![Day::every(start.weekday())],
            Freq::Monthly if of_the_month => days.month_days = vec![day_of(start)],
            Freq::Weekly if days.days.is_empty() => days.days = vec![Day::every(start.weekday())],
            _ => {}
        }
        days
    }

    pub fn mean(&self, date: NaiveDate) -> bool {
        let by = |list: &[i16], from_start: u32, length: u32| {
            let from_start = i64::from(from_start);
            let from_end = from_start - i64::from(length) - 1;
            list.is_empty() || list.iter().any(|n| i64::from(*n) == from_start || i64::from(*n) == from_end)
        };
        (self.months.is_empty() || self.months.contains(&date.month()))
            && by(&self.month_days, date.day(), days_in_month(date))
            && by(&self.year_days, date.ordinal(), days_in_year(date.year()))
            && (self.days.is_empty() || self.days.iter().any(|day| self.is_day(*day, date)))
            && (self.week_numbers.is_empty() || {
                let (number, weeks) = week_of(date, self.week_start);
                by(&self.week_numbers, number, weeks)
            })
    }

    fn is_day(&self, day: Day, date: NaiveDate) -> bool {
        if date.weekday() != day.weekday {
            return false;
        }
        let Some(nth) = day.nth else { return true };
        let (place, length) = if self.of_the_year {
            (date.ordinal0(), days_in_year(date.year()))
        } else {
            (date.day0(), days_in_month(date))
        };
        let nth = i64::from(nth);
        nth == i64::from(place / 7) + 1 || nth == -(i64::from((length - 1 - place) / 7) + 1)
    }
}

fn day_of(start: NaiveDateTime) -> i16 {
    i16::try_from(start.day()).unwrap_or(1)
}

pub(crate) fn days_in_month(date: NaiveDate) -> u32 {
    u32::from(date.num_days_in_month())
}

fn days_in_year(year: i32) -> u32 {
    let leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    if leap { 366 } else { 365 }
}

/// The first day of its week.
pub(crate) fn week_start_of(date: NaiveDate, week_start: Weekday) -> NaiveDate {
    date - TimeDelta::days(i64::from(date.weekday().days_since(week_start)))
}

/// The number of its week, and how many weeks that week's year has. A week is of the year in which it has four days or
/// more.
fn week_of(date: NaiveDate, week_start: Weekday) -> (u32, u32) {
    let fourth = week_start_of(date, week_start) + TimeDelta::days(3);
    let left = days_in_year(fourth.year()) - fourth.ordinal();
    let number = fourth.ordinal0() / 7 + 1;
    (number, number + left / 7)
}
