//! Machines: the fleet, one machine, and running a function on it.
//!
//! - [`api`]: wire types and server functions; `server`: what they need of the backend
//! - [`fleet`]: the fleet's page, and what is done with many machines
//! - [`page`]: one machine; [`keep`]: where it stands, to be changed; [`ribbon`]: which system it ran when; [`run`]: the form that starts a job; [`own`]: where its own system comes from; [`parts`]: chips and facts
//! - [`routes`]: the ways to restart a machine, and its probe

pub mod api;
pub mod fleet;
#[cfg(feature = "ssr")]
pub mod keep;
#[cfg(feature = "ssr")]
pub mod own;
#[cfg(feature = "ssr")]
pub mod page;
pub mod parts;
#[cfg(feature = "ssr")]
pub mod ribbon;
pub mod routes;
#[cfg(feature = "ssr")]
pub mod run;
#[cfg(feature = "ssr")]
pub mod server;
