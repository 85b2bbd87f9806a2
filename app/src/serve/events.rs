//! The one event stream: `{kind, id, version}` for each change that this person may see. It ends with their session.

use crate::people::door::{Door, Entered, Shown};
use axum::Extension;
use axum::extract::{Request, State};
use axum::response::IntoResponse;
use axum::response::sse::{Event, KeepAlive, Sse};
use futures::{Stream, StreamExt, stream};
use pitstop_domain::event::{Changed, Noun};
use pitstop_domain::people::{Right, Subject};
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use tokio::time::{Interval, MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

/// Proxies cut a silent connection after 30 to 60 s.
const KEEP_ALIVE: Duration = Duration::from_secs(15);
/// A session that ends is told of at once; one that runs out is not, and a signal may be lost.
const LOOK_AGAIN: Duration = Duration::from_secs(20);

/// Streams changes until the browser goes, the session ends, or the server stops.
pub async fn stream(
    State((door, stop)): State<(Arc<dyn Door>, CancellationToken)>,
    Extension(entered): Extension<Entered>,
    request: Request,
) -> impl IntoResponse {
    let shown = Shown::of(&*door, &request);
    let events = changes(door, entered, shown).take_until(stop.cancelled_owned());
    // `X-Accel-Buffering`: nginx would hold events back until its buffer is full.
    ([("x-accel-buffering", "no")], Sse::new(events).keep_alive(KeepAlive::new().interval(KEEP_ALIVE)))
}

struct Listening {
    door: Arc<dyn Door>,
    shown: Shown,
    entered: Entered,
    changes: Receiver<Changed>,
    look: Interval,
}

fn changes(
    door: Arc<dyn Door>,
    entered: Entered,
    shown: Shown,
) -> impl Stream<Item = Result<Event, Infallible>> + use<> {
    let mut look = interval(LOOK_AGAIN);
    look.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let changes = entered.backend.changes();
    stream::unfold(Listening { door, shown, entered, changes, look }, |mut state| async move {
        let event = state.next().await?;
        Some((Ok(event), state))
    })
}

impl Listening {
    /// `None`: whoever listened is no longer in.
    async fn next(&mut self) -> Option<Event> {
        loop {
            let changed = tokio::select! {
                changed = self.changes.recv() => changed,
                _ = self.look.tick() => {
                    self.still_in().await?;
                    continue;
                }
            };
            match changed {
                // Somebody was locked out or given other roles, or a session was ended.
                Ok(changed) if changed.kind == Noun::Person => {
                    self.still_in().await?;
                    if self.manages_people() {
                        return Some(event(&changed));
                    }
                }
                Ok(changed) if self.entered.backend.sees(&changed).await => return Some(event(&changed)),
                Ok(_) => {}
                Err(RecvError::Lagged(_)) => return Some(resync()),
                Err(RecvError::Closed) => return None,
            }
        }
    }

    fn manages_people(&self) -> bool {
        self.entered.who.may(Right::ManagePeople, &Subject::Installation).is_ok()
    }

    /// A database that is away for a moment signs nobody out.
    async fn still_in(&mut self) -> Option<()> {
        if let Ok(now) = self.door.enter(&self.shown, false).await {
            self.entered = now?;
        }
        Some(())
    }
}

fn event(changed: &Changed) -> Event {
    Event::default().json_data(changed).unwrap_or_else(|_| resync())
}

/// A browser that was too slow has missed some: it is told to fetch all that it shows.
fn resync() -> Event {
    Event::default().event("resync").data("{}")
}
