//! How a figure usually is at a time of the day, where that matters: who works by day is warm by day.
//!
//! The day has twelve parts of two hours, by the clocks where the machine is. What is usual at a moment is what is usual in the part
//! that it is in, or in the one before, or in the one after: nobody begins to work at the stroke of an hour, and when clocks are put
//! ahead or back, what goes by another clock comes an hour off.

use super::baseline::Baseline;
use super::metric::Metric;
use super::sample::median;
use crate::Time;
use crate::report::Better;
use chrono::{Datelike, NaiveDateTime, TimeDelta, Timelike};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Parts of a day.
pub const PARTS: usize = 12;

/// Of so many different days figures must be, before a part says what is usual in it.
pub const ENOUGH_DAYS: u32 = 7;

/// Hours in a part below which it says nothing.
pub const ENOUGH_IN_PART: usize = 10;

/// So many weeks must have been seen in a part: what is done once a week is usual from the third time on.
pub const ENOUGH_WEEKS: usize = 3;

/// From the first day of so many weeks to the last.
const ENOUGH_SPAN: TimeDelta = TimeDelta::days(7 * ENOUGH_WEEKS as i64 - 1);

/// A figure wanders in a part by at least this share of what it wanders by over the whole day: a part has few hours, and who was
/// calm in all of them is not calm for ever.
const OF_DAY: f64 = 0.2;

/// What comes back each week does not come back quite alike.
const ALIKE: f64 = 1.1;

/// What is usual in each part of the day; `None`: not known.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Parts(pub [Option<Baseline>; PARTS]);

impl Parts {
    /// Of these hours, each as the clocks there showed when it began, over less than 64 days. `None`: there are too few of them, or no
    /// part says anything else than the whole day.
    pub fn of(
        metric: Metric,
        day: &Baseline,
        hours: impl Iterator<Item = (NaiveDateTime, f64)>,
    ) -> Option<Self> {
        let mut of_part: [Vec<(NaiveDateTime, f64)>; PARTS] = Default::default();
        for (at, value) in hours.filter(|(_, value)| value.is_finite()) {
            of_part[part_of(at)].push((at, value));
        }
        let newest = of_part.iter().flatten().map(|(at, _)| *at).max()?;
        let parts = Self(std::array::from_fn(|part| usual_in(metric, day, &of_part[part], newest)));
        parts.says_more_than(metric, day).then_some(parts)
    }

    /// Of machines together: what is usual of each in each part, where it has no parts of its whole day. What is enough the caller
    /// says.
    pub fn of_peers(
        metric: Metric,
        day: &Baseline,
        each: &[Vec<Baseline>; PARTS],
        enough: usize,
    ) -> Option<Self> {
        let of_part = |part: usize| {
            let values = |of: fn(&Baseline) -> f64| each[part].iter().map(of).collect::<Vec<f64>>();
            let found = Baseline::of(&values(|one| one.median), enough)?;
            // What wanders on most of them is no fault of one: they have their weekly jobs, too.
            let wanders = median(&values(|one| one.mad)).unwrap_or_default();
            Some(found.wandering(wanders.max(day.mad * OF_DAY)))
        };
        let parts = Self(std::array::from_fn(of_part));
        parts.says_more_than(metric, day).then_some(parts)
    }

    /// Does any part find something usual that the day does not, or the other way round?
    fn says_more_than(&self, metric: Metric, day: &Baseline) -> bool {
        let ((low, high), least) = (day.band(metric), day.least(metric));
        self.0.iter().flatten().any(|part| {
            let (from, to) = part.band(metric);
            (from - low).abs() > least || (to - high).abs() > least
        })
    }
}

/// What is usual in a part, of its hours. `None`: they are of too few days or weeks.
fn usual_in(
    metric: Metric,
    day: &Baseline,
    hours: &[(NaiveDateTime, f64)],
    newest: NaiveDateTime,
) -> Option<Baseline> {
    // A bit for each day: 64 of them in a row are never the same.
    let days = hours.iter().fold(0_u64, |days, (at, _)| days | 1 << at.num_days_from_ce().rem_euclid(64));
    let oldest = hours.iter().map(|(at, _)| *at).min()?;
    let latest = hours.iter().map(|(at, _)| *at).max()?;
    if days.count_ones() < ENOUGH_DAYS || latest - oldest < ENOUGH_SPAN {
        return None;
    }
    let values: Vec<f64> = hours.iter().map(|(_, value)| *value).collect();
    let found = Baseline::of(&values, ENOUGH_IN_PART)?.wandering(day.mad * OF_DAY);
    Some(match comes_back(metric, hours, newest) {
        Some(value) => found.reaching(value, ALIKE),
        None => found,
    })
}

/// How bad it is in three of the weeks before `newest`: what is done in one night of each. A decline is worse than this for two weeks
/// before it has been so in three, as it is worse than a median of four weeks.
fn comes_back(metric: Metric, hours: &[(NaiveDateTime, f64)], newest: NaiveDateTime) -> Option<f64> {
    let worse = match metric.kind().better {
        Better::Lower => f64::max,
        Better::Higher => f64::min,
        Better::Neither => return None,
    };
    let mut weeks: BTreeMap<i64, f64> = BTreeMap::new();
    for (at, value) in hours {
        let worst = weeks.entry((newest - *at).num_days() / 7).or_insert(*value);
        *worst = worse(*worst, *value);
    }
    let mut worst: Vec<f64> = weeks.into_values().collect();
    worst.sort_by(f64::total_cmp);
    if metric.kind().better == Better::Lower {
        worst.reverse();
    }
    worst.get(ENOUGH_WEEKS - 1).copied()
}

/// Which part of the day clocks show.
fn part_of(local: NaiveDateTime) -> usize {
    local.hour() as usize * PARTS / 24
}

/// How a figure usually is, on a machine or on its model.
#[derive(Clone, Debug, PartialEq)]
pub struct Usual {
    /// By day and by night together.
    pub day: Baseline,
    /// Where the time of day matters and is known: the parts, and what clocks there are ahead of UTC, in seconds.
    pub parts: Option<(Arc<Parts>, i32)>,
}

impl From<Baseline> for Usual {
    fn from(day: Baseline) -> Self {
        Self { day, parts: None }
    }
}

impl Usual {
    /// What is usual at this time of day; `None`: only the whole day is known. Of a part beside it of which nothing is known the whole
    /// day speaks: that a machine was never on then is no reason to be strict about the hours around.
    fn of_time(&self, at: Time) -> Option<impl Iterator<Item = &Baseline>> {
        let (parts, ahead_s) = self.parts.as_ref()?;
        let Parts(parts) = &**parts;
        let here = part_of(at.naive_utc() + TimeDelta::seconds((*ahead_s).into()));
        parts[here].as_ref()?;
        let near = [here, (here + PARTS - 1) % PARTS, (here + 1) % PARTS];
        Some(near.into_iter().map(|part| parts[part].as_ref().unwrap_or(&self.day)))
    }

    /// All that a value of this time is compared with; it is worse than usual where it is worse than each of them.
    pub fn all_of(&self, at: Time) -> Vec<Baseline> {
        self.of_time(at).map_or_else(|| vec![self.day], |near| near.copied().collect())
    }

    /// Is more known than the whole day, for this moment?
    pub fn knows_time(&self, at: Time) -> bool {
        self.of_time(at).is_some()
    }

    /// What a value is compared with: of what is usual at this time, that which speaks for it most.
    pub fn beside(&self, metric: Metric, value: f64, at: Time) -> &Baseline {
        let Some(near) = self.of_time(at) else { return &self.day };
        let worse = |usual: &&Baseline| match usual.is_worse(metric, value, 0.0) {
            true => usual.worse_percent(metric, value).unwrap_or(0.0).max(0.0),
            false => -1.0,
        };
        // The first of those that are equal is the part that it is in.
        near.reduce(|best, other| if worse(&other) < worse(&best) { other } else { best })
            .unwrap_or(&self.day)
    }

    /// Is this value worse than is usual at this time, by so many per cent and more than it wanders by itself?
    pub fn is_worse(&self, metric: Metric, value: f64, at: Time, percent: f64) -> bool {
        match self.of_time(at) {
            Some(mut near) => near.all(|usual| usual.is_worse(metric, value, percent)),
            None => self.day.is_worse(metric, value, percent),
        }
    }

    /// What is usual at this time: from, to.
    pub fn band(&self, metric: Metric, at: Time) -> (f64, f64) {
        let bands = self.of_time(at).map(|near| near.map(|usual| usual.band(metric)));
        let joined =
            bands.and_then(|bands| bands.reduce(|one, other| (one.0.min(other.0), one.1.max(other.1))));
        joined.unwrap_or_else(|| self.day.band(metric))
    }

    /// Where it begins to be worse by so many per cent at this time. `None`: nothing of it is worse.
    pub fn begins(&self, metric: Metric, percent: f64, at: Time) -> Option<f64> {
        let begins = |usual: &Baseline| usual.begins(metric, percent);
        let Some(near) = self.of_time(at) else { return begins(&self.day) };
        let farther = match metric.kind().better {
            Better::Higher => f64::min,
            Better::Lower | Better::Neither => f64::max,
        };
        near.filter_map(begins).reduce(farther)
    }

    /// ` at this time of day`, where that is what is known.
    pub fn when(&self, at: Time) -> &'static str {
        if self.knows_time(at) { " at this time of day" } else { "" }
    }
}

#[cfg(test)]
mod tests;
