//! Restoring: the machine is on its way back, and the job looks for proof.

use super::{
    Command, Step, Waiting, after, call_failed, ended, enter, moved, off_again, off_due, pickup_due,
    power_words, route_now, stays_off, wait,
};
use crate::Time;
use crate::facts::{CallFact, Facts};
use crate::id::BootId;
use crate::job::{Job, Outcome, Phase};
use crate::proof::Proof;
use crate::route::{Route, Target};
use crate::sighting::FetchStep;

/// Leaves switching or running with this outcome: the assignment goes, and the machine is restarted unless
/// it was never touched or is seen in its own system already.
pub(super) fn begin(
    job: &Job,
    outcome: Outcome,
    because: impl Into<String>,
    facts: &Facts,
    now: Time,
) -> Step {
    let because = because.into();
    let next = Job {
        ended: ended(outcome, &because),
        boot_before: boot_that_proves_nothing(job, facts),
        was_off: job.was_off || (job.phase == Phase::Switching && off_again::was_off(job, &facts.calls)),
        ..enter(job, Phase::Restoring, now)
    };
    let mut commands = vec![Command::Unassign, Command::VoidCalls];
    if touched(&next, facts) && !already_back(&next, facts) && !on_its_way(job, facts) {
        match first_route(&next) {
            Some(route) => commands.push(Command::Restart { route, target: Target::OwnSystem }),
            None => return hold(&next, "the machine has no power route that could return it", facts, now),
        }
    }
    moved(next, because, commands, facts, now)
}

/// The own system's boot that may still be on its way out: the one that took the current attempt's order, or else
/// the one before the trip. A boot that came up in between, and that nothing was asked of, is a return.
pub(super) fn boot_that_proves_nothing(job: &Job, facts: &Facts) -> Option<BootId> {
    use crate::facts::CallState::{Accepted, Pressed, Started};
    // What a worker only prepares touches nothing; an agent that has its order may be leaving.
    let taken = |call: &CallFact| {
        (call.phase, call.attempt) == (Phase::Switching, job.attempt)
            && (matches!(call.state, Pressed | Accepted) || (call.state == Started && call.boot.is_some()))
    };
    let leaving = job.phase == Phase::Switching && facts.calls.iter().any(taken);
    if !leaving {
        return job.boot_before.clone();
    }
    // Where none was known when the attempt began, the one that is heard may be the one that is leaving.
    super::starts_from(job, facts).or(facts.own_agent.as_ref().map(|seen| &seen.what)).cloned()
}

/// Restoring again: because a person decided so, from this rung on (the first is 1), or because of a late sign of life,
/// which needs no restart.
pub(super) fn resume(job: &Job, reason: &str, rung: Option<u32>, facts: &Facts, now: Time) -> Step {
    let mut next = enter(job, Phase::Restoring, now);
    let mut commands = vec![Command::Unassign, Command::VoidCalls];
    if let Some(rung) = rung {
        next.attempt = rung.max(1);
        let route = route_now(&next, Target::OwnSystem).cloned();
        commands.extend(route.map(|route| Command::Restart { route, target: Target::OwnSystem }));
    }
    moved(next, reason, commands, facts, now)
}

/// The rung of this route on the way home, counted from 1.
pub(super) fn rung_of(job: &Job, route: &Route) -> Option<u32> {
    let rung = job.ladder(Target::OwnSystem).iter().position(|known| *known == route)?;
    u32::try_from(rung + 1).ok()
}

pub(super) fn step(job: &Job, facts: &Facts, now: Time) -> Step {
    if let Some(proof) = proof(job, facts, now) {
        let closed = Job { proof: Some(proof), ..enter(job, Phase::Closed, now) };
        let back = format!("the machine is back: {}", proof.words());
        return match off_again(job, proof, facts) {
            None => moved(closed, back, vec![], facts, now),
            Some(boot) => {
                let reason = format!("{back}; it was off before, and is to be shut down again");
                moved(closed, reason, vec![Command::ShutDown { boot }], facts, now)
            }
        };
    }
    match gave_up(job, facts, now) {
        Some(why) => next_attempt(job, why, facts, now),
        None => {
            let step = wait(job, waiting(job, facts, now));
            Step { wake_at: step.wake_at.into_iter().chain(off_due(job, facts, now)).min(), ..step }
        }
    }
}

/// The boot whose agent shuts the machine down again: it was off when it was taken, and has just proven its return.
fn off_again(job: &Job, proof: Proof, facts: &Facts) -> Option<BootId> {
    let wanted = job.plan.off_again && job.was_off && proof == Proof::Agent;
    facts.own_agent.as_ref().filter(|_| wanted).map(|seen| seen.what.clone())
}

/// Is the machine back, and how do we know? Weaker proofs count only where stronger ones cannot come.
pub(super) fn proof(job: &Job, facts: &Facts, now: Time) -> Option<Proof> {
    if !touched(job, facts) {
        return Some(Proof::Untouched);
    }
    if already_back(job, facts) {
        return Some(Proof::Agent);
    }
    if probed_back(job, facts) {
        return Some(Proof::Probe);
    }
    handoff_due(job, facts).filter(|due| *due <= now).map(|_| Proof::Handoff)
}

/// The probe answers after it was silent, and both after the machine was last seen in maintenance: the image may answer
/// it too, so an answer alone proves nothing. Never for a machine whose own system has an agent: it can do better.
fn probed_back(job: &Job, facts: &Facts) -> bool {
    if job.plan.probe.is_none() || can_prove_by_agent(job, facts) {
        return false;
    }
    let (Some(answered), Some(silent)) = (&facts.probe_answered, &facts.probe_silent) else { return false };
    let away = last_seen_in_maintenance(job, facts).max(job.switching_since);
    answered.at > silent.at && away.is_some_and(|away| silent.at > away)
}

fn can_prove_by_agent(job: &Job, facts: &Facts) -> bool {
    job.plan.own_agent || facts.own_agent.is_some()
}

/// Anything that may have moved the machine out of its own system since switching began.
fn touched(job: &Job, facts: &Facts) -> bool {
    let since = |at: Time| job.switching_since.is_some_and(|start| at >= start);
    facts.touched
        || job.boot_maintenance.is_some()
        || facts.asked_to_boot.as_ref().is_some_and(|seen| since(seen.at))
        || facts.fetched.iter().any(|seen| since(seen.at))
        || facts.maintenance_agent.as_ref().is_some_and(|seen| since(seen.at))
}

/// The own system's agent was first heard in a boot that is neither the one before the trip nor the image's,
/// after the machine was last seen in maintenance.
fn already_back(job: &Job, facts: &Facts) -> bool {
    let Some(own) = facts.own_boot() else { return false };
    let Some(start) = job.switching_since else { return false };
    own.at >= start
        && last_seen_in_maintenance(job, facts).is_none_or(|at| own.at > at)
        && job.boot_before.as_ref() != Some(own.what)
        && job.boot_maintenance.as_ref() != Some(own.what)
}

/// It asked at boot since the work began and was left to its own system: another restart would only cut that boot.
fn on_its_way(job: &Job, facts: &Facts) -> bool {
    job.phase == Phase::Running
        && facts.sent_home.as_ref().is_some_and(|home| {
            let later = facts.maintenance_agent.as_ref().is_some_and(|seen| seen.at > home.at);
            home.at > job.phase_since && !later
        })
}

/// When the handoff will have been quiet long enough: the machine asked, was sent home, and must neither ask
/// for maintenance nor be seen in it again. Never for a machine that an agent or a probe can prove back: that is better.
fn handoff_due(job: &Job, facts: &Facts) -> Option<Time> {
    if can_prove_by_agent(job, facts) || job.plan.probe.is_some() {
        return None;
    }
    let start = job.switching_since?;
    let home = facts.sent_home.as_ref().filter(|seen| seen.at >= start)?;
    let elsewhere = last_seen_in_maintenance(job, facts).is_some_and(|at| at >= home.at);
    (!elsewhere).then(|| after(home.at, job.plan.limits.handoff_quiet_s))
}

pub(super) fn last_seen_in_maintenance(job: &Job, facts: &Facts) -> Option<Time> {
    let agent = facts.maintenance_agent.as_ref().filter(|seen| seen.what.job == job.id).map(|seen| seen.at);
    let asked = facts.asked_to_boot.as_ref().map(|seen| seen.at);
    let fetched = facts.fetched.iter().filter(|seen| seen.what > FetchStep::Script).map(|seen| seen.at).max();
    agent.max(asked).max(fetched)
}

fn gave_up(job: &Job, facts: &Facts, now: Time) -> Option<String> {
    if let Some(why) = call_failed(job, facts, now) {
        return Some(why);
    }
    if let Some(why) = stays_off(job, facts, now, Target::OwnSystem) {
        return Some(why);
    }
    (limit(job, facts) <= now)
        .then(|| format!("not seen in its own system within {} s", job.plan.limits.restore_s))
}

/// When the attempt is given up. A handoff that is running its quiet time must not be cut by the limit; a machine that
/// asks again and again (its own system's image does not load) must not put it off for ever.
fn limit(job: &Job, facts: &Facts) -> Time {
    let longest = after(deadline(job), job.plan.limits.handoff_quiet_s);
    handoff_due(job, facts).map_or(deadline(job), |quiet| deadline(job).max(quiet).min(longest))
}

fn deadline(job: &Job) -> Time {
    after(job.attempt_since, job.plan.limits.restore_s)
}

fn first_route(job: &Job) -> Option<Route> {
    job.ladder(Target::OwnSystem).first().map(|route| (*route).clone())
}

fn next_attempt(job: &Job, why: String, facts: &Facts, now: Time) -> Step {
    let attempt = job.attempt + 1;
    let Some(route) = job.ladder(Target::OwnSystem).get(attempt as usize - 1).map(|r| (*r).clone()) else {
        return hold(job, &format!("every route was tried; at last: {why}"), facts, now);
    };
    let reason = format!("{why}; next: {}", route.words());
    let next = Job { attempt, attempt_since: now, ..job.clone() };
    let commands = vec![Command::VoidCalls, Command::Restart { route, target: Target::OwnSystem }];
    moved(next, reason, commands, facts, now)
}

fn hold(job: &Job, why: &str, facts: &Facts, now: Time) -> Step {
    // Whoever was called to a machine may want to use it: it stays on.
    let held = Job { was_off: false, ..enter(job, Phase::Held, now) };
    moved(held, format!("held for a person: {why}"), vec![Command::Unassign, Command::VoidCalls], facts, now)
}

pub(super) fn waiting(job: &Job, facts: &Facts, now: Time) -> Waiting {
    let longest = after(deadline(job), job.plan.limits.handoff_quiet_s);
    let quiet = handoff_due(job, facts).filter(|quiet| *quiet <= longest);
    let until = quiet.or_else(|| pickup_due(job, facts)).unwrap_or_else(|| limit(job, facts));
    let then = match (quiet, job.ladder(Target::OwnSystem).get(job.attempt as usize)) {
        (Some(_), _) => "the machine counts as back (handoff)".to_owned(),
        (None, Some(route)) => format!("the next route is tried: {}", route.words()),
        (None, None) => "the job is held: a person has to decide".to_owned(),
    };
    let awaits = format!("{}{}", awaits(job, facts, quiet.is_some()), power_words(job, facts, now));
    Waiting { for_others: false, awaits, since: job.attempt_since, until: Some(until), then }
}

fn awaits(job: &Job, facts: &Facts, quiet: bool) -> String {
    let person = matches!(route_now(job, Target::OwnSystem), Some(Route::Person));
    match (job.plan.own_agent, quiet) {
        _ if person => "a person to restart the machine into its own system",
        (true, _) => "the own system's agent with a new boot",
        (false, _) if job.plan.probe.is_some() => probe_awaits(job, facts),
        (false, false) => "the machine to ask at boot and be sent to its own system",
        (false, true) => "quiet: the machine must not ask to boot again",
    }
    .to_owned()
}

fn probe_awaits(job: &Job, facts: &Facts) -> &'static str {
    let away = last_seen_in_maintenance(job, facts).max(job.switching_since);
    match &facts.probe_silent {
        Some(silent) if away.is_some_and(|away| silent.at > away) => "the machine to answer its probe again",
        _ => "the machine to go silent for its restart, and then to answer its probe",
    }
}
