//! Alarms: a person must be told.
//!
//! - [`api`]: wire types and server functions; `server`: what they need of the backend
//! - [`page`]: the list; [`bar`]: the line above every page while there are open ones

pub mod api;
#[cfg(feature = "ssr")]
pub mod bar;
#[cfg(feature = "ssr")]
pub mod page;
#[cfg(feature = "ssr")]
pub mod server;
