//! The words that choose machines: `site:berlin label:lab state:held model:"OptiPlex 7090" seen<1h pc-04`.
//!
//! The fleet's map and list, bulk actions, runs and the interface for programs all mean the same by them.
//!
//! - [`Query`]: all terms must hold; [`Query::parse`] reads it, [`QueryError`] says which word is not understood
//! - [`key`]: the keys that are known; [`pattern`]: how a value is compared; `words`: how a line is split
//! - [`known`]: the meaning, on one machine in memory. The store says the same in SQL, and a test compares the two
//! - [`plain`]: the same for a whole fleet at once, where it looks only in what is written of machines; [`machines`]: sets
//! - [`edit`]: a word put in or taken out, for links; [`complete`]: what could be typed next
//! - [`scope`]: what somebody may see at all; [`sort`], [`group`]: how machines are listed

pub mod complete;
pub mod edit;
pub mod error;
pub mod group;
pub mod key;
pub mod known;
pub mod machines;
mod near;
mod parse;
pub mod pattern;
pub mod plain;
pub mod scope;
pub mod sort;
mod words;

#[cfg(test)]
mod tests;

pub use error::QueryError;
pub use group::Group;
pub use key::Key;
pub use known::Known;
pub use machines::Machines;
pub use pattern::Pattern;
pub use scope::Scope;
pub use sort::Sort;

use crate::machine::{Arch, Firmware};
use crate::state::MachineState;

/// What must hold of a machine. Without terms: every machine.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Query {
    pub terms: Vec<Term>,
}

/// One word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Term {
    /// It must not hold.
    pub not: bool,
    pub want: Want,
    /// As typed.
    pub word: String,
}

/// What a word asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Want {
    /// Somewhere in what people call the machine.
    Text(String),
    /// One of these in this place.
    Field(Key, Vec<Pattern>),
    State(Vec<MachineState>),
    Arch(Vec<Arch>),
    Firmware(Vec<Firmware>),
    Seen(When),
    Health(How),
}

/// When a machine was last seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// Less than so many seconds ago.
    Within(i64),
    /// So many seconds ago or longer, or never.
    Before(i64),
    Never,
}

/// How healthy a machine is. One whose health is not known is neither below nor above anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    Below(u8),
    Above(u8),
    Unknown,
}

impl Query {
    /// Reads a line.
    ///
    /// # Errors
    /// One for each word that is not understood, in their order.
    pub fn parse(text: &str) -> Result<Self, Vec<QueryError>> {
        parse::parse(text)
    }

    /// Is a machine's state needed to answer it?
    pub fn asks_for_state(&self) -> bool {
        self.terms.iter().any(|term| matches!(term.want, Want::State(_)))
    }

    /// The terms about states, and the others: of the first, a map of counts by state can tell by itself.
    pub fn without_states(&self) -> (Self, Self) {
        let (states, others) =
            self.terms.iter().cloned().partition(|term| matches!(term.want, Want::State(_)));
        (Self { terms: states }, Self { terms: others })
    }

    /// Do the terms about states hold of this one? Others are passed over.
    pub fn allows(&self, state: MachineState) -> bool {
        self.terms.iter().all(|term| match &term.want {
            Want::State(states) => states.contains(&state) != term.not,
            _ => true,
        })
    }
}

impl std::fmt::Display for Query {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let words: Vec<_> = self.terms.iter().map(|term| term.word.as_str()).collect();
        f.write_str(&words.join(" "))
    }
}
