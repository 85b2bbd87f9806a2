//! What a task found and measured, in one form for all functions: pages, help desk and programs read it alike.
//!
//! It stands in [`TaskEnded::report`](crate::wire::TaskEnded) and may be joined by keys of the task's own; whoever reads a
//! report takes what he knows and shows the rest as it is.

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
    fn a_report_in_another_form_says_nothing_here() {
        assert!(Findings::of(&Value::Null).is_empty());
        assert!(Findings::of(&json!({ "findings": "none" })).is_empty());
    }
}
