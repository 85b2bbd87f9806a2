//! A machine comes to its console.

use super::AgentApi;
use super::maintenance::open;
use super::refusal::Refusal;
use crate::console::machine;
use axum::extract::{Path, State, WebSocketUpgrade};
use axum::http::HeaderMap;
use axum::response::Response;
use pitstop_domain::id::JobId;

/// The most that comes at once, in bytes: our agent reads 16 KiB of its terminal at a time.
const LONGEST: usize = 256 << 10;

/// `GET /agent/v1/jobs/{job}/console`: a WebSocket (`wire::ConsoleSays`).
pub(super) async fn come(
    State(api): State<AgentApi>,
    Path(id): Path<JobId>,
    headers: HeaderMap,
    upgrade: WebSocketUpgrade,
) -> Result<Response, Refusal> {
    open(&api, id, &headers).await?;
    let room = api.consoles.room(id).ok_or(Refusal::NotFound("console that waits for this machine"))?;
    let stop = api.stop.clone();
    Ok(upgrade.max_message_size(LONGEST).on_upgrade(move |socket| machine::carry(socket, room, stop)))
}
