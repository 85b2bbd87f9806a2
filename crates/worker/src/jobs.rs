//! Steps the jobs that are due.

use pitstop_domain::step::step;
use pitstop_store::trip::Claimed;
use pitstop_store::{Result, Store};

/// Jobs claimed at once: few enough that their leases do not run out before the last is stepped.
const BATCH: i64 = 64;

/// Steps what is due, once each. Gives how many were stepped.
pub(crate) async fn step_due(store: &Store, worker: &str) -> Result<usize> {
    let claimed = store.claim_due(worker, BATCH, store.now()).await?;
    for job in &claimed {
        match step_one(store, job).await {
            // Its lease runs out and it is tried again; the others must not wait for that.
            Err(error) if error.is_of_one_row() => {
                tracing::warn!(job = %job.job.id, %error, "A job could not be stepped.");
            }
            done => done?,
        }
    }
    Ok(claimed.len())
}

/// Claims of workers that died are due again.
pub(crate) async fn revive(store: &Store) -> Result<()> {
    let revived = store.revive_lost_claims(store.now()).await?;
    if revived > 0 {
        tracing::warn!(revived, "Jobs whose worker went away are looked at again.");
    }
    Ok(())
}

async fn step_one(store: &Store, claimed: &Claimed) -> Result<()> {
    let facts = store.load_facts(claimed).await?;
    let now = store.now();
    let decided = step(&claimed.job, &facts, now);
    if !store.commit_step(claimed, &decided, now).await? {
        tracing::debug!(job = %claimed.job.id, "The job changed while it was decided on; it is looked at again.");
        return Ok(());
    }
    if let Some(reason) = &decided.moved {
        let (from, to) = (claimed.job.phase.name(), decided.job.phase.name());
        tracing::info!(job = %claimed.job.id, from, to, attempt = decided.job.attempt, reason, "A job moved.");
    }
    Ok(())
}
