//! How many trips may begin. Nothing here looks at one machine alone: sensors lie together.

use super::rule::{Brake, Guard, Rule};
use crate::Time;
use crate::id::{MachineId, RuleId};
use chrono::TimeDelta;
use std::collections::{BTreeMap, BTreeSet};

/// Alerts of a rule that fire within this time belong together.
pub const SUDDEN: TimeDelta = TimeDelta::hours(1);

/// A machine that a rule wants to send on a trip.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    pub machine: MachineId,
    pub site: String,
    /// A person said yes to this one: it is not asked about again, and the brakes still hold.
    pub approved: bool,
}

/// A trip that some rule began.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Began {
    pub at: Time,
    pub rule: RuleId,
    pub site: String,
}

/// All that the decision looks at.
#[derive(Clone, Debug)]
pub struct Asked<'a> {
    pub rule: &'a Rule,
    pub guard: &'a Guard,
    /// In the order in which they should go: the longest wait first.
    pub wanted: &'a [Wanted],
    /// Machines on which the rule fired within [`SUDDEN`], whatever became of them.
    pub sudden: usize,
    /// Machines that it watches.
    pub watched: usize,
    /// A person was asked about this rule, and has not answered.
    pub question_open: bool,
    /// Trips by any rule, as far back as the longest brake reaches.
    pub began: &'a [Began],
    /// Machines at each site.
    pub sites: &'a BTreeMap<String, usize>,
    pub now: Time,
}

/// What it gives.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Braked {
    pub start: Vec<MachineId>,
    /// Those that wait, and why.
    pub wait: Vec<(MachineId, String)>,
    /// What a person is asked, where a person must be.
    pub question: Option<String>,
}

/// Which of those that want to may begin.
pub fn brake(asked: &Asked<'_>) -> Braked {
    if let Some(stopped) = &asked.guard.stopped {
        let why = format!("all rules are stopped by {}: {}", stopped.by, stopped.why);
        return all_wait(asked.wanted.iter(), &why);
    }
    let mut braked = Braked::default();
    let unasked = || asked.wanted.iter().filter(|one| !one.approved);
    let storm = asked.rule.storm.is_one(asked.sudden, asked.watched);
    let held_back = asked.question_open || (storm && unasked().next().is_some());
    if held_back {
        if !asked.question_open {
            braked.question = Some(question(asked));
        }
        braked.wait = all_wait(unasked(), "it fires on many machines at once: a person was asked first").wait;
    }
    let mut room = Room::new(asked);
    for one in asked.wanted.iter().filter(|one| one.approved || !held_back) {
        match room.take(one) {
            Ok(()) => braked.start.push(one.machine),
            Err(why) => braked.wait.push((one.machine, why)),
        }
    }
    braked
}

fn question(asked: &Asked<'_>) -> String {
    let (n, of) = (asked.sudden, asked.watched);
    format!(
        "{} fired on {n} of {of} machines within an hour. That many do not break together: look whether what measures \
         them is right, then approve or dismiss.",
        asked.rule.name
    )
}

fn all_wait<'a>(wanted: impl Iterator<Item = &'a Wanted>, why: &str) -> Braked {
    Braked { wait: wanted.map(|one| (one.machine, why.to_owned())).collect(), ..Braked::default() }
}

/// What is left of each brake.
struct Room<'a> {
    asked: &'a Asked<'a>,
    of_rule: usize,
    of_fleet: usize,
    of_site: BTreeMap<&'a str, usize>,
    taken: BTreeSet<MachineId>,
}

impl<'a> Room<'a> {
    fn new(asked: &'a Asked<'a>) -> Self {
        let left = |brake: &Brake, of: usize, counts: &dyn Fn(&Began) -> bool| {
            let since = asked.now - TimeDelta::seconds(brake.within_s.into());
            let began = asked.began.iter().filter(|began| began.at > since && counts(began)).count();
            brake.most(of).saturating_sub(began)
        };
        let all: usize = asked.sites.values().sum();
        let site = |(name, machines): (&'a String, &usize)| {
            (name.as_str(), left(&asked.guard.site, *machines, &|began| began.site == *name))
        };
        Self {
            asked,
            of_rule: left(&asked.rule.brake, asked.watched, &|began| began.rule == asked.rule.id),
            of_fleet: left(&asked.guard.fleet, all, &|_| true),
            of_site: asked.sites.iter().map(site).collect(),
            taken: BTreeSet::new(),
        }
    }

    fn take(&mut self, one: &Wanted) -> Result<(), String> {
        let within = |brake: &Brake| super::rule::long(brake.within_s);
        if !self.taken.insert(one.machine) {
            return Err("it is on its way already".to_owned());
        }
        if self.of_fleet == 0 {
            return Err(format!(
                "rules began as many trips as the fleet's brake lets in {}",
                within(&self.asked.guard.fleet)
            ));
        }
        let site = self.of_site.get_mut(one.site.as_str());
        let Some(site) = site.filter(|left| **left > 0) else {
            return Err(format!(
                "at {} rules began as many trips as the site's brake lets in {}",
                one.site,
                within(&self.asked.guard.site)
            ));
        };
        if self.of_rule == 0 {
            return Err(format!(
                "this rule began as many trips as its brake lets in {}",
                within(&self.asked.rule.brake)
            ));
        }
        *site -= 1;
        self.of_fleet -= 1;
        self.of_rule -= 1;
        Ok(())
    }
}
