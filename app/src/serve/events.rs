//! The one event stream: `{kind, id, version}` for each change that this person may see, from the place on at which their
//! page was drawn. It ends with their session.

use crate::live::told::{Listening as Heard, News, Place};
use crate::people::door::{Door, Entered, Shown};
use axum::Extension;
use axum::extract::{Query, Request, State};
use axum::response::IntoResponse;
use axum::response::sse::{Event, KeepAlive, Sse};
use futures::{Stream, StreamExt, stream};
use pitstop_domain::event::Noun;
use pitstop_domain::people::{Right, Subject};
use serde::Deserialize;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Interval, MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

/// Proxies cut a silent connection after 30 to 60 s.
const KEEP_ALIVE: Duration = Duration::from_secs(15);
/// A session that ends is told of at once; one that runs out is not, and a signal may be lost.
const LOOK_AGAIN: Duration = Duration::from_secs(20);

/// What a page says of itself.
#[derive(Deserialize)]
pub struct Asked {
    /// The place at which it was drawn, or that it heard last.
    since: Option<String>,
}

/// Streams changes until the browser goes, the session ends, or the server stops.
pub async fn stream(
    State((door, stop)): State<(Arc<dyn Door>, CancellationToken)>,
    Extension(entered): Extension<Entered>,
    Query(asked): Query<Asked>,
    request: Request,
) -> impl IntoResponse {
    let shown = Shown::of(&*door, &request);
    let since = asked.since.and_then(|since| since.parse().ok());
    let events = changes(door, entered, shown, since).take_until(stop.cancelled_owned());
    // `X-Accel-Buffering`: nginx would hold events back until its buffer is full.
    ([("x-accel-buffering", "no")], Sse::new(events).keep_alive(KeepAlive::new().interval(KEEP_ALIVE)))
}

struct Listening {
    door: Arc<dyn Door>,
    shown: Shown,
    entered: Entered,
    changes: Heard,
    look: Interval,
}

fn changes(
    door: Arc<dyn Door>,
    entered: Entered,
    shown: Shown,
    since: Option<Place>,
) -> impl Stream<Item = Result<Event, Infallible>> + use<> {
    let mut look = interval(LOOK_AGAIN);
    look.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let changes = entered.backend.told().since(since);
    stream::unfold(Listening { door, shown, entered, changes, look }, |mut state| async move {
        let event = state.next().await?;
        Some((Ok(event), state))
    })
}

impl Listening {
    /// `None`: whoever listened is no longer in.
    async fn next(&mut self) -> Option<Event> {
        loop {
            let news = tokio::select! {
                news = self.changes.next() => news,
                _ = self.look.tick() => {
                    self.still_in().await?;
                    continue;
                }
            };
            match &news.changed {
                None => return Some(event(&news)),
                // Somebody was locked out or given other roles, or a session was ended.
                Some(changed) if changed.kind == Noun::Person => {
                    self.still_in().await?;
                    if self.manages_people() {
                        return Some(event(&news));
                    }
                }
                Some(changed) if self.entered.backend.sees(changed).await => return Some(event(&news)),
                Some(_) => {}
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

/// Where it is not known what changed, the page is told to fetch all that it shows.
fn event(news: &News) -> Event {
    let event = Event::default().id(news.place.to_string());
    let resync = || Event::default().id(news.place.to_string()).event("resync").data("{}");
    match &news.changed {
        Some(changed) => event.json_data(changed).unwrap_or_else(|_| resync()),
        None => resync(),
    }
}
