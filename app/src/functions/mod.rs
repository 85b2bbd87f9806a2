//! Functions: documents without a program in the browser.
//!
//! - [`desk`]: what the pages need of the server; `routes` names them all
//! - `list`: all of them; `one`: one, with all that is known of it; `edit`: writing one's own

pub mod desk;
mod edit;
mod fields;
mod list;
mod one;
pub(crate) mod routes;
