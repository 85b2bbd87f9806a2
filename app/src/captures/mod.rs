//! Captures: what was kept of disks, to be restored. All pages are documents.
//!
//! - [`desk`]: what the pages need of the rest of the server; [`routes`] names them all
//! - `list`: all of them; `one`: one, with its pieces, to be restored or deleted

pub mod desk;
mod list;
mod one;
pub(crate) mod routes;

/// Where the pages are.
const HERE: &str = "/captures";
