//! Queued: the machine is not touched yet, and leaving costs nothing.

use super::asking::{Manners, manners};
use super::{Command, Step, Waiting, ended, enter, moved, wait};
use crate::Time;
use crate::facts::Facts;
use crate::job::{Job, Outcome, Phase};
use crate::route::Target;

pub(super) fn step(job: &Job, facts: &Facts, now: Time) -> Step {
    if let Some(cancel) = &facts.cancel {
        let closed = Job { ended: ended(Outcome::Cancelled, &cancel.what), ..enter(job, Phase::Closed, now) };
        return moved(closed, format!("cancelled: {}", cancel.what), vec![], facts, now);
    }
    if !facts.machine_free {
        return wait(job, waiting(job));
    }
    let said = match manners(job, facts, now) {
        Manners::Stays(step) => return *step,
        Manners::Takes(said) => said,
    };
    let next = Job {
        switching_since: Some(now),
        boot_before: facts.own_agent.as_ref().map(|seen| seen.what.clone()),
        boot_attempt: facts.own_agent.as_ref().map(|seen| seen.what.clone()),
        was_off: facts.to_be_off,
        ..enter(job, Phase::Switching, now)
    };
    let Some(route) = next.ladder(Target::Maintenance).first().map(|route| (*route).clone()) else {
        let because = "the machine has no power route";
        let closed = Job { ended: ended(Outcome::Failed, because), ..enter(job, Phase::Closed, now) };
        return moved(closed, because, vec![], facts, now);
    };
    let reason = format!("{}: {}", said.unwrap_or("the machine is free"), route.words());
    let commands = vec![Command::Assign, Command::Restart { route, target: Target::Maintenance }];
    moved(next, reason, commands, facts, now)
}

pub(super) fn waiting(job: &Job) -> Waiting {
    Waiting {
        awaits: "the machine, which another job holds".to_owned(),
        since: job.phase_since,
        until: None,
        then: "this job starts when that one is closed".to_owned(),
    }
}
