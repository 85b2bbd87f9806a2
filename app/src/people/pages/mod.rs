//! Pages about people: rendered whole, with no program in the browser.
//!
//! - [`routes`] names them all; [`frame`]: the document around each
//! - `login`, `provider`, `join`: the ways in; `account`, `tokens`: one's own; `settings`: what is where; `list`, `grants`: people, and what they may do; `sites`; `programs`: the interface for programs, to be read

mod account;
pub(crate) mod frame;
mod grants;
mod join;
mod list;
mod login;
mod programs;
mod provider;
pub(crate) mod routes;
mod settings;
mod sites;
mod tokens;

pub use provider::CALLBACK;
