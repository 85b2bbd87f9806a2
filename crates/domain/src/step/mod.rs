//! The decision that moves a job: pure, total, and the only place where a phase changes.
//!
//! Laws (checked over all combinations in `laws.rs`):
//! 1. Only facts younger than the attempt are evidence; the maintenance agent repeats its job id.
//! 2. Only entering a phase, or retrying it, issues commands.
//! 3. What is seen outranks what was answered.
//! 4. What was taken is given back: once switching began, every way out leads through restoring.
//! 5. A job that waits says for what, and when it looks again.
//! 6. A machine is shut down only if it was off when it was taken, and only in the boot that proved its return.

mod asking;
mod held;
pub mod off_again;
mod queued;
mod restoring;
mod running;
mod switching;

#[cfg(test)]
mod asked;
#[cfg(test)]
mod fixtures;
#[cfg(test)]
mod laws;
#[cfg(test)]
mod scenarios;

use crate::Time;
use crate::facts::{CallFact, Facts};
use crate::id::BootId;
use crate::job::{EndedAs, Job, Outcome, Phase};
use crate::route::{Route, Target};
use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

/// What a decision asks to be done. Assign, unassign and void happen in the transaction that stores the
/// step; a restart becomes a row in the outbox of calls, under the key (job, phase, attempt).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// The machine's next network boot is into the job's image.
    Assign,
    /// Silence again at the machine's next network boot.
    Unassign,
    /// Calls that nobody was asked yet are taken back.
    VoidCalls,
    /// Whoever is at the machine is asked whether now is a good time.
    Ask,
    /// The own system's agent of this boot, which proved the return, is told to shut the machine down.
    ShutDown { boot: BootId },
    /// Restart the machine by this route.
    Restart { route: Route, target: Target },
}

/// Why a job waits: shown on its page at every moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Waiting {
    /// What is awaited, in words.
    pub awaits: String,
    #[cfg_attr(feature = "schema", schema(value_type = String, format = DateTime))]
    pub since: Time,
    /// When something is done about it if it does not come; `None`: only a person can end this wait.
    #[cfg_attr(feature = "schema", schema(value_type = Option<String>, format = DateTime))]
    pub until: Option<Time>,
    /// What is done then, in words.
    pub then: String,
    /// It waits for others (a place at its site, its image, an answer), not for its machine, of which nothing is missed.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub for_others: bool,
}

/// A decision.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    pub job: Job,
    /// Why the job moved (a new phase or a new attempt); `None` when it only waits.
    pub moved: Option<String>,
    pub commands: Vec<Command>,
    /// `None` only for a closed job.
    pub waiting: Option<Waiting>,
    /// When to look again even if nothing is heard.
    pub wake_at: Option<Time>,
}

/// Where does this job stand, given what is known now?
pub fn step(job: &Job, facts: &Facts, now: Time) -> Step {
    match job.phase {
        Phase::Queued => queued::step(job, facts, now),
        Phase::Switching => switching::step(job, facts, now),
        Phase::Running => running::step(job, facts, now),
        Phase::Restoring => restoring::step(job, facts, now),
        Phase::Held => held::step(job, facts, now),
        Phase::Closed => {
            Step { job: job.clone(), moved: None, commands: vec![], waiting: None, wake_at: None }
        }
    }
}

/// Nothing to do but wait.
fn wait(job: &Job, waiting: Waiting) -> Step {
    let wake_at = waiting.until;
    Step { job: job.clone(), moved: None, commands: vec![], waiting: Some(waiting), wake_at }
}

/// Into another phase, with a first attempt where that phase acts.
fn enter(job: &Job, phase: Phase, now: Time) -> Job {
    let attempt = u32::from(matches!(phase, Phase::Switching | Phase::Restoring));
    Job { phase, attempt, phase_since: now, attempt_since: now, ..job.clone() }
}

/// A step that moved; the waiting reason is filled by looking at the new job at once.
fn moved(job: Job, reason: impl Into<String>, commands: Vec<Command>, facts: &Facts, now: Time) -> Step {
    // What was answered to earlier calls does not count for the new attempt.
    let fresh = Facts { calls: vec![], cancel: None, decision: None, ..facts.clone() };
    let waiting = match job.phase {
        Phase::Closed => None,
        _ => describe(&job, &fresh, now),
    };
    // Looked at again at once: facts that came before the move may already decide the next one.
    let wake_at = (job.phase != Phase::Closed).then_some(now);
    Step { job, moved: Some(reason.into()), commands, waiting, wake_at }
}

fn describe(job: &Job, facts: &Facts, now: Time) -> Option<Waiting> {
    Some(match job.phase {
        Phase::Queued => queued::waiting(job),
        Phase::Switching => switching::waiting(job, facts, now),
        Phase::Running => running::waiting(job, facts),
        Phase::Restoring => restoring::waiting(job, facts, now),
        Phase::Held => held::waiting(job),
        Phase::Closed => return None,
    })
}

/// The own system's boot that the current attempt at switching starts from: the one whose agent took the order, or
/// else the newest that was known when the attempt began. An agent enrols before its first heartbeat tells its boot,
/// so a job may begin while none is known.
fn starts_from<'a>(job: &'a Job, facts: &'a Facts) -> Option<&'a BootId> {
    let of_attempt = |call: &&CallFact| (call.phase, call.attempt) == (Phase::Switching, job.attempt);
    let took = facts.calls.iter().find(of_attempt).and_then(|call| call.boot.as_ref());
    took.or(job.boot_attempt.as_ref())
}

/// A board says for this long that the machine is off: no restart takes that long (a power cycle by IPMI keeps it off
/// for 5 to 30 s), and two looks at the board fit in.
const OFF_FOR_S: u32 = 120;

/// A board's word older than this says nothing of now: several times the pause between two looks.
const POWER_IS_FRESH_S: u32 = 60;

/// Since when the machine is seen switched off in this attempt, if it is.
fn off_since(job: &Job, facts: &Facts, now: Time) -> Option<Time> {
    let power = facts.power.filter(|power| !power.on && power.at >= job.attempt_since)?;
    (after(power.at, POWER_IS_FRESH_S) >= now).then(|| power.since.max(job.attempt_since))
}

/// Why this attempt is over though its limit is not: the machine is switched off and stays so. A person who was asked
/// is given all the time there is.
fn stays_off(job: &Job, facts: &Facts, now: Time, target: Target) -> Option<String> {
    let since = off_since(job, facts, now)?;
    let person = matches!(route_now(job, target), Some(Route::Person));
    (!person && after(since, OFF_FOR_S) <= now)
        .then(|| format!("the machine is switched off, and was for {OFF_FOR_S} s"))
}

/// When to look whether the machine is still off.
fn off_due(job: &Job, facts: &Facts, now: Time) -> Option<Time> {
    let due = after(off_since(job, facts, now)?, OFF_FOR_S);
    (due > now).then_some(due)
}

/// What a board says of the machine, where that explains why nothing is heard of it.
fn power_words(job: &Job, facts: &Facts, now: Time) -> &'static str {
    match off_since(job, facts, now) {
        Some(_) => "; its board says that it is switched off",
        None => "",
    }
}

fn ended(outcome: Outcome, because: impl Into<String>) -> Option<EndedAs> {
    Some(EndedAs { outcome, because: because.into() })
}

fn after(since: Time, seconds: u32) -> Time {
    since + TimeDelta::seconds(i64::from(seconds))
}

/// The route of the job's current attempt at a target.
fn route_now(job: &Job, target: Target) -> Option<&Route> {
    let rung = job.attempt.checked_sub(1)? as usize;
    job.ladder(target).get(rung).copied()
}

/// Why the current attempt's call cannot be waited for any longer: refused, or not picked up in time.
fn call_failed(job: &Job, facts: &Facts, now: Time) -> Option<String> {
    use crate::facts::CallState::{Refused, Waiting};
    let call = facts.calls.iter().find(|c| c.phase == job.phase && c.attempt == job.attempt)?;
    match call.state {
        Refused => Some(call.answer.clone().unwrap_or_else(|| "the route refused".to_owned())),
        Waiting if pickup_due(job, facts).is_some_and(|due| due <= now) => {
            Some(format!("nobody took the order within {} s", job.plan.limits.pickup_s))
        }
        _ => None,
    }
}

/// When an order that its agent has not fetched is given up.
fn pickup_due(job: &Job, facts: &Facts) -> Option<Time> {
    use crate::facts::CallState::Waiting;
    let target = if job.phase == Phase::Switching { Target::Maintenance } else { Target::OwnSystem };
    let by_agent = route_now(job, target).is_some_and(Route::needs_agent);
    let waits =
        facts.calls.iter().any(|c| c.phase == job.phase && c.attempt == job.attempt && c.state == Waiting);
    (by_agent && waits).then(|| after(job.attempt_since, job.plan.limits.pickup_s))
}
