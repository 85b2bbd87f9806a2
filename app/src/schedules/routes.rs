//! All routes of the timetable. What somebody may there, the desk decides.

use super::{calendar, calendars, edit, feed, forecast, one, times};
use crate::people::door::Door;
use axum::Router;
use axum::routing::{get, post};
use std::sync::Arc;

/// For who is in.
pub(crate) fn closed() -> Router {
    Router::new()
        .route("/schedules", get(calendar::show).post(edit::keep))
        .route("/schedules/feed", post(feed::make))
        .route("/schedules/forecast", get(forecast::show))
        .route("/schedules/new", get(edit::new))
        .route("/schedules/times", get(times::show).post(times::add))
        .route("/schedules/times/import", post(times::import))
        .route("/schedules/times/{times}/remove", post(times::remove))
        .route("/schedules/times/{times}/stretch", post(times::stretch))
        .merge(calendars::closed())
        .route("/schedules/{schedule}", get(one::show))
        .route("/schedules/{schedule}/edit", get(edit::change))
        .route("/schedules/{schedule}/{act}", post(one::act))
}

/// For everybody: calendar programs cannot sign in, and have a secret address instead, which opens nothing else.
pub(crate) fn open(door: Arc<dyn Door>) -> Router {
    Router::new().route("/calendar/{token}", get(feed::show)).with_state(door)
}
