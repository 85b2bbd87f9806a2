//! People: signing in and out, and who may do what.
//!
//! - [`me`]: who looks at this page, on the server and in the browser; [`menu`]: their menu in the bar on top;
//!   [`allowed`]: what they may not do cannot be pressed
//! - under `ssr`: [`door`], what the routes need to know who asks; [`enter`], through which every request goes; [`desk`],
//!   what the [`pages`] about people need

pub mod allowed;
#[cfg(feature = "ssr")]
pub mod cookie;
#[cfg(feature = "ssr")]
pub mod desk;
#[cfg(feature = "ssr")]
pub mod door;
#[cfg(feature = "ssr")]
pub mod enter;
pub mod me;
pub mod menu;
#[cfg(feature = "ssr")]
mod next;
#[cfg(feature = "ssr")]
pub(crate) mod pages;
#[cfg(feature = "ssr")]
pub use pages::CALLBACK;
