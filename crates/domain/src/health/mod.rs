//! Health that acts: what is measured of a machine, how it usually is, and what is done when it is so no longer.
//!
//! - [`metric`]: what is measured, a closed list with units; [`sample`]: what was measured, and when
//! - [`baseline`]: how a figure usually is, of one machine or of all of a model; it says when it does not know
//! - [`rhythm`]: the same by the time of day
//! - [`board`]: what a management board says of its machine
//! - [`elsewhere`]: what others say of machines
//! - [`score`]: health from 0 to 100 with its reasons; missing data is never health
//! - [`spread`]: how many of some machines have which health
//! - [`rule`]: when something is started; [`judge`](mod@judge): does its condition hold on a machine
//! - [`alert`]: what becomes of a machine on which it holds
//! - [`brake`](mod@brake): how many may be started, and when a person is asked instead
//! - [`listener`]: who outside is told, in which words
//! - [`after`]: the same figures before and after; [`dry`]: what a rule would have done

pub mod after;
pub mod alert;
pub mod baseline;
pub mod board;
pub mod brake;
pub mod dry;
pub mod elsewhere;
pub mod judge;
pub mod listener;
pub mod metric;
pub mod rhythm;
pub mod rule;
pub mod sample;
pub mod score;
pub mod spread;

#[cfg(test)]
mod laws;
#[cfg(test)]
mod scenarios;

pub use alert::{Alert, AlertState, Next, follow};
pub use baseline::Baseline;
pub use brake::{Braked, brake};
pub use judge::{Beside, Judged, Truth, View, judge};
pub use metric::Metric;
pub use rhythm::Usual;
pub use rule::{Guard, Rule};
pub use score::Health;
