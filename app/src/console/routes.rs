//! The pages' routes, for who is in. What they may there, the backend decides.

use super::{page, replay};
use axum::Router;
use axum::routing::get;

pub(crate) fn closed() -> Router {
    Router::new()
        .route("/jobs/{job}/console", get(page::show))
        .route("/jobs/{job}/console/{recording}", get(replay::show))
}
