//! Many schedules at one moment: the fleet is asked once for each search that any of them, or any window, has, instead
//! of once for each schedule. What it gives for one schedule is what [`Places`](super::places::Places) gives.

use super::places::together_within;
use crate::members::whole;
use pitstop_calendar::{Allowed, Blackout, Chosen, Held, Kind, Schedule};
use pitstop_domain::Time;
use pitstop_domain::id::{MachineId, ScheduleId};
use pitstop_domain::people;
use pitstop_domain::query::{Query, Scope};
use pitstop_store::fleet::Wanted;
use pitstop_store::{Error, Result, Store};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Range;
use std::sync::Arc;

/// Machines, each as one bit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Machines(Vec<u64>);

impl Machines {
    fn of(places: impl Iterator<Item = usize>, machines: usize) -> Self {
        let mut bits = vec![0; machines.div_ceil(64)];
        for place in places {
            bits[place / 64] |= 1 << (place % 64);
        }
        Self(bits)
    }

    pub fn count(&self) -> usize {
        self.0.iter().map(|bits| bits.count_ones() as usize).sum()
    }

    pub fn is_empty(&self) -> bool {
        self.0.iter().all(|bits| *bits == 0)
    }

    /// How many both have.
    pub fn shared(&self, other: &Self) -> usize {
        self.0.iter().zip(&other.0).map(|(one, other)| (one & other).count_ones() as usize).sum()
    }

    fn has(&self, place: usize) -> bool {
        self.0.get(place / 64).is_some_and(|bits| bits & (1 << (place % 64)) != 0)
    }

    fn places(&self) -> impl Iterator<Item = usize> {
        (0..self.0.len() * 64).filter(|place| self.has(*place))
    }

    fn and(&self, other: &Self) -> Self {
        Self(self.0.iter().zip(&other.0).map(|(one, other)| one & other).collect())
    }
}

/// What is known of a schedule.
#[derive(Clone, Debug)]
pub struct Placed {
    pub machines: Arc<Machines>,
    /// When any of them may be taken, within the times that were asked for.
    pub allowed: Arc<Allowed>,
    /// How long one trip usually takes, in seconds.
    pub trip_s: Option<u64>,
    /// How long its runs usually take.
    pub run_s: Option<u64>,
}

/// The fleet, and which times hold for which machine.
pub struct Ground {
    ids: Vec<MachineId>,
    place_of: HashMap<MachineId, usize>,
    group_of: Vec<usize>,
    groups: Vec<Allowed>,
    /// By search and scope.
    found: HashMap<(String, Limits), Arc<Machines>>,
    allowed: HashMap<BTreeSet<usize>, Arc<Allowed>>,
    trips: HashMap<String, Option<u64>>,
    runs: HashMap<ScheduleId, u64>,
    range: Range<Time>,
}

type Limits = Option<Vec<people::Scope>>;

impl Ground {
    /// What these schedules need, for times within a range.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn of(store: &Store, schedules: &[&Schedule], range: Range<Time>) -> Result<Self> {
        let ids = store.fleet_ids(&wanted(&Query::default(), &Scope::ALL, store.now())).await?;
        let place_of = ids.iter().enumerate().map(|(place, id)| (*id, place)).collect();
        let mut ground = Self {
            group_of: vec![0; ids.len()],
            ids,
            place_of,
            groups: vec![],
            found: HashMap::new(),
            allowed: HashMap::new(),
            trips: HashMap::new(),
            runs: store.usual_runs().await?.into_iter().map(|(id, s)| (id, whole(s))).collect(),
            range,
        };
        for schedule in schedules {
            let words = match &schedule.chosen {
                Chosen::Search(words) => words.as_str(),
                Chosen::Machines(_) => "",
            };
            ground.find(store, words, &schedule.scopes).await?;
            let function = &schedule.plan.function;
            if !ground.trips.contains_key(function) {
                let usual = store.usual_seconds(function, None).await?.map(whole);
                ground.trips.insert(function.clone(), usual);
            }
        }
        ground.group(store).await?;
        Ok(ground)
    }

    /// One of the schedules.
    pub fn placed(&mut self, schedule: &Schedule) -> Placed {
        let found = |words: &str| self.found.get(&(words.to_owned(), schedule.scopes.clone())).cloned();
        let machines = match &schedule.chosen {
            Chosen::Search(words) => found(words).unwrap_or_default(),
            Chosen::Machines(ids) => {
                let named = ids.iter().filter_map(|id| self.place_of.get(id).copied());
                let named = Machines::of(named, self.ids.len());
                Arc::new(found("").map_or_else(Machines::default, |may| may.and(&named)))
            }
        };
        let groups: BTreeSet<usize> = machines.places().map(|place| self.group_of[place]).collect();
        Placed {
            allowed: self.allowed(groups),
            trip_s: self.trips.get(&schedule.plan.function).copied().flatten(),
            run_s: self.runs.get(&schedule.id).copied(),
            machines,
        }
    }

    /// The machines of a set.
    pub fn ids(&self, machines: &Machines) -> Vec<MachineId> {
        machines.places().map(|place| self.ids[place]).collect()
    }

    fn allowed(&mut self, groups: BTreeSet<usize>) -> Arc<Allowed> {
        if let Some(allowed) = self.allowed.get(&groups) {
            return allowed.clone();
        }
        let each: Vec<_> = groups.iter().map(|group| self.groups[*group].clone()).collect();
        let allowed = Arc::new(match each.as_slice() {
            [] => Allowed::default(),
            [one] => one.clone(),
            many => together_within(many, &self.range),
        });
        self.allowed.insert(groups, allowed.clone());
        allowed
    }

    /// A search that is not understood any more finds nobody.
    async fn find(&mut self, store: &Store, words: &str, scopes: &Limits) -> Result<Arc<Machines>> {
        let key = (words.to_owned(), scopes.clone());
        if let Some(found) = self.found.get(&key) {
            return Ok(found.clone());
        }
        let scope = Scope::of(scopes.clone());
        let found = match Query::parse(words) {
            Err(_) => vec![],
            Ok(query) => match store.fleet_ids(&wanted(&query, &scope, store.now())).await {
                Err(Error::Refused(_)) => vec![],
                found => found?,
            },
        };
        let places = found.iter().filter_map(|id| self.place_of.get(id).copied());
        let found = Arc::new(Machines::of(places, self.ids.len()));
        self.found.insert(key, found.clone());
        Ok(found)
    }

    /// Machines for which the same windows and blackouts hold are one group.
    async fn group(&mut self, store: &Store) -> Result<()> {
        let mut by_search: BTreeMap<String, Vec<Held>> = BTreeMap::new();
        for row in store.held_times().await? {
            by_search.entry(row.held.query.clone()).or_default().push(row.held);
        }
        let mut held = Vec::new();
        for (words, times) in by_search {
            let machines = self.find(store, words.trim(), &None).await?;
            let spans: Vec<_> = times.iter().map(|one| one.times.within(&self.range)).collect();
            held.push((machines, times, spans));
        }
        let mut numbers: HashMap<Vec<bool>, usize> = HashMap::new();
        for place in 0..self.ids.len() {
            let holds: Vec<_> = held.iter().map(|(machines, ..)| machines.has(place)).collect();
            let next = numbers.len();
            self.group_of[place] = *numbers.entry(holds).or_insert(next);
        }
        let mut groups = vec![Allowed::default(); numbers.len()];
        for (holds, number) in numbers {
            let allowed = &mut groups[number];
            for (_, times, spans) in
                held.iter().zip(&holds).filter(|(_, holds)| **holds).map(|(held, _)| held)
            {
                for (one, spans) in times.iter().zip(spans) {
                    match one.kind {
                        Kind::Window => {
                            let open = allowed.windows.take().unwrap_or_default();
                            allowed.windows = Some(open.and(spans));
                        }
                        Kind::Blackout if spans.is_empty() => {}
                        Kind::Blackout => {
                            let (title, times) = (one.title.clone(), spans.clone());
                            allowed.blackouts.push(Blackout { title, times });
                        }
                    }
                }
            }
        }
        self.groups = groups;
        Ok(())
    }
}

fn wanted<'a>(query: &'a Query, scope: &'a Scope, now: Time) -> Wanted<'a> {
    Wanted { query, scope, now }
}
