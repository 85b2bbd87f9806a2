//! A machine's power routes and its probe: shown, tried, edited.
//!
//! - [`api`]: wire types and server functions; `server`: what they need of the backend
//! - [`edit`]: what an edit makes of a ladder; [`words`]: routes in words
//! - [`page`]: the page of the editor; [`rung`]: a route in it; [`form`]: the form that is drawn from a kind;
//!   [`probe`]: the probe's form; [`summary`]: the panel of the machine's page

pub mod api;
#[cfg(feature = "ssr")]
pub mod edit;
#[cfg(feature = "ssr")]
pub mod form;
#[cfg(feature = "ssr")]
pub mod page;
#[cfg(feature = "ssr")]
pub mod probe;
#[cfg(feature = "ssr")]
pub mod rung;
#[cfg(feature = "ssr")]
pub mod server;
#[cfg(feature = "ssr")]
pub mod summary;
#[cfg(feature = "ssr")]
pub mod words;
