//! Schedules: what becomes of each occurrence whose time has come. Claim, look, decide, commit, as for jobs.
//!
//! - [`places`]: which machines a schedule means, and when each of them may be taken
//! - [`ground`]: the same for many schedules at once, for pages
//! - [`beforehand`]: runs of many machines, stored before their moment; [`alike`]: and started at it, if they would be made so now
//! - here: the decision is made and stored, with the run that it starts

mod alike;
pub mod beforehand;
pub mod ground;
pub mod places;

use crate::members::{members, started, unwarned, whole};
use pitstop_calendar::due::{self, Due, LOOK_BACK};
use pitstop_calendar::{Decision, Outcome, Schedule, Verdict};
use pitstop_domain::Time;
use pitstop_domain::id::RunId;
use pitstop_domain::run::estimate::{Candidate, estimate};
use pitstop_domain::run::{Admission, Closing, Member, MemberState, Run, RunFacts, RunPlan, admit};
use pitstop_store::runs::NewMember;
use pitstop_store::runs::admission::First;
use pitstop_store::schedules::ScheduleRow;
use pitstop_store::schedules::firing::Firing;
use pitstop_store::schedules::occurrences::Settled;
use pitstop_store::{Error, Result, Store};
use places::Places;
use std::collections::HashMap;

/// Schedules claimed at once: few enough that the last is decided before its claim is over.
const BATCH: i64 = 8;

/// Decides about what is due, once each. Gives how many there were.
pub(crate) async fn settle_due(store: &Store) -> Result<usize> {
    let claimed = store.claim_due_schedules(BATCH, store.now()).await?;
    for row in &claimed {
        match settle_one(store, row).await {
            // Its claim runs out and it is tried again; the others must not wait for that.
            Err(error) if error.is_of_one_row() => {
                tracing::warn!(schedule = row.schedule.name, %error, "A schedule could not be looked at.");
            }
            done => done?,
        }
    }
    Ok(claimed.len())
}

/// A schedule at a moment: its machines, and what is to be decided of it.
struct Look {
    places: Places,
    due: Due,
}

async fn look(store: &Store, schedule: &Schedule, now: Time) -> Result<Look> {
    let from = schedule.settled_through.map_or(schedule.since, |through| through - LOOK_BACK);
    let places = Places::of(store, schedule, now).await?;
    let asked = due::Asked {
        timing: &schedule.timing,
        allowed: &places.allowed(now),
        settled: &store.settled_since(schedule.id, from).await?,
        since: schedule.since,
        settled_through: schedule.settled_through,
        run_s: run_seconds(store, schedule, &places).await?,
        trip_s: places.trip_s,
        paused: schedule.paused_at.is_some(),
        under_way: store.schedule_is_under_way(schedule.id).await?,
        now,
    };
    let due = pitstop_calendar::due(&asked);
    Ok(Look { places, due })
}

async fn settle_one(store: &Store, row: &ScheduleRow) -> Result<()> {
    let schedule = &row.schedule;
    let now = store.now();
    let Look { places, due } = look(store, schedule, now).await?;
    let mut settled = Vec::new();
    for decision in &due.decisions {
        settled.extend(settlement(store, row, &places, decision, now).await?);
    }
    let stored = match store.settle(row, &settled, due.settled_through, due.wake_at, now).await {
        // The image was removed in this moment. The run is made by itself, and chooses another.
        Err(Error::Refused(_)) => {
            settled
                .iter_mut()
                .filter_map(|(_, firing)| firing.as_mut())
                .for_each(|firing| firing.first = None);
            store.settle(row, &settled, due.settled_through, due.wake_at, now).await?
        }
        stored => stored?,
    };
    if !stored {
        tracing::debug!(schedule = schedule.name, "The schedule changed while it was decided on.");
        return Ok(());
    }
    settled.iter().for_each(|(settled, _)| tell(schedule, settled));
    Ok(())
}

fn tell(schedule: &Schedule, settled: &Settled) {
    let (occurrence, reason) = (settled.id, &settled.reason);
    tracing::info!(schedule = schedule.name, %occurrence, outcome = ?settled.outcome, reason, "An occurrence is settled.");
}

/// How long a run of this schedule usually takes. Of one that must be ready by a time and has not run yet, the usual trips
/// of its machines are played through its plan.
///
/// # Errors
/// When the database does not answer.
pub async fn run_seconds(store: &Store, schedule: &Schedule, places: &Places) -> Result<Option<u64>> {
    let usual = store.usual_run_seconds(schedule.id).await?.map(whole);
    if usual.is_some() || schedule.timing.ready_by.is_none() {
        return Ok(usual);
    }
    match unwarned(store, &places.chosen, &schedule.plan).await {
        Ok((_, candidates)) => Ok(estimate(&schedule.plan, &candidates).total_s),
        Err(error) if error.is_of_one_row() => Ok(None),
        Err(error) => Err(error),
    }
}

/// What is stored of a decision; nothing where it only waits.
async fn settlement(
    store: &Store,
    row: &ScheduleRow,
    places: &Places,
    decision: &Decision,
    now: Time,
) -> Result<Option<(Settled, Option<Firing>)>> {
    let (outcome, reason, firing) = match &decision.verdict {
        Verdict::Wait { .. } => return Ok(None),
        Verdict::Skip(reason) => (Outcome::Skipped, reason.to_string(), None),
        Verdict::Start { .. } => match firing(store, row, places, now).await? {
            Ok(firing) => (Outcome::Started, decision.verdict.to_string(), Some(firing)),
            Err(why) => (Outcome::Failed, why, None),
        },
    };
    let settled = Settled { id: decision.occurrence.id, due_at: decision.due_at, outcome, reason };
    Ok(Some((settled, firing)))
}

/// The run, or why there is none.
async fn firing(
    store: &Store,
    row: &ScheduleRow,
    places: &Places,
    now: Time,
) -> Result<std::result::Result<Firing, String>> {
    if places.chosen.is_empty() {
        return Ok(Err("no machine is found any more".to_owned()));
    }
    let (known, candidates) = match unwarned(store, &places.chosen, &row.schedule.plan).await {
        Err(error @ (Error::Refused(_) | Error::NotFound(_))) => return Ok(Err(error.to_string())),
        candidates => candidates?,
    };
    let Drawn { run, members, admission } = match drawn(&row.schedule, places, candidates, now) {
        Err(why) => return Ok(Err(why)),
        Ok(drawn) => drawn,
    };
    let first = match admission {
        None => None,
        Some(admission) => {
            let started = started(store, &known, &run.plan, &admission.start, store.now()).await?;
            Some(First { admission, started })
        }
    };
    Ok(Ok(Firing { run, members, first }))
}

/// A run as it is decided on, before its jobs are made.
struct Drawn {
    run: Run,
    members: Vec<NewMember>,
    /// Who is started with it: nobody, or some.
    admission: Option<Admission>,
}

/// # Errors
/// Why there is none.
fn drawn(
    schedule: &Schedule,
    places: &Places,
    mut candidates: Vec<Candidate>,
    now: Time,
) -> std::result::Result<Drawn, String> {
    let mut closes: Option<Time> = None;
    for candidate in &mut candidates {
        match places.at(candidate.machine, now, candidate.usual_s) {
            Ok(until) => closes = closes.into_iter().chain(until).min(),
            Err(shut) => candidate.refused = candidate.refused.take().or(Some(shut.to_string())),
        }
    }
    if let Some(why) = nobody(&candidates) {
        return Err(why);
    }
    let trip_s = places.trip_s.and_then(|s| u32::try_from(s).ok()).unwrap_or_default();
    let closes = closes.map(|at| Closing { at, trip_s });
    let plan = RunPlan { closes, ..schedule.plan.clone() };
    let members = members(&plan, &candidates);
    let mut run = Run::new(RunId(uuid::Uuid::now_v7()), plan, now);
    run.because = format!("the schedule {} was due", schedule.name);
    let admission = first(&run, &members, places, now);
    Ok(Drawn { run, members, admission })
}

/// Whoever may be started at once is started with the run: so ten thousand machines that are due at one moment are queued
/// by one commit. All else the run decides when it is looked at.
fn first(run: &Run, members: &[NewMember], places: &Places, now: Time) -> Option<Admission> {
    let sites: HashMap<_, _> = places.chosen.iter().map(|one| (one.machine, &one.site)).collect();
    let member = |new: &NewMember| Member {
        machine: new.machine,
        site: sites.get(&new.machine).map(|site| (*site).clone()).unwrap_or_default(),
        wave: new.wave,
        state: match &new.refused {
            Some(why) => MemberState::Refused { why: why.clone() },
            None => MemberState::Waiting,
        },
        forgiven: false,
    };
    let members: Vec<_> = members.iter().map(member).collect();
    let admission = admit(run, &members, &RunFacts::default(), now);
    (!admission.start.is_empty()).then_some(admission)
}

/// Why nobody at all can be started.
fn nobody(candidates: &[Candidate]) -> Option<String> {
    let first = candidates.first()?.refused.as_ref()?;
    candidates
        .iter()
        .all(|one| one.refused.is_some())
        .then(|| format!("none of {} machines could be started; the first: {first}", candidates.len()))
}
