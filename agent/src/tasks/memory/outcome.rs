//! How the test went, in a line and in full.

use super::pattern;
use super::runner::{Findings, Plan, Seen};
use super::space::physical;
use crate::tasks::{human, plural};
use pitstop_domain::job::Outcome;
use pitstop_domain::report::{Better, Finding, Level, Measure};
use pitstop_domain::wire::TaskEnded;
use serde_json::{Value, json};
use std::time::Duration;

/// A test that was run.
pub struct Tested {
    pub bytes: u64,
    pub threads: usize,
    pub plan: Plan,
    pub wanted_mib: Option<u64>,
    pub took: Duration,
    pub result: Findings,
}

/// A test that could not be run.
pub fn failed(why: &str) -> TaskEnded {
    TaskEnded { outcome: Outcome::Failed, summary: why.to_owned(), report: Value::Null, inventory: None }
}

/// A test that was called off before it began.
pub fn cancelled(why: &str) -> TaskEnded {
    TaskEnded { outcome: Outcome::Cancelled, ..failed(why) }
}

impl Tested {
    pub fn ended(&self) -> TaskEnded {
        let outcome = match (self.result.stopped, self.result.errors) {
            (true, _) => Outcome::Cancelled,
            (false, 0) => Outcome::Succeeded,
            (false, _) => Outcome::Found,
        };
        TaskEnded { outcome, summary: self.summary(), report: self.report(), inventory: None }
    }

    fn summary(&self) -> String {
        let Findings { errors, passes, stopped, .. } = self.result;
        let memory = human(self.bytes);
        let done = match stopped {
            true => format!("stopped after {passes} of {} passes over {memory}", self.plan.passes),
            false => format!(
                "{passes} {} over {memory}",
                plural(passes as usize, "pass").replace("passs", "passes")
            ),
        };
        match self.result.seen.first() {
            None => format!("{done}, no error"),
            Some(first) => format!(
                "{done}, {errors} {}, first at {}, wrong bits {:#x}",
                plural(errors as usize, "error"),
                place(first),
                self.result.bits
            ),
        }
    }

    /// In the form that all functions share.
    fn findings(&self) -> Vec<Finding> {
        let tested = format!("{} were written and read back", human(self.bytes));
        let (level, says) = match (self.result.errors, self.result.stopped) {
            (0, false) => (Level::Good, format!("{tested}, no error")),
            (0, true) => (Level::Note, format!("{tested} until it was stopped, no error so far")),
            (errors, _) => {
                let first = self.result.seen.first().map(|seen| format!(", first at {}", place(seen)));
                let word = plural(errors as usize, "error");
                let first = first.unwrap_or_default();
                (
                    Level::Problem,
                    format!("{errors} {word}{first}: a memory module is bad, find and replace it"),
                )
            }
        };
        vec![Finding { level, about: "memory".to_owned(), says, done: None }]
    }

    fn measures(&self) -> Vec<Measure> {
        let rate = self.result.moved as f64 / 1e6 / self.took.as_secs_f64().max(0.001);
        let measure = |name: &str, title: &str, value: f64, unit: &str, better| Measure {
            name: name.to_owned(),
            title: title.to_owned(),
            value: value.round(),
            unit: unit.to_owned(),
            better,
        };
        vec![
            measure("memory.errors", "Memory, errors", self.result.errors as f64, "", Better::Lower),
            measure("memory.test", "Memory, test", rate, "MB/s", Better::Higher),
        ]
    }

    fn report(&self) -> Value {
        let result = &self.result;
        json!({
            "bytes": self.bytes,
            "wanted_mib": self.wanted_mib,
            "threads": self.threads,
            "passes": result.passes,
            "passes_wanted": self.plan.passes,
            "patterns": pattern::ALL.map(|pattern| pattern.name()),
            "seed": format!("{:#x}", self.plan.seed),
            "seconds": self.took.as_secs_f64(),
            "bytes_moved": result.moved,
            "bytes_per_second": (result.moved as f64 / self.took.as_secs_f64().max(0.001)) as u64,
            "errors": result.errors,
            "wrong_bits": format!("{:#018x}", result.bits),
            "findings": self.findings(),
            "measures": self.measures(),
            "faults": result.seen.iter().map(fault).collect::<Vec<_>>(),
        })
    }
}

fn place(seen: &Seen) -> String {
    match physical(seen.fault.address) {
        Some(address) => format!("physical address {address:#x}"),
        None => format!("address {:#x} (physical one not known)", seen.fault.address),
    }
}

fn fault(seen: &Seen) -> Value {
    let fault = seen.fault;
    json!({
        "physical": physical(fault.address).map(|address| format!("{address:#x}")),
        "virtual": format!("{:#x}", fault.address),
        "expected": format!("{:#018x}", fault.expected),
        "got": format!("{:#018x}", fault.got),
        "wrong_bits": format!("{:#018x}", fault.expected ^ fault.got),
        "pass": seen.pass,
        "pattern": seen.pattern.name(),
    })
}
