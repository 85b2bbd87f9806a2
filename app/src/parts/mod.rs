//! What pages are made of.
//!
//! - [`icon`]: our own drawings; [`time`]: moments and durations; [`bar`]: measured progress; [`chart`]: small drawings
//! - [`notice`]: empty pages that teach, failures in words; [`copy`]: the copy button;
//!   [`form`]: forms that post; [`field`]: their fields
//! - [`table`]: lists sorted and paged by links; [`tabs`]; [`dialog`]: the browser's own; [`toast`]: what happened
//!   elsewhere; [`skeleton`]: what stands where something will be
//!
//! `/styleguide` shows them all.

#[cfg(feature = "ssr")]
pub mod asked;
pub mod bar;
pub mod chart;
#[cfg(feature = "ssr")]
pub mod copy;
#[cfg(feature = "ssr")]
pub mod dialog;
#[cfg(feature = "ssr")]
pub mod field;
pub mod form;
pub mod icon;
pub mod notice;
pub mod skeleton;
pub mod table;
#[cfg(feature = "ssr")]
pub mod tabs;
pub mod time;
#[cfg(feature = "ssr")]
pub mod toast;

pub use bar::Bar;
#[cfg(feature = "ssr")]
pub use copy::Copy;
#[cfg(feature = "ssr")]
pub use dialog::{Closer, Dialog, Opener};
pub use form::{Post, Posted};
pub use icon::{Icon, icon};
pub use notice::{Empty, Refusal, Trouble};
pub use skeleton::Skeleton;
pub use table::{Pages, Sort, SortHead, Window};
#[cfg(feature = "ssr")]
pub use tabs::{Tab, Tabs};
pub use time::{Ago, Elapsed, When};
