//! What comes, and what stands in its way: a window that is shut, a blackout, machines that another schedule wants at the
//! same time.

use super::entries::{coming, shut};
use chrono::TimeDelta;
use pitstop_app::schedules::desk::{EntryLine, EntryState};
use pitstop_calendar::due::{HORIZON, lead, length};
use pitstop_calendar::window::Shut;
use pitstop_calendar::{Occurrence, OnMiss, Schedule, Zone};
use pitstop_domain::Time;
use pitstop_store::{Result, Store};
use pitstop_worker::schedules::ground::{Ground, Placed};
use pitstop_worker::schedules::places::Places;
use pitstop_worker::schedules::run_seconds;

/// Where nobody knows how long a run takes.
const GUESS_S: u64 = 3600;

/// Other schedules that are named beside an occurrence; the rest is counted.
pub const NAMED: usize = 3;

/// What is known of a schedule that comes.
pub struct Looked {
    pub placed: Placed,
    pub takes: TimeDelta,
    pub lead: TimeDelta,
    waits: bool,
    /// Windows and blackouts are known until then.
    known_until: Time,
}

impl Looked {
    pub async fn of(
        store: &Store,
        ground: &mut Ground,
        schedule: &Schedule,
        known_until: Time,
    ) -> Result<Self> {
        let mut placed = ground.placed(schedule);
        if placed.run_s.is_none() && schedule.timing.ready_by.is_some() {
            // As the worker does, who decides by it when it begins.
            placed.run_s = match Places::of(store, schedule, store.now()).await {
                Ok(places) => run_seconds(store, schedule, &places).await?,
                // A search that is not understood finds nobody.
                Err(error) if error.is_of_one_row() => None,
                Err(error) => return Err(error),
            };
        }
        let takes = i64::try_from(placed.run_s.or(placed.trip_s).unwrap_or(GUESS_S)).unwrap_or(3600);
        Ok(Self {
            takes: TimeDelta::seconds(takes),
            lead: lead(&schedule.timing, placed.run_s),
            waits: schedule.timing.on_miss == OnMiss::NextWindow,
            known_until,
            placed,
        })
    }

    /// One schedule alone, as far ahead as the worker looks.
    pub async fn at(store: &Store, schedule: &Schedule, now: Time) -> Result<Self> {
        let until = now + HORIZON;
        let mut ground = Ground::of(store, &[schedule], now - TimeDelta::days(1)..until).await?;
        Self::of(store, &mut ground, schedule, until).await
    }

    /// When its machines are taken.
    pub fn begins(&self, at: Time) -> Time {
        at - self.lead
    }

    /// What keeps it from beginning then.
    pub fn shut(&self, at: Time) -> Option<Shut> {
        self.open(at)?.err()
    }

    /// So long a window is open then, where a whole run usually takes longer.
    fn too_short(&self, at: Time) -> Option<TimeDelta> {
        let left = self.open(at)?.ok().flatten()? - self.begins(at);
        (self.placed.run_s.is_some() && left < self.takes).then_some(left)
    }

    /// Until when its machines may be taken; `None` where nobody looked so far ahead.
    fn open(&self, at: Time) -> Option<std::result::Result<Option<Time>, Shut>> {
        let begins = self.begins(at);
        let trip = self.placed.trip_s.and_then(|s| i64::try_from(s).ok()).unwrap_or_default();
        (begins <= self.known_until - TimeDelta::days(1))
            .then(|| self.placed.allowed.at(begins, TimeDelta::seconds(trip)))
    }

    /// Says what stands in the way of one.
    pub fn note(&self, entry: &mut EntryLine) {
        if self.lead > TimeDelta::zero() {
            entry.words = format!("ready by then, begins about {} before", length(self.lead));
        }
        if self.placed.machines.is_empty() {
            conflict(entry, "no machine is found".to_owned());
        }
        if let Some(left) = self.too_short(entry.at) {
            let (left, takes) = (length(left), length(self.takes));
            conflict(
                entry,
                format!(
                    "the window closes {left} later and the run usually takes {takes}: who waits then is left as it is"
                ),
            );
        }
        if let Some(why) = self.shut(entry.at) {
            let waits = if self.waits { "; it waits for the next window" } else { "; it will be left out" };
            conflict(entry, format!("{}{waits}", shut(&why)));
        }
    }
}

/// An occurrence that comes: which of the schedules, and when.
#[derive(Clone, Copy, Debug)]
pub struct Ahead {
    pub schedule: usize,
    pub occurrence: Occurrence,
}

/// Others that want the same machines at the same time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Clash {
    /// Which of what comes, and how many machines both want; the first few.
    pub with: Vec<(usize, usize)>,
    pub more: usize,
}

impl Clash {
    pub fn is_one(&self) -> bool {
        !self.with.is_empty() || self.more > 0
    }
}

/// Sorted by when machines are taken, with what each clashes with. `named`: so many others are told of each.
pub fn clashes(ahead: &mut [Ahead], looked: &[Option<Looked>], named: usize) -> Vec<Clash> {
    let begins = |one: &Ahead| {
        let at = one.occurrence.at;
        looked[one.schedule].as_ref().map_or(at, |looked| looked.begins(at))
    };
    ahead.sort_by_key(|one| (begins(one), one.schedule));
    let times: Vec<_> = ahead.iter().map(|one| (one.schedule, begins(one))).collect();
    let mut shared = Shared::of(looked);
    let mut clashes = vec![Clash::default(); times.len()];
    for (n, (one, at)) in times.iter().enumerate() {
        let Some(end) = looked[*one].as_ref().map(|looked| *at + looked.takes) else { continue };
        for (m, (other, begins)) in times.iter().enumerate().skip(n + 1) {
            if *begins >= end {
                break;
            }
            let machines = shared.between(*one, *other);
            if machines > 0 {
                for (one, other) in [(n, m), (m, n)] {
                    if clashes[one].with.len() < named {
                        clashes[one].with.push((other, machines));
                    } else {
                        clashes[one].more += 1;
                    }
                }
            }
        }
    }
    clashes
}

/// How many machines two schedules share; each pair is counted once.
struct Shared<'a> {
    looked: &'a [Option<Looked>],
    known: Vec<Option<usize>>,
}

impl<'a> Shared<'a> {
    fn of(looked: &'a [Option<Looked>]) -> Self {
        Self { known: vec![None; looked.len() * looked.len()], looked }
    }

    fn between(&mut self, one: usize, other: usize) -> usize {
        let (low, high) = (one.min(other), one.max(other));
        if low == high {
            return 0;
        }
        let place = low * self.looked.len() + high;
        if let Some(known) = self.known[place] {
            return known;
        }
        let shared = match (&self.looked[low], &self.looked[high]) {
            (Some(one), Some(other)) => one.placed.machines.shared(&other.placed.machines),
            _ => 0,
        };
        self.known[place] = Some(shared);
        shared
    }
}

/// What comes, in words. `ahead` as [`clashes`] sorted it.
pub fn entries(
    schedules: &[&Schedule],
    ahead: &[Ahead],
    clashes: &[Clash],
    looked: &[Option<Looked>],
    zone: Zone,
) -> Vec<EntryLine> {
    let mut entries: Vec<_> =
        ahead.iter().map(|one| coming(schedules[one.schedule], &one.occurrence, zone)).collect();
    for (n, one) in ahead.iter().enumerate() {
        if let Some(looked) = &looked[one.schedule] {
            looked.note(&mut entries[n]);
        }
        for (other, machines) in &clashes[n].with {
            let note = wanted_by(*machines, &entries[*other].name, &entries[*other].clock);
            conflict(&mut entries[n], note);
        }
        if clashes[n].more > 0 {
            conflict(&mut entries[n], format!("and by {} more schedules", clashes[n].more));
        }
    }
    entries
}

pub fn wanted_by(machines: usize, name: &str, clock: &str) -> String {
    let machines = if machines == 1 { "1 machine".to_owned() } else { format!("{machines} machines") };
    format!("{machines} also wanted by {name} at {clock}")
}

pub fn conflict(entry: &mut EntryLine, note: String) {
    if entry.state == EntryState::Coming {
        entry.state = EntryState::Conflict;
    }
    if !entry.notes.contains(&note) {
        entry.notes.push(note);
    }
}
