//! What pages are made of.
//!
//! - [`icon`]: our own drawings; [`time`]: moments and durations; [`bar`]: measured progress
//! - [`notice`]: empty pages that teach, failures in words; [`copy`]: the copy button;
//!   [`form`]: forms that post; [`field`]: their fields

pub mod bar;
pub mod copy;
pub mod field;
pub mod form;
pub mod icon;
pub mod notice;
pub mod time;

pub use bar::Bar;
pub use copy::Copy;
pub use form::{Post, Posted};
pub use icon::{Icon, icon};
pub use notice::{Empty, Refusal, Trouble};
pub use time::{Ago, Elapsed, When};
