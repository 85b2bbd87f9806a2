//! Where the time of a trip goes: its hops, from what was seen of it. What was not seen is no hop: nothing is guessed.

use crate::Time;
use crate::job::Phase;
use chrono::TimeDelta;
use std::collections::BTreeMap;

/// A part of a trip, as the stepper of its page shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Hop {
    /// Asked for, and the machine not taken yet.
    Waiting,
    /// Taken, until the machine that is started fetches its first file: all attempts together.
    Restarting,
    /// The first file of the last attempt until the last.
    Transferring,
    /// The last file until the image is seen to run.
    Starting,
    Working,
    /// On the way home, all attempts together.
    Returning,
    /// A person was waited for.
    Held,
}

impl Hop {
    pub const ALL: [Self; 7] = [
        Self::Waiting,
        Self::Restarting,
        Self::Transferring,
        Self::Starting,
        Self::Working,
        Self::Returning,
        Self::Held,
    ];

    /// The word in SQL and in what Prometheus is told.
    pub fn name(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Restarting => "restarting",
            Self::Transferring => "transferring",
            Self::Starting => "starting",
            Self::Working => "working",
            Self::Returning => "returning",
            Self::Held => "held",
        }
    }
}

/// What was seen of a trip that is over.
#[derive(Clone, Debug, PartialEq)]
pub struct Seen {
    /// Into which phase it went, and when, oldest first; another attempt is one more line. The last is into `Closed`.
    pub moves: Vec<(Time, Phase)>,
    /// When the first and the last file of the last attempt were seen on their way.
    pub fetched: Option<(Time, Time)>,
}

/// How long each hop took; one that was not made, or not seen, is not in it.
pub fn hops(seen: &Seen) -> BTreeMap<Hop, TimeDelta> {
    let mut hops = BTreeMap::new();
    let mut switched: Option<(Time, Time)> = None;
    let mut ran = false;
    for ((from, phase), (until, next)) in seen.moves.iter().zip(seen.moves.iter().skip(1)) {
        let hop = match phase {
            Phase::Queued => Hop::Waiting,
            Phase::Switching => {
                switched = Some((switched.map_or(*from, |(begun, _)| begun), *until));
                ran |= *next == Phase::Running;
                continue;
            }
            Phase::Running => Hop::Working,
            Phase::Restoring => Hop::Returning,
            Phase::Held => Hop::Held,
            Phase::Closed => continue,
        };
        *hops.entry(hop).or_default() += (*until - *from).max(TimeDelta::zero());
    }
    if let (Some((begun, ended)), Some((first, last))) = (switched, seen.fetched) {
        // What is fetched when it already runs (parts of a live system, the report's tools) is work.
        let last = last.min(ended);
        if first >= begun && first <= last {
            hops.insert(Hop::Restarting, first - begun);
            if ran {
                hops.insert(Hop::Transferring, last - first);
                hops.insert(Hop::Starting, ended - last);
            }
        }
    }
    hops
}

#[cfg(test)]
mod tests {
    use super::*;
    use Phase::{Closed, Held, Queued, Restoring, Running, Switching};

    fn at(second: i64) -> Time {
        Time::from_timestamp(1_700_000_000 + second, 0).unwrap_or_default()
    }

    fn told(moves: &[(i64, Phase)], fetched: Option<(i64, i64)>) -> Vec<(&'static str, i64)> {
        let moves = moves.iter().map(|(second, phase)| (at(*second), *phase)).collect();
        let fetched = fetched.map(|(first, last)| (at(first), at(last)));
        let hops = hops(&Seen { moves, fetched });
        hops.into_iter().map(|(hop, took)| (hop.name(), took.num_seconds())).collect()
    }

    #[test]
    fn a_trip_is_told_hop_by_hop_and_nothing_of_it_is_lost() {
        let moves = [(0, Queued), (2, Switching), (60, Running), (100, Restoring), (150, Closed)];
        let told = told(&moves, Some((20, 35)));
        let expected = [
            ("waiting", 2),
            ("restarting", 18),
            ("transferring", 15),
            ("starting", 25),
            ("working", 40),
            ("returning", 50),
        ];
        assert_eq!(told, expected);
        assert_eq!(told.iter().map(|(_, s)| s).sum::<i64>(), 150);
    }

    #[test]
    fn attempts_are_counted_together_and_waiting_for_a_person_is_a_hop_of_its_own() {
        let moves = [
            (0, Queued),
            (1, Switching),
            (300, Switching),
            (400, Running),
            (500, Restoring),
            (600, Restoring),
            (700, Held),
            (4000, Restoring),
            (4100, Closed),
        ];
        let told = told(&moves, Some((330, 350)));
        let expected = [
            ("waiting", 1),
            ("restarting", 329),
            ("transferring", 20),
            ("starting", 50),
            ("working", 100),
            ("returning", 300),
            ("held", 3300),
        ];
        assert_eq!(told, expected);
    }

    #[test]
    fn what_was_not_seen_is_no_hop() {
        assert_eq!(told(&[(0, Queued), (9, Closed)], None), [("waiting", 9)]);
        let lost = [(0, Queued), (1, Switching), (60, Restoring), (90, Closed)];
        assert_eq!(told(&lost, None), [("waiting", 1), ("returning", 30)]);
        assert_eq!(told(&lost, Some((20, 30))), [("waiting", 1), ("restarting", 19), ("returning", 30)]);
        let early = [(0, Queued), (10, Switching), (60, Running), (70, Closed)];
        assert_eq!(told(&early, Some((5, 30))), [("waiting", 10), ("working", 10)], "of another trip");
    }

    #[test]
    fn what_is_fetched_while_it_runs_is_work() {
        let moves = [(0, Queued), (1, Switching), (60, Running), (100, Closed)];
        let told = told(&moves, Some((20, 90)));
        assert_eq!(told[1..], [("restarting", 19), ("transferring", 40), ("starting", 0), ("working", 40)]);
    }
}
