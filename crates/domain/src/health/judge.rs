//! Does a rule's condition hold on a machine? Yes, no, or not known: what was not measured is neither.

use super::Metric;
use super::baseline::Baseline;
use super::elsewhere::{Heard, Tiding};
use super::rhythm::Usual;
use super::rule::{Against, Condition, How, Term};
use super::sample::Point;
use crate::Time;
use chrono::TimeDelta;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Figures older than this say nothing about now: five minutes lost are an agent that restarts, more is silence. Metrics
/// that are measured rarely may be as old as what they must have held for.
const STALE: TimeDelta = TimeDelta::minutes(6);

/// The same for what boards tell, who are asked every five minutes at most: so that three figures are within it.
pub const STALE_POLLED: TimeDelta = TimeDelta::minutes(16);

/// Figures that decide: fewer are an accident.
const FEWEST: usize = 3;

/// Yes, no, or not known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Truth {
    Yes,
    No,
    Unknown,
}

impl Truth {
    fn of(holds: bool) -> Self {
        if holds { Self::Yes } else { Self::No }
    }

    fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::No, _) | (_, Self::No) => Self::No,
            (Self::Yes, Self::Yes) => Self::Yes,
            _ => Self::Unknown,
        }
    }

    fn or(self, other: Self) -> Self {
        match (self, other) {
            (Self::Yes, _) | (_, Self::Yes) => Self::Yes,
            (Self::No, Self::No) => Self::No,
            _ => Self::Unknown,
        }
    }
}

/// What is known of a machine.
#[derive(Clone, Debug, Default)]
pub struct View {
    /// Oldest first.
    pub series: BTreeMap<Metric, Vec<Point>>,
    pub own: BTreeMap<Metric, Usual>,
    pub peers: BTreeMap<Metric, Usual>,
    /// What others told last.
    pub told: Vec<Tiding>,
    /// When the alert fired that stands open: it is over where a figure is as it should be at that time of day, too. Else the
    /// heat of a night would be over each morning, and an alert of its own each night.
    pub fired_at: Option<Time>,
    /// What it was compared with when it fired. Nothing where that is not known; then it is what is usual now, at that time of day.
    pub fired_beside: Vec<Beside>,
}

/// What a figure was compared with when an alert fired. It is over when it is well beside that, too: what is usual may be learned
/// anew meanwhile, of the model, or the site's clocks may be others, and none of that makes a machine well.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Beside {
    pub metric: Metric,
    /// With the machines of its model, not with itself.
    pub peers: bool,
    /// Worse is what is worse than each of these.
    pub usual: Vec<Baseline>,
}

/// What was found about one machine.
#[derive(Clone, Debug, PartialEq)]
pub struct Judged {
    /// It has held for as long as it must.
    pub holds: Truth,
    /// It holds now.
    pub now: Truth,
    /// It is over: the newest figures are better by the hysteresis than where it began.
    pub over: Truth,
    /// The figures that it is about, in words.
    pub reason: String,
    /// Where it has held for long enough: what those figures were compared with.
    pub beside: Vec<Beside>,
}

/// Looks at one machine.
pub fn judge(condition: &Condition, view: &View, now: Time) -> Judged {
    let for_ = TimeDelta::seconds(condition.for_s.into());
    let figures = condition.terms.iter().map(|term| one(term, condition, view, now, for_));
    let terms: Vec<_> =
        figures.chain(condition.heard.iter().map(|heard| told(heard, view, now, for_))).collect();
    let together = |of: fn(&One) -> Truth| match condition.how {
        How::All => terms.iter().map(of).fold(Truth::Yes, Truth::and),
        How::Any => terms.iter().map(of).fold(Truth::No, Truth::or),
    };
    // All of it is over when one of what must all hold is, or each of what may hold alone.
    let over = match condition.how {
        How::All => terms.iter().map(|one| one.over).fold(Truth::No, Truth::or),
        How::Any => terms.iter().map(|one| one.over).fold(Truth::Yes, Truth::and),
    };
    let said: Vec<_> =
        terms.iter().filter(|one| one.now == Truth::Yes).map(|one| one.words.clone()).collect();
    let holds = together(|one| one.holds);
    // Of most machines nobody asks for it.
    let beside = match holds {
        Truth::Yes => condition.terms.iter().filter_map(|term| beside(term, view)).collect(),
        _ => vec![],
    };
    Judged { holds, now: together(|one| one.now), over, reason: said.join("; "), beside }
}

/// What a figure is compared with now; `None`: with a number, or with nothing.
fn beside(term: &Term, view: &View) -> Option<Beside> {
    let (usual, peers) = match term.against {
        Against::Own(_) => (view.own.get(&term.metric)?, false),
        Against::Peers(_) => (view.peers.get(&term.metric)?, true),
        Against::Above(_) | Against::Below(_) => return None,
    };
    let (at, _) = view.series.get(&term.metric)?.last()?;
    Some(Beside { metric: term.metric, peers, usual: usual.all_of(*at) })
}

struct One {
    holds: Truth,
    now: Truth,
    over: Truth,
    words: String,
}

fn one(term: &Term, condition: &Condition, view: &View, now: Time, for_: TimeDelta) -> One {
    let unknown =
        One { holds: Truth::Unknown, now: Truth::Unknown, over: Truth::Unknown, words: String::new() };
    let Some(points) = view.series.get(&term.metric) else { return unknown };
    // How hot it is may be told by either: as the agent tells it, since nobody says here who did.
    let is_of_board = term.metric.is_of_board();
    let stale = if is_of_board { STALE_POLLED } else { STALE };
    // A clock that was set back must not make tomorrow's figures today's.
    let recent: Vec<Point> =
        points.iter().copied().filter(|(at, _)| *at <= now && now - *at <= for_.max(stale)).collect();
    let Some(newest) = recent.last().copied() else { return unknown };
    let newest_at = newest.0;
    // Boards are asked every five minutes, however long something must have held.
    let newest_within = if is_of_board { stale } else { stale.max(for_ / 2) };
    if now - newest_at > newest_within {
        return unknown;
    }
    let within = |relax: f64, (at, value): Point| truth(term, view, relax, (at, value));
    // What it must have held for; where that has too few figures, as many as decide.
    let in_time = recent.iter().filter(|(at, _)| newest_at - *at <= for_).count();
    let span = &recent[recent.len() - in_time.max(FEWEST).min(recent.len())..];
    let each: Vec<Truth> = span.iter().map(|point| within(0.0, *point)).collect();
    let long_enough = span.first().is_some_and(|(oldest, _)| newest_at - *oldest >= for_ / 2);
    // One in ten may say otherwise: a figure that was taken while a backup ran. The newest may not.
    let yes = each.iter().filter(|truth| **truth == Truth::Yes).count();
    let holds = match each.last() {
        Some(Truth::Yes) if each.len() >= FEWEST && long_enough => Truth::of(yes * 10 >= each.len() * 9),
        Some(Truth::Yes) => Truth::No,
        Some(other) => *other,
        None => Truth::Unknown,
    };
    let last = &recent[recent.len().saturating_sub(FEWEST)..];
    let relax = condition.hysteresis_percent;
    let better = last.iter().map(|point| within(relax, *point).or(as_it_fired(term, view, relax, *point)));
    let over = match better.fold(Truth::No, Truth::or) {
        Truth::No if last.len() >= FEWEST => Truth::Yes,
        Truth::No | Truth::Unknown => Truth::Unknown,
        Truth::Yes => Truth::No,
    };
    One { holds, now: within(0.0, newest), over, words: words(term, view, newest) }
}

/// An alert from elsewhere: it fires as long as one that tells it is believed. What was never told does not fire; what was told
/// too long ago, or by a source that may tell no more, is not known.
fn told(heard: &Heard, view: &View, now: Time, for_: TimeDelta) -> One {
    let tidings: Vec<&Tiding> = view.told.iter().filter(|tiding| heard.is(tiding)).collect();
    let fires = tidings.iter().map(|tiding| tiding.fires(now)).fold(Truth::No, Truth::or);
    let since =
        tidings.iter().filter(|tiding| tiding.fires(now) == Truth::Yes).min_by_key(|tiding| tiding.since);
    let holds = match since {
        Some(tiding) => Truth::of(now - tiding.since >= for_),
        None => fires,
    };
    let over = match fires {
        Truth::Yes => Truth::No,
        Truth::No => Truth::Yes,
        Truth::Unknown => Truth::Unknown,
    };
    let say = |tiding: &&Tiding| match tiding.summary.as_str() {
        "" => format!("{} fires, says {}", tiding.name, tiding.source_name),
        summary => format!("{} fires, says {}: {summary}", tiding.name, tiding.source_name),
    };
    One { holds, now: fires, over, words: since.map(say).unwrap_or_default() }
}

/// Does it hold for this value at its time? `relax`: where it is to be over, in per cent on the good side.
pub fn truth(term: &Term, view: &View, relax: f64, (at, value): Point) -> Truth {
    let share = relax / 100.0;
    let against = |usual: Option<&Usual>, percent: f64| match usual {
        Some(usual) => Truth::of(usual.is_worse(term.metric, value, at, (percent - relax).max(0.0))),
        None => Truth::Unknown,
    };
    match term.against {
        Against::Above(limit) => Truth::of(value > limit * (1.0 - share)),
        Against::Below(limit) => Truth::of(value < limit * (1.0 + share)),
        Against::Own(percent) => against(view.own.get(&term.metric), percent),
        Against::Peers(percent) => against(view.peers.get(&term.metric), percent),
    }
}

/// Would it hold for this value beside what it was compared with when it fired?
fn as_it_fired(term: &Term, view: &View, relax: f64, (at, value): Point) -> Truth {
    let (percent, peers) = match term.against {
        Against::Own(percent) => (percent, false),
        Against::Peers(percent) => (percent, true),
        Against::Above(_) | Against::Below(_) => return truth(term, view, relax, (at, value)),
    };
    let is_it = |beside: &&Beside| beside.metric == term.metric && beside.peers == peers;
    match view.fired_beside.iter().find(is_it) {
        Some(beside) => {
            let percent = (percent - relax).max(0.0);
            Truth::of(beside.usual.iter().all(|usual| usual.is_worse(term.metric, value, percent)))
        }
        None => truth(term, view, relax, (view.fired_at.unwrap_or(at), value)),
    }
}

/// `Processor speed is 210 MB/s, 58 % worse than its usual 500 MB/s`
fn words(term: &Term, view: &View, (at, value): Point) -> String {
    let metric = term.metric;
    let said = format!("{} is {}", metric.title(), metric.say(value));
    let usual = |usual: Option<&Usual>, whose: &str| {
        let (of, when) = (usual?.beside(metric, value, at), usual?.when(at));
        let worse = of.worse_percent(metric, value)?;
        // More than a thousand per cent is no figure that anybody reads.
        let worse = if worse > 999.0 { "far".to_owned() } else { format!("{worse:.0} %") };
        Some(format!("{said}, {worse} worse than {whose} {}{when}", metric.say(of.median)))
    };
    let whole = match term.against {
        Against::Above(limit) => Some(format!("{said}, above {}", metric.say(limit))),
        Against::Below(limit) => Some(format!("{said}, below {}", metric.say(limit))),
        Against::Own(_) => usual(view.own.get(&metric), "its usual"),
        Against::Peers(_) => usual(view.peers.get(&metric), "the usual of its model,"),
    };
    whole.unwrap_or(said)
}
