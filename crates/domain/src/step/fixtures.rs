//! Values for the tests of decisions. Time is in seconds since a beginning.

use crate::Time;
use crate::ending::Ending;
use crate::facts::{CallFact, CallState, Facts, InMaintenance, Said, Seen};
use crate::function::{Limits, Task};
use crate::id::{BootId, JobId, MachineId};
use crate::job::{Job, Outcome, Phase, Plan};
use crate::machine::Firmware;
use crate::route::Route;
use chrono::{DateTime, TimeDelta};
use uuid::Uuid;

pub(super) const JOB: JobId = JobId(Uuid::from_u128(1));
pub(super) const OTHER_JOB: JobId = JobId(Uuid::from_u128(2));

pub(super) fn at(second: i64) -> Time {
    DateTime::UNIX_EPOCH + TimeDelta::seconds(second)
}

pub(super) fn boot(name: &str) -> BootId {
    BootId(name.to_owned())
}

pub(super) fn seen<T>(second: i64, what: T) -> Option<Seen<T>> {
    Some(Seen { at: at(second), what })
}

pub(super) fn limits() -> Limits {
    Limits { switch_s: 600, run_s: 3600, restore_s: 600, pickup_s: 60, dead_man_s: 300, handoff_quiet_s: 120 }
}

pub(super) fn plan(own_agent: bool, image_agent: bool) -> Plan {
    Plan {
        task: Task::Inventory,
        ending: Ending::by_agent(),
        limits: limits(),
        routes: vec![Route::Agent, Route::VirtualMachine { qmp: "qmp".to_owned() }, Route::Person],
        firmware: Firmware::Bios,
        own_agent,
        image_agent,
        probe: None,
        ask: None,
        off_again: false,
    }
}

pub(super) fn queued(own_agent: bool, image_agent: bool) -> Job {
    let digest = "0".repeat(64).parse().unwrap();
    Job::new(JOB, MachineId(Uuid::from_u128(9)), "inventory", digest, plan(own_agent, image_agent), at(0))
}

/// A job in a phase since second 1000; switching began at 500, or at 1000 where that is the phase.
pub(super) fn job_in(phase: Phase, own_agent: bool, image_agent: bool) -> Job {
    let acts = matches!(phase, Phase::Switching | Phase::Restoring);
    let began = if phase == Phase::Switching { 1000 } else { 500 };
    let over = matches!(phase, Phase::Restoring | Phase::Held | Phase::Closed);
    Job {
        phase,
        attempt: u32::from(acts),
        phase_since: at(1000),
        attempt_since: at(1000),
        switching_since: (phase != Phase::Queued).then(|| at(began)),
        boot_before: own_agent.then(|| boot("before")),
        boot_attempt: own_agent.then(|| boot("before")),
        boot_maintenance: (phase > Phase::Switching && image_agent).then(|| boot("maintenance")),
        ended: if over { super::ended(Outcome::Succeeded, "done") } else { None },
        ..queued(own_agent, image_agent)
    }
}

pub(super) fn in_maintenance(second: i64, job: JobId) -> Option<Seen<InMaintenance>> {
    seen(second, InMaintenance { job, boot_id: boot("maintenance") })
}

pub(super) fn said(second: i64, job: JobId, outcome: Outcome) -> Option<Seen<Said>> {
    seen(second, Said { job, outcome, summary: "said".to_owned() })
}

pub(super) fn call(job: &Job, state: CallState) -> CallFact {
    CallFact {
        phase: job.phase,
        attempt: job.attempt,
        state,
        since: job.attempt_since,
        boot: None,
        answer: None,
        found_off: None,
    }
}

pub(super) fn free() -> Facts {
    Facts { machine_free: true, ..Facts::default() }
}
