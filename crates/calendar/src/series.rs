//! A series: a rule in a zone, with what was left out, added and moved by hand.

use crate::expand::expand;
use crate::rule::{Rule, Until, is_common};
use crate::zone::{Reading, Zone};
use chrono::{NaiveDateTime, TimeDelta};
use pitstop_domain::Time;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::str::FromStr;

/// Names an occurrence for good: the local time that the rule gave it, wherever it was moved to, and whatever the
/// zone's rules become meanwhile (RFC 5545, 3.8.4.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RecurrenceId(pub NaiveDateTime);

/// When something happens, once or again and again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Series {
    pub zone: Zone,
    /// In the zone.
    pub start: NaiveDateTime,
    /// `None`: once.
    #[serde(default)]
    pub rule: Option<Rule>,
    /// Besides what the rule gives (RDATE).
    #[serde(default)]
    pub also: BTreeSet<RecurrenceId>,
    /// Not these (EXDATE).
    #[serde(default)]
    pub except: BTreeSet<RecurrenceId>,
    /// At another time instead, in the zone.
    #[serde(default)]
    pub moved: BTreeMap<RecurrenceId, NaiveDateTime>,
}

/// One time of a series.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Occurrence {
    pub id: RecurrenceId,
    /// What clocks there would show.
    pub local: NaiveDateTime,
    pub at: Time,
    pub reading: Reading,
    pub moved: bool,
}

/// Further ahead nobody is told what comes: 29 February comes every four or eight years.
const FAR: TimeDelta = TimeDelta::days(100 * 366);

/// Local times may be this far from UTC, and a day more where an island moved over the date line.
const ZONES_APART: TimeDelta = TimeDelta::hours(50);

impl Series {
    /// Once.
    pub fn once(zone: Zone, start: NaiveDateTime) -> Self {
        let (also, except, moved) = Default::default();
        Self { zone, start, rule: None, also, except, moved }
    }

    /// Again and again.
    pub fn by(zone: Zone, start: NaiveDateTime, rule: Rule) -> Self {
        Self { rule: Some(rule), ..Self::once(zone, start) }
    }

    /// All from one time on, before another, in their order.
    pub fn between(&self, from: Time, until: Time) -> Vec<Occurrence> {
        if until <= from {
            return vec![];
        }
        let (first, last) = (edge(from, -ZONES_APART), edge(until, ZONES_APART));
        let mut found = self.by_rule(first, last);
        // Where clocks are put ahead, two local times are one moment.
        found.sort_by_key(|one| (one.at, one.id));
        found.dedup_by_key(|one| one.at);
        found.retain(|one| !self.moved.contains_key(&one.id));
        found.extend(
            self.moved.iter().filter(|(id, _)| self.gives(**id)).map(|(id, to)| self.moved_to(*id, *to)),
        );
        found.retain(|one| from <= one.at && one.at < until);
        found.sort_by_key(|one| (one.at, one.id));
        found
    }

    /// The next so many, from a time on.
    pub fn next(&self, from: Time, many: usize) -> Vec<Occurrence> {
        let (mut found, mut begin, mut ahead) = (Vec::new(), from, TimeDelta::days(32));
        let far = from.checked_add_signed(FAR).unwrap_or(Time::MAX_UTC);
        while found.len() < many && begin < far {
            let end = begin.checked_add_signed(ahead).unwrap_or(far).min(far);
            found.extend(self.between(begin, end));
            (begin, ahead) = (end, ahead * 4);
        }
        found.truncate(many);
        found
    }

    /// Whether it has such an occurrence, moved or not.
    pub fn gives(&self, id: RecurrenceId) -> bool {
        let next = id.0.checked_add_signed(TimeDelta::seconds(1)).unwrap_or(id.0);
        self.by_rule(id.0, next).iter().any(|one| one.id == id)
    }

    /// One occurrence, where it stands now.
    pub fn occurrence(&self, id: RecurrenceId) -> Option<Occurrence> {
        let given = || self.gives(id).then(|| self.plain(id));
        match self.moved.get(&id) {
            Some(to) if self.gives(id) => Some(self.moved_to(id, *to)),
            _ => given(),
        }
    }

    /// Two of it: what comes before an occurrence, and what comes from it on.
    pub fn split(&self, from: RecurrenceId) -> (Self, Self) {
        let (mut before, mut after) = (self.clone(), self.clone());
        after.start = from.0;
        if let (Some(rule), Some(old)) = (before.rule.as_mut(), after.rule.as_mut()) {
            if let Some(count) = rule.count {
                let gone = expand(rule, self.start, &(self.start..from.0)).len();
                old.count = Some(count.saturating_sub(u32::try_from(gone).unwrap_or(u32::MAX)).max(1));
                rule.count = None;
            }
            rule.until = Some(Until::Local(from.0 - TimeDelta::seconds(1)));
        }
        before.also.retain(|id| *id < from);
        before.except.retain(|id| *id < from);
        before.moved.retain(|id, _| *id < from);
        after.also.retain(|id| *id >= from);
        after.except.retain(|id| *id >= from);
        after.moved.retain(|id, _| *id >= from);
        (before, after)
    }

    /// Exceptions that mean nothing by this rule any more are forgotten.
    pub fn tidy(mut self) -> Self {
        let stale: Vec<_> = self.moved.keys().copied().filter(|id| !self.gives(*id)).collect();
        self.moved.retain(|id, _| !stale.contains(id));
        self
    }

    /// What rule, additions and exceptions give between two local times, none moved.
    fn by_rule(&self, first: NaiveDateTime, last: NaiveDateTime) -> Vec<Occurrence> {
        let mut ids: Vec<RecurrenceId> = match &self.rule {
            Some(rule) => {
                let given = expand(rule, self.start, &(first..last)).into_iter();
                given.map(RecurrenceId).filter(|id| self.is_before_the_end(rule, *id)).collect()
            }
            None => vec![RecurrenceId(self.start)],
        };
        ids.extend(&self.also);
        ids.retain(|id| first <= id.0 && id.0 < last && !self.except.contains(id));
        ids.sort_unstable();
        ids.dedup();
        ids.into_iter().map(|id| self.plain(id)).collect()
    }

    fn is_before_the_end(&self, rule: &Rule, id: RecurrenceId) -> bool {
        match rule.until {
            None => true,
            Some(Until::At(until)) => self.zone.at(id.0) <= until,
            Some(Until::Local(until)) => id.0 <= until,
            Some(Until::Date(date)) => id.0.date() <= date,
        }
    }

    fn plain(&self, id: RecurrenceId) -> Occurrence {
        let (at, reading) = self.zone.read(id.0);
        Occurrence { id, local: id.0, at, reading, moved: false }
    }

    fn moved_to(&self, id: RecurrenceId, to: NaiveDateTime) -> Occurrence {
        let (at, reading) = self.zone.read(to);
        Occurrence { id, local: to, at, reading, moved: true }
    }
}

/// A local time that is surely before or after this moment everywhere.
fn edge(at: Time, apart: TimeDelta) -> NaiveDateTime {
    let far = if apart < TimeDelta::zero() { NaiveDateTime::MIN } else { NaiveDateTime::MAX };
    at.naive_utc().checked_add_signed(apart).unwrap_or(far)
}

impl fmt::Display for RecurrenceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.format("%Y%m%dT%H%M%S").fmt(f)
    }
}

/// `20261231T220000`
impl FromStr for RecurrenceId {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let at = crate::rule::date_time(text).filter(|at| is_common(at.date()));
        at.map(Self).ok_or_else(|| format!("`{text}` names no occurrence"))
    }
}

impl Serialize for RecurrenceId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for RecurrenceId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}
