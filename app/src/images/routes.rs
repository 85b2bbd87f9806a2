//! The pages' routes, for who is in. What they may there, the catalog decides.

use super::{acts, image, list, machine};
use axum::Router;
use axum::routing::{get, post};

pub(crate) fn closed() -> Router {
    Router::new()
        .route("/images", get(list::show))
        .route("/images/{image}", get(image::show))
        .route("/images/{image}/{digest}/{move}", post(acts::act))
        .route("/machines/{machine}/images", get(machine::show))
}
