//! What agents ask of the server (`pitstop_domain::wire`), below `/agent/v1` on the boot address.
//!
//! - [`own`]: enrolment and heartbeats of own systems
//! - [`maintenance`]: task and reports of maintenance images
//! - [`order`]: how a call becomes an order, and what became of it
//! - [`body`]: what they send, made fit for the store
//! - [`refusal`]: every answer that is not a success

mod body;
mod maintenance;
mod order;
mod own;
mod refusal;

use crate::hub::Hub;
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::HeaderMap;
use axum::routing::{get, post};
use pitstop_store::{Keys, Store};

/// A report carries at most a few thousand log lines; anything larger is not from our agent.
const LARGEST_BODY: usize = 4 << 20;

/// What the handlers need.
#[derive(Clone)]
pub struct AgentApi {
    pub store: Store,
    pub keys: Keys,
    pub enrol_key: String,
    pub hub: Hub,
    /// How machines reach this server.
    pub boot_url: String,
}

/// The routes below `/agent/v1`.
pub fn router(api: AgentApi) -> Router {
    Router::new()
        .route("/agent/v1/enrol", post(own::enrol))
        .route("/agent/v1/heartbeat", post(own::heartbeat))
        .route("/agent/v1/calls/{call}", post(order::answer))
        .route("/agent/v1/jobs/{job}/task", get(maintenance::task))
        .route("/agent/v1/jobs/{job}/report", post(maintenance::report))
        .layer(DefaultBodyLimit::max(LARGEST_BODY))
        .with_state(api)
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    headers.get("authorization")?.to_str().ok()?.strip_prefix("Bearer ")
}
