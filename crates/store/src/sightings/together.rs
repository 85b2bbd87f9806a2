//! Collects what comes in while the last ones are stored, and stores it at once: a fleet that boots together costs a
//! few transactions, and a single machine waits for nobody.

use super::keep::{Kept, Seen};
use crate::{Error, Result, Store};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::oneshot;

/// Stored in one transaction at most: it holds the rows of so many machines, for milliseconds.
const AT_ONCE: usize = 128;

/// It takes milliseconds. What takes longer than this hangs on a line that is dead without a word, and all that came
/// after it would hang with it.
const LONGEST: Duration = Duration::from_secs(10);

/// A machine's row is in other hands for as long as a step takes to be stored: its sightings come again with the next
/// ones. Where that lasts longer, a server stands still with it, and they wait for it by themselves.
const TRIES: u32 = 20;

/// Before the next try, where all machines were in other hands.
const PAUSE: Duration = Duration::from_millis(2);

/// What waits to be stored.
#[derive(Debug, Default)]
pub(crate) struct Together(Mutex<Queue>);

#[derive(Debug, Default)]
struct Queue {
    waiting: Vec<Waiting>,
    /// A task stores at this moment, and looks here again when it is done.
    storing: bool,
}

#[derive(Debug)]
struct Waiting {
    seen: Seen,
    tries: u32,
    stored: oneshot::Sender<Result<bool>>,
}

impl Together {
    /// Stores a sighting, with what else comes in. It is stored also when nobody waits for it any more.
    pub(super) async fn store(self: &Arc<Self>, store: &Store, seen: Seen) -> Result<bool> {
        let (sender, stored) = oneshot::channel();
        if self.add(Waiting { seen, tries: 0, stored: sender }) {
            let (queue, store) = (self.clone(), store.clone());
            tokio::spawn(async move {
                while let Some(some) = queue.take() {
                    // By a task of its own: should it panic, those that come after it are stored all the same.
                    let again = tokio::spawn(store_some(store.clone(), some)).await.unwrap_or_default();
                    queue.put_back(again);
                }
            });
        }
        stored.await.unwrap_or(Err(Error::Database(sqlx::Error::WorkerCrashed)))
    }

    /// True when nobody is storing: whoever added it must.
    fn add(&self, one: Waiting) -> bool {
        let mut queue = self.queue();
        queue.waiting.push(one);
        !std::mem::replace(&mut queue.storing, true)
    }

    fn take(&self) -> Option<Vec<Waiting>> {
        let mut queue = self.queue();
        if queue.waiting.is_empty() {
            queue.storing = false;
            return None;
        }
        let some = queue.waiting.len().min(AT_ONCE);
        Some(queue.waiting.drain(..some).collect())
    }

    /// Before those that came meanwhile.
    fn put_back(&self, some: Vec<Waiting>) {
        self.queue().waiting.splice(..0, some);
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Gives those that are to be tried again.
async fn store_some(store: Store, some: Vec<Waiting>) -> Vec<Waiting> {
    let seen: Vec<Seen> = some.iter().map(|one| one.seen.clone()).collect();
    let kept = tokio::time::timeout(LONGEST, store.keep_free(&seen)).await;
    match kept.unwrap_or_else(|_| Err(no_answer())) {
        Ok(kept) => answer(&store, some, kept).await,
        // One of them cannot be stored (its machine is gone, say): the others can.
        Err(error) if error.is_of_one_row() => {
            some.into_iter().for_each(|one| alone(&store, one));
            vec![]
        }
        Err(error) => {
            let error = Arc::new(error);
            for one in some {
                let _ = one.stored.send(Err(Error::Together(error.clone())));
            }
            vec![]
        }
    }
}

fn no_answer() -> Error {
    let what = format!("no answer within {} s", LONGEST.as_secs());
    Error::Database(sqlx::Error::Io(std::io::Error::new(std::io::ErrorKind::TimedOut, what)))
}

async fn answer(store: &Store, some: Vec<Waiting>, kept: Vec<Kept>) -> Vec<Waiting> {
    let none_was_free = kept.iter().all(Option::is_none);
    let mut again = Vec::new();
    for (mut one, kept) in some.into_iter().zip(kept) {
        one.tries += 1;
        match kept {
            Some(believed) => {
                let _ = one.stored.send(Ok(believed));
            }
            None if one.tries < TRIES => again.push(one),
            None => alone(store, one),
        }
    }
    if none_was_free && !again.is_empty() {
        tokio::time::sleep(PAUSE).await;
    }
    again
}

/// By itself, beside the others, and waits for its machine.
fn alone(store: &Store, one: Waiting) {
    let store = store.clone();
    tokio::spawn(async move {
        let _ = one.stored.send(store.keep_one(&one.seen).await);
    });
}
