//! The timetable, for programs: schedules, what comes day by day, windows and blackouts.

use super::{Answer, Api, Problem};
use crate::people::caller::Caller;
use crate::schedules::desk::StoreTimetable;
use crate::schedules::program::Answer as Wrote;
use crate::schedules::times::WrittenTimes;
use crate::schedules::wanted::Written;
use axum::extract::{FromRequestParts, Path, Query};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, post};
use axum::{Json, Router};
use http::request::Parts;
use pitstop_app::schedules::desk::{Asked, Filled, Timetable, View};
use serde::Deserialize;
use serde_json::json;

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
struct Mine(StoreTimetable);

impl FromRequestParts<Api> for Mine {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, Problem> {
        let caller = Caller::from_request_parts(parts, api).await?;
        Ok(Self(StoreTimetable::new(caller.gate().clone(), api.limits_percent)))
    }
}

async fn all(Mine(mine): Mine) -> Answer {
    Ok(Json(json!(mine.all().await?)))
}

async fn one(Mine(mine): Mine, Path(id): Path<String>) -> Answer {
    Ok(Json(mine.told(&id).await?))
}

#[derive(Deserialize)]
struct New {
    /// Tell what would happen, and keep nothing.
    #[serde(default)]
    dry_run: bool,
    /// Of a change: the version that was looked at.
    version: Option<i64>,
    #[serde(flatten)]
    written: Written,
}

async fn make(Mine(mine): Mine, Json(new): Json<New>) -> Result<Response, Problem> {
    match mine.write(None, new.written, None, new.dry_run).await? {
        Wrote::Would(would) => Ok(Json(json!({ "would": would })).into_response()),
        Wrote::Kept(id) => {
            let location = [("location", format!("/api/v1/schedules/{id}"))];
            Ok((StatusCode::CREATED, location, Json(json!({ "id": id }))).into_response())
        }
    }
}

async fn change(Mine(mine): Mine, Path(id): Path<String>, Json(new): Json<New>) -> Answer {
    match mine.write(Some(&id), new.written, new.version, new.dry_run).await? {
        Wrote::Would(would) => Ok(Json(json!({ "would": would }))),
        Wrote::Kept(id) => Ok(Json(json!({ "id": id }))),
    }
}

async fn remove(Mine(mine): Mine, Path(id): Path<String>) -> Answer {
    mine.act(&id, "remove", &Filled::new()).await?;
    Ok(Json(json!({})))
}

/// `pause`, `resume`; `skip`, `unskip`, `move` and `split` of an occurrence: `{"recurrence": …, "to": …}`.
async fn act(
    Mine(mine): Mine,
    Path((id, act)): Path<(String, String)>,
    body: Option<Json<Filled>>,
) -> Answer {
    let filled = body.map(|Json(filled)| filled).unwrap_or_default();
    mine.act(&id, &act, &filled).await?;
    Ok(Json(json!({})))
}

#[derive(Deserialize)]
struct WhichDays {
    at: Option<chrono::NaiveDate>,
    #[serde(default)]
    view: View,
    #[serde(default)]
    zone: String,
    #[serde(default)]
    named: String,
}

/// What was and what comes, day by day: `?view=week&at=2026-11-27&zone=Europe/Berlin`.
async fn days(Mine(mine): Mine, Query(which): Query<WhichDays>) -> Answer {
    let WhichDays { at, view, zone, named } = which;
    Ok(Json(json!(mine.days(&Asked { at, view, zone, named }).await?)))
}

/// What runs in the next seven days.
async fn forecast(Mine(mine): Mine) -> Answer {
    Ok(Json(json!(mine.forecast().await?)))
}

async fn times(Mine(mine): Mine) -> Answer {
    Ok(Json(json!(mine.all_times().await?)))
}

async fn add_times(Mine(mine): Mine, Json(written): Json<WrittenTimes>) -> Result<Response, Problem> {
    let id = mine.write_times(written).await?;
    Ok((StatusCode::CREATED, Json(json!({ "id": id }))).into_response())
}

/// Blackouts of an iCalendar text: `{"source": …, "text": …, "query": …, "zone": …}`.
async fn import_times(Mine(mine): Mine, Json(filled): Json<Filled>) -> Answer {
    Ok(Json(json!({ "blackouts": mine.import_times(&filled).await? })))
}

async fn remove_times(Mine(mine): Mine, Path(id): Path<String>) -> Answer {
    mine.remove_times(&id).await?;
    Ok(Json(json!({})))
}

async fn calendars(Mine(mine): Mine) -> Answer {
    Ok(Json(json!(mine.calendars().await?)))
}

/// An address that is read again and again: `{"source": …, "url": …, "query": …, "zone": …}`.
async fn keep_calendar(Mine(mine): Mine, Json(filled): Json<Filled>) -> Answer {
    mine.keep_calendar(&filled).await?;
    Ok(Json(json!({})))
}

/// `read` one now, or `remove` it: `{"source": …}`.
async fn act_calendar(Mine(mine): Mine, Path(act): Path<String>, Json(filled): Json<Filled>) -> Answer {
    mine.act_calendar(&act, &filled).await?;
    Ok(Json(json!({})))
}
