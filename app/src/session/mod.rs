//! The frame around the pages: the document, the routes, the bar on top, the theme.

mod app;
mod bar;
mod keys;
mod shell;
pub mod theme;

pub use app::App;
pub use shell::shell;
