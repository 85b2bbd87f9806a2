//! How a command ends, for scripts.

use crate::shape::Job;
use pitstop_domain::job::{Outcome, Phase};
use pitstop_domain::run::tally::Tally;
use std::process::ExitCode;

/// Stands at the end of `--help`.
pub const HELP: &str = "\
Exit codes:
  0  done: the command was answered; a watched job succeeded and its machine is proven back
  1  a watched job found something wrong with its machine
  2  the command was not understood: a wrong option, or a machine or function that does not exist
  3  a watched job failed
  4  a watched job was cancelled, or was closed without proof that its machine is back
     a watched test boot ends with 0 if the image boots, 3 if it does not, 4 if that is not known
     a watched run ends as the worst of its jobs; cancelled runs end with 4
  5  the server could not be reached, or refused

Jobs go on without this program: ending `watch` cancels nothing.";

/// How a command ends. The numbers are promised in `--help`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    Done = 0,
    Found = 1,
    Usage = 2,
    Failed = 3,
    NotProven = 4,
    NoServer = 5,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

impl Exit {
    /// The end of a job; `None` while it is open. A machine that was taken and is not proven back outranks every
    /// outcome: work that went well on it is not done.
    pub fn of(job: &Job) -> Option<Self> {
        if job.phase != Phase::Closed {
            return None;
        }
        let outcome = job.ended.as_ref().map(|ended| ended.outcome);
        Some(match outcome.filter(|_| job.is_back()) {
            None | Some(Outcome::Cancelled) => Self::NotProven,
            Some(Outcome::Succeeded) => Self::Done,
            Some(Outcome::Found) => Self::Found,
            Some(Outcome::Failed) => Self::Failed,
        })
    }
}

/// The end of a run with these members: as the worst of its jobs. Nobody refused is as if nobody had been asked.
pub fn of_run(state: &str, tally: &Tally) -> Exit {
    match tally {
        tally if tally.failed > 0 => Exit::Failed,
        tally if tally.cancelled > 0 || state == "cancelled" => Exit::NotProven,
        tally if tally.found > 0 => Exit::Found,
        _ => Exit::Done,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shape::fixtures::closed;
    use pitstop_domain::proof::Proof;

    #[test]
    fn a_proven_end_follows_the_outcome() {
        let end = |outcome| Exit::of(&closed(outcome, Some(Proof::Agent)));
        assert_eq!(end(Outcome::Succeeded), Some(Exit::Done));
        assert_eq!(end(Outcome::Found), Some(Exit::Found));
        assert_eq!(end(Outcome::Failed), Some(Exit::Failed));
        assert_eq!(end(Outcome::Cancelled), Some(Exit::NotProven));
    }

    #[test]
    fn without_proof_nothing_is_done() {
        for outcome in [Outcome::Succeeded, Outcome::Found, Outcome::Failed, Outcome::Cancelled] {
            assert_eq!(Exit::of(&closed(outcome, None)), Some(Exit::NotProven));
        }
    }

    #[test]
    fn a_machine_that_was_never_taken_needs_no_proof() {
        let job = Job { switching_since: None, ..closed(Outcome::Failed, None) };
        assert_eq!(Exit::of(&job), Some(Exit::Failed));
    }

    #[test]
    fn an_open_job_has_no_end_yet() {
        let job = Job { phase: Phase::Restoring, ..closed(Outcome::Succeeded, None) };
        assert_eq!(Exit::of(&job), None);
    }
}
