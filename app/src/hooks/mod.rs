//! Webhooks: programs outside that are told of events. All pages are documents.
//!
//! - [`desk`]: what the pages need of the rest of the server; [`routes`] names them all
//! - `list`: all of them, and the form for a new one; `one`: one, with what was delivered; `form`: what both ask

pub mod desk;
mod form;
mod list;
mod one;
pub(crate) mod routes;

/// Where the pages are.
const HERE: &str = "/settings/webhooks";
