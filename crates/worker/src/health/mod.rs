//! Rules of health: claim, look, decide, commit, as for schedules.
//!
//! - [`look`]: what is known of the machines that a rule watches
//! - here: the decision is made and stored, with the jobs that it starts
//! - [`boards`]: management boards are asked what they measure
//! - [`keep`]: what was measured is rolled up, learned from, and swept

pub mod boards;
pub mod keep;
pub mod look;

use chrono::TimeDelta;
use look::Looked;
use pitstop_domain::Time;
use pitstop_domain::health::alert::{Next, begin, follow, switched_off};
use pitstop_domain::health::brake::{self, Asked, SUDDEN, Wanted};
use pitstop_domain::health::{Alert, AlertState, Braked};
use pitstop_domain::id::{JobId, MachineId};
use pitstop_domain::job::Initiator;
use pitstop_domain::start::{self, job};
use pitstop_store::health::commit::{Changed, Decided, Started};
use pitstop_store::health::rules::RuleRow;
use pitstop_store::{Error, Result, Store};
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// Rules claimed at once: few enough that the last is decided before its claim is over.
const BATCH: i64 = 4;

/// Between two looks at a rule: machines tell once a minute.
const EVERY: TimeDelta = TimeDelta::seconds(60);

/// After a decision that could not be stored, since something changed meanwhile.
const SOON: TimeDelta = TimeDelta::seconds(2);

/// Decides about what is due, once each. Gives how many there were. `limits_percent`: of the limits of jobs that are started.
///
/// # Errors
/// When the database does not answer.
pub async fn step_due(store: &Store, limits_percent: u32) -> Result<usize> {
    let claimed = store.claim_due_health_rules(BATCH, store.now()).await?;
    for row in &claimed {
        match step_one(store, row, limits_percent).await {
            // Its claim runs out and it is tried again; the others must not wait for that.
            Err(error) if error.is_of_one_row() => {
                tracing::warn!(rule = row.rule.name, %error, "A rule could not be looked at.");
            }
            done => done?,
        }
    }
    Ok(claimed.len())
}

async fn step_one(store: &Store, row: &RuleRow, limits_percent: u32) -> Result<()> {
    let now = store.now();
    let looked = look::look(store, &row.rule, now).await?;
    let decided = decide(store, row, &looked, limits_percent, now).await?;
    if !store.commit_health(row, &decided, now + EVERY, now).await? {
        tracing::debug!(
            rule = row.rule.name,
            "Something changed while the rule was decided on; it is looked at again."
        );
        store.look_again_at_health_rule(row, now + SOON).await?;
        return Ok(());
    }
    for started in &decided.started {
        let (machine, job) = (started.job.machine, started.job.id);
        tracing::info!(rule = row.rule.name, %machine, %job, "A rule of health started a job.");
    }
    if let Some(question) = &decided.question {
        tracing::warn!(rule = row.rule.name, question, "A rule of health asks a person.");
    }
    Ok(())
}

/// An alert that is being decided on.
struct Deciding {
    id: Uuid,
    was: Option<Alert>,
    is: Alert,
}

async fn decide(
    store: &Store,
    row: &RuleRow,
    looked: &Looked,
    limits_percent: u32,
    now: Time,
) -> Result<Decided> {
    let mut decided =
        Decided { guard: looked.guard.clone(), trips_since: looked.trips_since(), ..Decided::default() };
    let mut deciding = BTreeMap::new();
    let mut wanted = Vec::new();
    for (id, was) in &looked.open {
        let next = match row.rule.enabled || was.state == AlertState::Acting {
            true => follow(&row.rule, was.clone(), &looked.about(was.machine, Some(was)), now),
            false => Next::Is(switched_off(was.clone(), now)),
        };
        take(looked, *id, Some(was), next, &mut deciding, &mut wanted, &mut decided);
    }
    let new = looked.candidates.iter().filter(|machine| row.rule.enabled && !looked.has_alert(**machine));
    for machine in new {
        if let Some(next) = begin(&row.rule, *machine, &looked.about(*machine, None), now) {
            take(looked, Uuid::now_v7(), None, next, &mut deciding, &mut wanted, &mut decided);
        }
    }
    // Who has waited longest goes first.
    wanted.sort_by_key(|one: &Wanted| deciding.get(&one.machine).map(|one| (one.is.since, one.is.machine)));
    let braked = braked(row, looked, &deciding, &wanted, now);
    let waits: BTreeSet<MachineId> = braked.wait.iter().map(|(machine, _)| *machine).collect();
    for (machine, why) in braked.wait {
        if let Some(one) = deciding.get_mut(&machine) {
            one.is.note = why;
        }
    }
    for machine in braked.start {
        if let Some(one) = deciding.get_mut(&machine) {
            decided.started.extend(start_one(store, row, looked, one, limits_percent, now).await?);
        }
    }
    decided.question = braked.question;
    let storm = decided.question.is_some() || looked.held_back;
    for (_, one) in deciding {
        if one.was.as_ref() != Some(&one.is) {
            // A thousand mails say no more than the one question.
            let tell = worth_telling(&one) && !(storm && waits.contains(&one.is.machine));
            decided.changed.push(Changed { id: one.id, alert: one.is, tell });
        }
    }
    Ok(decided)
}

fn take(
    looked: &Looked,
    id: Uuid,
    was: Option<&Alert>,
    next: Next,
    deciding: &mut BTreeMap<MachineId, Deciding>,
    wanted: &mut Vec<Wanted>,
    decided: &mut Decided,
) {
    let is = match next {
        Next::Forgotten => return decided.forgotten.push(id),
        Next::Is(alert) => alert,
        Next::Wants(alert) => {
            let site = looked.site_of(alert.machine);
            wanted.push(Wanted { machine: alert.machine, site, approved: alert.approved_by.is_some() });
            alert
        }
    };
    deciding.insert(is.machine, Deciding { id, was: was.cloned(), is });
}

fn braked(
    row: &RuleRow,
    looked: &Looked,
    deciding: &BTreeMap<MachineId, Deciding>,
    wanted: &[Wanted],
    now: Time,
) -> Braked {
    let recent = |alert: &Alert| alert.fired_at.is_some_and(|at| now - at <= SUDDEN);
    let fired = deciding.values().filter(|one| recent(&one.is)).map(|one| one.is.machine);
    let sudden: BTreeSet<MachineId> = looked.fired.iter().copied().chain(fired).collect();
    let began: Vec<_> = looked.trips.iter().map(|trip| trip.began.clone()).collect();
    brake::brake(&Asked {
        rule: &row.rule,
        guard: &looked.guard,
        wanted,
        sudden: sudden.len(),
        watched: looked.watched,
        question_open: looked.held_back,
        began: &began,
        sites: &looked.sites,
        now,
    })
}

/// The job that an alert starts; where it is refused, a person is told why.
async fn start_one(
    store: &Store,
    row: &RuleRow,
    looked: &Looked,
    one: &mut Deciding,
    limits_percent: u32,
    now: Time,
) -> Result<Option<Started>> {
    let alert = &mut one.is;
    let made = match (store.function(&row.rule.function).await?, store.machine(alert.machine).await?) {
        (Some(function), Some(machine)) => {
            let images = store.images().await?;
            let asked = start::Asked { task: None, limits_percent, off_again: false };
            job(JobId(Uuid::now_v7()), &function, &machine, &images, &asked, now)
        }
        (None, _) => Err(format!("there is no function {} any more", row.rule.function)),
        (_, None) => return Err(Error::NotFound("machine")),
    };
    let job = match made {
        Ok(job) => job,
        Err(why) => {
            (alert.needs_person, alert.approved_by) = (true, None);
            alert.note = format!("{} cannot be started: {why}", row.rule.function);
            return Ok(None);
        }
    };
    (alert.state, alert.job, alert.acted_at) = (AlertState::Acting, Some(job.id), Some(now));
    (alert.note, alert.verdict) = ("its job is under way".to_owned(), None);
    let because = alert.reason.clone();
    let initiator = Initiator::HealthRule { id: row.rule.id, name: row.rule.name.clone(), because };
    Ok(Some(Started { alert: one.id, site: looked.site_of(alert.machine), job, initiator }))
}

/// It fired, needs a person, or is over after it had fired.
fn worth_telling(one: &Deciding) -> bool {
    let was = |what: fn(&Alert) -> bool| one.was.as_ref().is_some_and(what);
    let fired = one.is.fired_at.is_some();
    let newly_fired = fired && !was(|alert| alert.fired_at.is_some());
    let newly_asks = one.is.needs_person && !was(|alert| alert.needs_person);
    let over = fired && one.is.state == AlertState::Resolved;
    newly_fired || newly_asks || over
}
