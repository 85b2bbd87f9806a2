//! What a rule gives: local times, in their order. Zones come later ([`crate::series`]).
//!
//! Time is cut into periods (years for `FREQ=YEARLY`, and so on), of which every n-th counts. Each gives a set: the days
//! that are meant, each with the times that are meant, of which `BYSETPOS` chooses.

use crate::days::{Days, week_start_of};
use crate::rule::{Freq, Rule};
use chrono::{Datelike, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Timelike};
use std::ops::Range;

/// Local times of this rule from its start on that lie in the range, in their order. `UNTIL` in UTC is not looked at:
/// the zone is not known here.
pub(crate) fn expand(rule: &Rule, start: NaiveDateTime, range: &Range<NaiveDateTime>) -> Vec<NaiveDateTime> {
    if range.end <= start || range.end <= range.start {
        return vec![];
    }
    let mut walk = Walk::new(rule, start);
    if rule.count.is_none() {
        walk.skip_to(range.start);
    }
    let (mut found, mut counted) = (Vec::new(), 0);
    while let Some(set) = walk.next_set(range.end) {
        for at in set.into_iter().filter(|at| *at >= start) {
            counted += 1;
            if at >= range.end || rule.count.is_some_and(|count| counted > count) {
                return found;
            }
            if at >= range.start {
                found.push(at);
            }
        }
    }
    found
}

struct Walk<'a> {
    rule: &'a Rule,
    days: Days,
    hours: Vec<u32>,
    minutes: Vec<u32>,
    seconds: Vec<u32>,
    start: NaiveDateTime,
    /// The period that is next, counted in steps of the interval.
    step: i64,
}

impl<'a> Walk<'a> {
    fn new(rule: &'a Rule, start: NaiveDateTime) -> Self {
        // A part that is left out is as the start has it, unless periods are shorter than it.
        let or_start = |list: &[u32], shorter: Freq, own: u32| match list {
            [] if rule.freq < shorter => vec![own],
            list => list.to_vec(),
        };
        Self {
            days: Days::of(rule, start),
            hours: or_start(&rule.by_hour, Freq::Hourly, start.hour()),
            minutes: or_start(&rule.by_minute, Freq::Minutely, start.minute()),
            seconds: or_start(&rule.by_second, Freq::Secondly, start.second()),
            rule,
            start,
            step: 0,
        }
    }

    /// The period that holds this moment, or the last before it.
    fn skip_to(&mut self, from: NaiveDateTime) {
        if from <= self.start {
            return;
        }
        let interval = i64::from(self.rule.interval);
        let periods = match self.rule.freq {
            Freq::Yearly => i64::from(from.year() - self.start.year()),
            Freq::Monthly => months(from.date()) - months(self.start.date()),
            Freq::Weekly => (self.week(from.date()) - self.week(self.start.date())).num_days() / 7,
            Freq::Daily => (from.date() - self.start.date()).num_days(),
            _ => (from - self.short_start()).num_seconds().div_euclid(self.seconds_each()),
        };
        self.step = (periods / interval).max(0);
    }

    fn week(&self, date: NaiveDate) -> NaiveDate {
        week_start_of(date, self.rule.week_start)
    }

    /// The set of the next period that has one and begins before the end.
    fn next_set(&mut self, end: NaiveDateTime) -> Option<Vec<NaiveDateTime>> {
        if self.rule.freq >= Freq::Hourly {
            return self.next_short(end);
        }
        loop {
            let days = self.period(self.step)?;
            self.step += 1;
            if days.start.and_time(NaiveTime::MIN) >= end {
                return None;
            }
            let dates = days.start.iter_days().take_while(|date| *date < days.end);
            let dates: Vec<_> = dates.filter(|date| self.days.mean(*date)).collect();
            if dates.is_empty() {
                continue;
            }
            let times = times(&self.hours, &self.minutes, &self.seconds);
            let set = self.chosen(dates.len() * times.len(), |n| {
                dates[n / times.len()].and_time(times[n % times.len()])
            });
            if !set.is_empty() {
                return Some(set);
            }
        }
    }

    /// The days of a period.
    fn period(&self, step: i64) -> Option<Range<NaiveDate>> {
        let n = step.checked_mul(i64::from(self.rule.interval))?;
        let first = self.start.date();
        let range = match self.rule.freq {
            Freq::Yearly => {
                let year = i32::try_from(i64::from(first.year()) + n).ok()?;
                NaiveDate::from_ymd_opt(year, 1, 1)?..NaiveDate::from_ymd_opt(year + 1, 1, 1)?
            }
            Freq::Monthly => month(months(first) + n)?..month(months(first) + n + 1)?,
            Freq::Weekly => {
                let from = self.week(first).checked_add_signed(TimeDelta::try_days(n.checked_mul(7)?)?)?;
                from..from + TimeDelta::days(7)
            }
            _ => {
                let day = first.checked_add_signed(TimeDelta::try_days(n)?)?;
                day..day.succ_opt()?
            }
        };
        crate::rule::is_common(range.start).then_some(range)
    }

    /// Periods shorter than a day. Days, hours and minutes that are not meant are leapt over.
    fn next_short(&mut self, end: NaiveDateTime) -> Option<Vec<NaiveDateTime>> {
        let begin = self.short_start();
        loop {
            let seconds =
                self.step.checked_mul(self.seconds_each())?.checked_mul(i64::from(self.rule.interval))?;
            let at = begin.checked_add_signed(TimeDelta::try_seconds(seconds)?)?;
            if at >= end || !crate::rule::is_common(at.date()) {
                return None;
            }
            let meant = |list: &[u32], own: u32| list.is_empty() || list.contains(&own);
            let next = if !self.days.mean(at.date()) {
                at.date().succ_opt()?.and_time(NaiveTime::MIN)
            } else if !meant(&self.hours, at.hour()) {
                hour_of(at) + TimeDelta::hours(1)
            } else if self.rule.freq > Freq::Hourly && !meant(&self.minutes, at.minute()) {
                minute_of(at) + TimeDelta::minutes(1)
            } else {
                self.step += 1;
                if let Some(set) = self.short_set(at) {
                    return Some(set);
                }
                continue;
            };
            let each = self.seconds_each() * i64::from(self.rule.interval);
            let ahead = (next - begin).num_seconds();
            self.step = (ahead.div_euclid(each) + i64::from(ahead.rem_euclid(each) > 0)).max(self.step + 1);
        }
    }

    /// What one hour, minute or second gives.
    fn short_set(&self, at: NaiveDateTime) -> Option<Vec<NaiveDateTime>> {
        let minutes = if self.rule.freq == Freq::Hourly { &self.minutes } else { &vec![at.minute()] };
        let seconds = if self.rule.freq == Freq::Secondly {
            if !(self.seconds.is_empty() || self.seconds.contains(&at.second())) {
                return None;
            }
            &vec![at.second()]
        } else {
            &self.seconds
        };
        let times = times(&[at.hour()], minutes, seconds);
        let set = self.chosen(times.len(), |n| at.date().and_time(times[n]));
        (!set.is_empty()).then_some(set)
    }

    /// Those of a set that `BYSETPOS` means; without it, all.
    fn chosen(&self, length: usize, nth: impl Fn(usize) -> NaiveDateTime) -> Vec<NaiveDateTime> {
        if self.rule.by_set_pos.is_empty() {
            return (0..length).map(nth).collect();
        }
        let place = |pos: &i16| match usize::from(pos.unsigned_abs()) {
            n if *pos > 0 => Some(n - 1).filter(|n| *n < length),
            n => length.checked_sub(n),
        };
        let mut places: Vec<_> = self.rule.by_set_pos.iter().filter_map(place).collect();
        places.sort_unstable();
        places.dedup();
        places.into_iter().map(nth).collect()
    }

    fn short_start(&self) -> NaiveDateTime {
        match self.rule.freq {
            Freq::Hourly => hour_of(self.start),
            Freq::Minutely => minute_of(self.start),
            _ => self.start,
        }
    }

    fn seconds_each(&self) -> i64 {
        match self.rule.freq {
            Freq::Hourly => 3600,
            Freq::Minutely => 60,
            _ => 1,
        }
    }
}

fn hour_of(at: NaiveDateTime) -> NaiveDateTime {
    minute_of(at) - TimeDelta::minutes(i64::from(at.minute()))
}

fn minute_of(at: NaiveDateTime) -> NaiveDateTime {
    at - TimeDelta::seconds(i64::from(at.second()))
}

fn months(date: NaiveDate) -> i64 {
    i64::from(date.year()) * 12 + i64::from(date.month0())
}

/// The first of a month, counted from the year 0.
fn month(n: i64) -> Option<NaiveDate> {
    let month = u32::try_from(n.rem_euclid(12)).ok()? + 1;
    NaiveDate::from_ymd_opt(i32::try_from(n.div_euclid(12)).ok()?, month, 1)
}

/// All times of day that are meant, in their order.
fn times(hours: &[u32], minutes: &[u32], seconds: &[u32]) -> Vec<NaiveTime> {
    let mut times = Vec::with_capacity(hours.len() * minutes.len() * seconds.len());
    for hour in hours {
        for minute in minutes {
            times
                .extend(seconds.iter().filter_map(|second| NaiveTime::from_hms_opt(*hour, *minute, *second)));
        }
    }
    times
}
