//! The dashboard: what people see and press.
//!
//! - one vertical a noun: [`machines`], [`discovery`], [`jobs`], [`runs`], `schedules`, `health`, `hooks`, [`alarms`], [`images`]; [`helpdesk`] for people who help people;
//!   [`session`] is the frame around them, `palette` any page and action by keyboard
//! - [`parts`]: what pages are made of ([`styleguide`] shows them); [`format`]: figures and times as people read them
//! - [`people`]: signing in, and who may do what; `audit`: what was done
//! - [`live`]: one event stream says what changed, the page fetches that thing again
//! - under `ssr`: [`backend`], what pages need of the rest of the server, and [`serve`], the routes; `go` is the
//!   page that a phone opens at the machine, [`console`] a terminal into one
//!
//! Every page renders on the server, whole, and every form posts without JavaScript.

// Views are deeply nested types.
#![recursion_limit = "512"]

pub mod alarms;
#[cfg(feature = "ssr")]
mod audit;
#[cfg(feature = "ssr")]
pub mod backend;
#[cfg(feature = "ssr")]
pub mod captures;
#[cfg(feature = "ssr")]
pub mod console;
#[cfg(feature = "ssr")]
pub mod discovery;
pub mod failure;
pub mod format;
#[cfg(feature = "ssr")]
pub mod functions;
#[cfg(feature = "ssr")]
pub mod go;
#[cfg(feature = "ssr")]
pub mod health;
#[cfg(feature = "ssr")]
pub mod helpdesk;
#[cfg(feature = "ssr")]
pub mod hooks;
#[cfg(feature = "ssr")]
pub mod images;
pub mod jobs;
pub mod live;
pub mod machines;
#[cfg(feature = "ssr")]
mod palette;
pub mod parts;
pub mod people;
pub mod runs;
#[cfg(feature = "ssr")]
pub mod schedules;
#[cfg(feature = "ssr")]
pub mod serve;
pub mod session;
#[cfg(feature = "ssr")]
pub mod styleguide;

pub use failure::Failure;
pub use session::App;
