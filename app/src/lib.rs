//! The dashboard: what people see and press.
//!
//! - one vertical a noun: [`machines`], [`jobs`], [`runs`], [`alarms`], [`images`]; [`session`] is the frame around them
//! - [`people`]: signing in, and who may do what; `audit`: what was done
//! - [`parts`]: what pages are made of; [`format`]: figures and times as people read them
//! - [`live`]: one event stream says what changed, the page fetches that thing again
//! - under `ssr`: [`backend`], what pages need of the rest of the server, and [`serve`], the routes; `go` is the
//!   page that a phone opens at the machine
//!
//! Every page renders on the server, whole, and every form posts without JavaScript.

// Views are deeply nested types.
#![recursion_limit = "512"]

pub mod alarms;
#[cfg(feature = "ssr")]
mod audit;
#[cfg(feature = "ssr")]
pub mod backend;
pub mod failure;
pub mod format;
#[cfg(feature = "ssr")]
pub mod go;
pub mod images;
pub mod jobs;
pub mod live;
pub mod machines;
pub mod parts;
pub mod people;
pub mod runs;
#[cfg(feature = "ssr")]
pub mod serve;
pub mod session;

pub use failure::Failure;
pub use session::{App, shell};
