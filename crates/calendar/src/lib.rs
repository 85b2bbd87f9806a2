//! When maintenance is due: the calendar that people know from their office, for machines.
//!
//! Everything is a value or a pure function, as in `pitstop-domain`. It stands apart since it knows the world's time
//! zones, which are too large for the program in the browser.
//!
//! - [`zone`]: named time zones, and what a local time means in one
//! - [`rule`]: a recurrence rule (RFC 5545), read and written; [`series`]: its occurrences, with what was left out,
//!   added and moved by hand
//! - [`intervals`]: sets of times; [`window`]: maintenance windows and blackouts
//! - [`due`](mod@due): what becomes of each occurrence, and why
//! - [`schedule`]: which function on which machines
//! - [`ical`]: calendars of other programs, read and written
//! - [`words`]: a rule in plain words
//! - `expand`, `days`: what a rule gives, in local times

mod days;
pub mod due;
mod expand;
pub mod ical;
pub mod intervals;
pub mod rule;
pub mod schedule;
pub mod series;
pub mod window;
pub mod words;
pub mod zone;

pub use due::{Decision, Due, OnMiss, Outcome, Reason, Timing, Verdict, due};
pub use rule::Rule;
pub use schedule::{Chosen, Held, Kind, Schedule};
pub use series::{Occurrence, RecurrenceId, Series};
pub use window::{Allowed, Blackout, Times};
pub use zone::{Reading, Zone};
