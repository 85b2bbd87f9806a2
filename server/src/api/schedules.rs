//! The timetable, for programs: schedules, what comes day by day, windows and blackouts.

use super::take::{Json, Path, Query};
use super::{Answer, Api, Made, Nothing, Problem, pages};
use crate::people::caller::Caller;
use crate::schedules::desk::StoreTimetable;
use crate::schedules::program::Answer as Wrote;
use crate::schedules::times::WrittenTimes;
use crate::schedules::wanted::Written;
use axum::Router;
use axum::extract::FromRequestParts;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, post};
use http::request::Parts;
use pitstop_app::schedules::desk::{Asked, Filled, Timetable, View};
use serde::Deserialize;
use serde_json::json;
use utoipa::{IntoParams, ToSchema};

pub(super) fn router() -> Router<Api> {
    Router::new()
        .route("/api/v1/schedules", get(all).post(make))
        .route("/api/v1/schedules/{schedule}", get(one).put(change).delete(remove))
        .route("/api/v1/schedules/{schedule}/{act}", post(act))
        .route("/api/v1/timetable", get(days))
        .route("/api/v1/timetable/forecast", get(forecast))
        .route("/api/v1/maintenance-times", get(times).post(add_times))
        .route("/api/v1/maintenance-times/import", post(import_times))
        .route("/api/v1/maintenance-times/{times}", delete(remove_times))
        .route("/api/v1/calendars", get(calendars).post(keep_calendar))
        .route("/api/v1/calendars/{act}", post(act_calendar))
}

/// The timetable of whoever calls.
pub(super) struct Mine(StoreTimetable);

impl FromRequestParts<Api> for Mine {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, Problem> {
        let caller = Caller::from_request_parts(parts, api).await?;
        Ok(Self(StoreTimetable::new(caller.gate().clone(), api.limits_percent)))
    }
}

/// All schedules.
#[utoipa::path(get, path = "/api/v1/schedules", tag = "timetable",
    responses((status = 200, body = Vec<Object>)))]
pub(super) async fn all(Mine(mine): Mine) -> Answer {
    Ok(Json(json!(mine.all().await?)))
}

/// A schedule, with what comes and what was.
#[utoipa::path(get, path = "/api/v1/schedules/{schedule}", tag = "timetable",
    params(("schedule" = String, Path)),
    responses((status = 200, body = Object)))]
pub(super) async fn one(Mine(mine): Mine, Path(id): Path<String>) -> Answer {
    Ok(Json(mine.told(&id).await?))
}

#[derive(Deserialize, ToSchema)]
#[schema(as = NewSchedule)]
pub(super) struct New {
    /// Tell what would happen, and keep nothing.
    #[serde(default)]
    dry_run: bool,
    /// Of a change: the version that was looked at.
    version: Option<i64>,
    #[serde(flatten)]
    written: Written,
}

/// Keeps a schedule, or tells what it would do (`dry_run`).
#[utoipa::path(post, path = "/api/v1/schedules", tag = "timetable",
    request_body = New, params(pages::Key),
    responses((status = 200, body = Object, description = "What would happen (`dry_run`)"), (status = 201, body = Object, headers(("location" = String)))))]
pub(super) async fn make(Mine(mine): Mine, Json(new): Json<New>) -> Result<Response, Problem> {
    match mine.write(None, new.written, None, new.dry_run).await? {
        Wrote::Would(would) => Ok(Json(json!({ "would": would })).into_response()),
        Wrote::Kept(id) => {
            let location = [("location", format!("/api/v1/schedules/{id}"))];
            Ok((StatusCode::CREATED, location, Json(json!({ "id": id }))).into_response())
        }
    }
}

/// Changes a schedule. `version`: as it was read; where it is another by now, it is refused.
#[utoipa::path(put, path = "/api/v1/schedules/{schedule}", tag = "timetable",
    params(("schedule" = String, Path)), request_body = New,
    responses((status = 200, body = Object)))]
pub(super) async fn change(Mine(mine): Mine, Path(id): Path<String>, Json(new): Json<New>) -> Answer {
    match mine.write(Some(&id), new.written, new.version, new.dry_run).await? {
        Wrote::Would(would) => Ok(Json(json!({ "would": would }))),
        Wrote::Kept(id) => Ok(Json(json!({ "id": id }))),
    }
}

/// Removes a schedule; jobs under way go on.
#[utoipa::path(delete, path = "/api/v1/schedules/{schedule}", tag = "timetable",
    params(("schedule" = String, Path)),
    responses((status = 200, body = Nothing)))]
pub(super) async fn remove(Mine(mine): Mine, Path(id): Path<String>) -> Made {
    mine.act(&id, "remove", &Filled::new()).await?;
    Ok(Json(Nothing {}))
}

/// `pause`, `resume`; `skip`, `unskip`, `move` and `split` of an occurrence: `{"recurrence": …, "to": …}`.
#[utoipa::path(post, path = "/api/v1/schedules/{schedule}/{act}", tag = "timetable",
    params(("schedule" = String, Path), ("act" = String, Path), pages::Key), request_body = Option<Object>,
    responses((status = 200, body = Nothing)))]
pub(super) async fn act(
    Mine(mine): Mine,
    Path((id, act)): Path<(String, String)>,
    body: Option<Json<Filled>>,
) -> Made {
    let filled = body.map(|Json(filled)| filled).unwrap_or_default();
    mine.act(&id, &act, &filled).await?;
    Ok(Json(Nothing {}))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct WhichDays {
    /// A day of what is wanted; today unless it is said.
    #[param(value_type = Option<String>, format = Date)]
    at: Option<chrono::NaiveDate>,
    /// `month`, `week`, `day`, `agenda`, `year`.
    #[serde(default)]
    #[param(required = false, value_type = String)]
    view: View,
    /// Clocks, like `Europe/Berlin`.
    #[serde(default)]
    #[param(required = false)]
    zone: String,
    /// Only schedules with this in their name.
    #[serde(default)]
    #[param(required = false)]
    named: String,
    /// Only schedules that mean a machine which this search of the fleet finds, like `site:berlin label:lab`.
    #[serde(default)]
    #[param(required = false)]
    q: String,
    /// Only schedules of this function.
    #[serde(default)]
    #[param(required = false)]
    function: String,
}

/// What was and what comes, day by day: `?view=week&at=2026-11-27&zone=Europe/Berlin`.
#[utoipa::path(get, path = "/api/v1/timetable", tag = "timetable",
    params(WhichDays),
    responses((status = 200, body = Object)))]
pub(super) async fn days(Mine(mine): Mine, Query(which): Query<WhichDays>) -> Answer {
    let WhichDays { at, view, zone, named, q, function } = which;
    Ok(Json(json!(mine.days(&Asked { at, view, zone, named, q, function }).await?)))
}

/// What runs in the next seven days.
#[utoipa::path(get, path = "/api/v1/timetable/forecast", tag = "timetable",
    responses((status = 200, body = Object)))]
pub(super) async fn forecast(Mine(mine): Mine) -> Answer {
    Ok(Json(json!(mine.forecast().await?)))
}

/// Maintenance windows and blackouts.
#[utoipa::path(get, path = "/api/v1/maintenance-times", tag = "timetable",
    responses((status = 200, body = Vec<Object>)))]
pub(super) async fn times(Mine(mine): Mine) -> Answer {
    Ok(Json(json!(mine.all_times().await?)))
}

/// Keeps a maintenance window or a blackout.
#[utoipa::path(post, path = "/api/v1/maintenance-times", tag = "timetable",
    request_body = Object, params(pages::Key),
    responses((status = 201, body = Object)))]
pub(super) async fn add_times(
    Mine(mine): Mine,
    Json(written): Json<WrittenTimes>,
) -> Result<Response, Problem> {
    let id = mine.write_times(written).await?;
    Ok((StatusCode::CREATED, Json(json!({ "id": id }))).into_response())
}

/// Blackouts of an iCalendar text: `{"source": …, "text": …, "query": …, "zone": …}`.
#[utoipa::path(post, path = "/api/v1/maintenance-times/import", tag = "timetable",
    request_body = Object, params(pages::Key),
    responses((status = 200, body = Object)))]
pub(super) async fn import_times(Mine(mine): Mine, Json(filled): Json<Filled>) -> Answer {
    Ok(Json(json!({ "blackouts": mine.import_times(&filled).await? })))
}

/// Removes a window or a blackout.
#[utoipa::path(delete, path = "/api/v1/maintenance-times/{times}", tag = "timetable",
    params(("times" = String, Path)),
    responses((status = 200, body = Nothing)))]
pub(super) async fn remove_times(Mine(mine): Mine, Path(id): Path<String>) -> Made {
    mine.remove_times(&id).await?;
    Ok(Json(Nothing {}))
}

/// Calendars that are read from elsewhere.
#[utoipa::path(get, path = "/api/v1/calendars", tag = "timetable",
    responses((status = 200, body = Vec<Object>)))]
pub(super) async fn calendars(Mine(mine): Mine) -> Answer {
    Ok(Json(json!(mine.calendars().await?)))
}

/// An address that is read again and again: `{"source": …, "url": …, "query": …, "zone": …}`.
#[utoipa::path(post, path = "/api/v1/calendars", tag = "timetable",
    request_body = Object, params(pages::Key),
    responses((status = 200, body = Nothing)))]
pub(super) async fn keep_calendar(Mine(mine): Mine, Json(filled): Json<Filled>) -> Made {
    mine.keep_calendar(&filled).await?;
    Ok(Json(Nothing {}))
}

/// `read` one now, or `remove` it: `{"source": …}`.
#[utoipa::path(post, path = "/api/v1/calendars/{act}", tag = "timetable",
    params(("act" = String, Path), pages::Key), request_body = Object,
    responses((status = 200, body = Nothing)))]
pub(super) async fn act_calendar(
    Mine(mine): Mine,
    Path(act): Path<String>,
    Json(filled): Json<Filled>,
) -> Made {
    mine.act_calendar(&act, &filled).await?;
    Ok(Json(Nothing {}))
}
