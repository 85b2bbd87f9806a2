//! What becomes of each occurrence of a schedule: started, left out, or waited with, and why.
//!
//! Pure, as `step` is for jobs: whoever asks twice gets the same. That an occurrence is started once only is kept by the
//! row that it gets; here it is enough never to speak of one that has its row.
//!
//! Laws (checked over random schedules, windows and clocks in `laws.rs`):
//! 1. Of an occurrence that is settled nothing is said again.
//! 2. Nothing is started before its time, outside of windows, in a blackout, or where a trip does not fit.
//! 3. Whatever is past is settled, or waits with a reason and a time to look again.
//! 4. At most one occurrence is started at a time.

mod words;

#[cfg(test)]
mod laws;
#[cfg(test)]
mod scenarios;

pub use words::length;

use crate::series::{Occurrence, RecurrenceId, Series};
use crate::window::{Allowed, Shut};
use chrono::TimeDelta;
use pitstop_domain::Time;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// When a schedule is due.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Timing {
    pub series: Series,
    /// The series says when the work must be ready, not when it begins; with the seconds that it is given at least.
    #[serde(default)]
    pub ready_by: Option<u32>,
    pub on_miss: OnMiss,
}

/// What is done about an occurrence that could not begin at its time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnMiss {
    /// It is left out.
    #[default]
    Skip,
    /// It begins as soon as the server is back, once, where machines may be taken then.
    RunOnce,
    /// It waits until a window is open, unless the next one comes first.
    NextWindow,
}

/// Begun this late it counts as begun in time: workers were busy, or the server was started anew.
pub const GRACE: TimeDelta = TimeDelta::minutes(10);

/// How far ahead a next window is looked for.
pub const HORIZON: TimeDelta = TimeDelta::days(40);

/// How far back settled occurrences must be known: the rules of zones change, and with them when an occurrence is.
pub const LOOK_BACK: TimeDelta = TimeDelta::days(3);

/// Usual lengths change, and with them when something that must be ready begins.
const LOOK_AGAIN: TimeDelta = TimeDelta::hours(1);

/// All that the decision may look at.
#[derive(Clone, Debug)]
pub struct Asked<'a> {
    pub timing: &'a Timing,
    pub allowed: &'a Allowed,
    /// Occurrences that have their row, of the last days at least.
    pub settled: &'a BTreeSet<RecurrenceId>,
    /// No occurrence at or before this is spoken of: the schedule was not there, or was another.
    pub since: Time,
    /// All before this are settled, but for those that moved since.
    pub settled_through: Option<Time>,
    /// How long a run of this schedule usually takes, in seconds.
    pub run_s: Option<u64>,
    /// How long the trip of one machine usually takes.
    pub trip_s: Option<u64>,
    pub paused: bool,
    /// What it started before is not over.
    pub under_way: bool,
    pub now: Time,
}

/// What became of an occurrence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    Started,
    Skipped,
    /// It should have been started, and could not: no machine, no image.
    Failed,
}

/// Why an occurrence is left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    Paused,
    /// So late after its time.
    Late(TimeDelta),
    Shut(Shut),
    /// No window will be open within weeks.
    NoWindow,
    /// A later one is due as well.
    Superseded,
    /// What was started before is not over.
    UnderWay,
    /// It would not be ready in time any more.
    NotReadyInTime,
}

/// What is done about an occurrence now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    Start {
        /// So late after its time, where that is worth a word.
        late: Option<TimeDelta>,
        /// Until when machines may be taken.
        closes: Option<Time>,
    },
    Skip(Reason),
    Wait {
        until: Time,
        because: Shut,
    },
}

/// An occurrence whose time has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    pub occurrence: Occurrence,
    /// When it was to begin.
    pub due_at: Time,
    pub verdict: Verdict,
}

/// What is to be done, and when to look again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Due {
    pub decisions: Vec<Decision>,
    pub settled_through: Time,
    pub wake_at: Time,
}

/// What becomes of the occurrences whose time has come?
pub fn due(asked: &Asked<'_>) -> Due {
    let now = asked.now;
    let lead = lead(asked.timing, asked.run_s);
    let from = asked.settled_through.map_or(asked.since, |through| asked.since.max(through - LOOK_BACK));
    let ahead = asked.timing.series.between(from, now + lead + LOOK_AGAIN);
    let open: Vec<_> = ahead
        .into_iter()
        .filter(|one| one.at > asked.since && !asked.settled.contains(&one.id))
        .map(|one| (one.at - lead, one))
        .collect();
    let (come, coming): (Vec<_>, Vec<_>) = open.into_iter().partition(|(due_at, _)| *due_at <= now);
    let last = come.last().map(|(_, one)| one.id);
    let decide = |(due_at, occurrence): (Time, Occurrence)| {
        let newest = last == Some(occurrence.id);
        Decision { verdict: verdict(asked, due_at, &occurrence, newest), due_at, occurrence }
    };
    let decisions: Vec<_> = come.into_iter().map(decide).collect();
    let waits = decisions.iter().filter_map(|one| match one.verdict {
        Verdict::Wait { until, .. } => Some(until),
        _ => None,
    });
    let next = coming.first().map(|(due_at, _)| *due_at);
    let wake_at = waits.chain(next).min().map_or(now + LOOK_AGAIN, |at| at.min(now + LOOK_AGAIN));
    let waiting = |one: &&Decision| matches!(one.verdict, Verdict::Wait { .. });
    let first_open = decisions.iter().find(waiting).map(|one| one.occurrence.at - TimeDelta::seconds(1));
    Due { settled_through: first_open.map_or(now, |at| at.min(now)), wake_at, decisions }
}

/// So long before the time of an occurrence it begins: what a run usually takes and a quarter more, where it must be
/// ready by then.
pub fn lead(timing: &Timing, run_s: Option<u64>) -> TimeDelta {
    let Some(at_least) = timing.ready_by else { return TimeDelta::zero() };
    let usual = run_s.unwrap_or_default().min(7 * 24 * 3600);
    TimeDelta::seconds(i64::try_from((usual + usual / 4).max(u64::from(at_least))).unwrap_or_default())
}

fn verdict(asked: &Asked<'_>, due_at: Time, occurrence: &Occurrence, newest: bool) -> Verdict {
    let (now, late) = (asked.now, asked.now - due_at);
    let trip = TimeDelta::seconds(asked.trip_s.and_then(|s| i64::try_from(s).ok()).unwrap_or_default());
    let policy = asked.timing.on_miss;
    let in_time = late <= GRACE;
    if asked.paused {
        return Verdict::Skip(Reason::Paused);
    }
    if !newest {
        return Verdict::Skip(if in_time { Reason::Superseded } else { missed(late, policy) });
    }
    if asked.under_way {
        return Verdict::Skip(Reason::UnderWay);
    }
    if asked.timing.ready_by.is_some() && now + trip > occurrence.at {
        return Verdict::Skip(Reason::NotReadyInTime);
    }
    match asked.allowed.at(now, trip) {
        Ok(closes) if in_time => Verdict::Start { late: None, closes },
        Ok(_) if policy == OnMiss::Skip => Verdict::Skip(Reason::Late(late)),
        Ok(closes) => Verdict::Start { late: Some(late), closes },
        Err(shut) if policy == OnMiss::NextWindow => wait(asked, trip, shut),
        // It was shut then, or the server was away then and it is shut now.
        Err(shut) if in_time => Verdict::Skip(Reason::Shut(shut)),
        Err(_) => Verdict::Skip(Reason::Late(late)),
    }
}

fn missed(late: TimeDelta, policy: OnMiss) -> Reason {
    if policy == OnMiss::Skip { Reason::Late(late) } else { Reason::Superseded }
}

fn wait(asked: &Asked<'_>, trip: TimeDelta, shut: Shut) -> Verdict {
    match asked.allowed.next(asked.now, trip) {
        Some(until) => Verdict::Wait { until, because: shut },
        None => Verdict::Skip(Reason::NoWindow),
    }
}
