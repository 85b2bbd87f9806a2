//! What whoever holds the link of a call to a person is asked, and what became of it.

use chrono::TimeDelta;
use pitstop_app::go::{Asked, Stage};
use pitstop_domain::facts::CallState;
use pitstop_domain::id::{CallId, JobId};
use pitstop_domain::job::{Job, Phase};
use pitstop_domain::proof::Proof;
use pitstop_domain::route::{Route, Target};
use pitstop_store::jobs::JobRow;
use pitstop_store::orders::CallRow;
use pitstop_store::{Result, Store};

/// Whoever answered may watch the end of the trip for so long; then the link opens nothing any more.
const THANKS: TimeDelta = TimeDelta::hours(1);

/// `None`: there is no such call, or nobody is asked any more.
pub(super) async fn asked(store: &Store, job: JobId, call: CallId) -> Result<Option<Asked>> {
    let Some(call) = store.call(call).await?.filter(|call| call.job == job && call.route == Route::Person)
    else {
        return Ok(None);
    };
    let (Some(row), Some(machine)) = (store.job(job).await?, store.machine(call.machine).await?) else {
        return Ok(None);
    };
    let recent = row.closed_at.is_none_or(|at| store.now() - at < THANKS);
    let stage = match call.state {
        CallState::Waiting | CallState::Started if is_of_now(&row.job, &call) => Some(Stage::Waits),
        CallState::Accepted | CallState::Refused if recent => Some(Stage::Answered {
            done: call.state == CallState::Accepted,
            now: now(&row, call.target),
            over: row.job.phase == Phase::Closed,
        }),
        _ => None,
    };
    let (machine, site, firmware) = (machine.name, machine.site, machine.firmware);
    Ok(stage.map(|stage| Asked { machine, site, firmware, target: call.target, stage }))
}

/// Is it the call of the attempt that the job is at?
fn is_of_now(job: &Job, call: &CallRow) -> bool {
    job.phase.name() == call.phase && job.attempt == call.attempt
}

/// What the machine does, in plain words for somebody who stands before it.
fn now(row: &JobRow, asked_for: Target) -> String {
    let words = match (row.job.phase, row.job.proof) {
        (Phase::Queued, _) => "another job has the machine",
        (Phase::Switching, _) => "the machine is awaited: it should start from the network now",
        (Phase::Running, _) => "the machine is in maintenance and works; do not switch it off",
        (Phase::Restoring, _) if asked_for == Target::Maintenance => {
            "the machine is on its way back to its own system"
        }
        (Phase::Restoring, _) => "the machine is awaited: it should start its own system now",
        (Phase::Held, _) => "somebody at the dashboard has to decide what is done next",
        (Phase::Closed, Some(Proof::Untouched)) => "the machine was not changed and runs its own system",
        (Phase::Closed, Some(_)) => "the machine is back in its own system: it is done",
        (Phase::Closed, None) => {
            "the job was closed, and nobody knows whether the machine runs its own system"
        }
    };
    words.to_owned()
}
