//! Many schedules at one moment, for pages: the fleet is read once, and plain searches of schedules and windows are answered from
//! that; any other search is asked of the database once, however many schedules have it. What it gives for one schedule is
//! what [`Places`](super::places::Places) gives.

use super::places::together_within;
use crate::members::whole;
use pitstop_calendar::intervals::Intervals;
use pitstop_calendar::{Allowed, Blackout, Chosen, Held, Kind, Schedule};
use pitstop_domain::Time;
use pitstop_domain::id::{MachineId, ScheduleId};
use pitstop_domain::people;
use pitstop_domain::query::error::told;
use pitstop_domain::query::plain::{Plain, keys};
use pitstop_domain::query::{Machines, Query, Scope};
use pitstop_store::fleet::Wanted;
use pitstop_store::{Error, Result, Store};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Range;
use std::sync::Arc;

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
    fleet: Arc<Plain>,
    group_of: Vec<usize>,
    groups: Vec<Allowed>,
    /// By search and scope.
    found: HashMap<Search, Arc<Machines>>,
    allowed: HashMap<BTreeSet<usize>, Arc<Allowed>>,
    trips: HashMap<String, u64>,
    runs: HashMap<ScheduleId, u64>,
    range: Range<Time>,
}

type Limits = Option<Vec<people::Scope>>;

/// Words, and what whoever saved them may touch.
type Search = (String, Limits);

impl Ground {
    /// What these schedules need, for times within a range.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn of(store: &Store, schedules: &[&Schedule], range: Range<Time>) -> Result<Self> {
        let held = by_search(store).await?;
        let of_schedules = schedules.iter().map(|schedule| search(schedule));
        let of_times = held.keys().map(|words| (words.clone(), None));
        let (fleet, found) = find(store, of_schedules.chain(of_times).collect()).await?;
        let functions: BTreeSet<&str> =
            schedules.iter().map(|schedule| schedule.plan.function.as_str()).collect();
        let functions: Vec<_> = functions.into_iter().collect();
        let trips = store.usual_seconds_by_function(&functions, None).await?.into_iter();
        let runs = store.usual_runs().await?.into_iter();
        let mut ground = Self {
            group_of: vec![0; fleet.len()],
            groups: vec![],
            fleet,
            found,
            allowed: HashMap::new(),
            trips: trips.map(|(function, s)| (function, whole(s))).collect(),
            runs: runs.map(|(id, s)| (id, whole(s))).collect(),
            range,
        };
        ground.group(held);
        Ok(ground)
    }

    /// One of the schedules.
    pub fn placed(&mut self, schedule: &Schedule) -> Placed {
        let machines = meant(schedule, &self.fleet, &self.found);
        let groups: BTreeSet<usize> = machines.places().map(|place| self.group_of[place]).collect();
        Placed {
            allowed: self.allowed(groups),
            trip_s: self.trips.get(&schedule.plan.function).copied(),
            run_s: self.runs.get(&schedule.id).copied(),
            machines,
        }
    }

    /// The machines of a set.
    pub fn ids(&self, machines: &Machines) -> Vec<MachineId> {
        machines.places().filter_map(|place| self.fleet.id(place)).collect()
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

    /// Machines for which the same windows and blackouts hold are one group.
    fn group(&mut self, held: BTreeMap<String, Vec<Held>>) {
        let with_machines = |(words, times): (String, Vec<Held>)| {
            let spans: Vec<_> = times.iter().map(|one| one.times.within(&self.range)).collect();
            (self.found.get(&(words, None)).cloned().unwrap_or_default(), times, spans)
        };
        let held: Vec<_> = held.into_iter().map(with_machines).collect();
        let mut numbers: HashMap<Vec<bool>, usize> = HashMap::new();
        for place in 0..self.fleet.len() {
            let holds: Vec<_> = held.iter().map(|(machines, ..)| machines.has(place)).collect();
            let next = numbers.len();
            self.group_of[place] = *numbers.entry(holds).or_insert(next);
        }
        let mut groups = vec![Allowed::default(); numbers.len()];
        for (holds, number) in numbers {
            let allowed = &mut groups[number];
            let those = held.iter().zip(&holds).filter(|(_, holds)| **holds).map(|(held, _)| held);
            for (_, times, spans) in those {
                times.iter().zip(spans).for_each(|(one, spans)| hold(allowed, one, spans));
            }
        }
        self.groups = groups;
    }
}

/// How many machines each of these schedules means now.
///
/// # Errors
/// When the database does not answer.
pub(super) async fn sizes(store: &Store, schedules: &[&Schedule]) -> Result<Vec<usize>> {
    let (fleet, found) = find(store, schedules.iter().map(|schedule| search(schedule)).collect()).await?;
    Ok(schedules.iter().map(|schedule| meant(schedule, &fleet, &found).count()).collect())
}

/// Which of these schedules mean a machine that a search finds now.
///
/// # Errors
/// [`Error::Refused`] where the search is not understood, in words; when the database does not answer.
pub async fn touching<'a>(
    store: &Store,
    schedules: Vec<&'a Schedule>,
    words: &str,
) -> Result<Vec<&'a Schedule>> {
    Query::parse(words).map_err(|errors| Error::Refused(told(&errors)))?;
    let asked: Search = (words.to_owned(), None);
    let searches = schedules.iter().map(|schedule| search(schedule)).chain([asked.clone()]).collect();
    let (fleet, found) = find(store, searches).await?;
    let Some(those) = found.get(&asked) else { return Ok(vec![]) };
    let touches = |schedule: &&Schedule| meant(schedule, &fleet, &found).shared(those) > 0;
    Ok(schedules.into_iter().filter(touches).collect())
}

/// The machines of a schedule, of whose search is known what it finds.
fn meant(schedule: &Schedule, fleet: &Plain, found: &HashMap<Search, Arc<Machines>>) -> Arc<Machines> {
    let found = found.get(&search(schedule)).cloned().unwrap_or_default();
    match &schedule.chosen {
        Chosen::Search(_) => found,
        Chosen::Machines(ids) => Arc::new(found.and(&fleet.machines(ids))),
    }
}

fn search(schedule: &Schedule) -> Search {
    (words(schedule).to_owned(), schedule.scopes.clone())
}

/// The search of a schedule; of one that names its machines, all that it may touch.
fn words(schedule: &Schedule) -> &str {
    match &schedule.chosen {
        Chosen::Search(words) => words,
        Chosen::Machines(_) => "",
    }
}

/// Windows and blackouts; holidays of a hundred days have one search.
async fn by_search(store: &Store) -> Result<BTreeMap<String, Vec<Held>>> {
    let mut by_search: BTreeMap<String, Vec<Held>> = BTreeMap::new();
    for row in store.held_times().await? {
        by_search.entry(row.held.query.trim().to_owned()).or_default().push(row.held);
    }
    Ok(by_search)
}

/// The fleet, and what each search finds. A search that is not understood any more finds nobody.
async fn find(
    store: &Store,
    searches: BTreeSet<Search>,
) -> Result<(Arc<Plain>, HashMap<Search, Arc<Machines>>)> {
    let parse = |search: Search| {
        let (query, scope) = (Query::parse(&search.0).ok()?, Scope::of(search.1.clone()));
        Some((search, query, scope))
    };
    let searches: Vec<_> = searches.into_iter().filter_map(parse).collect();
    let wanted = searches.iter().filter_map(|(_, query, scope)| keys(query, scope)).flatten().collect();
    let fleet = store.fleet_lately(&wanted).await?;
    let mut found = HashMap::with_capacity(searches.len());
    for (search, query, scope) in searches {
        let machines = match fleet.find(&query, &scope) {
            Some(machines) => machines,
            None => fleet.machines(&ask(store, &query, &scope).await?),
        };
        found.insert(search, Arc::new(machines));
    }
    Ok((fleet, found))
}

async fn ask(store: &Store, query: &Query, scope: &Scope) -> Result<Vec<MachineId>> {
    match store.fleet_ids(&Wanted { query, scope, now: store.now() }).await {
        Err(Error::Refused(_)) => Ok(vec![]),
        found => found,
    }
}

/// What one more window or blackout leaves.
fn hold(allowed: &mut Allowed, one: &Held, spans: &Intervals) {
    match one.kind {
        Kind::Window => {
            let open = allowed.windows.take().unwrap_or_default();
            allowed.windows = Some(open.and(spans));
        }
        Kind::Blackout if spans.is_empty() => {}
        Kind::Blackout => {
            allowed.blackouts.push(Blackout { title: one.title.clone(), times: spans.clone() });
        }
    }
}
