//! What a rule would have done: replayed over what was measured, hour by hour.
//!
//! Of months only the hours are kept, so what lasts less than an hour does not show, and a rule that fires after ten minutes
//! is replayed as one that fires after an hour. Peers and baselines are those of now.

use super::judge::{Truth, View, truth};
use super::rule::{How, Rule};
use crate::Time;
use crate::id::MachineId;
use chrono::TimeDelta;
use std::collections::BTreeMap;

/// A time at which it would have fired.
#[derive(Clone, Debug, PartialEq)]
pub struct Fired {
    pub machine: MachineId,
    pub at: Time,
    /// When it would have been over; `None`: it still holds.
    pub until: Option<Time>,
    /// It would have sent the machine on a trip, as far as its cool-down and its trips in a week tell.
    pub trip: bool,
}

/// What it would have done on one machine. `view.series`: medians of hours, oldest first.
pub fn replay(rule: &Rule, machine: MachineId, view: &View) -> Vec<Fired> {
    let mut hours: BTreeMap<Time, Vec<Truth>> = BTreeMap::new();
    let terms = &rule.condition.terms;
    // What others told is not kept hour by hour: it is not known, and so is what stands on it alone.
    let all = terms.len() + rule.condition.heard.len();
    for (n, term) in terms.iter().enumerate() {
        for (at, value) in view.series.get(&term.metric).into_iter().flatten() {
            let truths = hours.entry(*at).or_insert_with(|| vec![Truth::Unknown; all]);
            truths[n] = truth(term, view, 0.0, (*at, *value));
        }
    }
    let needs = usize::try_from(rule.condition.for_s.div_ceil(3600)).unwrap_or(usize::MAX).max(1);
    let mut fired: Vec<Fired> = Vec::new();
    let (mut held, mut open) = (0, false);
    for (at, truths) in hours {
        match together(rule.condition.how, &truths) {
            Truth::Yes => held += 1,
            Truth::Unknown => continue,
            Truth::No => {
                held = 0;
                if std::mem::take(&mut open)
                    && let Some(last) = fired.last_mut()
                {
                    last.until = Some(at);
                }
            }
        }
        if held >= needs && !open {
            open = true;
            let trip = may_trip(rule, &fired, at);
            fired.push(Fired { machine, at, until: None, trip });
        }
    }
    fired
}

fn together(how: How, truths: &[Truth]) -> Truth {
    let has = |wanted: Truth| truths.contains(&wanted);
    match how {
        How::All if has(Truth::No) => Truth::No,
        How::All if has(Truth::Unknown) => Truth::Unknown,
        How::All => Truth::Yes,
        How::Any if has(Truth::Yes) => Truth::Yes,
        How::Any if has(Truth::Unknown) => Truth::Unknown,
        How::Any => Truth::No,
    }
}

fn may_trip(rule: &Rule, fired: &[Fired], at: Time) -> bool {
    let trips = || fired.iter().filter(|fired| fired.trip);
    let week = trips().filter(|fired| at - fired.at < TimeDelta::days(7)).count();
    let cools = trips().any(|fired| at - fired.at < TimeDelta::seconds(rule.cool_down_s.into()));
    week < rule.trips_a_week as usize && !cools
}

/// Of all machines together.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Would {
    pub fired: Vec<Fired>,
    pub machines: usize,
    pub trips: usize,
    /// Hours in which a person would have been asked, since it fired on so many at once.
    pub storms: Vec<(Time, usize)>,
}

/// Puts what was replayed of all machines together. `watched`: how many those are.
pub fn sum(rule: &Rule, mut fired: Vec<Fired>, watched: usize) -> Would {
    fired.sort_by_key(|one| (one.at, one.machine));
    let mut by_hour: BTreeMap<Time, usize> = BTreeMap::new();
    for one in &fired {
        *by_hour.entry(one.at).or_default() += 1;
    }
    let storms: Vec<_> = by_hour.into_iter().filter(|(_, n)| rule.storm.is_one(*n, watched)).collect();
    for one in &mut fired {
        one.trip &= !storms.iter().any(|(at, _)| *at == one.at);
    }
    let machines: std::collections::BTreeSet<_> = fired.iter().map(|one| one.machine).collect();
    let trips = fired.iter().filter(|one| one.trip).count();
    Would { machines: machines.len(), trips, storms, fired }
}
