//! Maintenance windows and blackouts: when machines may be taken, and when in no case.

use crate::intervals::Intervals;
use crate::series::Series;
use chrono::TimeDelta;
use pitstop_domain::Time;
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// A window is a week long at most, a blackout a year.
pub const LONGEST_MINUTES: u32 = 366 * 24 * 60;

/// Times that begin by a series and last for so long.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Times {
    pub starts: Series,
    /// As clocks on the wall count: from 22:00 to 6:00 is 480, in the night of a change of clocks too.
    pub minutes: u32,
}

impl Times {
    /// Those that overlap a range, not cut to it.
    pub fn within(&self, range: &Range<Time>) -> Intervals {
        let lasts = TimeDelta::minutes(i64::from(self.minutes));
        // Clocks that are put back make it longer.
        let earliest = range.start.checked_sub_signed(lasts + TimeDelta::days(2)).unwrap_or(range.start);
        let begun = self.starts.between(earliest, range.end).into_iter();
        let whole = begun.map(|one| one.at..self.starts.zone.at(one.local + lasts));
        whole.filter(|one| one.end > range.start).collect()
    }
}

/// A time in which no machine is taken, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Blackout {
    pub title: String,
    pub times: Intervals,
}

/// When machines may be taken, as far as somebody looked ahead.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Allowed {
    /// `None`: there is no window for them, and they may be taken at any time.
    pub windows: Option<Intervals>,
    pub blackouts: Vec<Blackout>,
}

/// Why no machine may be taken now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shut {
    /// No window is open.
    Outside,
    Blackout(String),
    /// So many seconds are left, and a trip usually takes so many.
    TooShort {
        left_s: i64,
        usual_s: i64,
    },
}

impl Allowed {
    /// Whether a trip of this length may begin at this moment: until when there is time, where there is an end.
    ///
    /// # Errors
    /// Why not.
    pub fn at(&self, at: Time, trip: TimeDelta) -> Result<Option<Time>, Shut> {
        if let Some(blackout) = self.blackouts.iter().find(|one| one.times.holding(at).is_some()) {
            return Err(Shut::Blackout(blackout.title.clone()));
        }
        let window = match &self.windows {
            None => None,
            Some(windows) => Some(windows.holding(at).ok_or(Shut::Outside)?.end),
        };
        let dark = self.blackouts.iter().flat_map(|one| one.times.iter()).map(|one| one.start);
        let ends = window.into_iter().chain(dark.filter(|start| *start > at)).min();
        match ends {
            Some(ends) if ends - at < trip => {
                Err(Shut::TooShort { left_s: (ends - at).num_seconds(), usual_s: trip.num_seconds() })
            }
            ends => Ok(ends),
        }
    }

    /// The first moment from this one on at which such a trip may begin.
    pub fn next(&self, from: Time, trip: TimeDelta) -> Option<Time> {
        if self.at(from, trip).is_ok() {
            return Some(from);
        }
        let opens = self.windows.iter().flat_map(Intervals::iter).map(|one| one.start);
        let over = self.blackouts.iter().flat_map(|one| one.times.iter()).map(|one| one.end);
        let mut moments: Vec<_> = opens.chain(over).filter(|at| *at > from).collect();
        moments.sort_unstable();
        moments.into_iter().find(|at| self.at(*at, trip).is_ok())
    }

    /// Open times of a range, for the eye.
    pub fn open(&self, range: &Range<Time>) -> Intervals {
        let all: Intervals = [range.clone()].into_iter().collect();
        let windows = self.windows.as_ref().map(|windows| all.without(&all.without(windows))).unwrap_or(all);
        self.blackouts.iter().fold(windows, |left, one| left.without(&one.times))
    }
}
