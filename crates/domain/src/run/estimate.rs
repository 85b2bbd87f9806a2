//! What a run would do, told before it is started: who would be refused and why, how many at once, how long.

use super::plan::RunPlan;
use super::waves::deal;
use crate::id::MachineId;
use crate::places::Turn;
use serde::{Deserialize, Serialize};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap, VecDeque};

/// A machine that was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    pub machine: MachineId,
    pub name: String,
    pub site: String,
    /// How long such a trip usually takes on its model, in seconds; `None`: nobody knows yet.
    pub usual_s: Option<u64>,
    /// How the machines of its site take turns; `None`: they do not.
    pub turn: Option<Turn>,
    /// Why it would be refused.
    pub refused: Option<String>,
    /// What holds it now: its job would wait for that.
    pub busy: Option<String>,
    /// What is worth knowing before it is started.
    pub warned: Option<String>,
}

/// A machine, and a word about it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Noted {
    pub machine: MachineId,
    pub name: String,
    pub why: String,
}

/// Machines of which the same is said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alike {
    pub why: String,
    pub machines: u32,
    /// The first of them, with their names.
    pub first: Vec<(MachineId, String)>,
}

/// What is said of machines, by what is said: of most first. Of each the first `named` machines are named.
pub fn alike(noted: &[Noted], named: usize) -> Vec<Alike> {
    let mut by_reason: BTreeMap<&str, Vec<&Noted>> = BTreeMap::new();
    noted.iter().for_each(|noted| by_reason.entry(&noted.why).or_default().push(noted));
    let group = |(why, noted): (&str, Vec<&Noted>)| Alike {
        why: why.to_owned(),
        machines: count(noted.len()),
        first: noted.iter().take(named).map(|noted| (noted.machine, noted.name.clone())).collect(),
    };
    let mut groups: Vec<_> = by_reason.into_iter().map(group).collect();
    groups.sort_by_key(|group| Reverse(group.machines));
    groups
}

/// What would happen.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Estimate {
    /// Machines that would be started.
    pub machines: u32,
    /// Machines that would not be touched, and why.
    pub refused: Vec<Noted>,
    /// Machines that another job holds: theirs would wait for it.
    pub busy: Vec<Noted>,
    /// Machines of which something is worth knowing before they are started.
    #[serde(default)]
    pub warned: Vec<Noted>,
    pub waves: Vec<WaveEstimate>,
    /// The most machines that are away at the same time.
    pub at_once: u32,
    /// From the first start to the last end, in seconds, when all goes as usual; `None`: nothing is known.
    pub total_s: Option<u64>,
    /// Machines of whose model nothing is known: taken to be as slow as the slowest that is.
    pub guessed: u32,
}

/// What a wave would do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WaveEstimate {
    /// 0 is the canary.
    pub wave: u32,
    pub machines: u32,
    pub at_once: u32,
    /// From its first start to its last end, in seconds.
    pub seconds: Option<u64>,
}

/// Plays the plan through with the usual times.
pub fn estimate(plan: &RunPlan, candidates: &[Candidate]) -> Estimate {
    let note = |candidate: &Candidate, why: &Option<String>| {
        let why = why.clone()?;
        Some(Noted { machine: candidate.machine, name: candidate.name.clone(), why })
    };
    let goes: Vec<&Candidate> = candidates.iter().filter(|candidate| candidate.refused.is_none()).collect();
    let known = goes.iter().filter_map(|candidate| candidate.usual_s);
    let slowest = known.max();
    let waves = play(plan, &goes, slowest);
    let pauses = u64::from(plan.pause_s) * (waves.len() as u64).saturating_sub(1);
    let worked: Option<u64> = waves.iter().map(|wave| wave.seconds).sum();
    Estimate {
        machines: count(goes.len()),
        refused: candidates.iter().filter_map(|candidate| note(candidate, &candidate.refused)).collect(),
        busy: goes.iter().filter_map(|candidate| note(candidate, &candidate.busy)).collect(),
        warned: goes.iter().filter_map(|candidate| note(candidate, &candidate.warned)).collect(),
        at_once: waves.iter().map(|wave| wave.at_once).max().unwrap_or_default(),
        total_s: worked.filter(|_| !goes.is_empty()).map(|worked| worked + pauses),
        guessed: count(goes.iter().filter(|candidate| candidate.usual_s.is_none()).count()),
        waves,
    }
}

fn play(plan: &RunPlan, goes: &[&Candidate], slowest: Option<u64>) -> Vec<WaveEstimate> {
    let sites: Vec<&str> = goes.iter().map(|candidate| candidate.site.as_str()).collect();
    let mut waves: BTreeMap<u32, Vec<Goes<'_>>> = BTreeMap::new();
    for place in deal(plan, &sites) {
        let candidate = goes[place.index];
        let takes = candidate.usual_s.or(slowest).unwrap_or_default();
        let goes = Goes { site: &candidate.site, takes, turn: candidate.turn };
        waves.entry(place.wave).or_default().push(goes);
    }
    let played = waves.into_iter().map(|(wave, machines)| {
        let size = count(machines.len());
        let (at_once, seconds) = one_wave(plan, &[], machines);
        WaveEstimate { wave, machines: size, at_once, seconds: slowest.map(|_| seconds) }
    });
    played.collect()
}

/// A machine whose trip is played.
#[derive(Clone, Copy, Debug)]
pub(super) struct Goes<'a> {
    pub site: &'a str,
    /// Seconds from its start to its end.
    pub takes: u64,
    pub turn: Option<Turn>,
}

/// Starts the machines of a wave as places become free. Gives how many were away at once at most, and how long it took.
/// `under_way`: machines that are away already, and how long they will be.
pub(super) fn one_wave<'a>(
    plan: &RunPlan,
    under_way: &[(&'a str, u64)],
    waiting: Vec<Goes<'a>>,
) -> (u32, u64) {
    let mut played = Played::new(plan, under_way, waiting);
    let mut most = 0;
    loop {
        while played.start_one() {}
        most = most.max(played.away);
        if !played.next() {
            return (count(most), played.now);
        }
    }
}

/// What comes next at a site.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Event {
    /// A machine has its image: another's turn.
    Arrives,
    /// A trip is over.
    Ends,
}

struct Played<'a> {
    in_all: usize,
    per_site: usize,
    now: u64,
    away: usize,
    sites: BTreeMap<&'a str, AtSite<'a>>,
    events: BinaryHeap<Reverse<(u64, Event, &'a str)>>,
}

/// How it stands at a site.
#[derive(Default)]
struct AtSite<'a> {
    away: usize,
    on_their_way: u32,
    /// Those whose turn has not come, with their places in the order of all.
    waiting: VecDeque<(usize, Goes<'a>)>,
}

impl AtSite<'_> {
    /// The place in the order of the next that could start here.
    fn next(&self, per_site: usize) -> Option<usize> {
        let (place, goes) = self.waiting.front()?;
        let its_turn = goes.turn.is_none_or(|turn| self.on_their_way < turn.at_once);
        (self.away < per_site && its_turn).then_some(*place)
    }
}

impl<'a> Played<'a> {
    fn new(plan: &RunPlan, under_way: &[(&'a str, u64)], waiting: Vec<Goes<'a>>) -> Self {
        let limit = |limit: Option<u32>| limit.map_or(usize::MAX, |limit| limit as usize).max(1);
        let (in_all, per_site) = (limit(plan.at_once.in_all), limit(plan.at_once.per_site));
        let (mut sites, mut events) = (BTreeMap::<&str, AtSite<'_>>::new(), BinaryHeap::new());
        for (site, left) in under_way {
            events.push(Reverse((*left, Event::Ends, *site)));
            sites.entry(site).or_default().away += 1;
        }
        for (place, goes) in waiting.into_iter().enumerate() {
            sites.entry(goes.site).or_default().waiting.push_back((place, goes));
        }
        Self { in_all, per_site, now: 0, away: under_way.len(), sites, events }
    }

    /// Starts the first of those that find a place; false when nobody does.
    fn start_one(&mut self) -> bool {
        let per_site = self.per_site;
        let next = |site: &AtSite<'_>| site.next(per_site);
        let first = self.sites.values_mut().filter(|site| next(site).is_some()).min_by_key(|site| next(site));
        let Some(site) = first.filter(|_| self.away < self.in_all) else { return false };
        let Some((_, goes)) = site.waiting.pop_front() else { return false };
        (site.away, self.away) = (site.away + 1, self.away + 1);
        self.events.push(Reverse((self.now + goes.takes, Event::Ends, goes.site)));
        if let Some(turn) = goes.turn {
            site.on_their_way += 1;
            self.events.push(Reverse((self.now + turn.way_s.min(goes.takes), Event::Arrives, goes.site)));
        }
        true
    }

    /// To the next moment at which something happens; false when there is none.
    fn next(&mut self) -> bool {
        let Some(Reverse((at, event, site))) = self.events.pop() else { return false };
        self.now = at;
        let at = self.sites.entry(site).or_default();
        match event {
            Event::Arrives => at.on_their_way = at.on_their_way.saturating_sub(1),
            Event::Ends => (at.away, self.away) = (at.away.saturating_sub(1), self.away.saturating_sub(1)),
        }
        true
    }
}

fn count(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::super::plan::{AtOnce, Size};
    use super::*;
    use uuid::Uuid;

    fn candidate(n: u128, site: &str, usual_s: Option<u64>) -> Candidate {
        Candidate {
            machine: MachineId(Uuid::from_u128(n)),
            name: format!("pc-{n}"),
            site: site.to_owned(),
            usual_s,
            turn: None,
            refused: None,
            busy: None,
            warned: None,
        }
    }

    #[test]
    fn machines_that_take_turns_in_fetching_their_images_take_longer_and_are_away_together() {
        let turn = Some(Turn { at_once: 2, way_s: 30 });
        let machines: Vec<_> =
            (0..6).map(|n| Candidate { turn, ..candidate(n, "berlin", Some(100)) }).collect();
        let told = estimate(&RunPlan::plain("inventory"), &machines);
        // Two start at 0, at 30 and at 60 s.
        assert_eq!((told.total_s, told.at_once), (Some(160), 6));
    }

    #[test]
    fn many_machines_that_take_turns_are_played_quickly() {
        // By looking at all who wait whenever one arrives, this took many seconds.
        let turn = Some(Turn { at_once: 20, way_s: 60 });
        let machines: Vec<_> =
            (0..20_000).map(|n| Candidate { turn, ..candidate(n, "berlin", Some(100)) }).collect();
        assert_eq!(estimate(&RunPlan::plain("inventory"), &machines).total_s, Some(999 * 60 + 100));
    }

    fn fleet(n: u128) -> Vec<Candidate> {
        (0..n).map(|n| candidate(n, if n % 2 == 0 { "berlin" } else { "porto" }, Some(100))).collect()
    }

    fn at_once(in_all: Option<u32>, per_site: Option<u32>) -> AtOnce {
        AtOnce { in_all, per_site }
    }

    #[test]
    fn without_limits_it_takes_as_long_as_one_machine() {
        let told = estimate(&RunPlan::plain("inventory"), &fleet(30));
        assert_eq!((told.machines, told.at_once, told.total_s, told.guessed), (30, 30, Some(100), 0));
    }

    #[test]
    fn limits_make_it_longer_and_less_at_once() {
        let plan = RunPlan { at_once: at_once(Some(10), None), ..RunPlan::plain("inventory") };
        assert_eq!(
            (estimate(&plan, &fleet(30)).at_once, estimate(&plan, &fleet(30)).total_s),
            (10, Some(300))
        );
        let plan = RunPlan { at_once: at_once(Some(10), Some(3)), ..plan };
        assert_eq!(
            (estimate(&plan, &fleet(30)).at_once, estimate(&plan, &fleet(30)).total_s),
            (6, Some(500))
        );
    }

    #[test]
    fn waves_come_one_after_the_other_with_their_pauses() {
        let plan =
            RunPlan { canary: 2, wave: Some(Size::Machines(7)), pause_s: 60, ..RunPlan::plain("inventory") };
        let told = estimate(&plan, &fleet(30));
        let sizes: Vec<_> = told.waves.iter().map(|wave| (wave.wave, wave.machines)).collect();
        assert_eq!(sizes, [(0, 2), (1, 7), (2, 7), (3, 7), (4, 7)]);
        assert_eq!(told.total_s, Some(5 * 100 + 4 * 60));
    }

    #[test]
    fn refused_machines_are_named_and_take_no_place() {
        let mut machines = fleet(3);
        machines[1].refused = Some("no image suits it".to_owned());
        machines[2].busy = Some("a memory test holds it".to_owned());
        let told = estimate(&RunPlan::plain("inventory"), &machines);
        assert_eq!((told.machines, told.refused.len(), told.busy.len()), (2, 1, 1));
        assert_eq!(
            (told.refused[0].name.as_str(), told.refused[0].why.as_str()),
            ("pc-1", "no image suits it")
        );
    }

    #[test]
    fn what_is_said_of_many_is_said_once_and_names_the_first() {
        let noted = |n, why: &str| Noted {
            machine: MachineId(Uuid::from_u128(n)),
            name: format!("pc-{n}"),
            why: why.to_owned(),
        };
        let mut all = vec![noted(0, "locked")];
        all.extend((1..=30).map(|n| noted(n, "no image suits it")));
        let said: Vec<_> = alike(&all, 2)
            .into_iter()
            .map(|said| {
                (said.why, said.machines, said.first.into_iter().map(|(_, name)| name).collect::<Vec<_>>())
            })
            .collect();
        assert_eq!(
            said,
            [
                ("no image suits it".to_owned(), 30, vec!["pc-1".to_owned(), "pc-2".to_owned()]),
                ("locked".to_owned(), 1, vec!["pc-0".to_owned()]),
            ]
        );
    }

    #[test]
    fn what_nobody_knows_is_not_told() {
        let unknown = [candidate(1, "berlin", None)];
        let told = estimate(&RunPlan::plain("inventory"), &unknown);
        assert_eq!((told.total_s, told.guessed, told.waves[0].seconds), (None, 1, None));
        let one_known = [candidate(1, "berlin", None), candidate(2, "berlin", Some(50))];
        let told = estimate(&RunPlan::plain("inventory"), &one_known);
        assert_eq!((told.total_s, told.guessed), (Some(50), 1));
        assert_eq!(estimate(&RunPlan::plain("inventory"), &[]).total_s, None);
    }
}
