//! The same figures before and after a trip: did it help?

use super::Metric;
use super::elsewhere::Tiding;
use super::rule::Condition;
use super::sample::{Point, median};
use crate::Time;
use crate::report::Better;
use chrono::TimeDelta;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Figures that are compared at least, on both sides.
pub const FEWEST: usize = 3;

/// Less than this is what figures wander by: twice what two reports may differ by, since a person is told "better".
const BETTER_PERCENT: f64 = 10.0;

/// A monitoring that loses sight of a machine tells its alerts as over. What was told so while the machine was away is
/// believed when it has not been told to fire for so long since it came back.
const QUIET: TimeDelta = TimeDelta::minutes(20);

/// Did it help?
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Verdict {
    pub helped: Helped,
    /// The figures, in words.
    pub words: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Helped {
    Better,
    NoBetter,
    Unknown,
}

impl Verdict {
    pub fn unknown() -> Self {
        Self { helped: Helped::Unknown, words: "not measured since it came back".to_owned() }
    }

    pub fn is_better(&self) -> bool {
        self.helped == Helped::Better
    }

    /// As a heading.
    pub fn title(&self) -> &'static str {
        match self.helped {
            Helped::Better => "Confirmed better",
            Helped::NoBetter => "No better",
            Helped::Unknown => "Not known",
        }
    }
}

/// Of the figures up to the trip, those on which the rule fired: as long as it must have held, and since; where these are too
/// few, as many as are compared.
pub fn ill(points: &[Point], fired_at: Time, for_s: u32) -> &[Point] {
    let from = fired_at - TimeDelta::seconds(for_s.into());
    let since = points.iter().filter(|(at, _)| *at >= from).count();
    let start = points.len() - since.max(FEWEST).min(points.len());
    points.get(start..).unwrap_or_default()
}

/// Compares the figures of the condition in the time before (up to `acted_at`) with those since `measured_from`. `None`:
/// there are not enough yet.
pub fn compare(
    condition: &Condition,
    before: &BTreeMap<Metric, Vec<Point>>,
    after: &BTreeMap<Metric, Vec<Point>>,
    measured_from: Time,
) -> Option<Verdict> {
    let mut said = Vec::new();
    let (mut better, mut worse) = (false, false);
    let of_log = condition.terms.iter().map(|term| term.metric).find(|metric| metric.is_of_log());
    // What was new before the trip still counts hours after it.
    let why =
        of_log.map(|metric| format!("{} counts a whole day, and cannot show that it helped", metric.title()));
    for term in condition.terms.iter().filter(|term| !term.metric.is_of_log()) {
        let metric = term.metric;
        let values = |of: &BTreeMap<Metric, Vec<Point>>, since: Option<Time>| -> Vec<f64> {
            let points = of.get(&metric).into_iter().flatten();
            points.filter(|(at, _)| since.is_none_or(|since| *at >= since)).map(|(_, value)| *value).collect()
        };
        let (was, is) = (values(before, None), values(after, Some(measured_from)));
        if was.len() < FEWEST || is.len() < FEWEST {
            continue;
        }
        let (Some(was), Some(is)) = (median(&was), median(&is)) else { continue };
        let change = (is - was) / was.abs().max(metric.kind().grain) * 100.0;
        let gained = match metric.kind().better {
            Better::Higher => change,
            Better::Lower => -change,
            Better::Neither => 0.0,
        };
        better |= gained >= BETTER_PERCENT;
        worse |= gained <= -BETTER_PERCENT;
        said.push(format!("{} was {} and is {}", metric.title(), metric.say(was), metric.say(is)));
    }
    let helped = match (said.is_empty(), &why) {
        (true, Some(_)) if condition.terms.iter().all(|term| term.metric.is_of_log()) => Helped::Unknown,
        (true, _) => return None,
        (false, _) if better && !worse => Helped::Better,
        // The log may be what it was about.
        (false, Some(_)) if !worse => Helped::Unknown,
        (false, _) => Helped::NoBetter,
    };
    said.extend(why);
    Some(Verdict { helped, words: said.join("; ") })
}

/// What others told since the machine came back (`measured_from`), of what fired when it went. `None`: it is not known yet.
pub fn heard(condition: &Condition, told: &[Tiding], measured_from: Time, now: Time) -> Option<Verdict> {
    let (mut said, mut fires) = (Vec::new(), false);
    for heard in &condition.heard {
        for tiding in told.iter().filter(|tiding| heard.is(tiding)) {
            let name = &tiding.name;
            match tiding.firing {
                true if tiding.told_at >= measured_from => {
                    fires = true;
                    said.push(format!("{name} still fires, says {}", tiding.source_name));
                }
                false if tiding.since >= measured_from => {
                    said.push(format!("{name} is over, says {}", tiding.source_name))
                }
                false if now - measured_from >= QUIET => {
                    let minutes = QUIET.num_minutes();
                    said.push(format!(
                        "{name} was over while it was away, and has not fired for {minutes} min since"
                    ));
                }
                _ => return None,
            }
        }
    }
    let helped = if fires { Helped::NoBetter } else { Helped::Better };
    (!said.is_empty()).then(|| Verdict { helped, words: said.join("; ") })
}

/// Figures and what others told, together: better is what both say, and one that is not known yet is waited for.
pub fn together(condition: &Condition, figures: Option<Verdict>, heard: Option<Verdict>) -> Option<Verdict> {
    match (condition.terms.is_empty(), condition.heard.is_empty()) {
        (_, true) => figures,
        (true, false) => heard,
        (false, false) => {
            let (figures, heard) = (figures?, heard?);
            let helped = match (figures.helped, heard.helped) {
                (Helped::Better, Helped::Better) => Helped::Better,
                (Helped::NoBetter, _) | (_, Helped::NoBetter) => Helped::NoBetter,
                _ => Helped::Unknown,
            };
            Some(Verdict { helped, words: format!("{}; {}", figures.words, heard.words) })
        }
    }
}
