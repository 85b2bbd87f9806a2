//! What pages are made of.
//!
//! - [`icon`]: our own drawings; [`time`]: moments and durations; [`bar`]: measured progress
//! - [`notice`]: empty pages that teach, failures in words; [`copy`]: the copy button

pub mod bar;
pub mod copy;
pub mod icon;
pub mod notice;
pub mod time;

pub use bar::Bar;
pub use copy::Copy;
pub use icon::{Icon, icon};
pub use notice::{Empty, Refusal, Trouble};
pub use time::{Ago, Elapsed, When};
