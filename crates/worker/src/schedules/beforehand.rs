//! Runs of many machines are stored before their moment, in a transaction that is committed when it has come.
//!
//! What takes its time (reading ten thousand machines, making their jobs, storing them) is done a few seconds before. At the
//! moment itself everything is decided once more, by what is known then, as for any other schedule; only what needs reading
//! of each machine is taken from before, as long as nobody has changed the machine. If the same comes out, the transaction is
//! committed; if anything else does, it is given up, and the schedule is looked at as if there had been none.

use super::alike::alike;
use super::ground::sizes;
use super::{Drawn, Places, drawn, look, tell};
use crate::members::{Known, Marks, started};
use chrono::TimeDelta;
use pitstop_calendar::due::Due;
use pitstop_calendar::{Chosen, Decision, Outcome, Verdict};
use pitstop_domain::Time;
use pitstop_domain::id::{MachineId, ScheduleId};
use pitstop_store::runs::admission::First;
use pitstop_store::schedules::ScheduleRow;
use pitstop_store::schedules::beforehand::{Beforehand, Longest};
use pitstop_store::schedules::firing::Firing;
use pitstop_store::schedules::occurrences::Settled;
use pitstop_store::{Error, Result, Store};
use std::cmp::Reverse;
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

/// So long after the moment what is stored is given up, if its worker says nothing: it is frozen, and others may wait for it.
const STANDS: TimeDelta = TimeDelta::milliseconds(500);

/// Of each machine, on a server that is busy with others. What would not be stored by its moment is not begun: to start it
/// then is sooner.
const EACH_TAKES: TimeDelta = TimeDelta::microseconds(200);

/// Between two looks at what comes.
const POLL: Duration = Duration::from_millis(500);

/// Runs of one worker that are stored beforehand at once. Each holds a connection to the database.
const AT_ONCE: usize = 3;

/// Looks ahead until stopped.
pub(crate) async fn run(store: Store, many: usize, stop: CancellationToken) {
    let mut held = JoinSet::new();
    let mut seen = Seen::default();
    while !stop.is_cancelled() {
        while held.try_join_next().is_some() {}
        if held.len() < AT_ONCE {
            let comes = comes(&store, store.now(), many, &mut seen).await.unwrap_or_else(|error| {
                tracing::debug!(%error, "What comes next cannot be read.");
                vec![]
            });
            for row in comes.into_iter().take(AT_ONCE - held.len()) {
                seen.insert(&row);
                held.spawn(one(store.clone(), row, many, stop.clone()));
            }
        }
        // A place that becomes free, since another worker has that run or none is made, is the next one's at once.
        tokio::select! {
            () = crate::wait(POLL, &stop) => {}
            Some(_) = held.join_next() => {}
        }
    }
    while held.join_next().await.is_some() {}
}

/// Until when a schedule need not be looked at: it is stored beforehand, or will be started at its moment.
#[derive(Default)]
pub struct Seen(HashMap<ScheduleId, Time>);

impl Seen {
    fn insert(&mut self, row: &ScheduleRow) {
        self.0.insert(row.schedule.id, row.wake_at + PUT_OFF);
    }

    fn has(&self, row: &ScheduleRow) -> bool {
        self.0.get(&row.schedule.id).is_some_and(|until| *until >= row.wake_at)
    }
}

/// Schedules that come and mean so many machines, the largest first: what there is no place for is small.
///
/// # Errors
/// When the database does not answer.
pub async fn comes(store: &Store, now: Time, many: usize, seen: &mut Seen) -> Result<Vec<ScheduleRow>> {
    seen.0.retain(|_, until| *until >= now);
    let rows = store.schedules_due_between(now, now + BEFORE).await?;
    let rows: Vec<_> = rows.into_iter().filter(|row| may_be_many(row, many) && !seen.has(row)).collect();
    if rows.is_empty() {
        return Ok(vec![]);
    }
    let sizes = sizes(store, &rows.iter().map(|row| &row.schedule).collect::<Vec<_>>()).await?;
    let mut large = vec![];
    for (size, row) in sizes.into_iter().zip(rows) {
        if size < many || !in_time(size, row.wake_at - now) {
            seen.insert(&row);
        } else {
            large.push((size, row));
        }
    }
    large.sort_by_key(|(size, _)| Reverse(*size));
    Ok(large.into_iter().map(|(_, row)| row).collect())
}

fn in_time(machines: usize, left: TimeDelta) -> bool {
    EACH_TAKES * i32::try_from(machines).unwrap_or(i32::MAX) <= left
}

/// Who is at a machine is known at the moment itself only, and a plan that spares nobody needs not know.
fn may_be_many(row: &ScheduleRow, many: usize) -> bool {
    let schedule = &row.schedule;
    schedule.plan.spare.is_nobody()
        && !matches!(&schedule.chosen, Chosen::Machines(ids) if ids.len() < many.max(1))
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
            return put_back(store, ready.beforehand, &ready.row, ready.at).await;
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
        let Some(mut beforehand) = store.beforehand(&row).await? else { return Ok(None) };
        let look = look(store, &row.schedule, at).await?;
        if start(&look.due, at).is_none() || look.places.chosen.len() < many {
            return Ok(None);
        }
        let Some(row) = store.put_off(&row, at + PUT_OFF).await? else { return Ok(None) };
        match stored(store, &row, &look.places, at, &mut beforehand).await {
            Ok(Some((known, marks, firing))) => Ok(Some(Self { row, at, known, marks, firing, beforehand })),
            nothing => {
                put_back(store, beforehand, &row, at).await?;
                nothing.map(|_| None)
            }
        }
    }

    /// The moment has come. True: it is started. False: it would have been another run by now, or none, and nothing is stored;
    /// the schedule is due.
    ///
    /// # Errors
    /// When the database does not answer. Then nothing is stored, or all of it; whoever looks at the schedule later sees which.
    pub async fn fire(mut self, store: &Store, now: Time) -> Result<bool> {
        // Whoever stood still so long is not the only one any more, and its jobs are of a moment that is over.
        let late = now > self.at + PUT_OFF;
        let settlement = if late { Ok(None) } else { self.settlement(store, now).await };
        let Self { row, at, beforehand, .. } = self;
        let fired = match settlement {
            Ok(Some(Settlement { settled, through, wake_at })) => {
                beforehand.settle(&row, &settled, through, wake_at, now).await.inspect(|done| {
                    if *done {
                        tell(&row.schedule, &settled);
                    }
                })
            }
            Ok(None) | Err(Error::Refused(_)) => beforehand.put_back(&row).await.map(|()| false),
            // Of what is asked beside it. Nothing is stored.
            Err(error) => beforehand.put_back(&row).await.and(Err(error)),
        };
        match &fired {
            Ok(true) => {}
            Ok(false) => {
                tracing::debug!(
                    schedule = row.schedule.name,
                    "What was stored beforehand does not hold any more."
                );
            }
            Err(error) => {
                tracing::warn!(schedule = row.schedule.name, %error, "What was stored beforehand could not be kept.");
                // If that fails, too, it is looked at a little later; if all of it is stored after all, it changes nothing.
                let _ = store.put_back(&row, at).await;
            }
        }
        fired
    }

    /// What is decided now; `None` where it is not what is stored.
    async fn settlement(&mut self, store: &Store, now: Time) -> Result<Option<Settlement>> {
        self.beforehand.stand(PUT_OFF.to_std().unwrap_or_default()).await?;
        // As it was decided before, in whose words a second more or less may stand; what is read is read now.
        let moment = if now - self.at < TimeDelta::seconds(1) { self.at.min(now) } else { now };
        let look = look(store, &self.row.schedule, moment).await?;
        let Some(decision) = start(&look.due, self.at) else { return Ok(None) };
        if !self.holds(store, &look.places, moment).await? {
            return Ok(None);
        }
        let reason = decision.verdict.to_string();
        let (id, due_at) = (decision.occurrence.id, decision.due_at);
        let settled = Settled { id, due_at, outcome: Outcome::Started, reason };
        Ok(Some(Settlement { settled, through: look.due.settled_through, wake_at: look.due.wake_at }))
    }

    /// Would the same run be made now?
    async fn holds(&mut self, store: &Store, places: &Places, now: Time) -> Result<bool> {
        let Some(others) = self.known.renew(store, &self.marks).await? else { return Ok(false) };
        let plan = &self.row.schedule.plan;
        let candidates = self.known.candidates(store, &places.chosen, plan).await?;
        let Ok(drawn) = drawn(&self.row.schedule, places, candidates, now) else { return Ok(false) };
        Ok(alike(&self.firing, self.at, &drawn, now) && self.has_jobs_as_now(&others))
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

/// What is stored of the occurrence itself.
struct Settlement {
    settled: Settled,
    through: Time,
    wake_at: Time,
}

/// Nothing of it is stored, and the schedule is due at its moment.
async fn put_back(store: &Store, beforehand: Beforehand, row: &ScheduleRow, at: Time) -> Result<()> {
    match beforehand.put_back(row).await {
        // Its transaction is lost, and nothing of it will ever be stored.
        Err(_) => store.put_back(row, at).await,
        done => done,
    }
}

/// What is to be started, where nothing else is to be decided and this is its moment: a schedule is looked at at others, too
/// (a claim is over, a window opens, how long its runs usually take is another).
fn start(due: &Due, at: Time) -> Option<&Decision> {
    match due.decisions.as_slice() {
        [one] if one.due_at == at && matches!(one.verdict, Verdict::Start { .. }) => Some(one),
        _ => None,
    }
}

/// `None` where no run would be made. Why is told at the moment itself.
async fn stored(
    store: &Store,
    row: &ScheduleRow,
    places: &Places,
    at: Time,
    beforehand: &mut Beforehand,
) -> Result<Option<(Known, Marks, Firing)>> {
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
    let left = |at: Time| (at - store.now()).to_std().unwrap_or_default();
    let longest = Longest { takes: left(at + PUT_OFF), stands: left(at + STANDS) };
    beforehand.store(row, &firing, longest).await?;
    Ok(Some((known, marks, firing)))
}
