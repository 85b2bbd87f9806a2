//! Health: how the fleet does, and what is done when it does not do well. All pages are documents.
//!
//! - [`desk`]: what the pages need of the rest of the server; [`routes`] names them all
//! - `fleet`: all machines, with their `spread` and its `trend`; `machine`: one, with its `chart`s and its `board`
//! - `rules`: the rules, brakes and the switch; `edit`: a rule's form, with a preview; `fields`: its fields
//! - `telling`: who outside is told
//! - `elsewhere`: who else may tell of machines, and what they told
//! - `alerts`: the inbox, with what a person is asked; `parts`: what they share

mod alerts;
mod board;
mod chart;
pub mod desk;
mod edit;
mod elsewhere;
mod fields;
mod fleet;
mod machine;
mod parts;
pub(crate) mod routes;
mod rules;
mod spread;
mod telling;
mod trend;
