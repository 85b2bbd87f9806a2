//! What is known of a machine, and what a sighting adds to that.

use super::Sighted;
use chrono::TimeDelta;
use pitstop_domain::Time;
use pitstop_domain::id::BootId;
use pitstop_domain::sighting::Sighting;
use std::collections::{HashMap, HashSet};

/// As much of what was seen of a machine as decides about the next sightings.
#[derive(Debug, Default)]
pub(super) struct Known {
    /// The newest sighting of each kind.
    pub facts: HashMap<String, Sighted>,
    /// The boot whose agent told something new last.
    pub last_boot: Option<BootId>,
    /// Boots that were heard before; only those that are asked about.
    pub heard: HashSet<BootId>,
}

/// What becomes of a sighting.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Verdict {
    /// When it counts as made.
    pub at: Time,
    /// It is the newest of its kind.
    pub newest: bool,
    /// The story gets a line.
    pub news: bool,
    /// The machine's jobs may move.
    pub wakes: bool,
    /// Pages show it.
    pub shown: bool,
}

impl Known {
    /// Takes a sighting in. `None` when it is not believed: another boot has followed the one that says it.
    pub fn take(&mut self, sighting: &Sighting, at: Time) -> Option<Verdict> {
        let mut at = at;
        if let Some(boot) = sighting.boot() {
            if self.is_past(boot) {
                return None;
            }
            at = at.max(self.after_the_boot_before(boot).unwrap_or(at));
        }
        let before = self.facts.get(sighting.fact());
        let newest = before.is_none_or(|before| before.at <= at);
        let news = if sighting.polled() {
            before.is_none_or(|before| before.at < at) && self.changed(before, sighting)
        } else {
            tells_something_new(before, sighting, at)
        };
        let verdict = Verdict {
            at,
            newest,
            news,
            wakes: sighting.wakes() && (news || !sighting.polled()),
            shown: news || !sighting.wakes(),
        };
        self.learn(sighting, &verdict);
        Some(verdict)
    }

    fn learn(&mut self, sighting: &Sighting, verdict: &Verdict) {
        if let Some(boot) = sighting.boot().filter(|_| verdict.news) {
            self.last_boot = Some(boot.clone());
            self.heard.insert(boot.clone());
        }
        if !verdict.newest {
            return;
        }
        let at = verdict.at;
        let same = self.facts.get(sighting.fact()).filter(|before| before.sighting == *sighting);
        let since = same.map_or(at, |before| before.since);
        self.facts.insert(sighting.fact().to_owned(), Sighted { at, since, sighting: sighting.clone() });
    }

    /// This boot was heard before, and another one since.
    fn is_past(&self, boot: &BootId) -> bool {
        self.last_boot.as_ref().is_some_and(|last| last != boot) && self.heard.contains(boot)
    }

    /// The first message of a boot comes after all that its predecessor said, whatever the clock said when it came in:
    /// it may have waited for the machine's row while a late message of the boot before was stored.
    fn after_the_boot_before(&self, boot: &BootId) -> Option<Time> {
        let mut last = None;
        for fact in self.facts.values() {
            match fact.sighting.boot() {
                Some(heard) if heard == boot => return None,
                Some(_) => last = last.max(Some(fact.at)),
                None => {}
            }
        }
        last.map(|at| at + TimeDelta::microseconds(1))
    }

    /// What is polled tells something new when it says another thing than the last time; of a probe's two facts,
    /// that is whichever is younger.
    fn changed(&self, before: Option<&Sighted>, sighting: &Sighting) -> bool {
        let Sighting::Probed { answered, .. } = sighting else {
            return before.is_none_or(|before| before.sighting != *sighting);
        };
        let other = if *answered { "probe_silent" } else { "probe_answered" };
        self.facts.get(other).map(|other| other.at) >= before.map(|before| before.at)
    }
}

/// Heartbeats of the same boot, ends reported again and bytes on their way renew the fact and are no news. Nor is
/// a heartbeat that is overtaken by another boot's.
fn tells_something_new(before: Option<&Sighted>, sighting: &Sighting, at: Time) -> bool {
    let same = before.is_some_and(|before| before.sighting == *sighting);
    let late = before.is_some_and(|before| before.at > at);
    match sighting {
        Sighting::OwnAgent { .. } | Sighting::MaintenanceAgent { .. } => !same && !late,
        Sighting::Progress { .. } => false,
        Sighting::Fetched(fetched) | Sighting::FetchedOwn(fetched) => fetched.done,
        Sighting::Reported { .. }
        | Sighting::UrlCalled { .. }
        | Sighting::ToldOwnImage { .. }
        | Sighting::ShutDown { .. }
        | Sighting::OutsideJob { .. } => !same,
        Sighting::AskedToBoot { .. } => true,
        Sighting::Power { .. } | Sighting::Probed { .. } => !same,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Time {
        Time::UNIX_EPOCH + TimeDelta::seconds(second)
    }

    fn own(boot: &str) -> Sighting {
        Sighting::OwnAgent { boot_id: BootId(boot.to_owned()) }
    }

    fn probed(answered: bool) -> Sighting {
        Sighting::Probed { answered, what: "tcp 22".to_owned() }
    }

    #[test]
    fn a_boot_that_another_followed_is_not_believed() {
        let mut known = Known::default();
        assert!(known.take(&own("first"), at(1)).is_some_and(|verdict| verdict.news && verdict.wakes));
        assert!(known.take(&own("second"), at(2)).is_some());
        assert_eq!(known.take(&own("first"), at(3)), None);
        let again = known.take(&own("second"), at(4));
        assert!(again.is_some_and(|verdict| verdict.newest && verdict.wakes && !verdict.news));
    }

    #[test]
    fn a_boots_first_message_comes_after_the_last_of_the_boot_before() {
        let mut known = Known::default();
        known.take(&own("first"), at(10));
        let second = known.take(&own("second"), at(7)).map(|verdict| verdict.at);
        assert_eq!(second, Some(at(10) + TimeDelta::microseconds(1)));
    }

    #[test]
    fn what_says_the_same_says_it_since_it_did_first() {
        let mut known = Known::default();
        for (sighting, second) in
            [(own("first"), 1), (own("first"), 5), (own("second"), 7), (own("second"), 9)]
        {
            known.take(&sighting, at(second));
        }
        let fact = &known.facts["own_agent"];
        assert_eq!((fact.at, fact.since), (at(9), at(7)));
    }

    #[test]
    fn an_older_one_leaves_the_fact_as_it_is() {
        let mut known = Known::default();
        let reported = |summary: &str| Sighting::Power { on: summary == "on", route: "ipmi".to_owned() };
        known.take(&reported("on"), at(5));
        let late = known.take(&reported("off"), at(4));
        assert!(late.is_some_and(|verdict| !verdict.newest && !verdict.news && !verdict.wakes));
        assert_eq!(known.facts["power"].sighting, reported("on"));
    }

    #[test]
    fn a_probe_is_news_when_it_turns() {
        let mut known = Known::default();
        let news: Vec<bool> = [true, true, false, false, true]
            .into_iter()
            .zip(1..)
            .filter_map(|(answered, second)| known.take(&probed(answered), at(second)))
            .map(|verdict| verdict.news)
            .collect();
        assert_eq!(news, [true, false, true, false, true]);
    }
}
