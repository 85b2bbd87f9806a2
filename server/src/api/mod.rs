//! The first words of the interface for programs: `/api/v1`, JSON.
//!
//! - [`machines`]: searched; [`routes`]: a machine's power routes and its probe; [`alarms`]; [`elsewhere`]: the monitoring of others; [`runs`]; [`schedules`]: the timetable; [`images`]: where versions stand; [`uploads`]: images that come in; [`metrics`]: ourselves, for Prometheus; [`problem`]: what is answered when it is not done

mod alarms;
pub(crate) mod elsewhere;
mod images;
mod machines;
mod metrics;
mod problem;
mod routes;
mod runs;
mod schedules;
pub(crate) mod uploads;

use crate::people::caller::Caller;
use crate::people::{Deed, Gate, On};
use crate::start::{locate, start};
use crate::uploads::Uploads;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post, put};
use axum::{Json, Router};
use pitstop_domain::act::acts;
use pitstop_domain::facts::{Decided, Decision};
use pitstop_domain::function::Function;
use pitstop_domain::id::{JobId, MachineId};
use pitstop_domain::people::{Right, Who};
use pitstop_domain::preflight::{Check, Preflight, preflight};
use pitstop_domain::route::form::{FieldError, Filled};
use pitstop_store::jobs::{JobFilter, JobRow};
use pitstop_store::{Error, Keys, Store};
pub use problem::Problem;
use serde::Deserialize;
use serde_json::{Value, json};

/// What the handlers need.
#[derive(Clone)]
pub struct Api {
    /// Reached by [`Caller`] alone.
    store: Store,
    /// Seal the secrets of routes.
    pub keys: Keys,
    pub limits_percent: u32,
    /// Where images come in, and their bytes lie.
    pub uploads: Uploads,
}

impl Api {
    pub fn new(store: Store, keys: Keys, limits_percent: u32, uploads: Uploads) -> Self {
        Self { store, keys, limits_percent, uploads }
    }

    /// The way to the store, for one caller.
    pub(crate) fn gate(self, who: Who, came_from: String) -> Gate {
        Gate::new(self.store, who, came_from)
    }
}

pub fn router(api: Api) -> Router {
    Router::new()
        .route("/metrics", get(metrics::read))
        .route("/api/v1/me", get(me))
        .route("/api/v1/machines", get(machines::found))
        .route("/api/v1/machines/import", post(machines::import))
        .route("/api/v1/machines/{machine}/routes", get(routes::read).put(routes::write))
        .route("/api/v1/machines/{machine}/probe", put(routes::set_probe))
        .route("/api/v1/alarms", get(alarms::open))
        .route("/api/v1/alarms/{alarm}/see", post(alarms::see))
        .route("/api/v1/machines/{machine}/own-image", post(own_image))
        .route("/api/v1/functions", get(functions))
        .route("/api/v1/images", get(images::all))
        .route("/api/v1/images/{digest}", get(images::one).delete(images::remove))
        .route("/api/v1/images/{digest}/promote", post(images::promote))
        .route("/api/v1/images/{digest}/roll-back", post(images::roll_back))
        .route("/api/v1/machines/{machine}/images", get(images::for_machine))
        .route("/api/v1/jobs", get(jobs).post(start_job))
        .route("/api/v1/jobs/{job}", get(job))
        .route("/api/v1/jobs/{job}/cancel", post(cancel))
        .route("/api/v1/jobs/{job}/decide", post(decide))
        .merge(runs::router())
        .merge(schedules::router())
        .merge(uploads::router())
        .with_state(api)
}

type Answer = Result<Json<Value>, Problem>;

/// Whoever calls, and what they may do.
async fn me(caller: Caller) -> Json<Value> {
    Json(json!(caller.gate().who()))
}

#[derive(Deserialize)]
struct OwnImage {
    /// The name of an operational image; `null`: what is on the machine.
    image: Option<String>,
}

/// Says which image is the machine's own system, from its next boot on.
async fn own_image(caller: Caller, Path(machine): Path<MachineId>, Json(own): Json<OwnImage>) -> Answer {
    let before = caller.read(Right::See, On::Machine(machine)).await?.machine(machine).await?;
    let deed = Deed::new(Right::EditMachines, On::Machine(machine), "changed what its own system is")
        .changes(json!(before.and_then(|machine| machine.own_image)), json!(own.image));
    let changed = caller.act(deed, |store| async move {
        store.set_own_image(machine, own.image.as_deref()).await?;
        store.machine(machine).await
    });
    Ok(Json(json!(changed.await?)))
}

async fn functions(caller: Caller) -> Answer {
    Ok(Json(json!(caller.read(Right::See, On::Somewhere).await?.functions().await?)))
}

#[derive(Deserialize)]
struct Wanted {
    machine: Option<MachineId>,
    #[serde(default)]
    open: bool,
}

async fn jobs(caller: Caller, Query(wanted): Query<Wanted>) -> Answer {
    let filter = JobFilter {
        machine: wanted.machine,
        open: wanted.open.then_some(true),
        limit: 200,
        scopes: caller.gate().scopes(),
        ..JobFilter::default()
    };
    let jobs = caller.read(Right::See, On::Somewhere).await?.jobs(&filter).await?;
    Ok(Json(jobs.iter().map(shown).collect()))
}

#[derive(Deserialize)]
struct NewJob {
    machine: MachineId,
    function: String,
    /// The whole task, for those who know its fields; else what its parameters ask for.
    task: Option<pitstop_domain::function::Task>,
    #[serde(default)]
    parameters: Filled,
}

async fn start_job(
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
    let after = json!({ "function": new.function, "task": task });
    let what = format!("started {}", function.title);
    let deed = Deed { after: Some(after), ..Deed::new(right, On::Machine(new.machine), what) };
    let started = caller.act(deed, |store| async move {
        let id = start(store, new.machine, &new.function, Some(task), &initiator, api.limits_percent).await?;
        let checks = looked_at(store, &function, new.machine).await?;
        Ok((id, holder_of(store, new.machine, id).await?, checks))
    });
    let (id, behind, checks) = started.await?;
    let location = [("location", format!("/api/v1/jobs/{id}"))];
    Ok((StatusCode::CREATED, location, Json(json!({ "id": id, "behind": behind, "checks": checks })))
        .into_response())
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
async fn holder_of(store: &Store, machine: MachineId, new: JobId) -> Result<Option<Value>, Error> {
    let filter = JobFilter { machine: Some(machine), open: Some(true), limit: 50, ..JobFilter::default() };
    let others = store.jobs(&filter).await?;
    let holder = others.into_iter().find(|row| row.job.id != new && row.job.phase.holds_machine());
    Ok(holder.map(|row| {
        let words =
            format!("{} has the machine: the new job waits until that one is closed", row.job.function);
        json!({ "job": row.job.id, "phase": row.job.phase, "words": words })
    }))
}

/// A job with its whole story.
async fn job(caller: Caller, Path(id): Path<JobId>) -> Answer {
    let store = caller.read(Right::See, On::Job(id)).await?;
    let row = store.job(id).await?.ok_or(Error::NotFound("job"))?;
    let history = store.history(id).await?;
    let calls = store.calls_of(id).await?;
    let until = row.closed_at.unwrap_or_else(|| store.now());
    let sightings = store.sightings_between(row.job.machine, row.created_at, until).await?;
    let log = store.log(id, 500).await?;
    let mut shown = shown(&row);
    shown["history"] = history
        .iter()
        .map(|h| json!({ "at": h.at, "from": h.from, "to": h.to, "attempt": h.attempt, "reason": h.reason }))
        .collect();
    shown["calls"] = calls
        .iter()
        .map(|c| json!({ "route": c.route.name(), "target": c.target, "state": c.state, "answer": c.answer,
                         "phase": c.phase, "attempt": c.attempt, "created_at": c.created_at, "changed_at": c.changed_at }))
        .collect();
    shown["sightings"] = sightings.iter().map(|s| json!({ "at": s.at, "sighting": s.sighting })).collect();
    let facts = store.facts_of(row.job.machine).await?;
    shown["facts"] = facts.iter().map(|s| json!({ "at": s.at, "sighting": s.sighting })).collect();
    shown["log"] = log.iter().map(|line| json!({ "at": line.at, "text": line.text })).collect();
    Ok(Json(shown))
}

async fn cancel(caller: Caller, Path(id): Path<JobId>) -> Answer {
    let (by, now) = (format!("by {}", caller.gate().who()), caller.gate().now());
    let deed = Deed::new(Right::Cancel, On::Job(id), format!("took job {id} back"));
    caller.act(deed, |store| async move { store.cancel_job(id, &by, now).await }).await?;
    Ok(Json(json!({})))
}

#[derive(Deserialize)]
struct Wish {
    decision: Decision,
}

/// Decides about a held job.
async fn decide(caller: Caller, Path(id): Path<JobId>, Json(wish): Json<Wish>) -> Answer {
    let after = json!({ "job": id, "decision": wish.decision });
    let deed =
        Deed { after: Some(after), ..Deed::new(Right::Decide, On::Job(id), "decided about a held job") };
    let (decided, now) =
        (Decided { what: wish.decision, by: caller.gate().who().to_string() }, caller.gate().now());
    caller.act(deed, |store| store.decide_job(id, decided, now)).await?;
    Ok(Json(json!({})))
}

fn shown(row: &JobRow) -> Value {
    json!({
        "id": row.job.id, "machine": row.job.machine, "machine_name": row.machine_name, "run": row.run,
        "function": row.job.function, "image": row.job.image, "phase": row.job.phase, "attempt": row.job.attempt,
        "ended": row.job.ended, "proof": row.job.proof, "waiting": row.waiting, "report": row.report,
        "acts": acts(&row.job, row.cancel.is_some()).iter()
            .map(|act| json!({ "act": act, "words": act.words() })).collect::<Vec<_>>(),
        "created_at": row.created_at, "switching_since": row.job.switching_since, "closed_at": row.closed_at,
    })
}
