//! Steps the jobs that are due.

use crate::ahead::{Ahead, when_here};
use pitstop_domain::step::{Step, step};
use pitstop_store::trip::Claimed;
use pitstop_store::{Result, Store};

/// Jobs claimed at once: few enough that their leases do not run out before the last is stepped.
const BATCH: i64 = 64;

/// Steps what is due, once each. Gives how many were stepped.
pub(crate) async fn step_due(store: &Store, worker: &str, ahead: Option<&dyn Ahead>) -> Result<usize> {
    let claimed = store.claim_due(worker, BATCH, store.now()).await?;
    if claimed.is_empty() {
        return Ok(0);
    }
    let facts = store.load_facts_of(&claimed, store.now()).await?;
    let now = store.now();
    let mut decided: Vec<(&Claimed, Step)> = Vec::with_capacity(claimed.len());
    for (claim, facts) in claimed.iter().zip(facts) {
        match facts {
            Ok(facts) => {
                let decision = step(&claim.job, &facts, now);
                decided.push((claim, when_here(store, ahead, claim, decision, now).await?));
            }
            // Its lease runs out and it is tried again; the others must not wait for that.
            Err(error) => tracing::warn!(job = %claim.job.id, %error, "A job could not be stepped."),
        }
    }
    let steps: Vec<_> = decided.iter().map(|(claim, step)| (*claim, step)).collect();
    let stored = store.commit_steps(&steps, now).await?;
    for ((claim, step), stored) in steps.into_iter().zip(stored) {
        tell(claim, step, stored);
    }
    Ok(claimed.len())
}

fn tell(claimed: &Claimed, step: &Step, stored: bool) {
    let job = claimed.job.id;
    if !stored {
        tracing::debug!(%job, "The job changed while it was decided on; it is looked at again.");
    } else if let Some(reason) = &step.moved {
        let (from, to) = (claimed.job.phase.name(), step.job.phase.name());
        tracing::info!(%job, from, to, attempt = step.job.attempt, reason, "A job moved.");
    }
}

/// Claims of workers that died are due again, and machines that were not shut down in time stay on.
pub(crate) async fn revive(store: &Store) -> Result<()> {
    store.expire_shut_downs(store.now()).await?;
    let revived = store.revive_lost_claims(store.now()).await?;
    if revived > 0 {
        tracing::warn!(revived, "Jobs whose worker went away are looked at again.");
    }
    Ok(())
}
