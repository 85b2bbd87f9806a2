//! Decides about the runs that are due, and makes the jobs that they start.

use crate::members::{Known, started};
use pitstop_domain::id::MachineId;
use pitstop_domain::run::{Member, RunFacts, admit};
use pitstop_store::runs::admission::{ClaimedRun, Started};
use pitstop_store::{Result, Store};

/// Runs claimed at once: few enough that their leases do not run out before the last is decided.
const BATCH: i64 = 4;

/// Decides about what is due, once each. Gives how many there were.
pub(crate) async fn step_due(store: &Store, worker: &str) -> Result<usize> {
    let claimed = store.claim_due_runs(worker, BATCH, store.now()).await?;
    for run in &claimed {
        match step_one(store, run).await {
            // Its lease runs out and it is tried again; the others must not wait for that.
            Err(error) if error.is_of_one_row() => {
                tracing::warn!(run = %run.run.id, %error, "A run could not be moved.");
            }
            done => done?,
        }
    }
    Ok(claimed.len())
}

/// Claims of workers that died are due again.
pub(crate) async fn revive(store: &Store) -> Result<()> {
    let revived = store.revive_lost_runs(store.now()).await?;
    if revived > 0 {
        tracing::warn!(revived, "Runs whose worker went away are looked at again.");
    }
    Ok(())
}

async fn step_one(store: &Store, claimed: &ClaimedRun) -> Result<()> {
    let members: Vec<Member> =
        store.run_members(claimed.run.id).await?.into_iter().map(|row| row.member).collect();
    let facts = RunFacts { wish: claimed.wish.clone() };
    let now = store.now();
    let admission = admit(&claimed.run, &members, &facts, now);
    let started = jobs(store, claimed, &admission.start).await?;
    if !store.commit_admission(claimed, &admission, &started, now).await? {
        tracing::debug!(run = %claimed.run.id, "The run changed while it was decided on; it is looked at again.");
        return Ok(());
    }
    if let Some(reason) = &admission.moved {
        let (from, to) = (claimed.run.state.name(), admission.run.state.name());
        tracing::info!(run = %claimed.run.id, from, to, reason, "A run moved.");
    }
    if !started.is_empty() {
        let jobs = started.iter().filter(|started| started.job.is_ok()).count();
        tracing::info!(run = %claimed.run.id, jobs, refused = started.len() - jobs, "A run started jobs.");
    }
    Ok(())
}

async fn jobs(store: &Store, claimed: &ClaimedRun, machines: &[MachineId]) -> Result<Vec<Started>> {
    if machines.is_empty() {
        return Ok(vec![]);
    }
    let plan = &claimed.run.plan;
    let known = Known::of(store, machines, &plan.function).await?;
    started(store, &known, plan, machines, store.now()).await
}
