//! What is sent to machines when schedules start, and how long that takes. Many schedules have one search, and many machines
//! are alike: what holds for them is worked out once.

use super::comes::{Ahead, Looked};
use pitstop_app::schedules::desk::{ForecastLine, SiteLine};
use pitstop_calendar::Schedule;
use pitstop_domain::function::Function;
use pitstop_domain::id::MachineId;
use pitstop_domain::image::ImageVersion;
use pitstop_domain::machine::Machine;
use pitstop_domain::places::Turn;
use pitstop_domain::query::Machines;
use pitstop_domain::run::RunPlan;
use pitstop_domain::run::estimate::{Candidate, estimate};
use pitstop_domain::start::locate;
use pitstop_store::fleet::alike::Alike;
use pitstop_store::{Result, Store};
use pitstop_worker::schedules::ground::Ground;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

/// Where a set of machines is, which names it while somebody holds it: what one search found is one set.
type Set = usize;

fn name(set: &Arc<Machines>) -> Set {
    Arc::as_ptr(set).addr()
}

/// A plan, and the seconds that it takes where they can be told.
type Played = (RunPlan, Option<u64>);

pub(super) struct Sent {
    /// How machines take turns in fetching a function's image, by their sites.
    turns: HashMap<String, BTreeMap<String, Turn>>,
    /// One machine of each kind, and the kinds of a set's machines, in their order.
    alike: Arc<Alike>,
    of: HashMap<Set, Vec<usize>>,
    functions: HashMap<String, Function>,
    images: Vec<ImageVersion>,
    /// What one run of a function sends to a set.
    runs: HashMap<(String, Set), Vec<SiteLine>>,
    /// How long plans take on a set, by the usual length of a trip.
    played: HashMap<(Set, u64), Vec<Played>>,
    by_site: BTreeMap<String, SiteLine>,
}

impl Sent {
    pub(super) async fn of(
        store: &Store,
        all: &[&Schedule],
        ahead: &[Ahead],
        looked: &[Option<Looked>],
        ground: &Ground,
    ) -> Result<Self> {
        let comes: BTreeSet<usize> = ahead.iter().map(|one| one.schedule).collect();
        let sets = comes.iter().filter_map(|one| looked[*one].as_ref()).map(|mine| &mine.placed.machines);
        let sets: HashMap<Set, &Arc<Machines>> = sets.map(|set| (name(set), set)).collect();
        let of: HashMap<Set, Vec<MachineId>> =
            sets.into_iter().map(|(at, set)| (at, ground.ids(set))).collect();
        let alike = store.fleet_alike().await?;
        let kinds_of = |ids: Vec<MachineId>| ids.iter().filter_map(|id| alike.of.get(id)).copied().collect();
        let of = of.into_iter().map(|(set, ids)| (set, kinds_of(ids))).collect();
        let functions = store.functions().await?.into_iter();
        let mut turns = HashMap::new();
        for one in &comes {
            let function = &all[*one].plan.function;
            if !turns.contains_key(function) {
                turns.insert(function.clone(), store.turns(function).await?);
            }
        }
        Ok(Self {
            turns,
            alike,
            functions: functions.map(|function| (function.name.clone(), function)).collect(),
            images: store.images().await?,
            runs: HashMap::new(),
            played: HashMap::new(),
            by_site: BTreeMap::new(),
            of,
        })
    }

    pub(super) fn line(&mut self, schedule: &Schedule, looked: &Looked) -> ForecastLine {
        let takes_s = looked.placed.run_s.or_else(|| self.played(schedule, looked));
        let function = self.functions.get(&schedule.plan.function);
        ForecastLine {
            schedule: schedule.id.to_string(),
            name: schedule.name.clone(),
            function: function.map_or_else(|| schedule.plan.function.clone(), |one| one.title.clone()),
            times: 0,
            conflicts: 0,
            first: pitstop_domain::Time::MAX_UTC,
            machines: looked.placed.machines.count(),
            takes_s,
        }
    }

    /// How long a run would take that nobody has seen yet.
    fn played(&mut self, schedule: &Schedule, looked: &Looked) -> Option<u64> {
        let (set, usual_s) = (name(&looked.placed.machines), looked.placed.trip_s?);
        let plan = &schedule.plan;
        let known = self.played.get(&(set, usual_s));
        if let Some((_, takes)) = known.and_then(|known| known.iter().find(|(one, _)| one == plan)) {
            return *takes;
        }
        let turns = self.turns.get(&plan.function);
        let candidate = |machine: &Machine| Candidate {
            machine: machine.id,
            name: String::new(),
            site: machine.site.clone(),
            usual_s: Some(usual_s),
            turn: turns.and_then(|at| at.get(&machine.site)).copied(),
            refused: None,
            busy: None,
            warned: None,
        };
        let candidates: Vec<_> =
            self.of.get(&set)?.iter().filter_map(|kind| self.alike.kinds.get(*kind)).map(candidate).collect();
        let takes = estimate(plan, &candidates).total_s;
        self.played.entry((set, usual_s)).or_default().push((plan.clone(), takes));
        takes
    }

    /// So many runs of a schedule.
    pub(super) fn add(&mut self, schedule: &Schedule, looked: &Looked, times: u32) {
        let set = name(&looked.placed.machines);
        let key = (schedule.plan.function.clone(), set);
        if !self.runs.contains_key(&key) {
            let run = self.run(&key.0, set);
            self.runs.insert(key.clone(), run);
        }
        let times = u64::from(times);
        for one in self.runs.get(&key).into_iter().flatten() {
            let site = self.by_site.entry(one.site.clone()).or_insert_with(|| nothing(&one.site));
            site.trips += one.trips * times;
            site.bytes += one.bytes * times;
            site.without_image += one.without_image * times;
        }
    }

    /// What one run sends to each site.
    fn run(&self, function: &str, set: Set) -> Vec<SiteLine> {
        let mut counts: HashMap<usize, u64> = HashMap::new();
        for kind in self.of.get(&set).into_iter().flatten() {
            *counts.entry(*kind).or_default() += 1;
        }
        let mut sites: HashMap<&str, SiteLine> = HashMap::new();
        let function = self.functions.get(function);
        for (kind, count) in counts {
            let Some(machine) = self.alike.kinds.get(kind) else { continue };
            let site = sites.entry(&machine.site).or_insert_with(|| nothing(&machine.site));
            match function.and_then(|function| locate(function, machine, &self.images).ok()) {
                Some(image) => {
                    site.trips += count;
                    site.bytes += image.bytes_for(machine.firmware) * count;
                }
                None => site.without_image += count,
            }
        }
        sites.into_values().collect()
    }

    pub(super) fn sites(self) -> Vec<SiteLine> {
        let mut sites: Vec<_> = self.by_site.into_values().collect();
        sites.sort_by(|one, next| next.bytes.cmp(&one.bytes).then_with(|| one.site.cmp(&next.site)));
        sites
    }
}

fn nothing(site: &str) -> SiteLine {
    SiteLine { site: site.to_owned(), trips: 0, bytes: 0, without_image: 0 }
}
