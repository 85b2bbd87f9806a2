//! The interface for programs: `/api/v1`, JSON, described by [`openapi`].
//!
//! - [`take`]: what is sent, taken apart; [`once`]: done once, however often it is asked for; [`pages`]: lists in windows
//! - [`jobs`]; [`machines`]: searched; [`routes`]: a machine's power routes and its probe; [`alarms`]; [`elsewhere`]: the monitoring of others; [`runs`]; [`schedules`]: the timetable; [`images`]: where versions stand; [`tests_of_images`]: whether they boot; [`trust`]: whose signatures count, and their bytes; [`uploads`]: images that come in; [`webhooks`]: who is told of events; [`metrics`]: ourselves, for Prometheus; [`problem`]: what is answered when it is not done

mod alarms;
mod captures;
pub(crate) mod elsewhere;
mod images;
mod jobs;
mod machines;
mod metrics;
mod once;
mod openapi;
mod pages;
mod problem;
mod routes;
mod runs;
mod schedules;
mod take;
mod tests_of_images;
mod trust;
pub(crate) mod uploads;
mod webhooks;

use crate::boot::silences::Silences;
use crate::captures::{Captures, desk::offer};
use crate::people::caller::Caller;
use crate::people::{Gate, On};
use crate::test_boot::TestBoots;
use crate::uploads::Uploads;
use axum::Router;
use axum::http::StatusCode;
use axum::middleware::from_fn_with_state;
use axum::routing::{get, post};
pub(crate) use openapi::described;
use pitstop_domain::function::Function;
use pitstop_domain::people::{Right, Who};
use pitstop_store::{Error, Keys, Store};
pub use problem::Problem;
use serde::Serialize;
use serde_json::Value;
use take::{Json, Path};
use utoipa::ToSchema;

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
    /// What was kept of disks.
    pub captures: Captures,
    test_boots: TestBoots,
    /// What the boot services of this process did not answer.
    silences: Silences,
}

impl Api {
    pub fn new(store: Store, keys: Keys, limits_percent: u32, uploads: Uploads, captures: Captures) -> Self {
        let test_boots = TestBoots::of(uploads.shelf().clone());
        Self { store, keys, limits_percent, uploads, captures, test_boots, silences: Silences::default() }
    }

    /// Tells of these boot services.
    pub fn hearing(self, silences: Silences) -> Self {
        Self { silences, ..self }
    }

    /// The way to the store, for one caller.
    pub(crate) fn gate(self, who: Who, came_from: String) -> Gate {
        Gate::new(self.store, who, came_from)
    }
}

pub fn router(api: Api) -> Router {
    Router::new()
        .route("/metrics", get(metrics::read))
        .route("/api/v1/openapi.json", get(openapi::read))
        .route("/api/v1/me", get(me))
        .route("/api/v1/alarms", get(alarms::open))
        .route("/api/v1/alarms/{alarm}/see", post(alarms::see))
        .route("/api/v1/functions", get(functions))
        .route("/api/v1/functions/{function}", get(function))
        .merge(captures::router())
        .merge(machines::router())
        .merge(images::router())
        .merge(jobs::router())
        .merge(runs::router())
        .merge(schedules::router())
        .merge(tests_of_images::router())
        .merge(trust::router())
        .merge(uploads::router())
        .merge(webhooks::router())
        .method_not_allowed_fallback(no_method)
        .route_layer(from_fn_with_state(api.clone(), once::once))
        .with_state(api)
}

type Answer = Result<Json<Value>, Problem>;

/// It is done, and there is nothing to tell.
#[derive(Serialize, ToSchema)]
struct Nothing {}

type Made = Result<Json<Nothing>, Problem>;

/// Whoever calls, and what they may do.
#[utoipa::path(get, path = "/api/v1/me", tag = "people", responses((status = 200, body = Who)))]
async fn me(caller: Caller) -> Json<Who> {
    Json(caller.gate().who().clone())
}

/// What maintenance can do.
#[utoipa::path(get, path = "/api/v1/functions", tag = "functions", responses((status = 200, body = Vec<Function>)))]
async fn functions(caller: Caller) -> Result<Json<Vec<Function>>, Problem> {
    let store = caller.read(Right::See, On::Somewhere).await?;
    let mut functions = store.functions().await?;
    offer(store, caller.gate().who(), None, &mut functions).await?;
    Ok(Json(functions))
}

/// A function.
#[utoipa::path(get, path = "/api/v1/functions/{function}", tag = "functions", params(("function" = String, Path)),
    responses((status = 200, body = Function)))]
async fn function(caller: Caller, Path(name): Path<String>) -> Result<Json<Function>, Problem> {
    let store = caller.read(Right::See, On::Somewhere).await?;
    let mut function = store.function(&name).await?.ok_or(Error::NotFound("function"))?;
    offer(store, caller.gate().who(), None, std::slice::from_mut(&mut function)).await?;
    Ok(Json(function))
}

async fn no_method() -> Problem {
    let words = "this address does not take this method: /api/v1/openapi.json says which it takes".to_owned();
    Problem::Unreadable { status: StatusCode::METHOD_NOT_ALLOWED, words }
}
