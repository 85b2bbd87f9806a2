//! Runs, for the dashboard and for programs.
//!
//! - [`choose`]: which machines are meant; [`start`]: the estimate, and making a run
//! - [`ask`]: whether somebody may; [`read`]: lists and pages

pub mod ask;
pub mod choose;
pub mod read;
pub mod start;
