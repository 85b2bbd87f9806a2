//! The pages' routes, for who is in. What they may there, the desk decides.

use super::{list, one};
use axum::Router;
use axum::routing::{get, post};

pub(crate) fn closed() -> Router {
    Router::new()
        .route("/settings/webhooks", get(list::show).post(list::make))
        .route("/settings/webhooks/{webhook}", get(one::show).post(one::change))
        .route("/settings/webhooks/{webhook}/{act}", post(one::act))
        .route("/settings/webhooks/{webhook}/deliveries/{delivery}", post(one::again))
}
