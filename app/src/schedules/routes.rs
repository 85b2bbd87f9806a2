//! All routes of the timetable. What somebody may there, the desk decides.

use super::{calendar, edit, one, times};
use axum::Router;
use axum::routing::{get, post};

/// For who is in.
pub(crate) fn closed() -> Router {
    Router::new()
        .route("/schedules", get(calendar::show).post(edit::keep))
        .route("/schedules/new", get(edit::new))
        .route("/schedules/times", get(times::show).post(times::add))
        .route("/schedules/times/import", post(times::import))
        .route("/schedules/times/{times}/remove", post(times::remove))
        .route("/schedules/{schedule}", get(one::show))
        .route("/schedules/{schedule}/edit", get(edit::change))
        .route("/schedules/{schedule}/{act}", post(one::act))
}
