//! What a task found and measured, in one form for all functions: pages, help desk and programs read it alike.
//!
//! It stands in [`TaskEnded::report`](crate::wire::TaskEnded) and may be joined by keys of the task's own; whoever reads a
//! report takes what he knows and shows the rest as it is.

use crate::Time;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The part of a report that every function has.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Findings {
    /// In the order in which people should read them.
    pub findings: Vec<Finding>,
    /// Figures that are worth comparing with another time.
    pub measures: Vec<Measure>,
}

/// One thing that is so, or was made so.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    pub level: Level,
    /// What it is about: `/dev/sda2 (ntfs, Windows)`, `module DIMM_A1`.
    pub about: String,
    /// What was seen, in a sentence.
    pub says: String,
    /// What was done about it, in a sentence; `None`: nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub done: Option<String>,
}

/// How much a finding matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// Looked at, and right.
    Good,
    /// Worth knowing.
    Note,
    /// It was wrong and is right now, as seen by looking once more.
    Repaired,
    /// It could not be looked at.
    Unknown,
    /// It is wrong.
    Problem,
}

/// A figure with its unit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Measure {
    /// Stable, like `memory.copy` or `disk.sda.read`: what is compared with what.
    pub name: String,
    /// For people: "Memory, copy".
    pub title: String,
    pub value: f64,
    /// `MB/s`, `ms`, `°C`, `%`, `h`; empty for a count.
    pub unit: String,
    pub better: Better,
}

/// Which way a figure should go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Better {
    Higher,
    Lower,
    Neither,
}

/// Figures of an earlier report, to compare with.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Before {
    /// When that job was over.
    pub at: Time,
    pub measures: Vec<Measure>,
}

/// Which way a figure went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Went {
    Better,
    Worse,
    /// By less than [`SAME_PERCENT`], or there is no better.
    Same,
}

/// A guess at how much figures of one machine differ from one time to another with nothing changed: it was not measured.
pub const SAME_PERCENT: f64 = 5.0;

impl Measure {
    /// The same figure of an earlier report, and which way it went since. `None`: it was not measured then.
    pub fn since(&self, before: &Before) -> Option<(f64, Went)> {
        let earlier =
            before.measures.iter().find(|other| other.name == self.name && other.unit == self.unit)?;
        let change = (self.value - earlier.value) / earlier.value.abs().max(f64::MIN_POSITIVE) * 100.0;
        let went = match self.better {
            _ if change.abs() < SAME_PERCENT => Went::Same,
            Better::Neither => Went::Same,
            Better::Higher if change > 0.0 => Went::Better,
            Better::Lower if change < 0.0 => Went::Better,
            _ => Went::Worse,
        };
        Some((earlier.value, went))
    }
}

impl Findings {
    /// What a report says in this form; nothing when it says nothing in it.
    pub fn of(report: &Value) -> Self {
        Self::deserialize(report).unwrap_or_default()
    }

    pub fn is_empty(&self) -> bool {
        self.findings.is_empty() && self.measures.is_empty()
    }

    /// The worst that was found.
    pub fn worst(&self) -> Option<Level> {
        self.findings.iter().map(|finding| finding.level).max()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_report_keeps_keys_of_its_own_beside_what_all_have() {
        let report = json!({
            "cores": 4,
            "findings": [{ "level": "repaired", "about": "/dev/sda1 (ext4)", "says": "3 errors", "done": "Repaired." }],
        });
        let found = Findings::of(&report);
        assert_eq!(found.worst(), Some(Level::Repaired));
        assert_eq!(found.findings.first().unwrap().done.as_deref(), Some("Repaired."));
        assert!(found.measures.is_empty());
    }

    #[test]
    fn a_figure_went_better_worse_or_nowhere() {
        let measure = |value, better| Measure {
            name: "memory.copy".into(),
            title: "Memory, copy".into(),
            value,
            unit: "MB/s".into(),
            better,
        };
        let went = |from, to, better| {
            let before = Before { at: Time::UNIX_EPOCH, measures: vec![measure(from, better)] };
            measure(to, better).since(&before).unwrap().1
        };
        assert_eq!(went(100.0, 120.0, Better::Higher), Went::Better);
        assert_eq!(went(100.0, 80.0, Better::Higher), Went::Worse);
        assert_eq!(went(100.0, 80.0, Better::Lower), Went::Better);
        assert_eq!(went(100.0, 104.0, Better::Higher), Went::Same);
        assert_eq!(went(100.0, 50.0, Better::Neither), Went::Same);
        assert_eq!(went(0.0, 3.0, Better::Lower), Went::Worse);
        let none = Before { at: Time::UNIX_EPOCH, measures: vec![] };
        assert_eq!(measure(1.0, Better::Higher).since(&none), None);
    }

    #[test]
    fn a_report_in_another_form_says_nothing_here() {
        assert!(Findings::of(&Value::Null).is_empty());
        assert!(Findings::of(&json!({ "findings": "none" })).is_empty());
    }
}
