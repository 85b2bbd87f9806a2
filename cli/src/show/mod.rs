//! How answers look to people. Pure: what is shown depends on the values given and on [`Look`] alone.
//!
//! - [`table`]: columns; [`tables`]: the lists
//! - [`story`]: what happened in a job, in time order; [`page`]: the whole job
//! - [`catalog`]: a version of an image, keys
//! - [`runs`]: runs, and what one would do; [`timetable`]: schedules, windows and blackouts
//! - [`words`]: sizes, durations, phases; [`paint`]: colour

pub mod catalog;
pub mod page;
pub mod paint;
pub mod runs;
pub mod story;
pub mod table;
pub mod tables;
pub mod timetable;
pub mod words;

use chrono::{FixedOffset, Local};
use paint::Paint;
use pitstop_domain::Time;

/// What showing depends on beside the values.
#[derive(Clone, Copy, Debug)]
pub struct Look {
    pub paint: Paint,
    /// The zone of the reader; `None`: that of this computer, with its summer time.
    pub zone: Option<FixedOffset>,
    pub now: Time,
}

impl Look {
    /// A point in time as the reader's clock shows it.
    pub fn stamp(&self, at: Time) -> String {
        const SHAPE: &str = "%Y-%m-%d %H:%M:%S";
        match self.zone {
            Some(zone) => at.with_timezone(&zone).format(SHAPE).to_string(),
            None => at.with_timezone(&Local).format(SHAPE).to_string(),
        }
    }
}

#[cfg(test)]
pub fn plain() -> Look {
    let utc = FixedOffset::east_opt(0).unwrap();
    Look { paint: Paint::Off, zone: Some(utc), now: crate::shape::fixtures::at(90) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shape::fixtures::at;

    #[test]
    fn times_are_the_readers() {
        let east = Look { zone: FixedOffset::east_opt(5400), ..plain() };
        assert_eq!(plain().stamp(at(0)), "2026-03-01 10:00:00");
        assert_eq!(east.stamp(at(0)), "2026-03-01 11:30:00");
    }
}
