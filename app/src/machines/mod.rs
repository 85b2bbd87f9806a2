//! Machines: the fleet, one machine, and running a function on it.
//!
//! - [`api`]: wire types and server functions; `server`: what they need of the backend
//! - [`query`]: the words people filter with; [`map`], [`cells`]: one cell a machine
//! - [`fleet`], [`page`]: the pages; [`run`]: the form that starts a job; [`own`]: where its own system comes from; [`parts`]: chips and facts
//! - [`routes`]: the ways to restart a machine, and its probe

pub mod api;
pub mod cells;
pub mod fleet;
pub mod map;
pub mod own;
pub mod page;
pub mod parts;
pub mod query;
pub mod routes;
pub mod run;
#[cfg(feature = "ssr")]
pub mod server;
