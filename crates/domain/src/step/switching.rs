//! Switching: the machine is being restarted into maintenance.

use super::restoring::{boot_that_proves_nothing, last_seen_in_maintenance};
use super::{
    Command, Step, Waiting, after, call_failed, enter, moved, off_again, off_due, pickup_due, power_words,
    route_now, starts_from, stays_off, wait,
};
use crate::Time;
use crate::facts::{CallState, Facts};
use crate::id::BootId;
use crate::job::{Job, Outcome, Phase};
use crate::route::{Route, Target};
use crate::sighting::FetchStep;

pub(super) fn step(job: &Job, facts: &Facts, now: Time) -> Step {
    if let Some(arrived) = arrived(job, facts) {
        let (boot_maintenance, reason) = match arrived {
            Arrived::Agent(boot) => (Some(boot), "the maintenance image's agent reported"),
            Arrived::HandedOver => (None, "the machine fetched the whole image and started it"),
        };
        let boot_before = boot_before_arrival(job, facts);
        let was_off = job.was_off || off_again::was_off(job, &facts.calls);
        let running = Job { boot_maintenance, boot_before, was_off, ..enter(job, Phase::Running, now) };
        // Silence from now on: a machine that falls out of maintenance boots its own system.
        return moved(running, reason, vec![Command::Unassign, Command::VoidCalls], facts, now);
    }
    if let Some(cancel) = &facts.cancel {
        return super::restoring::begin(
            job,
            Outcome::Cancelled,
            format!("cancelled: {}", cancel.what),
            facts,
            now,
        );
    }
    match gave_up(job, facts, now) {
        Some(why) => next_attempt(job, why, facts, now),
        None => {
            let step = wait(job, waiting(job, facts, now));
            Step { wake_at: step.wake_at.into_iter().chain(off_due(job, facts, now)).min(), ..step }
        }
    }
}

enum Arrived {
    Agent(BootId),
    HandedOver,
}

/// Maintenance was seen: by its agent, or, for images without one, by the last byte handed over.
fn arrived(job: &Job, facts: &Facts) -> Option<Arrived> {
    let by_agent = facts
        .maintenance_agent
        .as_ref()
        .filter(|seen| seen.what.job == job.id && seen.at >= job.attempt_since)
        .map(|seen| Arrived::Agent(seen.what.boot_id.clone()));
    if by_agent.is_some() || job.plan.image_agent {
        return by_agent;
    }
    facts
        .fetched
        .iter()
        .any(|seen| is_last_part(seen.what) && seen.at >= job.attempt_since)
        .then_some(Arrived::HandedOver)
}

/// The newest own system heard before maintenance was. A heartbeat of it may still come, and proves no return.
fn boot_before_arrival(job: &Job, facts: &Facts) -> Option<BootId> {
    let arrived_at = last_seen_in_maintenance(job, facts);
    let before = facts.own_boot().filter(|own| arrived_at.is_some_and(|at| own.at < at));
    before.map(|own| own.what).or_else(|| starts_from(job, facts)).or(job.boot_before.as_ref()).cloned()
}

fn is_last_part(step: FetchStep) -> bool {
    matches!(step, FetchStep::Initrd | FetchStep::Program)
}

/// Why this attempt is over; `None` while there is hope.
fn gave_up(job: &Job, facts: &Facts, now: Time) -> Option<String> {
    if let Some(why) = call_failed(job, facts, now) {
        return Some(why);
    }
    if back_in_own_system(job, facts) {
        return Some("the machine restarted into its own system instead".to_owned());
    }
    if wakes_in_vain(job, facts) {
        return Some("the machine is on: waking does nothing to it".to_owned());
    }
    if let Some(why) = stays_off(job, facts, now, Target::Maintenance) {
        return Some(why);
    }
    (deadline(job) <= now).then(|| format!("not seen in maintenance within {} s", job.plan.limits.switch_s))
}

/// This attempt only wakes, and the machine is heard to be on.
fn wakes_in_vain(job: &Job, facts: &Facts) -> bool {
    let only_wakes = route_now(job, Target::Maintenance).is_some_and(|route| !route.abilities().restarts);
    let heard = facts.own_agent.as_ref().is_some_and(|own| {
        own.at > job.attempt_since && starts_from(job, facts).is_none_or(|boot| *boot == own.what)
    });
    only_wakes
        && (heard
            || facts.power.is_some_and(|power| {
                power.on && power.at > job.attempt_since && power.since <= job.attempt_since
            }))
}

fn back_in_own_system(job: &Job, facts: &Facts) -> bool {
    facts.own_agent.as_ref().is_some_and(|seen| {
        seen.at >= job.attempt_since && starts_from(job, facts).is_some_and(|boot| *boot != seen.what)
    })
}

fn deadline(job: &Job) -> Time {
    after(job.attempt_since, job.plan.limits.switch_s)
}

fn next_attempt(job: &Job, why: String, facts: &Facts, now: Time) -> Step {
    let attempt = job.attempt + 1;
    let Some(route) = job.ladder(Target::Maintenance).get(attempt as usize - 1).map(|r| (*r).clone()) else {
        let because = format!("every route was tried; at last: {why}");
        return super::restoring::begin(job, Outcome::Failed, because, facts, now);
    };
    let reason = format!("{why}; next: {}", route.words());
    // The own system that came up meanwhile is what this attempt starts from.
    let boot_attempt =
        facts.own_agent.as_ref().map(|seen| seen.what.clone()).or_else(|| job.boot_attempt.clone());
    let boot_before = boot_that_proves_nothing(job, facts);
    let next = Job { attempt, attempt_since: now, boot_before, boot_attempt, ..job.clone() };
    let commands = vec![Command::VoidCalls, Command::Restart { route, target: Target::Maintenance }];
    moved(next, reason, commands, facts, now)
}

pub(super) fn waiting(job: &Job, facts: &Facts, now: Time) -> Waiting {
    let until = pickup_due(job, facts).unwrap_or_else(|| deadline(job));
    let awaits = format!("{}{}", awaits(job, facts), power_words(job, facts, now));
    Waiting { for_others: false, awaits, since: job.attempt_since, until: Some(until), then: then(job) }
}

fn awaits(job: &Job, facts: &Facts) -> String {
    let route = route_now(job, Target::Maintenance);
    if matches!(route, Some(Route::Person)) {
        return "a person to restart the machine with network boot first".to_owned();
    }
    let call = facts.calls.iter().find(|c| c.phase == job.phase && c.attempt == job.attempt);
    match (call.map(|call| call.state), route) {
        (None | Some(CallState::Waiting), Some(route)) if route.needs_agent() => {
            "the machine's agent to take the order to restart".to_owned()
        }
        (None | Some(CallState::Waiting | CallState::Started), Some(route)) if !route.needs_agent() => {
            format!("the {} to be prepared", route.words())
        }
        _ if job.plan.image_agent => "the first report of the maintenance image's agent".to_owned(),
        _ => "the machine to fetch the whole image".to_owned(),
    }
}

fn then(job: &Job) -> String {
    match job.ladder(Target::Maintenance).get(job.attempt as usize) {
        Some(route) => format!("the next route is tried: {}", route.words()),
        None => "the attempt is given up and the machine is returned to its own system".to_owned(),
    }
}
