//! Runs: jobs started together.
//!
//! - [`api`]: wire types and server functions; `server`: what they need of the backend
//! - [`form`]: what the form asks for, in the address; [`new`](self::new): the form; [`would`]: what would happen
//! - [`list`], [`page`]: the other pages; [`parts`], [`members`], [`acts`]: their parts

#[cfg(feature = "ssr")]
pub mod acts;
#[cfg(feature = "ssr")]
pub mod api;
pub mod form;
#[cfg(feature = "ssr")]
pub mod list;
#[cfg(feature = "ssr")]
pub mod members;
#[cfg(feature = "ssr")]
pub mod new;
#[cfg(feature = "ssr")]
pub mod page;
#[cfg(feature = "ssr")]
pub mod parts;
#[cfg(feature = "ssr")]
pub mod server;
#[cfg(feature = "ssr")]
pub mod would;
