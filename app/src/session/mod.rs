//! The frame around the pages.
//!
//! - the document (`shell`), the routes (`app`), the rail or bar of ways (`bar`, over the places of `nav`), the way to the
//!   palette (`jump`), where the keyboard goes on (`keys`)
//! - [`theme`], [`density`]: how it looks for this reader, kept by `look`; `news`: what happened elsewhere

mod app;
mod bar;
pub mod density;
pub(crate) mod jump;
pub(crate) mod keys;
mod look;
pub(crate) mod nav;
pub(crate) mod news;
mod shell;
pub mod theme;

pub use app::App;
pub use shell::shell;
