//! The frame around the pages.
//!
//! - what the server sends (`shell`): the program of the fleet's page (`app`), or another page (`documents`); the rail or
//!   bar of ways (`bar`, over the places of `nav`), the way to the palette (`jump`)
//! - [`theme`], [`density`]: how it looks for this reader, kept by `look`; `news`: what happened elsewhere

mod app;
#[cfg(feature = "ssr")]
pub(crate) mod bar;
pub mod density;
#[cfg(feature = "ssr")]
pub(crate) mod documents;
#[cfg(feature = "ssr")]
pub(crate) mod jump;
mod look;
#[cfg(feature = "ssr")]
pub(crate) mod nav;
#[cfg(feature = "ssr")]
pub(crate) mod news;
#[cfg(feature = "ssr")]
pub(crate) mod shell;
pub mod theme;

pub use app::App;
