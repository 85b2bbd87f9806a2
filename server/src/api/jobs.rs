//! Jobs, for programs: asked for, followed, taken back, decided about.

use super::pages::{self, Paged};
use super::take::{Json, Path, Query};
use super::{Api, Made, Nothing, Problem};
use crate::captures::desk::may_take;
use crate::people::caller::Caller;
use crate::people::{Deed, On};
use crate::start::{Asked, locate, start};
use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use chrono::{DateTime, Utc};
use pitstop_domain::act::{Act, acts};
use pitstop_domain::digest::Digest;
use pitstop_domain::facts::{Decided, Decision};
use pitstop_domain::function::{Function, Task};
use pitstop_domain::id::{JobId, MachineId, RunId};
use pitstop_domain::job::{EndedAs, Phase};
use pitstop_domain::people::Right;
use pitstop_domain::preflight::{Check, Preflight, preflight};
use pitstop_domain::proof::Proof;
use pitstop_domain::route::form::{FieldError, Filled};
use pitstop_domain::step::Waiting;
use pitstop_store::jobs::{JobFilter, JobRow};
use pitstop_store::{Error, Store};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::{IntoParams, ToSchema};

/// Lines of its log that a job's story has at most.
const LINES: i64 = 500;

pub(super) fn router() -> Router<Api> {
    Router::new()
        .route("/api/v1/jobs", get(all).post(begin))
        .route("/api/v1/jobs/{job}", get(one))
        .route("/api/v1/jobs/{job}/cancel", post(cancel))
        .route("/api/v1/jobs/{job}/decide", post(decide))
}

/// A job.
#[derive(Serialize, ToSchema)]
pub(super) struct JobShown {
    id: JobId,
    machine: MachineId,
    machine_name: String,
    /// The run that started it.
    run: Option<RunId>,
    function: String,
    image: Digest,
    phase: Phase,
    /// Counts from 1 within a phase that acts (switching, restoring); 0 elsewhere.
    attempt: u32,
    ended: Option<EndedAs>,
    /// How its return was proven.
    proof: Option<Proof>,
    /// Why it waits; nothing when it is closed.
    waiting: Option<Waiting>,
    /// What its task found and measured.
    report: Option<Value>,
    /// What can be done about it now.
    acts: Vec<ActShown>,
    created_at: DateTime<Utc>,
    switching_since: Option<DateTime<Utc>>,
    /// It is shut down again when it is back, if it was off.
    off_again: bool,
    /// It was seen to be off when it was first touched.
    was_off: bool,
    closed_at: Option<DateTime<Utc>>,
}

/// Something that can be done about a job.
#[derive(Serialize, ToSchema)]
struct ActShown {
    act: Act,
    words: String,
}

/// A job with its whole story.
#[derive(Serialize, ToSchema)]
pub(super) struct JobStory {
    #[serde(flatten)]
    job: JobShown,
    /// Each move and why, oldest first.
    history: Vec<Moved>,
    /// What its power routes were asked, and what they answered.
    calls: Vec<Value>,
    /// What was seen of its machine meanwhile.
    sightings: Vec<Value>,
    /// What is known of its machine now.
    facts: Vec<Value>,
    /// What the machine said, at most 500 lines.
    log: Vec<Line>,
}

#[derive(Serialize, ToSchema)]
struct Moved {
    at: DateTime<Utc>,
    from: String,
    to: String,
    attempt: i32,
    reason: String,
}

#[derive(Serialize, ToSchema)]
#[schema(as = LogLine)]
struct Line {
    at: DateTime<Utc>,
    text: String,
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Wanted {
    /// Only of this machine.
    machine: Option<MachineId>,
    /// Only those that are not closed.
    #[serde(default)]
    #[param(required = false)]
    open: bool,
    /// Jobs in one answer; 200 unless it is said, 1000 at most.
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<u32>,
    /// Where the answer before ended: taken from its `Link`.
    cursor: Option<JobId>,
}

/// Jobs, newest first.
#[utoipa::path(get, path = "/api/v1/jobs", tag = "jobs", params(Wanted),
    responses((status = 200, body = Vec<JobShown>, headers(("link" = String, description = "RFC 8288: the address of the next window, as rel=next")))))]
pub(super) async fn all(caller: Caller, Query(wanted): Query<Wanted>) -> Result<Paged<JobShown>, Problem> {
    let limit = pages::limit(wanted.limit, 200)?;
    let filter = JobFilter {
        machine: wanted.machine,
        open: wanted.open.then_some(true),
        after: wanted.cursor,
        limit: i64::from(limit) + 1,
        scopes: caller.gate().scopes(),
        ..JobFilter::default()
    };
    let rows = caller.read(Right::See, On::Somewhere).await?.jobs(&filter).await?;
    let same = [
        wanted.machine.map(|machine| ("machine", machine.to_string())),
        wanted.open.then(|| ("open", "true".to_owned())),
        Some(("limit", limit.to_string())),
    ];
    Ok(Paged::of("/api/v1/jobs", &same, rows, limit, |row| row.job.id.to_string()).map(shown))
}

/// What a job is made of.
#[derive(Deserialize, ToSchema)]
pub(super) struct NewJob {
    machine: MachineId,
    /// The function's name.
    function: String,
    /// The whole task, for those who know its fields; else what its parameters ask for.
    #[serde(default)]
    task: Option<Task>,
    /// Answers to the function's parameters, by their fields.
    #[serde(default)]
    #[schema(value_type = std::collections::BTreeMap<String, String>)]
    parameters: Filled,
    /// If the machine was off, its own system's agent shuts it down again when it is proven back and nobody uses it.
    #[serde(default)]
    off_again: bool,
}

/// A job that was made.
#[derive(Serialize, ToSchema)]
pub(super) struct Begun {
    id: JobId,
    /// The job that has the machine, behind which the new one waits.
    behind: Option<Behind>,
    /// What was looked at before.
    checks: Vec<Check>,
}

#[derive(Serialize, ToSchema)]
struct Behind {
    job: JobId,
    phase: Phase,
    words: String,
}

/// Asks for a function on a machine.
///
/// Send an `Idempotency-Key`, so that asking again after a broken line starts nothing twice.
#[utoipa::path(post, path = "/api/v1/jobs", tag = "jobs", request_body = NewJob, params(pages::Key),
    responses((status = 201, body = Begun, headers(("location" = String)))))]
pub(super) async fn begin(
    caller: Caller,
    State(api): State<Api>,
    Json(new): Json<NewJob>,
) -> Result<Response, Problem> {
    let store = caller.read(Right::See, On::Machine(new.machine)).await?;
    let function = store.function(&new.function).await?.ok_or(Error::NotFound("function"))?;
    let (right, initiator) = (function.right(), caller.gate().who().initiator());
    let machine = store.machine(new.machine).await?.ok_or(Error::NotFound("machine"))?;
    let task = match new.task {
        Some(task) => task,
        None => {
            function.filled(&new.parameters, &machine.name).map_err(|errors| Error::Refused(told(&errors)))?
        }
    };
    may_take(caller.gate(), &task, new.machine).await?;
    let after = json!({ "function": new.function, "task": task, "off_again": new.off_again });
    let what = format!("started {}", function.title);
    let deed = Deed { after: Some(after), ..Deed::new(right, On::Machine(new.machine), what) };
    let started = caller.act(deed, |store| async move {
        let asked = Asked { task: Some(task), limits_percent: api.limits_percent, off_again: new.off_again };
        let id = start(store, new.machine, &new.function, &asked, &initiator).await?;
        let checks = looked_at(store, &function, new.machine).await?;
        Ok(Begun { id, behind: holder_of(store, new.machine, id).await?, checks })
    });
    let begun = started.await?;
    let location = [("location", format!("/api/v1/jobs/{}", begun.id))];
    Ok((StatusCode::CREATED, location, Json(begun)).into_response())
}

/// What was looked at before the job: the notes on a machine that can be started.
async fn looked_at(store: &Store, function: &Function, machine: MachineId) -> Result<Vec<Check>, Error> {
    let machine = store.machine(machine).await?.ok_or(Error::NotFound("machine"))?;
    let (images, last_netboot) = (store.images().await?, store.last_netboot(machine.id).await?);
    let checks = locate(function, &machine, &images)
        .map(|image| preflight(&Preflight { machine: &machine, image, risk: function.risk, last_netboot }));
    Ok(checks.unwrap_or_default())
}

/// All that is wrong with what was filled in.
fn told(errors: &[FieldError]) -> String {
    let each: Vec<_> = errors.iter().map(|error| format!("`{}`: {}", error.field, error.words)).collect();
    each.join("; ")
}

/// The other job that has the machine, behind which a new one waits.
async fn holder_of(store: &Store, machine: MachineId, new: JobId) -> Result<Option<Behind>, Error> {
    let filter = JobFilter { machine: Some(machine), open: Some(true), limit: 50, ..JobFilter::default() };
    let others = store.jobs(&filter).await?;
    let holder = others.into_iter().find(|row| row.job.id != new && row.job.phase.holds_machine());
    Ok(holder.map(|row| {
        let words =
            format!("{} has the machine: the new job waits until that one is closed", row.job.function);
        Behind { job: row.job.id, phase: row.job.phase, words }
    }))
}

/// A job with its whole story.
#[utoipa::path(get, path = "/api/v1/jobs/{job}", tag = "jobs", params(("job" = JobId, Path)),
    responses((status = 200, body = JobStory)))]
pub(super) async fn one(caller: Caller, Path(id): Path<JobId>) -> Result<Json<JobStory>, Problem> {
    let store = caller.read(Right::See, On::Job(id)).await?;
    let row = store.job(id).await?.ok_or(Error::NotFound("job"))?;
    let machine = row.job.machine;
    let until = row.closed_at.unwrap_or_else(|| store.now());
    let (history, calls) = (store.history(id).await?, store.calls_of(id).await?);
    let sightings = store.sightings_between(machine, row.created_at, until).await?;
    let (facts, log) = (store.facts_of(machine).await?, store.log(id, LINES).await?);
    let moved = history.into_iter().map(|h| Moved {
        at: h.at,
        from: h.from,
        to: h.to,
        attempt: h.attempt,
        reason: h.reason,
    });
    let called = calls.iter().map(|c| {
        json!({ "route": c.route.name(), "target": c.target, "state": c.state, "answer": c.answer, "phase": c.phase,
                "attempt": c.attempt, "created_at": c.created_at, "changed_at": c.changed_at })
    });
    Ok(Json(JobStory {
        job: shown(row),
        history: moved.collect(),
        calls: called.collect(),
        sightings: sightings.iter().map(|s| json!({ "at": s.at, "sighting": s.sighting })).collect(),
        facts: facts.iter().map(|s| json!({ "at": s.at, "sighting": s.sighting })).collect(),
        log: log.into_iter().map(|line| Line { at: line.at, text: line.text }).collect(),
    }))
}

/// Takes a job back; its machine is returned to its own system all the same.
#[utoipa::path(post, path = "/api/v1/jobs/{job}/cancel", tag = "jobs", params(("job" = JobId, Path), pages::Key),
    responses((status = 200, body = Nothing)))]
pub(super) async fn cancel(caller: Caller, Path(id): Path<JobId>) -> Made {
    let (by, now) = (format!("by {}", caller.gate().who()), caller.gate().now());
    let deed = Deed::new(Right::Cancel, On::Job(id), format!("took job {id} back"));
    caller.act(deed, |store| async move { store.cancel_job(id, &by, now).await }).await?;
    Ok(Json(Nothing {}))
}

#[derive(Deserialize, ToSchema)]
#[schema(as = DecisionWish)]
pub(super) struct Wish {
    decision: Decision,
}

/// Decides about a held job.
#[utoipa::path(post, path = "/api/v1/jobs/{job}/decide", tag = "jobs", params(("job" = JobId, Path), pages::Key),
    request_body = Wish, responses((status = 200, body = Nothing)))]
pub(super) async fn decide(caller: Caller, Path(id): Path<JobId>, Json(wish): Json<Wish>) -> Made {
    let after = json!({ "job": id, "decision": wish.decision });
    let deed =
        Deed { after: Some(after), ..Deed::new(Right::Decide, On::Job(id), "decided about a held job") };
    let (decided, now) =
        (Decided { what: wish.decision, by: caller.gate().who().to_string() }, caller.gate().now());
    caller.act(deed, |store| store.decide_job(id, decided, now)).await?;
    Ok(Json(Nothing {}))
}

fn shown(row: JobRow) -> JobShown {
    let can = acts(&row.job, row.cancel.is_some());
    JobShown {
        acts: can.into_iter().map(|act| ActShown { words: act.words(), act }).collect(),
        id: row.job.id,
        machine: row.job.machine,
        machine_name: row.machine_name,
        run: row.run,
        function: row.job.function,
        image: row.job.image,
        phase: row.job.phase,
        attempt: row.job.attempt,
        ended: row.job.ended,
        proof: row.job.proof,
        waiting: row.waiting,
        report: row.report,
        created_at: row.created_at,
        switching_since: row.job.switching_since,
        off_again: row.job.plan.off_again,
        was_off: row.job.was_off,
        closed_at: row.closed_at,
    }
}
