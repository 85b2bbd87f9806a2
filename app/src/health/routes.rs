//! The pages' routes, for who is in. What they may there, the desk decides.

use super::{alerts, edit, elsewhere, fleet, machine, rules, telling};
use axum::Router;
use axum::routing::{get, post};

pub(crate) fn closed() -> Router {
    Router::new()
        .route("/health", get(fleet::show))
        .route("/health/alerts", get(alerts::show))
        .route("/health/alerts/{health_alert}/{decision}", post(alerts::decide))
        .route("/health/questions/{question}/{decision}", post(alerts::answer))
        .route("/health/rules", get(rules::show).post(edit::keep))
        .route("/health/rules/new", get(edit::new))
        .route("/health/rules/{rule}", get(edit::change))
        .route("/health/rules/{rule}/remove", post(rules::remove))
        .route("/health/brakes", post(rules::brakes))
        .route("/health/stop", post(rules::stop))
        .route("/settings/sources", get(elsewhere::show).post(elsewhere::make))
        .route("/settings/sources/{source}", get(elsewhere::one))
        .route("/settings/sources/{source}/{act}", post(elsewhere::act))
        .route("/settings/telling", get(telling::show).post(telling::make))
        .route("/settings/telling/{listener}/{act}", post(telling::act))
        .route("/machines/{machine}/health", get(machine::show))
}
