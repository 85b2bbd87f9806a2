//! Runs of many machines are stored before their moment, in a transaction that is committed when it has come.
//!
//! What takes its time (reading ten thousand machines, making their jobs, storing them) is done a few seconds before. At the
//! moment itself everything is decided once more, by what is known then, as for any other schedule; only what needs reading
//! of each machine is taken from before, as long as nobody has changed the machine. If the same comes out, the transaction is
//! committed; if anything else does, it is given up, and the schedule is looked at as if there had been none.

use super::{Drawn, Places, drawn, look, tell};
use crate::members::{Known, Marks, started};
use chrono::TimeDelta;
use pitstop_calendar::due::Due;
use pitstop_calendar::{Chosen, Decision, Outcome, Verdict};
use pitstop_domain::Time;
use pitstop_domain::id::{MachineId, ScheduleId};
use pitstop_store::runs::admission::First;
use pitstop_store::schedules::ScheduleRow;
use pitstop_store::schedules::beforehand::Beforehand;
use pitstop_store::schedules::firing::Firing;
use pitstop_store::schedules::occurrences::Settled;
use pitstop_store::{Error, Result, Store};
use std::collections::{HashMap, HashSet};
use std::time::Duration;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// From so many machines on. Fewer are started within a tenth of a second anyway.
pub const MANY: usize = 500;

/// So long before its moment a run is stored. Of its transaction others see nothing but that a machine cannot be given
/// another name meanwhile, so no longer than ten thousand machines take on a slow server; and less than a transaction may
/// stand still.
const BEFORE: TimeDelta = TimeDelta::seconds(5);

/// So long after the moment others look at the schedule, if whoever stores it beforehand is dead.
const PUT_OFF: TimeDelta = TimeDelta::seconds(2);

/// Between two looks at what comes.
const POLL: Duration = Duration::from_millis(500);

/// Runs of one worker that are stored beforehand at once. Each holds a connection to the database.
const AT_ONCE: usize = 3;

/// Looks ahead until stopped.
pub(crate) async fn run(store: Store, many: usize, stop: CancellationToken) {
    let mut held = JoinSet::new();
    // Until when a schedule was looked at.
    let mut seen: HashMap<ScheduleId, Time> = HashMap::new();
    while !stop.is_cancelled() {
        while held.try_join_next().is_some() {}
        let now = store.now();
        seen.retain(|_, until| *until >= now);
        let comes = match store.schedules_due_between(now, now + BEFORE).await {
            Ok(comes) => comes,
            Err(error) => {
                tracing::debug!(%error, "What comes next cannot be read.");
                vec![]
            }
        };
        for row in comes.into_iter().filter(may_be_many) {
            let id = row.schedule.id;
            if held.len() < AT_ONCE && seen.get(&id).is_none_or(|until| *until < row.wake_at) {
                seen.insert(id, row.wake_at + PUT_OFF);
                held.spawn(one(store.clone(), row, many, stop.clone()));
            }
        }
        crate::wait(POLL, &stop).await;
    }
    while held.join_next().await.is_some() {}
}

/// Who is at a machine is known at the moment itself only, and a plan that spares nobody needs not know.
fn may_be_many(row: &ScheduleRow) -> bool {
    let schedule = &row.schedule;
    schedule.plan.spare.is_nobody() && !matches!(&schedule.chosen, Chosen::Machines(ids) if ids.is_empty())
}

async fn one(store: Store, row: ScheduleRow, many: usize, stop: CancellationToken) {
    let name = row.schedule.name.clone();
    if let Err(error) = until_fired(&store, row, many, &stop).await {
        tracing::debug!(schedule = name, %error, "It is not stored beforehand.");
    }
}

async fn until_fired(store: &Store, row: ScheduleRow, many: usize, stop: &CancellationToken) -> Result<()> {
    let Some(ready) = Ready::of(store, row, many).await? else { return Ok(()) };
    loop {
        let left = ready.at - store.now();
        if stop.is_cancelled() || left > BEFORE {
            // The database's clock was set back: it may take longer than a transaction may stand still.
            return ready.give_up(store).await;
        }
        match left.to_std() {
            Ok(left) if !left.is_zero() => crate::wait(left, stop).await,
            _ => break,
        }
    }
    ready.fire(store, store.now()).await?;
    Ok(())
}

/// A run that is stored and not committed.
pub struct Ready {
    row: ScheduleRow,
    at: Time,
    known: Known,
    marks: Marks,
    firing: Firing,
    beforehand: Beforehand,
}

impl Ready {
    /// Stores what a schedule will start when it is looked at next. `None` where that is nothing, or fewer machines than
    /// `many`, or somebody else does so.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn of(store: &Store, row: ScheduleRow, many: usize) -> Result<Option<Self>> {
        let at = row.wake_at;
        let Some(beforehand) = store.beforehand(&row).await? else { return Ok(None) };
        let look = look(store, &row.schedule, at).await?;
        if start(&look.due).is_none() || look.places.chosen.len() < many {
            return Ok(None);
        }
        let Some(row) = store.put_off(&row, at + PUT_OFF).await? else { return Ok(None) };
        match stored(store, &row, &look.places, at, beforehand).await {
            Ok(Some((known, marks, firing, beforehand))) => {
                Ok(Some(Self { row, at, known, marks, firing, beforehand }))
            }
            nothing => {
                store.put_back(&row, at).await?;
                nothing.map(|_| None)
            }
        }
    }

    /// The moment has come. True: it is started. False: it would have been another run by now, or none, and nothing is stored;
    /// the schedule is due.
    ///
    /// # Errors
    /// When the database does not answer. Then nothing is stored, or all of it; whoever looks at the schedule later sees which.
    pub async fn fire(self, store: &Store, now: Time) -> Result<bool> {
        let (row, at) = (self.row.clone(), self.at);
        // Whoever stood still so long is not the only one any more, and its jobs are of a moment that is over.
        let fired = if now > at + PUT_OFF { Ok(false) } else { self.settle(store, now).await };
        match fired {
            Ok(true) => return Ok(true),
            Ok(false) | Err(Error::Refused(_)) => {
                tracing::debug!(
                    schedule = row.schedule.name,
                    "What was stored beforehand does not hold any more."
                );
            }
            Err(error) => {
                tracing::warn!(schedule = row.schedule.name, %error, "What was stored beforehand could not be kept.");
                // If that fails, too, it is looked at a little later; if all of it is stored after all, it changes nothing.
                let _ = store.put_back(&row, at).await;
                return Err(error);
            }
        }
        store.put_back(&row, at).await?;
        Ok(false)
    }

    /// Nothing of it is stored, and the schedule is due at its moment.
    async fn give_up(self, store: &Store) -> Result<()> {
        self.beforehand.give_up().await?;
        store.put_back(&self.row, self.at).await
    }

    async fn settle(mut self, store: &Store, now: Time) -> Result<bool> {
        // As it was decided before, in whose words a second more or less may stand; what is read is read now.
        let moment = if now - self.at < TimeDelta::seconds(1) { self.at.min(now) } else { now };
        let look = look(store, &self.row.schedule, moment).await?;
        let Some(decision) = start(&look.due) else { return Ok(false) };
        if !self.holds(store, &look.places, moment).await? {
            return Ok(false);
        }
        let reason = decision.verdict.to_string();
        let (id, due_at) = (decision.occurrence.id, decision.due_at);
        let settled = Settled { id, due_at, outcome: Outcome::Started, reason };
        let Due { settled_through, wake_at, .. } = look.due;
        let done = self.beforehand.settle(&self.row, &settled, settled_through, wake_at, now).await?;
        if done {
            tell(&self.row.schedule, &settled);
        }
        Ok(done)
    }

    /// Would the same run be made now?
    async fn holds(&mut self, store: &Store, places: &Places, now: Time) -> Result<bool> {
        let Some(others) = self.known.renew(store, &self.marks).await? else { return Ok(false) };
        let plan = &self.row.schedule.plan;
        let candidates = self.known.candidates(store, &places.chosen, plan).await?;
        let Ok(drawn) = drawn(&self.row.schedule, places, candidates, now) else { return Ok(false) };
        Ok(self.is_like(&drawn) && self.has_jobs_as_now(&others))
    }

    fn is_like(&self, drawn: &Drawn) -> bool {
        let Firing { run, members, first } = &self.firing;
        let alike = |first: &First, now: &pitstop_domain::run::Admission| {
            let first = &first.admission;
            first.start == now.start && first.run.state == now.run.state && first.run.wave == now.run.wave
        };
        let first_alike = match (first, &drawn.admission) {
            (None, None) => true,
            (Some(first), Some(now)) => alike(first, now),
            _ => false,
        };
        first_alike && run.plan == drawn.run.plan && *members == drawn.members
    }

    /// Machines that somebody changed: their jobs are what they would be now.
    fn has_jobs_as_now(&self, others: &HashSet<MachineId>) -> bool {
        let plan = &self.firing.run.plan;
        let started = self.firing.first.iter().flat_map(|first| &first.started);
        started.filter(|one| others.contains(&one.machine)).all(|one| match &one.job {
            Ok(job) => self.known.start(job.id, one.machine, plan, self.at).as_ref() == Ok(job),
            Err(_) => false,
        })
    }
}

/// What is to be started, where nothing else is to be decided.
fn start(due: &Due) -> Option<&Decision> {
    match due.decisions.as_slice() {
        [one] if matches!(one.verdict, Verdict::Start { .. }) => Some(one),
        _ => None,
    }
}

type Stored = (Known, Marks, Firing, Beforehand);

/// `None` where no run would be made. Why is told at the moment itself.
async fn stored(
    store: &Store,
    row: &ScheduleRow,
    places: &Places,
    at: Time,
    mut beforehand: Beforehand,
) -> Result<Option<Stored>> {
    let schedule = &row.schedule;
    if schedule.plan.nonsense().is_some() {
        return Ok(None);
    }
    let ids: Vec<_> = places.chosen.iter().map(|one| one.machine).collect();
    let (known, marks) = Known::marked(store, &ids, &schedule.plan.function).await?;
    let candidates = known.candidates(store, &places.chosen, &schedule.plan).await?;
    let Ok(Drawn { run, members, admission }) = drawn(schedule, places, candidates, at) else {
        return Ok(None);
    };
    let first = match admission {
        None => None,
        Some(admission) => {
            let started = started(store, &known, &run.plan, &admission.start, at).await?;
            Some(First { admission, started })
        }
    };
    let firing = Firing { run, members, first };
    beforehand.store(row, &firing).await?;
    Ok(Some((known, marks, firing, beforehand)))
}
