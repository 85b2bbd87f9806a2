//! The one event stream: `{kind, id, version}` for each change.

use crate::backend::Backend;
use axum::response::IntoResponse;
use axum::response::sse::{Event, KeepAlive, Sse};
use futures::{Stream, StreamExt};
use pitstop_domain::event::Changed;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;
use tokio_stream::wrappers::BroadcastStream;
use tokio_stream::wrappers::errors::BroadcastStreamRecvError;
use tokio_util::sync::CancellationToken;

/// Proxies cut a silent connection after 30 to 60 s.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// Streams changes until the browser goes or the server stops.
pub async fn stream(backend: Arc<dyn Backend>, stop: CancellationToken) -> impl IntoResponse {
    let events = changes(&*backend).take_until(stop.cancelled_owned());
    // `X-Accel-Buffering`: nginx would hold events back until its buffer is full.
    ([("x-accel-buffering", "no")], Sse::new(events).keep_alive(KeepAlive::new().interval(KEEP_ALIVE)))
}

fn changes(backend: &dyn Backend) -> impl Stream<Item = Result<Event, Infallible>> + use<> {
    BroadcastStream::new(backend.changes()).map(|change| Ok(event(change)))
}

/// A browser that was too slow has missed some: it is told to fetch all that it shows.
fn event(change: Result<Changed, BroadcastStreamRecvError>) -> Event {
    let resync = || Event::default().event("resync").data("{}");
    match change {
        Ok(changed) => Event::default().json_data(&changed).unwrap_or_else(|_| resync()),
        Err(BroadcastStreamRecvError::Lagged(_)) => resync(),
    }
}
