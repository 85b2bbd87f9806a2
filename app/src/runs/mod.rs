//! Runs: jobs started together.
//!
//! - [`api`]: wire types and server functions; `server`: what they need of the backend
//! - [`form`]: what the form asks for, in the address; [`new`](self::new): the form; [`would`]: what would happen
//! - [`list`], [`page`]: the other pages; [`parts`], [`members`], [`acts`]: their parts

pub mod acts;
pub mod api;
pub mod form;
pub mod list;
pub mod members;
pub mod new;
pub mod page;
pub mod parts;
#[cfg(feature = "ssr")]
pub mod server;
pub mod would;
