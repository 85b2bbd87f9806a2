//! What runs in the next seven days: how often, on how many machines, how long, and how much is sent to each site.

use super::comes::{Ahead, Looked, clashes};
use chrono::TimeDelta;
use pitstop_app::schedules::desk::{Forecast, ForecastLine, SiteLine};
use pitstop_calendar::Schedule;
use pitstop_domain::function::Function;
use pitstop_domain::id::MachineId;
use pitstop_domain::image::ImageVersion;
use pitstop_domain::machine::Machine;
use pitstop_domain::places::Turn;
use pitstop_domain::run::estimate::{Candidate, estimate};
use pitstop_domain::start::locate;
use pitstop_store::{Result, Store};
use pitstop_worker::schedules::ground::Ground;
use std::collections::{BTreeMap, BTreeSet, HashMap};

const AHEAD: TimeDelta = TimeDelta::days(7);

/// Of schedules that are not paused.
pub async fn forecast(store: &Store, schedules: Vec<Schedule>) -> Result<Forecast> {
    let (now, until) = (store.now(), store.now() + AHEAD);
    let over = store.settled_between(now, until).await?;
    let left_out = |one: &Schedule, id| over.iter().any(|row| row.schedule == one.id && row.settled.id == id);
    let mut ahead = Vec::new();
    let all: Vec<&Schedule> = schedules.iter().filter(|one| one.paused_at.is_none()).collect();
    for (schedule, one) in all.iter().enumerate() {
        let times = one.timing.series.between(now.max(one.since), until).into_iter();
        let comes = times.filter(|time| time.at > now && !left_out(one, time.id));
        ahead.extend(comes.map(|occurrence| Ahead { schedule, occurrence }));
    }
    let known_until = until + TimeDelta::days(2);
    let mut ground = Ground::of(store, &all, now - TimeDelta::days(1)..known_until).await?;
    let mut looked = Vec::with_capacity(all.len());
    for one in &all {
        looked.push(Some(Looked::of(store, &mut ground, one, known_until).await?));
    }
    let clashes = clashes(&mut ahead, &looked, 0);
    let mut lines: BTreeMap<usize, ForecastLine> = BTreeMap::new();
    let mut sent = Sent::of(store, &all, &ahead, &looked, &ground).await?;
    for (one, clash) in ahead.iter().zip(&clashes) {
        let Some(mine) = &looked[one.schedule] else { continue };
        let line =
            lines.entry(one.schedule).or_insert_with(|| sent.line(one.schedule, all[one.schedule], mine));
        line.times += 1;
        line.first = line.first.min(one.occurrence.at);
        let shut = mine.placed.machines.is_empty() || mine.shut(one.occurrence.at).is_some();
        line.conflicts += u32::from(shut || clash.is_one());
    }
    for (schedule, line) in &lines {
        sent.add(*schedule, line.times);
    }
    let mut lines: Vec<_> = lines.into_values().collect();
    lines.sort_by(|one, next| (one.first, &one.name).cmp(&(next.first, &next.name)));
    Ok(Forecast {
        from: now,
        until,
        times: lines.iter().map(|line| line.times).sum(),
        trips: lines.iter().map(|line| u64::from(line.times) * line.machines as u64).sum(),
        lines,
        sites: sent.sites(),
    })
}

/// What is sent to machines.
struct Sent {
    /// How machines take turns in fetching a function's image, by their sites.
    turns: HashMap<String, BTreeMap<String, Turn>>,
    machines: HashMap<MachineId, Machine>,
    /// Of each schedule that comes.
    of: HashMap<usize, Vec<MachineId>>,
    functions: HashMap<String, Function>,
    images: Vec<ImageVersion>,
    /// Bytes of a function's image, by what may tell images apart.
    known: HashMap<(String, MachineId), Option<u64>>,
    names: HashMap<usize, String>,
    by_site: BTreeMap<String, SiteLine>,
}

impl Sent {
    async fn of(
        store: &Store,
        all: &[&Schedule],
        ahead: &[Ahead],
        looked: &[Option<Looked>],
        ground: &Ground,
    ) -> Result<Self> {
        let comes: BTreeSet<usize> = ahead.iter().map(|one| one.schedule).collect();
        let ids = |schedule: &usize| {
            let looked = looked[*schedule].as_ref();
            looked.map(|looked| ground.ids(&looked.placed.machines)).unwrap_or_default()
        };
        let of: HashMap<usize, Vec<MachineId>> = comes.iter().map(|one| (*one, ids(one))).collect();
        let wanted: Vec<_> = of.values().flatten().copied().collect::<BTreeSet<_>>().into_iter().collect();
        let machines = store.machines_of(&wanted).await?.into_iter();
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
            machines: machines.map(|machine| (machine.id, machine)).collect(),
            functions: functions.map(|function| (function.name.clone(), function)).collect(),
            names: comes.iter().map(|one| (*one, all[*one].plan.function.clone())).collect(),
            images: store.images().await?,
            known: HashMap::new(),
            by_site: BTreeMap::new(),
            of,
        })
    }

    fn line(&self, n: usize, schedule: &Schedule, looked: &Looked) -> ForecastLine {
        let machines = looked.placed.machines.count();
        let function = self.functions.get(&schedule.plan.function);
        ForecastLine {
            schedule: schedule.id.to_string(),
            name: schedule.name.clone(),
            function: function.map_or_else(|| schedule.plan.function.clone(), |one| one.title.clone()),
            times: 0,
            conflicts: 0,
            first: pitstop_domain::Time::MAX_UTC,
            machines,
            takes_s: looked.placed.run_s.or_else(|| self.played(n, schedule, looked)),
        }
    }

    /// How long a run would take that nobody has seen yet.
    fn played(&self, n: usize, schedule: &Schedule, looked: &Looked) -> Option<u64> {
        let usual_s = looked.placed.trip_s?;
        let ids = self.of.get(&n)?;
        let candidate = |machine: &Machine| Candidate {
            machine: machine.id,
            name: String::new(),
            site: machine.site.clone(),
            usual_s: Some(usual_s),
            turn: self.turns.get(&schedule.plan.function).and_then(|at| at.get(&machine.site)).copied(),
            refused: None,
            busy: None,
            warned: None,
        };
        let candidates: Vec<_> = ids.iter().filter_map(|id| self.machines.get(id)).map(candidate).collect();
        estimate(&schedule.plan, &candidates).total_s
    }

    /// All trips of a schedule.
    fn add(&mut self, schedule: usize, times: u32) {
        let (Some(ids), Some(name)) = (self.of.get(&schedule), self.names.get(&schedule)) else { return };
        for id in ids {
            let Some(machine) = self.machines.get(id) else { continue };
            let (functions, images) = (&self.functions, &self.images);
            let bytes = *self.known.entry((name.clone(), *id)).or_insert_with(|| {
                let image = locate(functions.get(name)?, machine, images).ok()?;
                Some(image.bytes_for(machine.firmware))
            });
            let site = self.by_site.entry(machine.site.clone()).or_insert_with(|| SiteLine {
                site: machine.site.clone(),
                trips: 0,
                bytes: 0,
                without_image: 0,
            });
            match bytes {
                Some(bytes) => {
                    site.trips += u64::from(times);
                    site.bytes += bytes * u64::from(times);
                }
                None => site.without_image += u64::from(times),
            }
        }
    }

    fn sites(self) -> Vec<SiteLine> {
        let mut sites: Vec<_> = self.by_site.into_values().collect();
        sites.sort_by(|one, next| next.bytes.cmp(&one.bytes).then_with(|| one.site.cmp(&next.site)));
        sites
    }
}
