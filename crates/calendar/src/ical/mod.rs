//! iCalendar (RFC 5545), as other programs write and read it.
//!
//! - `lines`: folded lines, names, parameters, escapes; [`read`](fn@read): blackouts from a file; [`feed`]: the
//!   timetable for calendar programs, with the zones it speaks of

pub mod feed;
mod lines;
mod read;

pub use read::{Event, read};
