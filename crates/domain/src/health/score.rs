//! Health from 0 to 100, with its reasons in words. What is not known makes no machine healthy: it takes from what can be
//! reached, and is said.

use super::Metric;
use super::board::OF_NOW;
use super::rhythm::Usual;
use super::rule::Severity;
use super::sample::Point;
use crate::Time;
use crate::report::Better;
use chrono::TimeDelta;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Figures older than this are not of now.
const FRESH: TimeDelta = TimeDelta::minutes(10);

/// Metrics that are measured once in a start or once in ten minutes.
const FRESH_RARE: TimeDelta = TimeDelta::days(2);
const RARE: [Metric; 3] = [Metric::BootTime, Metric::MemoryBandwidth, Metric::MemoryLatency];

/// What boards tell, who are asked every few minutes.
const FRESH_POLLED: TimeDelta = super::judge::STALE_POLLED;

/// What every machine tells. One of these that is not known costs what a small fault costs.
const CORE: [Metric; 5] =
    [Metric::CpuSpeed, Metric::MemoryFree, Metric::DiskLatency, Metric::DiskFill, Metric::MemoryBandwidth];
const MISSING: f64 = 8.0;

/// All the rest counts this much beside the worst: many small faults do not make a dead machine, and are not nothing.
const BESIDE: f64 = 0.25;

/// Twice as slow is half dead.
const OF_PERCENT: f64 = 1.0;
/// However slow, a machine that answers is not at zero by one baseline alone.
const MOST_BY_BASELINE: f64 = 70.0;

/// What is unusual and not bad.
const WORTH_A_LOOK: f64 = 5.0;

/// How a machine is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Health {
    /// `None`: not known.
    pub score: Option<u8>,
    /// The worst first.
    pub reasons: Vec<Reason>,
}

/// What takes points.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Reason {
    pub metric: Option<Metric>,
    pub points: u8,
    pub words: String,
}

/// Newest figures of a machine, with what is usual there and of its model.
#[derive(Clone, Debug, Default)]
pub struct Known {
    pub newest: BTreeMap<Metric, Point>,
    pub own: BTreeMap<Metric, Usual>,
    pub peers: BTreeMap<Metric, Usual>,
    /// Alerts that fire on it.
    pub alerts: Vec<(Severity, String)>,
}

/// How it is now.
pub fn health(known: &Known, now: Time) -> Health {
    let fresh = |metric: Metric| {
        let (at, value) = *known.newest.get(&metric)?;
        let limit = match metric {
            metric if RARE.contains(&metric) => FRESH_RARE,
            metric if metric.is_of_board() => FRESH_POLLED,
            // Told every few minutes where only the board tells it.
            Metric::Temperature if !tells_itself(known) => FRESH_POLLED,
            _ => FRESH,
        };
        (now - at <= limit).then_some((at, value))
    };
    if !is_heard(known, |metric| fresh(metric).is_some()) {
        return Health { score: None, reasons: vec![silent(known, now)] };
    }
    let of_figure = Metric::all().filter_map(|metric| match fresh(metric) {
        Some(value) => loss(known, metric, value),
        None => last_told(known, metric, now),
    });
    // A disk that nobody asks for anything has no latency; that disks are looked at, their fill says.
    let is_idle = |metric: Metric| metric == Metric::DiskLatency && fresh(Metric::DiskFill).is_some();
    let missing =
        CORE.into_iter().filter(|metric| fresh(*metric).is_none() && !is_idle(*metric)).map(|metric| {
            let words = format!("{} is not measured, which is no sign of health", metric.title());
            (MISSING, Some(metric), words)
        });
    let alerts = known.alerts.iter().map(|(severity, words)| {
        let points = match severity {
            Severity::Notice => 10.0,
            Severity::Warning => 30.0,
            Severity::Critical => 60.0,
        };
        (points, None, words.clone())
    });
    let mut losses: Vec<_> =
        of_figure.chain(missing).chain(alerts).filter(|(points, ..)| *points >= 1.0).collect();
    losses.sort_by(|one, other| other.0.total_cmp(&one.0));
    let worst = losses.first().map_or(0.0, |(points, ..)| *points);
    let rest: f64 = losses.iter().skip(1).map(|(points, ..)| points).sum();
    let reasons =
        losses.into_iter().map(|(points, metric, words)| Reason { metric, points: whole(points), words });
    let reasons = reasons.chain(unjudged(known, |metric| fresh(metric).is_some())).collect();
    Health { score: Some(100 - whole(worst + rest * BESIDE)), reasons }
}

/// Is it heard of at all? What a board says is heard only of a machine whose own system never told anything: where that told and
/// does not any more, a board that finds its fans well makes no healthy machine.
fn is_heard(known: &Known, is_fresh: impl Fn(Metric) -> bool) -> bool {
    let tells_itself = tells_itself(known);
    let counts = |metric: &Metric| match tells_itself {
        true => !metric.is_polled() && !RARE.contains(metric),
        false => metric.is_polled(),
    };
    Metric::all().filter(counts).any(is_fresh)
}

/// Did its own system ever tell anything?
fn tells_itself(known: &Known) -> bool {
    known.newest.keys().any(|metric| !metric.is_polled())
}

/// A fault that a board told and never took back, though it says nothing now: silence heals no fan. What stands in a log is of
/// its day.
fn last_told(known: &Known, metric: Metric, now: Time) -> Option<(f64, Option<Metric>, String)> {
    let (at, value) = *known.newest.get(&metric).filter(|_| metric.is_of_board())?;
    if metric.is_of_log() && now - at > OF_NOW {
        return None;
    }
    let (points, metric, words) = loss(known, metric, (at, value))?;
    let ago = super::rule::long(u32::try_from((now - at).num_seconds()).unwrap_or(u32::MAX));
    Some((points, metric, format!("{words}, told {ago} ago, and not since")))
}

/// Figures that say nothing by themselves, of which nobody knows yet what is usual: they take no points, and give none.
fn unjudged(known: &Known, is_fresh: impl Fn(Metric) -> bool) -> Option<Reason> {
    let is_unjudged = |metric: &Metric| {
        let usual = known.own.contains_key(metric) || known.peers.contains_key(metric);
        is_fresh(*metric) && !usual && metric.kind().alarming.is_none()
    };
    let titles: Vec<_> =
        CORE.into_iter().filter(is_unjudged).map(|metric| metric.title().to_lowercase()).collect();
    let words = format!("not judged yet, since what is usual here is not known: {}", titles.join(", "));
    (!titles.is_empty()).then_some(Reason { metric: None, points: 0, words })
}

fn silent(known: &Known, now: Time) -> Reason {
    // Where the machine tells itself, its board's figures are not what is missed.
    let tells_itself = tells_itself(known);
    let counts = |metric: &Metric| !(tells_itself && metric.is_polled());
    let newest = known.newest.iter().filter(|(metric, _)| counts(metric)).map(|(_, (at, _))| *at).max();
    let words = match newest {
        None => "nothing has been measured yet".to_owned(),
        Some(at) => {
            let minutes = (now - at).num_minutes();
            format!(
                "nothing has been measured for {}",
                super::rule::long(u32::try_from(minutes * 60).unwrap_or(u32::MAX))
            )
        }
    };
    Reason { metric: None, points: 0, words }
}

/// What one figure costs, and why.
fn loss(known: &Known, metric: Metric, (at, value): Point) -> Option<(f64, Option<Metric>, String)> {
    let absolute = alarming(metric, value)
        .map(|points| (points, Some(metric), format!("{} is {}", metric.title(), metric.say(value))));
    let (whose, usual) = match (known.own.get(&metric), known.peers.get(&metric)) {
        (Some(own), _) => ("usual here", Some(own)),
        (None, peers) => ("usual for its model", peers),
    };
    let relative = usual.filter(|usual| usual.is_worse(metric, value, at, 0.0)).and_then(|usual| {
        let beside = usual.beside(metric, value, at);
        let points = (beside.worse_percent(metric, value)? * OF_PERCENT).clamp(0.0, MOST_BY_BASELINE);
        let (said, middle, when) = (metric.say(value), metric.say(beside.median), usual.when(at));
        let words = format!("{} is {said}; {whose}{when} is {middle}", metric.title());
        // Where the figure alone tells what is bad, another than usual is worth a look and no more: a disk fills, a machine
        // that works is warmer. So is what is usual at another time of the day: somebody works late.
        let is_of_other_time = !usual.day.is_worse(metric, value, 0.0);
        let is_no_fault = metric.kind().alarming.is_some() || is_of_other_time;
        Some((if is_no_fault { points.min(WORTH_A_LOOK) } else { points }, Some(metric), words))
    });
    absolute.into_iter().chain(relative).max_by(|one, other| one.0.total_cmp(&other.0))
}

/// Points by the figure alone: none where it begins to be alarming, all where it is as bad as can be.
fn alarming(metric: Metric, value: f64) -> Option<f64> {
    let (from, to) = metric.kind().alarming?;
    let share = match metric.kind().better {
        Better::Higher => (from - value) / (from - to),
        Better::Lower | Better::Neither => (value - from) / (to - from),
    };
    (share > 0.0).then(|| 10.0 + share.min(1.0) * 80.0)
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it lies between 0 and 100")]
fn whole(points: f64) -> u8 {
    points.round().clamp(0.0, 100.0) as u8
}
