//! The bridge to the real decision: rows become the values that [`step`] takes, and its answer becomes a row.

use super::case::{Case, Mutant};
use super::state::{Boot, CallRow, Decided, FactRows, JobNo, JobRow, QuestionRow, Rung, T, TICK, Wish};
use chrono::{DateTime, TimeDelta};
use pitstop_domain::Time;
use pitstop_domain::ask::{Answer, Question};
use pitstop_domain::facts::{CallFact, Decision, Facts, InMaintenance, Said, Seen};
use pitstop_domain::id::{BootId, JobId};
use pitstop_domain::job::{EndedAs, Job, Outcome};
use pitstop_domain::presence::Presence;
use pitstop_domain::route::Route;
use pitstop_domain::sighting::FetchStep;
use pitstop_domain::step::off_again::FoundOff;
use pitstop_domain::step::{Command, step};
use uuid::Uuid;

/// What is read beside the sightings: calls of the job's phase, whether one ever left our hands, who else is there.
pub struct Beside {
    pub calls: Vec<CallRow>,
    pub touched: bool,
    pub free: bool,
    pub question: Option<QuestionRow>,
    /// The job before was about to shut the machine down.
    pub to_be_off: bool,
    /// The own system's agent is heard now: is somebody there?
    pub present: Option<bool>,
}

/// Asks the real [`step`].
pub fn decide(case: &Case, no: JobNo, row: &JobRow, facts: &FactRows, beside: &Beside, now: T) -> Decided {
    let decided = step(&job(case, no, row), &facts_of(case, no, row, facts, beside, now), time(now));
    let restart = decided.commands.iter().find_map(|command| match command {
        Command::Restart { route: Route::Agent, .. } => Some(Rung::Agent),
        Command::Restart { .. } => Some(Rung::Board),
        _ => None,
    });
    let has = |wanted: &Command| decided.commands.contains(wanted);
    Decided {
        row: row_of(row, &decided.job),
        moved: decided.moved.is_some(),
        assign: has(&Command::Assign),
        unassign: has(&Command::Unassign),
        void: has(&Command::VoidCalls),
        ask: has(&Command::Ask),
        shut_down: decided.commands.iter().find_map(|command| match command {
            Command::ShutDown { boot: of } => Some(boot(of)),
            _ => None,
        }),
        restart,
        wake_at: decided.wake_at.map(|at| look_at(moment(at), now)),
    }
}

/// Limits are looked at a little late, never early.
fn look_at(at: T, now: T) -> T {
    if at <= now { at } else { at.div_ceil(TICK) * TICK }
}

fn time(at: T) -> Time {
    DateTime::UNIX_EPOCH + TimeDelta::seconds(i64::from(at))
}

fn moment(at: Time) -> T {
    at.timestamp() as T
}

fn id(no: JobNo) -> JobId {
    JobId(Uuid::from_u128(no as u128 + 1))
}

fn boot_id(boot: Boot) -> BootId {
    BootId(boot.to_string())
}

fn boot(id: &BootId) -> Boot {
    id.0.parse().unwrap()
}

fn job(case: &Case, no: JobNo, row: &JobRow) -> Job {
    Job {
        id: id(no),
        phase: row.phase,
        attempt: row.attempt.into(),
        phase_since: time(row.phase_since),
        attempt_since: time(row.attempt_since),
        switching_since: row.switching_since.map(time),
        boot_before: row.boot_before.map(boot_id),
        boot_attempt: row.boot_attempt.map(boot_id),
        boot_maintenance: row.boot_maintenance.map(boot_id),
        ended: row.outcome.map(|outcome| EndedAs { outcome, because: String::new() }),
        proof: row.proof,
        was_off: row.was_off,
        ..case.job.clone()
    }
}

fn row_of(before: &JobRow, job: &Job) -> JobRow {
    JobRow {
        phase: job.phase,
        attempt: job.attempt as u8,
        phase_since: moment(job.phase_since),
        attempt_since: moment(job.attempt_since),
        switching_since: job.switching_since.map(moment),
        boot_before: job.boot_before.as_ref().map(boot),
        boot_attempt: job.boot_attempt.as_ref().map(boot),
        boot_maintenance: job.boot_maintenance.as_ref().map(boot),
        outcome: job.ended.as_ref().map(|ended| ended.outcome),
        proof: job.proof,
        was_off: job.was_off,
        ..*before
    }
}

fn facts_of(case: &Case, no: JobNo, row: &JobRow, facts: &FactRows, beside: &Beside, now: T) -> Facts {
    let seen_at = |at: T| Seen { at: time(at), what: () };
    let outcome = Outcome::Succeeded;
    Facts {
        own_agent: facts.own.map(|(at, boot, _)| Seen { at: time(at), what: boot_id(boot) }),
        own_first_heard: facts
            .own
            .map(|(.., first)| time(first))
            .filter(|_| !case.is(Mutant::LastWordForFirst)),
        maintenance_agent: facts.maintenance.map(|(at, job, boot)| Seen {
            at: time(at),
            what: InMaintenance { job: id(job), boot_id: boot_id(boot) },
        }),
        asked_to_boot: facts.asked.map(seen_at),
        sent_home: facts.home.map(seen_at),
        fetched: (facts.fetched.iter().filter(|(_, job)| *job == no))
            .map(|(at, _)| Seen { at: time(*at), what: FetchStep::Initrd })
            .collect(),
        reported: facts.reported.map(|(at, job)| Seen {
            at: time(at),
            what: Said { job: id(job), outcome, summary: String::new() },
        }),
        calls: beside.calls.iter().map(call_of).collect(),
        touched: beside.touched,
        machine_free: beside.free,
        to_be_off: beside.to_be_off,
        cancel: row.cancel.map(|at| Seen { at: time(at), what: String::new() }),
        decision: row.decision.map(|(at, wish)| Seen { at: time(at), what: person(wish) }),
        presence: beside.present.map(|there| Seen {
            at: time(now),
            what: Presence { people: there.into(), asks: true, ..Presence::default() },
        }),
        question: beside.question.map(|question| question_of(case, question)),
        ..Facts::default()
    }
}

fn question_of(case: &Case, row: QuestionRow) -> Question {
    let shown = row.shown.or(Some(row.asked).filter(|_| case.is(Mutant::ShownWhenPut)));
    let answer = |yes| if yes { Answer::Yes } else { Answer::No(String::new()) };
    Question {
        asked_at: time(row.asked),
        round: row.round.into(),
        snoozed_at: row.snoozed.map(time),
        shown_at: shown.map(time),
        answer: row.answer.map(|(at, yes)| Seen { at: time(at), what: answer(yes) }),
    }
}

fn call_of(call: &CallRow) -> CallFact {
    CallFact {
        phase: call.phase,
        attempt: call.attempt.into(),
        state: call.state.seen(),
        since: time(call.phase_since),
        boot: call.boot.map(boot_id),
        answer: None,
        found_off: call.found_off.then_some(FoundOff::Board),
    }
}

fn person(wish: Wish) -> pitstop_domain::facts::Decided {
    let what = match wish {
        Wish::TryAgain => Decision::TryAgain,
        Wish::Confirm => Decision::ConfirmOwnSystem,
        Wish::GiveUp => Decision::GiveUp,
    };
    pitstop_domain::facts::Decided { what, by: String::new() }
}
