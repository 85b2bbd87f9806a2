//! What a maintenance task does, step by step, and what it brings.

use super::super::profile::Profile;
use pitstop_domain::function::Task;
use pitstop_domain::job::Outcome;
use pitstop_domain::wire::{Progress, TaskEnded};
use serde_json::{Value, json};
use std::time::Duration;

/// Steps of a task: enough that a page's progress bar moves.
const STEPS: u32 = 20;
const INVENTORY_STEPS: u32 = 4;
const INVENTORY_S: f64 = 3.0;
/// Seconds a GiB and pass, with all cores at work.
const MEMORY_S_PER_GIB: f64 = 6.0;

/// A task under way.
#[derive(Clone, Debug)]
pub(super) struct Work {
    task: Task,
    step: u32,
    steps: u32,
    takes: Duration,
}

impl Work {
    pub fn new(task: &Task, profile: &Profile) -> Self {
        let (steps, seconds) = match task {
            Task::None => (0, 0.0),
            Task::MemoryTest { passes, .. } => {
                (STEPS, tested_gib(task, profile) * MEMORY_S_PER_GIB * f64::from(*passes))
            }
            // Fake machines look, whatever else they are asked to do.
            _ => (INVENTORY_STEPS, INVENTORY_S),
        };
        let takes = profile.pace(seconds / f64::from(steps.max(1)));
        Self { task: task.clone(), step: 0, steps, takes }
    }

    /// How long the next step takes; `None` when there is none.
    pub fn step_takes(&self) -> Option<Duration> {
        (self.step < self.steps).then_some(self.takes)
    }

    pub fn advance(&mut self) -> Progress {
        self.step += 1;
        let permille = (1000 * self.step / self.steps.max(1)).min(1000) as u16;
        let text = match self.task {
            Task::MemoryTest { .. } => {
                format!("writing and reading patterns, {} of {}", self.step, self.steps)
            }
            _ => "looking at the machine".to_owned(),
        };
        Progress { permille, text }
    }

    /// A line for the log, now and then.
    pub fn line(&self) -> Option<String> {
        let quarter = (self.steps / 4).max(1);
        self.step.is_multiple_of(quarter).then(|| format!("step {} of {} is done", self.step, self.steps))
    }

    pub fn is_halfway(&self) -> bool {
        self.step == self.steps.div_ceil(2)
    }

    pub fn is_done(&self) -> bool {
        self.step >= self.steps
    }

    pub fn result(&self, profile: &Profile) -> TaskEnded {
        match self.task {
            Task::MemoryTest { passes, .. } => {
                memory_tested(passes, tested_gib(&self.task, profile), profile)
            }
            _ => inventory(profile),
        }
    }

    /// Stopped before its end, as asked.
    pub fn stopped() -> TaskEnded {
        let summary = "stopped as asked".to_owned();
        TaskEnded { outcome: Outcome::Cancelled, summary, report: Value::Null, inventory: None }
    }
}

fn tested_gib(task: &Task, profile: &Profile) -> f64 {
    match task {
        Task::MemoryTest { mib: Some(mib), .. } => *mib as f64 / 1024.0,
        // The system itself needs some.
        _ => profile.memory_gib as f64 * 0.97,
    }
}

fn inventory(profile: &Profile) -> TaskEnded {
    let found = profile.inventory(true);
    let summary = format!(
        "{} {}, {} ({} cores), {} GiB, 1 disk, 1 network card",
        found.vendor, found.model, found.cpu, found.cores, profile.memory_gib
    );
    TaskEnded { outcome: Outcome::Succeeded, summary, report: json!(found), inventory: Some(found) }
}

/// A bad module shows as one bit that is wrong at a few places near each other.
fn memory_tested(passes: u32, gib: f64, profile: &Profile) -> TaskEnded {
    let word = if passes == 1 { "pass" } else { "passes" };
    let done = format!("{passes} {word} over {gib:.1} GiB");
    let (outcome, errors, summary) = if profile.quirks.faulty_memory {
        let address = 0x1_0000_0000_u64 + (profile.seed % (1 << 30)) * 8;
        let summary = format!("{done}, 3 errors, first at physical address {address:#x}, wrong bits 0x400");
        (Outcome::Found, 3, summary)
    } else {
        (Outcome::Succeeded, 0, format!("{done}, no error"))
    };
    let report = json!({
        "bytes": (gib * f64::from(1 << 30)) as u64,
        "passes": passes,
        "threads": profile.model.cores,
        "errors": errors,
        "wrong_bits": if errors > 0 { "0x0000000000000400" } else { "0x0000000000000000" },
    });
    TaskEnded { outcome, summary, report, inventory: Some(profile.inventory(true)) }
}
