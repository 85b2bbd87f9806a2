//! Captures, for programs: what was kept of disks. They are made and restored by the functions `capture` and `restore`.

use super::take::{Json, Path, Query};
use super::{Api, Made, Nothing, Problem, pages};
use crate::captures::desk::StoreCaptures;
use crate::people::caller::Caller;
use axum::Router;
use axum::extract::FromRequestParts;
use axum::routing::get;
use http::request::Parts;
use pages::Paged;
use pitstop_app::captures::desk::CaptureDesk;
use pitstop_domain::capture::Capture;
use pitstop_domain::id::CaptureId;
use serde::Deserialize;
use utoipa::IntoParams;

/// Captures in one answer, unless it is said.
const USUAL: u32 = 100;

pub(super) fn router() -> Router<Api> {
    Router::new()
        .route("/api/v1/captures", get(all))
        .route("/api/v1/captures/{capture}", get(one).delete(remove))
}

/// The captures of whoever calls.
pub(super) struct Mine(StoreCaptures);

impl FromRequestParts<Api> for Mine {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, Problem> {
        let caller = Caller::from_request_parts(parts, api).await?;
        Ok(Self(StoreCaptures::new(caller.gate().clone(), api.captures.clone(), api.limits_percent)))
    }
}

/// Which of them.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub(super) struct Which {
    limit: Option<u32>,
    /// Where the last answer ended, as its `Link` has it.
    cursor: Option<CaptureId>,
}

/// What was kept of disks, the newest first.
#[utoipa::path(get, path = "/api/v1/captures", tag = "captures", params(Which),
    responses((status = 200, body = Vec<Capture>, headers(("link" = String)))))]
pub(super) async fn all(Mine(mine): Mine, Query(which): Query<Which>) -> Result<Paged<Capture>, Problem> {
    let limit = pages::limit(which.limit, USUAL)?;
    let rows = mine.all(which.cursor, limit + 1).await?;
    let same = [which.limit.map(|limit| ("limit", limit.to_string()))];
    Ok(Paged::of("/api/v1/captures", &same, rows, limit, |capture| capture.id.to_string()))
}

/// A capture.
#[utoipa::path(get, path = "/api/v1/captures/{capture}", tag = "captures", params(("capture" = CaptureId, Path)),
    responses((status = 200, body = Capture)))]
pub(super) async fn one(Mine(mine): Mine, Path(id): Path<CaptureId>) -> Result<Json<Capture>, Problem> {
    Ok(Json(mine.one(id).await?))
}

/// Deletes a capture, with its bytes. Refused while a job works with it.
#[utoipa::path(delete, path = "/api/v1/captures/{capture}", tag = "captures", params(("capture" = CaptureId, Path)),
    responses((status = 200, body = Nothing)))]
pub(super) async fn remove(Mine(mine): Mine, Path(id): Path<CaptureId>) -> Made {
    mine.delete(id).await?;
    Ok(Json(Nothing {}))
}
