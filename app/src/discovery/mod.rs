//! Machines that are not known yet: seen on the wire, or in a list.
//!
//! - [`api`]: wire types and server functions; `server`: what they need of the backend
//! - [`page`]: strangers, to be adopted by one click; [`rules`]: adopted by themselves; [`silences`]: who is not answered, and why
//! - [`import`]: a list of machines, shown before it is stored; `file`: the list as a file

pub mod api;
#[cfg(feature = "ssr")]
pub(crate) mod file;
pub mod import;
pub mod page;
pub mod rules;
#[cfg(feature = "ssr")]
pub mod server;
pub mod silences;
