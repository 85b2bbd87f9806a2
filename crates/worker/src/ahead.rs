//! Jobs that are about to begin wait until their image is on this server, where images are kept elsewhere. The machine is
//! not touched meanwhile, and whoever has it keeps it.

use async_trait::async_trait;
use chrono::TimeDelta;
use pitstop_domain::digest::Digest;
use pitstop_domain::job::Phase;
use pitstop_store::trip::Claimed;
use pitstop_store::{Result, Store};
use std::collections::HashMap;

/// Between two looks whether it has come: a part of what a machine's restart takes.
const LOOK: TimeDelta = TimeDelta::milliseconds(500);

/// Where an image is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AtHand {
    Here,
    Comes,
    /// It cannot be had; why, in words.
    Never(String),
}

/// Has images brought.
#[async_trait]
pub trait Ahead: Send + Sync {
    /// Where it is. One that is not here is brought from now on; this does not wait for it.
    ///
    /// # Errors
    /// The database's.
    async fn at_hand(&self, image: &Digest) -> Result<AtHand>;
}

/// Those whose image is here. The others are looked at again soon; where an image cannot be had, the job is cancelled, and
/// says why.
pub(crate) async fn ready(
    store: &Store,
    ahead: Option<&dyn Ahead>,
    claimed: Vec<Claimed>,
) -> Result<Vec<Claimed>> {
    let Some(ahead) = ahead else { return Ok(claimed) };
    let (mut known, mut ready) = (HashMap::new(), Vec::with_capacity(claimed.len()));
    for claim in claimed {
        if claim.job.phase != Phase::Queued || claim.is_cancelled() {
            ready.push(claim);
            continue;
        }
        let image = &claim.job.image;
        if !known.contains_key(image) {
            known.insert(image.clone(), ahead.at_hand(image).await?);
        }
        match &known[image] {
            AtHand::Here => ready.push(claim),
            AtHand::Comes => store.release(&claim, store.now() + LOOK).await?,
            AtHand::Never(why) => {
                store.release(&claim, store.now() + LOOK).await?;
                tracing::warn!(job = %claim.job.id, why, "A job is cancelled: its image cannot be had.");
                store.cancel_job(claim.job.id, why, store.now()).await?;
            }
        }
    }
    Ok(ready)
}
