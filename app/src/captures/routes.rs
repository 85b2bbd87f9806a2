//! The pages' routes, for who is in. What they may there, the desk decides.

use super::{list, one};
use axum::Router;
use axum::routing::{get, post};

pub(crate) fn closed() -> Router {
    Router::new()
        .route("/captures", get(list::show))
        .route("/captures/{capture}", get(one::show))
        .route("/captures/{capture}/restore", post(one::restore))
        .route("/captures/{capture}/delete", post(one::delete))
}
