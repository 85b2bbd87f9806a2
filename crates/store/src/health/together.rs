//! Collects what comes in while the last figures are stored, and stores it at once: a hundred thousand machines that tell
//! each minute cost some ten transactions a second.

use super::measure::Batch;
use crate::{Error, Result, Store};
use pitstop_domain::Time;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::oneshot;

/// Machines in one transaction at most: it holds their rows, for milliseconds.
const AT_ONCE: usize = 256;

type Told = (Batch, oneshot::Sender<Result<Option<i64>>>);

/// What waits to be stored.
#[derive(Debug, Default)]
pub(crate) struct Gathering {
    waiting: Mutex<Vec<Told>>,
    /// Held by whoever stores.
    turn: tokio::sync::Mutex<()>,
}

impl Gathering {
    fn waiting(&self) -> std::sync::MutexGuard<'_, Vec<Told>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take(&self) -> Vec<Told> {
        let mut waiting = self.waiting();
        let some = waiting.len().min(AT_ONCE);
        waiting.drain(..some).collect()
    }
}

impl Store {
    /// Stores what an agent sent, with what else comes in. Gives up to which number all is stored; `None`: nobody knows
    /// this machine.
    pub async fn measured(&self, batch: Batch, now: Time) -> Result<Option<i64>> {
        let (sender, mut stored) = oneshot::channel();
        self.gathering.waiting().push((batch, sender));
        loop {
            let turn = self.gathering.turn.lock().await;
            if let Ok(stored) = stored.try_recv() {
                return stored;
            }
            let some = self.gathering.take();
            let none = some.is_empty();
            // By a task of its own: whoever goes away meanwhile must not take the others' answers with him.
            let store = self.clone();
            let _ = tokio::spawn(async move { store.store_some(some, now).await }).await;
            drop(turn);
            match stored.try_recv() {
                Ok(stored) => return stored,
                // It was taken by somebody who panicked.
                Err(oneshot::error::TryRecvError::Closed) => {
                    return Err(Error::Database(sqlx::Error::WorkerCrashed));
                }
                Err(oneshot::error::TryRecvError::Empty) if none => {
                    return stored.await.unwrap_or(Err(Error::Database(sqlx::Error::WorkerCrashed)));
                }
                Err(oneshot::error::TryRecvError::Empty) => {}
            }
        }
    }

    async fn store_some(&self, some: Vec<Told>, now: Time) {
        let (batches, told): (Vec<_>, Vec<_>) = some.into_iter().unzip();
        let stored = self.store_measurements(&batches, now).await.map_err(Arc::new);
        for (batch, told) in batches.iter().zip(told) {
            let answer = match &stored {
                Ok(through) => Ok(through.get(&batch.machine).copied()),
                Err(error) => Err(Error::Together(error.clone())),
            };
            // Nobody waits for it any more: it is stored all the same.
            let _ = told.send(answer);
        }
    }
}
