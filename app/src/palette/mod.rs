//! Any page and any action by keyboard: Ctrl-K or ⌘K, some letters, Enter. On every page, with the program or without.
//!
//! - `entries`: what can be chosen, by whom; `list`: drawn, for `public/frame.js`, which picks what fits the letters
//! - the dialog stands in the bar (`session::jump`); without scripts it is not shown, and all it leads to is reached by links

mod entries;
mod list;

pub(crate) use list::show;
