//! Held: the machine stays reserved, and a person decides.

use super::{Step, Waiting, enter, moved, restoring, wait};
use crate::Time;
use crate::facts::{Decided, Decision, Facts};
use crate::job::{Job, Phase};
use crate::proof::Proof;

pub(super) fn step(job: &Job, facts: &Facts, now: Time) -> Step {
    // A machine that comes back late needs nobody's decision.
    if matches!(restoring::proof(job, facts, now), Some(Proof::Agent | Proof::Probe)) {
        return restoring::resume(job, "the machine was seen after all", None, facts, now);
    }
    let decision = facts.decision.as_ref().filter(|seen| seen.at >= job.phase_since);
    let Some(Decided { what, by }) = decision.map(|seen| &seen.what) else { return wait(job, waiting(job)) };
    match what {
        Decision::TryAgain => {
            restoring::resume(job, &format!("{by} asked to try again"), Some(1), facts, now)
        }
        Decision::ByRoute(route) => match restoring::rung_of(job, route) {
            Some(rung) => {
                let reason = format!("{by} asked to try again by {}", route.words());
                restoring::resume(job, &reason, Some(rung), facts, now)
            }
            // Refused where it was asked for; should one come through, the job goes on waiting.
            None => wait(job, waiting(job)),
        },
        Decision::ConfirmOwnSystem => {
            close(job, Some(Proof::Person), &format!("{by} confirmed the own system"), facts, now)
        }
        Decision::GiveUp => close(job, None, &format!("{by} gave up: the return is not proven"), facts, now),
    }
}

fn close(job: &Job, proof: Option<Proof>, reason: &str, facts: &Facts, now: Time) -> Step {
    let closed = Job { proof, ..enter(job, Phase::Closed, now) };
    moved(closed, reason, vec![], facts, now)
}

pub(super) fn waiting(job: &Job) -> Waiting {
    Waiting {
        for_others: false,
        awaits: "a person's decision, or the machine itself".to_owned(),
        since: job.phase_since,
        until: None,
        then: "try again, confirm that it runs its own system, or give up".to_owned(),
    }
}
