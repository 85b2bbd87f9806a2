//! What a run would do, told before it is started: who would be refused and why, how many at once, how long.

use super::plan::RunPlan;
use super::waves::deal;
use crate::id::MachineId;
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
    let mut waves: BTreeMap<u32, VecDeque<(&str, u64)>> = BTreeMap::new();
    for place in deal(plan, &sites) {
        let candidate = goes[place.index];
        let takes = candidate.usual_s.or(slowest).unwrap_or_default();
        waves.entry(place.wave).or_default().push_back((&candidate.site, takes));
    }
    let played = waves.into_iter().map(|(wave, machines)| {
        let size = count(machines.len());
        let (at_once, seconds) = one_wave(plan, &[], machines);
        WaveEstimate { wave, machines: size, at_once, seconds: slowest.map(|_| seconds) }
    });
    played.collect()
}

/// Starts the machines of a wave as places become free. Gives how many were away at once at most, and how long it took.
/// `under_way`: machines that are away already, and how long they will be.
pub(super) fn one_wave<'a>(
    plan: &RunPlan,
    under_way: &[(&'a str, u64)],
    mut waiting: VecDeque<(&'a str, u64)>,
) -> (u32, u64) {
    let limit = |limit: Option<u32>| limit.map_or(usize::MAX, |limit| limit as usize);
    let (in_all, per_site) = (limit(plan.at_once.in_all).max(1), limit(plan.at_once.per_site).max(1));
    let mut away: BinaryHeap<Reverse<(u64, &str)>> = BinaryHeap::new();
    let mut away_at: BTreeMap<&str, usize> = BTreeMap::new();
    for (site, left) in under_way {
        away.push(Reverse((*left, *site)));
        *away_at.entry(*site).or_default() += 1;
    }
    let (mut now, mut most) = (0, 0);
    while !waiting.is_empty() || !away.is_empty() {
        let mut passed_over = VecDeque::new();
        while let Some((site, takes)) = waiting.pop_front() {
            let here = away_at.entry(site).or_default();
            if away.len() < in_all && *here < per_site {
                *here += 1;
                away.push(Reverse((now + takes, site)));
            } else {
                passed_over.push_back((site, takes));
                if away.len() >= in_all {
                    break;
                }
            }
        }
        // Those passed over were before those not looked at.
        passed_over.append(&mut waiting);
        waiting = passed_over;
        most = most.max(away.len());
        let Some(Reverse((ends, site))) = away.pop() else { break };
        now = ends;
        if let Some(here) = away_at.get_mut(site) {
            *here -= 1;
        }
    }
    (count(most), now)
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
            refused: None,
            busy: None,
            warned: None,
        }
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
