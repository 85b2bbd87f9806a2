//! Tells programs outside of what happened. Each hook is served by a task of its own, so that one that is slow, or does not answer,
//! holds up no other; what is told to one goes in the order in which it happened.

use pitstop_domain::hook::body::body;
use pitstop_power::outward::hook::{Message, post};
use pitstop_store::hooks::deliver::{ClaimedHook, Due, Tried};
use pitstop_store::{Keys, Result, Store};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

const POLL: Duration = Duration::from_secs(1);

/// Hooks served at once, by one worker: there are fifty at most.
const AT_ONCE: usize = 50;

/// Where links lead, and what may be told.
#[derive(Clone, Debug, Default)]
pub struct Way {
    /// Links in what is sent begin with it.
    pub dashboard: String,
    /// Hosts that may be told although their addresses are inner ones.
    pub inner: Arc<[String]>,
}

/// Delivers until cancelled. What is on its way then is ended: it was written down as tried, and is tried again.
pub(crate) async fn run(store: Store, keys: Keys, way: Way, stop: CancellationToken) {
    let mut serving = JoinSet::new();
    while !stop.is_cancelled() {
        while serving.try_join_next().is_some() {}
        if let Err(error) = begin(&store, &keys, &way, &mut serving).await {
            tracing::debug!(%error, "Webhooks cannot be served for now.");
        }
        tokio::select! {
            () = stop.cancelled() => {}
            () = tokio::time::sleep(POLL) => {}
        }
    }
    serving.shutdown().await;
}

async fn begin(store: &Store, keys: &Keys, way: &Way, serving: &mut JoinSet<()>) -> Result<()> {
    while store.deal_events(store.now()).await? > 0 {}
    while serving.len() < AT_ONCE
        && let Some(claimed) = store.claim_hook(keys, store.now()).await?
    {
        let (store, way) = (store.clone(), way.clone());
        serving.spawn(async move {
            if let Err(error) = serve(&store, &way, &claimed).await {
                tracing::debug!(%error, webhook = claimed.hook.name, "A webhook cannot be served for now.");
            }
        });
    }
    Ok(())
}

/// Makes the deliveries to a hook that are due, as long as its claim lasts. Gives how many were tried.
///
/// # Errors
/// When the database does not answer.
pub async fn serve(store: &Store, way: &Way, claimed: &ClaimedHook) -> Result<usize> {
    let mut made = 0;
    while let Some(due) = store.next_delivery(claimed, store.now()).await? {
        let tried = try_one(store, way, claimed, &due).await;
        if !tried.is_taken() {
            let (status, said) = (tried.status, &tried.said);
            tracing::info!(
                webhook = claimed.hook.name,
                event = due.event,
                status,
                said,
                "A delivery was not taken."
            );
        }
        store.delivery_tried(claimed, &due, &tried, store.now()).await?;
        made += 1;
    }
    store.release_hook(claimed, store.now()).await?;
    Ok(made)
}

async fn try_one(store: &Store, way: &Way, claimed: &ClaimedHook, due: &Due) -> Tried {
    let body = body(due.kind, due.at, &due.data, way.dashboard.trim_end_matches('/')).to_string();
    let message = Message { id: &due.event, timestamp: store.now().timestamp(), body: &body };
    let begin = Instant::now();
    let answered = post(&claimed.hook.url, &way.inner, &claimed.secrets, message).await;
    let ms = u32::try_from(begin.elapsed().as_millis()).unwrap_or(u32::MAX);
    match answered {
        Ok(answered) => {
            Tried { status: Some(answered.status), ms, said: answered.said, rest_s: answered.rest_s }
        }
        Err(why) => Tried { status: None, ms, said: why, rest_s: None },
    }
}
