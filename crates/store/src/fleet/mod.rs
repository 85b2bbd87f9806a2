//! Machines by the words of a search. Nothing here reads more of the fleet than it gives.
//!
//! - `filter`: a [`Query`] as SQL; its meaning is `domain::query::known`, and a test compares the two
//! - `state`: what a machine does now, as SQL; `named`: machines by name, and what is under way
//! - [`window`]: a page of the list; [`map`]: one letter a machine, and counts; [`values`]: what can be searched for
//! - [`plain`]: the whole fleet by a few keys, for pages that ask many plain searches
//! - [`alike`]: machines of one kind; [`chosen`]: what a run takes of its machines
//! - [`change`]: labels and sites of many machines; [`views`]: searches that are kept; [`ribbon`]: which system ran when

mod filter;
mod named;
mod state;

pub mod alike;
pub mod change;
pub mod chosen;
pub mod map;
pub mod plain;
pub mod ribbon;
pub mod values;
pub mod views;
pub mod window;

pub use chosen::ChosenRow;
pub(crate) use chosen::among;
pub use map::GroupRow;
pub use window::{FleetRow, Window};

use pitstop_domain::Time;
use pitstop_domain::query::{Query, Scope};

/// Which machines are meant.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'a> {
    pub query: &'a Query,
    /// What whoever asks may see at all.
    pub scope: &'a Scope,
    pub now: Time,
}
