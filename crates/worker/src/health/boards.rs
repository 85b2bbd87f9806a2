//! Asks management boards what they measure, each in its turn.
//!
//! A board that does not answer costs a task that waits, and nothing else: others are asked meanwhile, up to a number at once, and
//! no figure is made of its silence.

use crate::secrets::OfMachine;
use chrono::TimeDelta;
use pitstop_power::{Fault, Places, sense};
use pitstop_store::health::boards::{Claimed, Refused};
use pitstop_store::{Keys, Result, Store};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Boards asked at one moment. Asking is mostly waiting; a thousand boards in five minutes are three or four at once.
const AT_ONCE: usize = 32;

/// Where there is room, a board whose turn it is waits for so long at most.
const POLL: Duration = Duration::from_secs(3);

/// Between two looks for boards that came, went or were changed.
const LOOK: Duration = Duration::from_secs(60);

/// Asks until cancelled. Who is asked at that moment is not waited for: nothing changes on a board, and its claim runs out.
pub async fn run(store: Store, keys: Keys, stop: CancellationToken) {
    let tasks = TaskTracker::new();
    let ended = Arc::new(Notify::new());
    let mut looked: Option<Instant> = None;
    while !stop.is_cancelled() {
        let looks = looked.is_none_or(|at| at.elapsed() >= LOOK);
        let asked = match stop.run_until_cancelled(round(&store, &keys, looks, &tasks, &ended, &stop)).await {
            Some(Ok(asked)) => {
                looked = if looks { Some(Instant::now()) } else { looked };
                asked
            }
            Some(Err(error)) => {
                tracing::debug!(%error, "Boards cannot be asked for now.");
                0
            }
            None => 0,
        };
        // Others may wait for the room that was taken, or for the board that was.
        tokio::select! {
            () = stop.cancelled() => {}
            () = tokio::time::sleep(POLL) => {}
            () = ended.notified(), if asked > 0 || tasks.len() >= AT_ONCE => {}
        }
    }
    tasks.close();
    tasks.wait().await;
}

/// Asks those whose turn it is, as many as there is room for, and gives how many. `looks`: looks first which boards there are.
/// `ended` is told whenever a question ended.
///
/// # Errors
/// When the database does not answer.
pub async fn round(
    store: &Store,
    keys: &Keys,
    looks: bool,
    tasks: &TaskTracker,
    ended: &Arc<Notify>,
    stop: &CancellationToken,
) -> Result<usize> {
    let minutes = store.health_guard().await?.boards_every_min;
    let every = (minutes > 0).then(|| TimeDelta::minutes(minutes.into()));
    if looks {
        store.find_boards(every, store.now()).await?;
        if let Some(every) = every {
            warn_of_late(store, every).await?;
        }
    }
    let room = AT_ONCE.saturating_sub(tasks.len());
    let Some(every) = every.filter(|_| room > 0) else { return Ok(0) };
    let all = store.claim_boards(i64::try_from(room).unwrap_or(0), store.now()).await?;
    let asked = all.len();
    for claimed in all {
        let (store, keys, stop, ended) = (store.clone(), keys.clone(), stop.clone(), ended.clone());
        tasks.spawn(async move {
            let machine = claimed.machine;
            if let Some(Err(error)) = stop.run_until_cancelled(ask(&store, &keys, claimed, every)).await {
                tracing::warn!(%machine, %error, "What a board said could not be stored.");
            }
            ended.notify_one();
        });
    }
    Ok(asked)
}

/// Figures that come too late are not of now, and nobody would know why.
async fn warn_of_late(store: &Store, every: TimeDelta) -> Result<()> {
    let waits = store.board_waits(store.now()).await?;
    if waits > every {
        let minutes = waits.num_minutes();
        tracing::warn!(
            minutes,
            "Boards wait for their turn for longer than they should be asked in. Start more workers."
        );
    }
    Ok(())
}

async fn ask(store: &Store, keys: &Keys, claimed: Claimed, every: TimeDelta) -> Result<()> {
    // A machine that was forgotten meanwhile.
    let Some(machine) = store.machine(claimed.machine).await? else { return Ok(()) };
    let places = claimed.places.clone().and_then(|places| serde_json::from_value(places).ok());
    let secrets = OfMachine { store, keys, machine: machine.id };
    match sense(&claimed.route, machine.smbios_uuid, &secrets, places).await {
        Ok((reading, places)) => {
            let places = places.as_ref().map(serde_json::to_value::<&Places>).transpose()?;
            let stored =
                store.board_answered(&claimed, &reading, places.as_ref(), every, store.now()).await?;
            if !stored {
                tracing::debug!(machine = %machine.id, "A board's answer came after its turn, and is not stored.");
            }
            Ok(())
        }
        Err(Fault { what, worth_retrying, is_of_account, .. }) => {
            let refused = match (worth_retrying, is_of_account) {
                (_, true) => Refused::Account,
                (false, false) => Refused::Machine,
                (true, false) => Refused::No,
            };
            tracing::debug!(machine = %machine.id, what, "A board does not say what it measures.");
            store.board_failed(&claimed, &what, refused, every, store.now()).await
        }
    }
}
