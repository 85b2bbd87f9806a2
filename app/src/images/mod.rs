//! Boot images: the small list. [`api`]: wire types; `server`: what they need of the backend; [`page`]: the list.

pub mod api;
pub mod page;
#[cfg(feature = "ssr")]
pub mod server;
