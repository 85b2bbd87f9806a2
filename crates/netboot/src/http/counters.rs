//! What was asked over HTTP, and why it was not given: every silence has a counted reason, here too. What machines are told
//! instead leads them to their own systems.

use crate::directory::PartError;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};

/// What became of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// A script that boots something, a part of an image, a loader.
    Answered,
    /// A script was asked for in words that make no sense.
    Malformed,
    UnknownMachine,
    /// Its script leads to its own system, since nothing is asked of it.
    NoAssignment,
    /// It was told to ask again, or left to its own system, since the directory did not answer.
    DirectoryUnavailable,
    /// It could not load what it had been told, and is sent home.
    CouldNotLoad,
    /// No script can be made of what is assigned.
    NoScript,
    /// A diskless machine's own system is not there.
    NoOwnImage,
    /// There is no such loader or part.
    NotFound,
    /// A part of a job that is over, or of a version that another took the place of.
    Gone,
    /// The token is not the one.
    Forbidden,
    /// A file of ours could not be read.
    Unreadable,
}

/// All, in the order of their names' places.
const ALL: [Outcome; 12] = [
    Outcome::Answered,
    Outcome::Malformed,
    Outcome::UnknownMachine,
    Outcome::NoAssignment,
    Outcome::DirectoryUnavailable,
    Outcome::CouldNotLoad,
    Outcome::NoScript,
    Outcome::NoOwnImage,
    Outcome::NotFound,
    Outcome::Gone,
    Outcome::Forbidden,
    Outcome::Unreadable,
];

impl Outcome {
    /// The name in counts.
    pub fn name(self) -> &'static str {
        match self {
            Self::Answered => "answered",
            Self::Malformed => "malformed",
            Self::UnknownMachine => "unknown_machine",
            Self::NoAssignment => "no_assignment",
            Self::DirectoryUnavailable => "directory_unavailable",
            Self::CouldNotLoad => "could_not_load",
            Self::NoScript => "no_script",
            Self::NoOwnImage => "no_own_image",
            Self::NotFound => "not_found",
            Self::Gone => "gone",
            Self::Forbidden => "forbidden",
            Self::Unreadable => "unreadable",
        }
    }

    pub(super) fn of_part(error: &PartError) -> Self {
        match error {
            PartError::Gone | PartError::Replaced => Self::Gone,
            PartError::Forbidden => Self::Forbidden,
            PartError::NotFound => Self::NotFound,
            PartError::Unavailable(_) => Self::DirectoryUnavailable,
        }
    }
}

/// How many requests had which outcome, since the start.
#[derive(Debug, Default)]
pub struct Counters([AtomicU64; ALL.len()]);

impl Counters {
    pub(super) fn add(&self, outcome: Outcome) {
        self.0[outcome as usize].fetch_add(1, Ordering::Relaxed);
    }

    /// All counts by name: `answered`, and each reason.
    pub fn snapshot(&self) -> BTreeMap<&'static str, u64> {
        ALL.iter().zip(&self.0).map(|(outcome, n)| (outcome.name(), n.load(Ordering::Relaxed))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_outcome_is_counted_under_its_own_name() {
        let counters = Counters::default();
        for (n, outcome) in ALL.into_iter().enumerate() {
            (0..=n).for_each(|_| counters.add(outcome));
        }
        let counted = counters.snapshot();
        for (n, outcome) in ALL.into_iter().enumerate() {
            assert_eq!(counted[outcome.name()], n as u64 + 1, "{outcome:?}");
        }
    }
}
