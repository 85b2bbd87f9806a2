//! Runs, for programs.

use super::take::{Json, Path, Query};
use super::{Api, Made, Nothing, Problem, pages};
use crate::people::caller::Caller;
use crate::people::{Deed, On};
use crate::runs::ask::ask;
use crate::runs::choose::choose;
use crate::runs::{read, start};
use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use pitstop_app::runs::api::{MembersQuery, RunPage, Runs};
use pitstop_domain::Time;
use pitstop_domain::id::RunId;
use pitstop_domain::people::Right;
use pitstop_domain::run::{RunPlan, Wish};
use pitstop_store::Error;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::{IntoParams, ToSchema};

pub(super) fn router() -> Router<Api> {
    Router::new()
        .route("/api/v1/runs", get(list).post(make))
        .route("/api/v1/runs/{run}", get(one))
        .route("/api/v1/runs/{run}/pause", post(pause))
        .route("/api/v1/runs/{run}/resume", post(resume))
        .route("/api/v1/runs/{run}/cancel", post(cancel))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Wanted {
    /// Only those that are not over.
    #[serde(default)]
    #[param(required = false)]
    open: bool,
    /// Runs made before this moment: `more` of the answer before.
    #[param(value_type = Option<String>, format = DateTime)]
    before: Option<Time>,
}

/// Runs, newest first, in windows of 50.
#[utoipa::path(get, path = "/api/v1/runs", tag = "runs", params(Wanted), responses((status = 200, body = Runs)))]
pub(super) async fn list(caller: Caller, Query(wanted): Query<Wanted>) -> Result<Json<Runs>, Problem> {
    let store = caller.read(Right::See, On::Somewhere).await?;
    let scopes = caller.gate().scopes();
    Ok(Json(read::list(store, wanted.open, wanted.before, scopes.as_deref()).await?))
}

/// A run that a program asks for: a plan, and which machines.
#[derive(Deserialize, ToSchema)]
pub(super) struct NewRun {
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

/// A run that was made, or would be.
#[derive(Serialize, ToSchema)]
pub(super) struct RunMade {
    /// Nothing where it was only asked what would happen.
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<RunId>,
    /// Which machines, in which waves, how long, and what is said of them.
    estimate: Value,
}

/// Starts a function on many machines, or tells what would happen (`dry_run`).
#[utoipa::path(post, path = "/api/v1/runs", tag = "runs", request_body = NewRun, params(pages::Key),
    responses((status = 200, body = RunMade, description = "What would happen"),
        (status = 201, body = RunMade, headers(("location" = String)))))]
pub(super) async fn make(
    caller: Caller,
    State(api): State<Api>,
    Json(new): Json<NewRun>,
) -> Result<Response, Problem> {
    if new.machines.is_none() && new.q.is_none() {
        let why =
            "say which machines: `machines` names them, `q` searches them; `\"q\": \"\"` is all of them";
        return Err(Error::Refused(why.to_owned()).into());
    }
    let plan = RunPlan { limits_percent: api.limits_percent, ..new.plan };
    let (named, q) = (new.machines.as_deref(), new.q.as_deref().unwrap_or_default());
    if new.dry_run {
        let store = caller.read(Right::See, On::Somewhere).await?;
        let rows = choose(store, caller.gate().who(), named, q).await?;
        let estimate = start::would_do(store, &rows, &plan).await?;
        return Ok(Json(RunMade { id: None, estimate: json!(estimate) }).into_response());
    }
    let (id, estimate) = ask(caller.gate(), named, q, &plan, new.expect).await?;
    let location = [("location", format!("/api/v1/runs/{id}"))];
    let made = RunMade { id: Some(id), estimate: json!(estimate) };
    Ok((StatusCode::CREATED, location, Json(made)).into_response())
}

/// A run, with a window of its machines (100; `page` counts from 1).
#[utoipa::path(get, path = "/api/v1/runs/{run}", tag = "runs",
    params(("run" = RunId, Path), ("show" = Option<String>, Query, description = "Only machines that are counted as this: `held`, `failed`, …"), ("page" = Option<u32>, Query)),
    responses((status = 200, body = Object)))]
pub(super) async fn one(
    caller: Caller,
    Path(id): Path<RunId>,
    Query(query): Query<MembersQuery>,
) -> Result<Json<RunPage>, Problem> {
    let store = caller.read(Right::See, On::Run(id)).await?;
    let scopes = caller.gate().scopes();
    let page = read::page(store, id, query, scopes.as_deref()).await?.ok_or(Error::NotFound("run"))?;
    Ok(Json(page))
}

#[derive(Default, Deserialize, ToSchema)]
pub(super) struct Cancelling {
    /// The jobs under way are taken back too.
    #[serde(default)]
    jobs: bool,
}

/// No machine is taken any more.
#[utoipa::path(post, path = "/api/v1/runs/{run}/pause", tag = "runs", params(("run" = RunId, Path), pages::Key),
    responses((status = 200, body = Nothing)))]
pub(super) async fn pause(caller: Caller, run: Path<RunId>) -> Made {
    wish(caller, run, Wish::Pause).await
}

/// It goes on.
#[utoipa::path(post, path = "/api/v1/runs/{run}/resume", tag = "runs", params(("run" = RunId, Path), pages::Key),
    responses((status = 200, body = Nothing)))]
pub(super) async fn resume(caller: Caller, run: Path<RunId>) -> Made {
    wish(caller, run, Wish::Resume).await
}

/// Takes a run back: no further machine is taken.
#[utoipa::path(post, path = "/api/v1/runs/{run}/cancel", tag = "runs", params(("run" = RunId, Path), pages::Key),
    request_body = Option<Cancelling>, responses((status = 200, body = Nothing)))]
pub(super) async fn cancel(caller: Caller, run: Path<RunId>, body: Option<Json<Cancelling>>) -> Made {
    let jobs = body.is_some_and(|Json(cancelling)| cancelling.jobs);
    wish(caller, run, if jobs { Wish::CancelAll } else { Wish::Cancel }).await
}

async fn wish(caller: Caller, Path(id): Path<RunId>, wish: Wish) -> Made {
    let (after, now) = (json!({ "run": id, "wish": wish }), caller.gate().now());
    let what = "wished something of a run";
    let deed = Deed { after: Some(after), ..Deed::new(Right::StartRuns, On::Run(id), what) };
    caller.act(deed, |store| store.wish_run(id, wish, now)).await?;
    Ok(Json(Nothing {}))
}
