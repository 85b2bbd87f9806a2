//! `/styleguide`: all parts in all their states, on one page, to look at and to test. Reached by its address and by the
//! palette.
//!
//! - [`page`]: the page, section by section; [`press`]: what is pressed and filled in; [`lists`]: tables and tabs;
//!   [`says`]: what tells something; [`draws`]: drawings and type

pub mod draws;
pub mod lists;
pub mod page;
pub mod press;
pub mod says;

use chrono::TimeDelta;
use pitstop_domain::Time;

/// The moment of all samples: the page looks alike whenever it is loaded.
pub(crate) fn moment() -> Time {
    Time::UNIX_EPOCH + TimeDelta::days(20_000) + TimeDelta::hours(9)
}
