//! Held: the machine stays reserved, and a person decides.

use super::{Step, Waiting, enter, moved, restoring, wait};
use crate::Time;
use crate::facts::{Decision, Facts};
use crate::job::{Job, Phase};
use crate::proof::Proof;

pub(super) fn step(job: &Job, facts: &Facts, now: Time) -> Step {
    // A machine that comes back late needs nobody's decision.
    if restoring::proof(job, facts, now) == Some(Proof::Agent) {
        return restoring::resume(job, "the machine was seen after all", false, facts, now);
    }
    let decision = facts.decision.as_ref().filter(|seen| seen.at >= job.phase_since);
    match decision.map(|seen| seen.what) {
        None => wait(job, waiting(job)),
        Some(Decision::TryAgain) => restoring::resume(job, "a person asked to try again", true, facts, now),
        Some(Decision::ConfirmOwnSystem) => {
            close(job, Some(Proof::Person), "a person confirmed the own system", facts, now)
        }
        Some(Decision::GiveUp) => close(job, None, "a person gave up: the return is not proven", facts, now),
    }
}

fn close(job: &Job, proof: Option<Proof>, reason: &str, facts: &Facts, now: Time) -> Step {
    let closed = Job { proof, ..enter(job, Phase::Closed, now) };
    moved(closed, reason, vec![], facts, now)
}

pub(super) fn waiting(job: &Job) -> Waiting {
    Waiting {
        awaits: "a person's decision, or the machine itself".to_owned(),
        since: job.phase_since,
        until: None,
        then: "try again, confirm that it runs its own system, or give up".to_owned(),
    }
}
