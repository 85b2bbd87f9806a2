//! Which system a machine ran when, from what was seen of it.

use crate::Time;
use crate::sighting::{Sighting, Told};
use serde::{Deserialize, Serialize};

/// What a machine ran.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum System {
    Own,
    Maintenance,
    /// Its firmware asked how to boot, and no system has reported since.
    Starting,
    /// Nothing tells.
    Unknown,
}

impl System {
    /// The word in classes.
    pub fn name(self) -> &'static str {
        match self {
            Self::Own => "own",
            Self::Maintenance => "maintenance",
            Self::Starting => "starting",
            Self::Unknown => "unknown",
        }
    }

    /// The words on the screen.
    pub fn words(self) -> &'static str {
        match self {
            Self::Own => "own system",
            Self::Maintenance => "maintenance",
            Self::Starting => "starting",
            Self::Unknown => "not known",
        }
    }

    /// What a sighting tells; `None`: nothing of which system runs.
    pub fn told_by(sighting: &Sighting) -> Option<Self> {
        match sighting {
            Sighting::OwnAgent { .. } | Sighting::Probed { answered: true, .. } => Some(Self::Own),
            Sighting::MaintenanceAgent { .. } | Sighting::OutsideJob { .. } => Some(Self::Maintenance),
            Sighting::AskedToBoot { told: Told::OwnSystem, .. } => Some(Self::Own),
            Sighting::AskedToBoot { .. } => Some(Self::Starting),
            Sighting::Power { on: false, .. } | Sighting::ShutDown { .. } => Some(Self::Unknown),
            _ => None,
        }
    }
}

/// A while in which one system ran.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Span {
    pub from: Time,
    pub to: Time,
    pub system: System,
}

/// The spans between two moments, one after the other and without a gap. `seen`: oldest first; what comes before the first
/// moment tells how it begins. `silent_since`: nothing is known from then on.
pub fn ribbon(seen: &[(Time, Sighting)], from: Time, to: Time, silent_since: Option<Time>) -> Vec<Span> {
    let mut spans: Vec<Span> = Vec::new();
    let mut push = |at: Time, system: System| {
        let at = at.clamp(from, to);
        if let Some(last) = spans.last_mut() {
            if last.system == system {
                return;
            }
            last.to = at;
            if last.from == at {
                spans.pop();
                // What lasted no time leaves the one before as it was.
                if spans.last().is_some_and(|before| before.system == system) {
                    return;
                }
            }
        }
        spans.push(Span { from: at, to, system });
    };
    push(from, System::Unknown);
    for (at, sighting) in seen.iter().filter(|(at, _)| silent_since.is_none_or(|silent| *at < silent)) {
        if let Some(system) = System::told_by(sighting) {
            push(*at, system);
        }
    }
    if let Some(silent) = silent_since {
        push(silent, System::Unknown);
    }
    if let Some(last) = spans.last_mut() {
        last.to = to;
    }
    spans.retain(|span| span.from < span.to);
    spans
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::{BootId, JobId};
    use chrono::TimeDelta;
    use proptest::prelude::*;
    use uuid::Uuid;

    fn at(s: i64) -> Time {
        Time::UNIX_EPOCH + TimeDelta::seconds(s)
    }

    fn own() -> Sighting {
        Sighting::OwnAgent { boot_id: BootId("a".to_owned()) }
    }

    fn asked(told: Told) -> Sighting {
        Sighting::AskedToBoot { by: "UEFI".to_owned(), told }
    }

    fn maintenance() -> Sighting {
        Sighting::MaintenanceAgent { job: JobId(Uuid::nil()), boot_id: BootId("b".to_owned()) }
    }

    #[test]
    fn a_trip_is_a_piece_of_maintenance_between_two_of_the_own_system() {
        let seen =
            [(at(-50), own()), (at(10), asked(Told::Maintenance)), (at(20), maintenance()), (at(60), own())];
        let spans = ribbon(&seen, at(0), at(100), Some(at(90)));
        let told: Vec<_> = spans.iter().map(|span| (span.from, span.system)).collect();
        assert_eq!(
            told,
            [
                (at(0), System::Own),
                (at(10), System::Starting),
                (at(20), System::Maintenance),
                (at(60), System::Own),
                (at(90), System::Unknown)
            ]
        );
    }

    #[test]
    fn of_what_was_never_seen_nothing_is_known() {
        assert_eq!(
            ribbon(&[], at(0), at(9), None),
            [Span { from: at(0), to: at(9), system: System::Unknown }]
        );
    }

    proptest! {
        #[test]
        fn spans_fill_the_time_and_neighbours_differ(
            seen in prop::collection::vec((-50i64..150, 0usize..4), 0..20),
            silent in prop::option::of(0i64..120),
        ) {
            let mut seen: Vec<_> = seen;
            seen.sort();
            let kinds = [own(), asked(Told::Maintenance), asked(Told::OwnSystem), maintenance()];
            let seen: Vec<_> = seen.into_iter().map(|(s, kind)| (at(s), kinds[kind].clone())).collect();
            let spans = ribbon(&seen, at(0), at(100), silent.map(at));
            prop_assert_eq!(spans.first().map(|span| span.from), Some(at(0)));
            prop_assert_eq!(spans.last().map(|span| span.to), Some(at(100)));
            for pair in spans.windows(2) {
                prop_assert_eq!(pair[0].to, pair[1].from);
                prop_assert_ne!(pair[0].system, pair[1].system);
            }
        }
    }
}
