//! The audit: who did what. [`show`]: the page; [`export`]: for spreadsheets and programs; `filter`: what the address says.

mod export;
mod filter;
mod page;

pub(crate) use export::export;
pub(crate) use page::show;
