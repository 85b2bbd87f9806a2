//! The first words of the interface for programs: `/api/v1`, JSON.
//!
//! - [`machines`]: searched; [`routes`]: a machine's power routes and its probe; [`alarms`]; [`runs`]; [`problem`]: what is answered when it is not done

mod alarms;
mod machines;
mod problem;
mod routes;
mod runs;

use crate::start::start;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post, put};
use axum::{Json, Router};
use pitstop_domain::act::acts;
use pitstop_domain::facts::{Decided, Decision};
use pitstop_domain::id::{JobId, MachineId};
use pitstop_domain::job::Initiator;
use pitstop_store::jobs::{JobFilter, JobRow};
use pitstop_store::{Error, Keys, Store};
use problem::Problem;
use serde::Deserialize;
use serde_json::{Value, json};

/// What the handlers need.
#[derive(Clone)]
pub struct Api {
    pub store: Store,
    /// Seal the secrets of routes.
    pub keys: Keys,
    pub limits_percent: u32,
}

pub fn router(api: Api) -> Router {
    Router::new()
        .route("/api/v1/machines", get(machines::found))
        .route("/api/v1/machines/import", post(machines::import))
        .route("/api/v1/machines/{machine}/routes", get(routes::read).put(routes::write))
        .route("/api/v1/machines/{machine}/probe", put(routes::set_probe))
        .route("/api/v1/alarms", get(alarms::open))
        .route("/api/v1/alarms/{alarm}/see", post(alarms::see))
        .route("/api/v1/machines/{machine}/own-image", post(own_image))
        .route("/api/v1/functions", get(functions))
        .route("/api/v1/images", get(images))
        .route("/api/v1/jobs", get(jobs).post(start_job))
        .route("/api/v1/jobs/{job}", get(job))
        .route("/api/v1/jobs/{job}/cancel", post(cancel))
        .route("/api/v1/jobs/{job}/decide", post(decide))
        .merge(runs::router())
        .with_state(api)
}

type Answer = Result<Json<Value>, Problem>;

#[derive(Deserialize)]
struct OwnImage {
    /// The name of an operational image; `null`: what is on the machine.
    image: Option<String>,
}

/// Says which image is the machine's own system, from its next boot on.
async fn own_image(
    State(api): State<Api>,
    Path(machine): Path<MachineId>,
    Json(own): Json<OwnImage>,
) -> Answer {
    api.store.set_own_image(machine, own.image.as_deref()).await?;
    Ok(Json(json!(api.store.machine(machine).await?)))
}

async fn functions(State(api): State<Api>) -> Answer {
    Ok(Json(json!(api.store.functions().await?)))
}

async fn images(State(api): State<Api>) -> Answer {
    Ok(Json(json!(api.store.images().await?)))
}

#[derive(Deserialize)]
struct Wanted {
    machine: Option<MachineId>,
    #[serde(default)]
    open: bool,
}

async fn jobs(State(api): State<Api>, Query(wanted): Query<Wanted>) -> Answer {
    let filter = JobFilter {
        machine: wanted.machine,
        open: wanted.open.then_some(true),
        limit: 200,
        ..JobFilter::default()
    };
    let jobs = api.store.jobs(&filter).await?;
    Ok(Json(jobs.iter().map(shown).collect()))
}

#[derive(Deserialize)]
struct NewJob {
    machine: MachineId,
    function: String,
    task: Option<pitstop_domain::function::Task>,
}

async fn start_job(State(api): State<Api>, Json(new): Json<NewJob>) -> Result<Response, Problem> {
    let initiator = Initiator::Program { name: "api".to_owned() };
    let id = start(&api.store, new.machine, &new.function, new.task, &initiator, api.limits_percent).await?;
    let behind = holder_of(&api.store, new.machine, id).await?;
    let location = [("location", format!("/api/v1/jobs/{id}"))];
    Ok((StatusCode::CREATED, location, Json(json!({ "id": id, "behind": behind }))).into_response())
}

/// The other job that has the machine, behind which a new one waits.
async fn holder_of(store: &Store, machine: MachineId, new: JobId) -> Result<Option<Value>, Problem> {
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
async fn job(State(api): State<Api>, Path(id): Path<JobId>) -> Answer {
    let row = api.store.job(id).await?.ok_or(Error::NotFound("job"))?;
    let history = api.store.history(id).await?;
    let calls = api.store.calls_of(id).await?;
    let until = row.closed_at.unwrap_or_else(|| api.store.now());
    let sightings = api.store.sightings_between(row.job.machine, row.created_at, until).await?;
    let log = api.store.log(id, 500).await?;
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
    let facts = api.store.facts_of(row.job.machine).await?;
    shown["facts"] = facts.iter().map(|s| json!({ "at": s.at, "sighting": s.sighting })).collect();
    shown["log"] = log.iter().map(|line| json!({ "at": line.at, "text": line.text })).collect();
    Ok(Json(shown))
}

async fn cancel(State(api): State<Api>, Path(id): Path<JobId>) -> Answer {
    api.store.cancel_job(id, "by a program", api.store.now()).await?;
    Ok(Json(json!({})))
}

#[derive(Deserialize)]
struct Wish {
    decision: Decision,
}

/// A program decides about a held job.
async fn decide(State(api): State<Api>, Path(id): Path<JobId>, Json(decided): Json<Wish>) -> Answer {
    let decided = Decided { what: decided.decision, by: "a program".to_owned() };
    api.store.decide_job(id, decided, api.store.now()).await?;
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
