//! Running: the machine is in maintenance and works.

use super::{Step, Waiting, after, restoring, wait};
use crate::Time;
use crate::facts::{Facts, Seen};
use crate::id::BootId;
use crate::job::{Job, Outcome};

pub(super) fn step(job: &Job, facts: &Facts, now: Time) -> Step {
    if let Some(end) = job.plan.ending.met(job, facts, now) {
        return restoring::begin(job, end.outcome, end.because, facts, now);
    }
    if let Some(cancel) = &facts.cancel {
        return restoring::begin(job, Outcome::Cancelled, format!("cancelled: {}", cancel.what), facts, now);
    }
    if left_by_itself(job, facts).is_some() {
        let because = "the machine went back to its own system before the work ended";
        return restoring::begin(job, Outcome::Failed, because, facts, now);
    }
    if deadline(job) <= now {
        let because = format!("the work took longer than its limit of {} s", job.plan.limits.run_s);
        return restoring::begin(job, Outcome::Failed, because, facts, now);
    }
    let look_again = job.plan.ending.look_again_at(job, facts);
    let mut step = wait(job, waiting(job, facts));
    step.wake_at = step.wake_at.into_iter().chain(look_again).min();
    step
}

/// The own system was seen, freshly booted, since the machine runs maintenance.
pub(super) fn left_by_itself<'a>(job: &Job, facts: &'a Facts) -> Option<&'a Seen<BootId>> {
    facts.own_agent.as_ref().filter(|seen| {
        seen.at > job.phase_since
            && job.boot_before.as_ref() != Some(&seen.what)
            && job.boot_attempt.as_ref() != Some(&seen.what)
            && job.boot_maintenance.as_ref() != Some(&seen.what)
    })
}

fn deadline(job: &Job) -> Time {
    after(job.phase_since, job.plan.limits.run_s)
}

pub(super) fn waiting(job: &Job, facts: &Facts) -> Waiting {
    let until = job.plan.ending.look_again_at(job, facts).into_iter().chain([deadline(job)]).min();
    Waiting {
        for_others: false,
        awaits: if job.plan.image_agent { "the end of the work" } else { "the function's ending criteria" }
            .to_owned(),
        since: job.phase_since,
        until,
        then: "the machine is returned to its own system".to_owned(),
    }
}
