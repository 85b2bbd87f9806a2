//! Queued: the machine is not touched yet, and leaving costs nothing.

use super::asking::{Manners, manners};
use super::{Command, Step, Waiting, after, ended, enter, moved, wait};
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
    // Whoever was asked whether now is a good time is not kept waiting afterwards.
    if let Some(place) = facts.no_place.as_ref().filter(|_| facts.question.is_none()) {
        return for_a_place(job, place, now);
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

/// Woken when a machine of its site has its image; looked at now and then, for some never get there.
fn for_a_place(job: &Job, place: &str, now: Time) -> Step {
    let waiting = Waiting {
        for_others: true,
        awaits: place.to_owned(),
        since: job.phase_since,
        until: None,
        then: "this job starts when one of them has its image".to_owned(),
    };
    Step { wake_at: Some(after(now, LOOK_FOR_A_PLACE_S)), ..wait(job, waiting) }
}

/// Cheap for ten thousand jobs, and soon enough for machines that never got to their images.
const LOOK_FOR_A_PLACE_S: u32 = 60;

pub(super) fn waiting(job: &Job) -> Waiting {
    Waiting {
        for_others: false,
        awaits: "the machine, which another job holds".to_owned(),
        since: job.phase_since,
        until: None,
        then: "this job starts when that one is closed".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::{at, free, queued};
    use super::*;

    #[test]
    fn a_job_waits_for_a_place_at_its_site_and_touches_nothing_meanwhile() {
        let job = queued(true, true);
        let full = "a place at berlin, where 2 of 2 machines are on their way".to_owned();
        let waits = step(&job, &Facts { no_place: Some(full.clone()), ..free() }, at(10));
        assert!(waits.moved.is_none() && waits.commands.is_empty(), "{waits:?}");
        assert_eq!(waits.waiting.map(|waiting| waiting.awaits), Some(full));
        assert_eq!(waits.wake_at, Some(at(70)), "some machines never get there, and nobody says so");
        let goes = step(&job, &free(), at(20));
        assert_eq!(goes.job.phase, Phase::Switching);
    }
}
