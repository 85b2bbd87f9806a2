//! The pages' routes, for who is in. What they may there, the catalog decides.

use super::{acts, coming, image, list, machine, new, signed, signing, test_boots};
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{get, post};

pub(crate) fn closed() -> Router {
    // What stands around the files in the form is short.
    let longest = DefaultBodyLimit::max(new::AT_ONCE + (256 << 10));
    Router::new()
        .route("/images", get(list::show).post(new::add).layer(longest))
        .route("/images/new", get(new::show))
        .route("/images/coming/{coming}/{act}", post(coming::act))
        .route("/images/demands/tests", post(test_boots::demand))
        .route("/images/tests/{boot}/screen", get(test_boots::screen))
        .route("/images/{image}", get(image::show))
        .route("/images/{image}/{digest}/{move}", post(acts::act))
        .route("/images/{image}/{digest}/statement", get(signed::statement))
        .route("/settings/signatures", get(signing::show).post(signing::trust))
        .route("/settings/signatures/demand", post(signing::demand))
        .route("/settings/signatures/{signing_key}/remove", post(signing::distrust))
        .route("/machines/{machine}/images", get(machine::show))
}
