//! Runs, for programs.

use super::{Answer, Api, Problem};
use crate::runs::choose::choose;
use crate::runs::{read, start};
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use pitstop_app::runs::api::MembersQuery;
use pitstop_domain::Time;
use pitstop_domain::id::RunId;
use pitstop_domain::job::Initiator;
use pitstop_domain::run::{RunPlan, Wish};
use pitstop_store::Error;
use serde::Deserialize;
use serde_json::json;

pub(super) fn router() -> Router<Api> {
    Router::new()
        .route("/api/v1/runs", get(list).post(make))
        .route("/api/v1/runs/{run}", get(one))
        .route("/api/v1/runs/{run}/pause", post(|api, run| wish(api, run, Wish::Pause)))
        .route("/api/v1/runs/{run}/resume", post(|api, run| wish(api, run, Wish::Resume)))
        .route("/api/v1/runs/{run}/cancel", post(cancel))
}

#[derive(Deserialize)]
struct Wanted {
    #[serde(default)]
    open: bool,
    before: Option<Time>,
}

async fn list(State(api): State<Api>, Query(wanted): Query<Wanted>) -> Answer {
    Ok(Json(json!(read::list(&api.store, wanted.open, wanted.before).await?)))
}

/// A run that a program asks for: a plan, and which machines.
#[derive(Deserialize)]
struct NewRun {
    /// Names or ids.
    machines: Option<Vec<String>>,
    /// The fleet's search: `site:berlin label:lab`. With `machines` both must hold.
    q: Option<String>,
    /// Tell what would happen, and start nothing.
    #[serde(default)]
    dry_run: bool,
    /// So many machines are agreed to; nothing is started where it is another number.
    expect: Option<u32>,
    #[serde(flatten)]
    plan: RunPlan,
}

async fn make(State(api): State<Api>, Json(new): Json<NewRun>) -> Result<Response, Problem> {
    if new.machines.is_none() && new.q.is_none() {
        let why =
            "say which machines: `machines` names them, `q` searches them; `\"q\": \"\"` is all of them";
        return Err(Error::Refused(why.to_owned()).into());
    }
    let plan = RunPlan { limits_percent: api.limits_percent, ..new.plan };
    let rows = choose(&api.store, new.machines.as_deref(), new.q.as_deref().unwrap_or_default()).await?;
    if new.dry_run {
        let estimate = start::would_do(&api.store, &rows, &plan).await?;
        return Ok(Json(json!({ "estimate": estimate })).into_response());
    }
    let initiator = Initiator::Program { name: "api".to_owned() };
    let (id, estimate) = start::start(&api.store, &rows, &plan, new.expect, &initiator).await?;
    let location = [("location", format!("/api/v1/runs/{id}"))];
    Ok((StatusCode::CREATED, location, Json(json!({ "id": id, "estimate": estimate }))).into_response())
}

async fn one(State(api): State<Api>, Path(id): Path<RunId>, Query(query): Query<MembersQuery>) -> Answer {
    let page = read::page(&api.store, id, query).await?.ok_or(Error::NotFound("run"))?;
    Ok(Json(json!(page)))
}

#[derive(Default, Deserialize)]
struct Cancelling {
    /// The jobs under way are taken back too.
    #[serde(default)]
    jobs: bool,
}

async fn cancel(api: State<Api>, run: Path<RunId>, body: Option<Json<Cancelling>>) -> Answer {
    let jobs = body.is_some_and(|Json(cancelling)| cancelling.jobs);
    wish(api, run, if jobs { Wish::CancelAll } else { Wish::Cancel }).await
}

async fn wish(State(api): State<Api>, Path(id): Path<RunId>, wish: Wish) -> Answer {
    api.store.wish_run(id, wish, api.store.now()).await?;
    Ok(Json(json!({})))
}
