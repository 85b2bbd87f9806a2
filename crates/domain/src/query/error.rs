//! What is not understood, and what could have been meant.

use serde::{Deserialize, Serialize};

/// A word that is not understood.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("`{word}`: {why}")]
pub struct QueryError {
    /// As typed.
    pub word: String,
    /// Where it begins, in characters.
    pub at: usize,
    /// What is wrong with it, and what is known instead, in words for people.
    pub why: String,
    /// The word as it may have been meant.
    pub instead: Option<String>,
}

/// All of them in one sentence each.
pub fn told(errors: &[QueryError]) -> String {
    errors.iter().map(|error| format!("{error}.")).collect::<Vec<_>>().join(" ")
}
