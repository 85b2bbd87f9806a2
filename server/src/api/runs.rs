//! Runs, for programs.

use super::{Answer, Api, Problem};
use crate::people::caller::Caller;
use crate::people::{Deed, On};
use crate::runs::ask::ask;
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
use pitstop_domain::people::Right;
use pitstop_domain::run::{RunPlan, Wish};
use pitstop_store::Error;
use serde::Deserialize;
use serde_json::json;

pub(super) fn router() -> Router<Api> {
    Router::new()
        .route("/api/v1/runs", get(list).post(make))
        .route("/api/v1/runs/{run}", get(one))
        .route("/api/v1/runs/{run}/pause", post(|caller, run| wish(caller, run, Wish::Pause)))
        .route("/api/v1/runs/{run}/resume", post(|caller, run| wish(caller, run, Wish::Resume)))
        .route("/api/v1/runs/{run}/cancel", post(cancel))
}

#[derive(Deserialize)]
struct Wanted {
    #[serde(default)]
    open: bool,
    before: Option<Time>,
}

async fn list(caller: Caller, Query(wanted): Query<Wanted>) -> Answer {
    let store = caller.read(Right::See, On::Somewhere).await?;
    let scopes = caller.gate().scopes();
    Ok(Json(json!(read::list(store, wanted.open, wanted.before, scopes.as_deref()).await?)))
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

async fn make(caller: Caller, State(api): State<Api>, Json(new): Json<NewRun>) -> Result<Response, Problem> {
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
        return Ok(Json(json!({ "estimate": estimate })).into_response());
    }
    let (id, estimate) = ask(caller.gate(), named, q, &plan, new.expect).await?;
    let location = [("location", format!("/api/v1/runs/{id}"))];
    Ok((StatusCode::CREATED, location, Json(json!({ "id": id, "estimate": estimate }))).into_response())
}

async fn one(caller: Caller, Path(id): Path<RunId>, Query(query): Query<MembersQuery>) -> Answer {
    let store = caller.read(Right::See, On::Run(id)).await?;
    let scopes = caller.gate().scopes();
    let page = read::page(store, id, query, scopes.as_deref()).await?.ok_or(Error::NotFound("run"))?;
    Ok(Json(json!(page)))
}

#[derive(Default, Deserialize)]
struct Cancelling {
    /// The jobs under way are taken back too.
    #[serde(default)]
    jobs: bool,
}

async fn cancel(caller: Caller, run: Path<RunId>, body: Option<Json<Cancelling>>) -> Answer {
    let jobs = body.is_some_and(|Json(cancelling)| cancelling.jobs);
    wish(caller, run, if jobs { Wish::CancelAll } else { Wish::Cancel }).await
}

async fn wish(caller: Caller, Path(id): Path<RunId>, wish: Wish) -> Answer {
    let (after, now) = (json!({ "run": id, "wish": wish }), caller.gate().now());
    let what = "wished something of a run";
    let deed = Deed { after: Some(after), ..Deed::new(Right::StartRuns, On::Run(id), what) };
    caller.act(deed, |store| store.wish_run(id, wish, now)).await?;
    Ok(Json(json!({})))
}
