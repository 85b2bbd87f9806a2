//! What agents ask of the server (`pitstop_domain::wire`), below `/agent/v1` on the boot address.
//!
//! - [`own`]: enrolment and heartbeats of own systems
//! - [`measurements`]: how own systems do
//! - [`maintenance`]: task and reports of maintenance images
//! - [`belongs`]: a machine that runs maintenance outside its job is told to go home
//! - [`question`]: whoever is at a machine is asked
//! - [`order`]: how a call becomes an order, and what became of it
//! - [`body`]: what they send, made fit for the store
//! - [`signatures`]: what the virus scanner knows viruses by
//! - [`captures`]: what is kept of disks, and what is restored
//! - [`console`]: a machine comes to its console
//! - [`refusal`]: every answer that is not a success

mod belongs;
mod body;
mod captures;
mod console;
mod maintenance;
mod measurements;
mod order;
mod own;
mod question;
mod refusal;
pub(crate) mod signatures;

use crate::captures::Captures;
use crate::console::Consoles;
use crate::hub::Hub;
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::HeaderMap;
use axum::routing::{get, post};
use pitstop_store::{Keys, Store};
use std::path::PathBuf;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// A report carries at most a few thousand log lines; anything larger is not from our agent.
const LARGEST_BODY: usize = 4 << 20;

/// What the handlers need.
#[derive(Clone)]
pub struct AgentApi {
    pub store: Store,
    pub keys: Keys,
    pub enrol_key: String,
    pub hub: Hub,
    /// How machines reach this server, where it was configured.
    pub boot_url: Option<String>,
    /// Folder with virus signatures.
    pub signatures: PathBuf,
    pub consoles: Arc<Consoles>,
    pub captures: Captures,
    pub stop: CancellationToken,
}

/// The routes below `/agent/v1`.
pub fn router(api: AgentApi) -> Router {
    Router::new()
        .route("/agent/v1/enrol", post(own::enrol))
        .route("/agent/v1/heartbeat", post(own::heartbeat))
        .route("/agent/v1/measurements", post(measurements::take))
        .route("/agent/v1/calls/{call}", post(order::answer))
        .route("/agent/v1/questions/{job}", post(question::told))
        .route("/agent/v1/jobs/{job}/task", get(maintenance::task))
        .route("/agent/v1/jobs/{job}/report", post(maintenance::report))
        .route("/agent/v1/jobs/{job}/ended", get(maintenance::ended))
        .route("/agent/v1/jobs/{job}/console", get(console::come))
        .route("/agent/v1/jobs/{job}/signatures", get(signatures::list))
        .route("/agent/v1/jobs/{job}/signatures/{name}", get(signatures::file))
        .layer(DefaultBodyLimit::max(LARGEST_BODY))
        .merge(captures::router())
        .with_state(api)
}

impl AgentApi {
    /// The base URL for whoever sent these headers: as configured, else as it has shown that it reaches us.
    fn base(&self, headers: &HeaderMap) -> String {
        let configured = self.boot_url.as_deref().map(|url| url.trim_end_matches('/').to_owned());
        configured.unwrap_or_else(|| {
            let host = headers.get("host").and_then(|host| host.to_str().ok()).unwrap_or_default();
            // It will stand on a kernel command line: nothing that ends a word.
            let host: String = host
                .chars()
                .filter(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':' | '[' | ']'))
                .collect();
            format!("http://{host}")
        })
    }
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    headers.get("authorization")?.to_str().ok()?.strip_prefix("Bearer ")
}
