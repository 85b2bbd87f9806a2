//! How a figure usually is at a time of the day, where that matters: who works by day is warm by day.
//!
//! The day has twelve parts of two hours, by the clocks where the machine is. What is usual at a moment is what is usual in the part
//! that it is in, or in the one before, or in the one after: nobody begins to work at the stroke of an hour, and when clocks are put
//! ahead or back, what goes by another clock comes an hour off.

use super::baseline::Baseline;
use super::metric::Metric;
use crate::Time;
use crate::report::Better;
use chrono::{Datelike, NaiveDateTime, TimeDelta, Timelike};

/// Parts of a day.
pub const PARTS: usize = 12;

/// Of so many different days figures must be, before a part says what is usual in it: a weekend is among them.
pub const ENOUGH_DAYS: u32 = 7;

/// Hours in a part below which it says nothing.
pub const ENOUGH_IN_PART: usize = 10;

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
        let mut values: [Vec<f64>; PARTS] = Default::default();
        // A bit for each day: 64 of them in a row are never the same.
        let mut days = [0_u64; PARTS];
        for (at, value) in hours.filter(|(_, value)| value.is_finite()) {
            let part = part_of(at);
            values[part].push(value);
            days[part] |= 1 << at.num_days_from_ce().rem_euclid(64);
        }
        let of_part = |part: usize| {
            let of_enough = days[part].count_ones() >= ENOUGH_DAYS;
            of_enough.then(|| Baseline::of(&values[part], ENOUGH_IN_PART)).flatten()
        };
        let parts = Self(std::array::from_fn(of_part));
        parts.says_more_than(metric, day).then_some(parts)
    }

    /// Of machines together: the medians of each in each part. What is enough the caller says.
    pub fn of_peers(
        metric: Metric,
        day: &Baseline,
        medians: &[Vec<f64>; PARTS],
        enough: usize,
    ) -> Option<Self> {
        let parts = Self(std::array::from_fn(|part| Baseline::of(&medians[part], enough)));
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
    pub parts: Option<(Parts, i32)>,
}

impl From<Baseline> for Usual {
    fn from(day: Baseline) -> Self {
        Self { day, parts: None }
    }
}

impl Usual {
    /// What is usual at this time of day; `None`: only the whole day is known.
    fn of_time(&self, at: Time) -> Option<impl Iterator<Item = &Baseline>> {
        let (Parts(parts), ahead_s) = self.parts.as_ref()?;
        let here = part_of(at.naive_utc() + TimeDelta::seconds((*ahead_s).into()));
        parts[here].as_ref()?;
        let near = [here, (here + PARTS - 1) % PARTS, (here + 1) % PARTS];
        Some(near.into_iter().filter_map(|part| parts[part].as_ref()))
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
