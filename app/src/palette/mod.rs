//! Any page and any action by keyboard: Ctrl-K or ⌘K, some letters, Enter.
//!
//! - [`entries`]: what can be chosen, and which of it fits the letters; `view`: the dialog
//! - it needs the page's program; without it nothing of it is shown, and all it leads to is reached by links

pub mod entries;
pub mod view;

pub use view::{Palette, PaletteState};
