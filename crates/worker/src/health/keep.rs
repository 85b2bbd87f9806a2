//! What was measured is rolled up, counted, learned from, and swept; hops of trips that are over are counted. All of it can be done twice, and by several workers beside each
//! other, so nobody claims anything.

use chrono::TimeDelta;
use pitstop_store::{Result, Store};
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;

/// Machines tell once a minute; pages are to be no more than half of that behind.
const EVERY: Duration = Duration::from_secs(20);
const HOURLY: Duration = Duration::from_secs(3600);

/// At once; there are more rounds until all is done.
const SOME: u32 = 1000;

/// Keeps until cancelled.
pub(crate) async fn run(store: Store, stop: CancellationToken) {
    let mut swept: Option<Instant> = None;
    while !stop.is_cancelled() {
        let is_time = swept.is_none_or(|at| at.elapsed() >= HOURLY);
        let done = stop.run_until_cancelled(round(&store, is_time)).await;
        match done {
            Some(Ok(())) if is_time => swept = Some(Instant::now()),
            Some(Err(error)) => tracing::warn!(%error, "What was measured cannot be kept in order for now."),
            _ => {}
        }
        tokio::select! {
            () = stop.cancelled() => {}
            () = tokio::time::sleep(EVERY) => {}
        }
    }
}

/// One round; `sweeps`: with what is done once an hour.
pub async fn round(store: &Store, sweeps: bool) -> Result<()> {
    // What comes in meanwhile is for the next round, or this one would never end.
    while store.judge_health(SOME.into(), store.now()).await? >= SOME as usize {}
    let now = store.now();
    store.count_health(now).await?;
    while store.count_hops(now).await? > 0 {}
    while store.roll_up(SOME.into(), now).await? >= SOME as usize {}
    while store.learn_usual(SOME.into(), now).await? >= SOME as usize {}
    if sweeps {
        store.learn_models(now).await?;
        store.forget_old_tidings(now).await?;
        store.forget_old_entries(now).await?;
        store.forget_old_tellings(now).await?;
        store.forget_old_events(now).await?;
        let guard = store.health_guard().await?;
        let days = |days: u32| now - TimeDelta::days(days.into());
        store.forget_old_health_days(days(guard.keep_hours_days)).await?;
        let dropped = store.drop_old_measurements(days(guard.keep_days), days(guard.keep_hours_days)).await?;
        if dropped > 0 {
            tracing::info!(dropped, "Figures that were kept for long enough are gone.");
        }
    }
    Ok(())
}
