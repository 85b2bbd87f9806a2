//! The pages' routes, for who is in. What they may there, the desk decides.

use super::{edit, list, one};
use axum::Router;
use axum::routing::{get, post};

pub(crate) fn closed() -> Router {
    Router::new()
        .route("/functions", get(list::show).post(edit::keep))
        .route("/functions/new", get(edit::new))
        .route("/functions/{function}", get(one::show))
        .route("/functions/{function}/edit", get(edit::change))
        .route("/functions/{function}/remove", post(edit::remove))
}
