//! A job begins when its image is on this server, where images are kept elsewhere. Until then it stays queued, and whoever
//! has the machine keeps it.

use async_trait::async_trait;
use chrono::TimeDelta;
use pitstop_domain::Time;
use pitstop_domain::digest::Digest;
use pitstop_domain::job::Phase;
use pitstop_domain::step::{Step, Waiting};
use pitstop_store::trip::Claimed;
use pitstop_store::{Result, Store};

/// Between two looks whether it has come: a part of what a machine's restart takes.
const LOOK: TimeDelta = TimeDelta::milliseconds(500);

/// Where an image is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AtHand {
    Here,
    /// It is on its way; or why it does not come just now, in words.
    Comes(Option<String>),
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

/// What is decided on, unless the job would begin and its image is not here: then it waits, and says for what. Where the
/// image cannot be had, the job is cancelled with the reason.
pub(crate) async fn when_here(
    store: &Store,
    ahead: Option<&dyn Ahead>,
    claim: &Claimed,
    decided: Step,
    now: Time,
) -> Result<Step> {
    let Some(ahead) = ahead else { return Ok(decided) };
    if claim.job.phase != Phase::Queued || decided.job.phase != Phase::Switching {
        return Ok(decided);
    }
    let awaits = match ahead.at_hand(&claim.job.image).await? {
        AtHand::Here => return Ok(decided),
        AtHand::Comes(None) => "its image, which comes from the bucket to this server".to_owned(),
        AtHand::Comes(Some(why)) => format!("its image: {why}"),
        AtHand::Never(why) => {
            tracing::warn!(job = %claim.job.id, why, "A job is cancelled: its image cannot be had.");
            // The claim is given back first: the wish makes the job another than the one that was claimed.
            store.release(claim, now).await?;
            store.cancel_job(claim.job.id, &why, now).await?;
            format!("its image: {why}")
        }
    };
    let waiting = Waiting {
        for_others: true,
        awaits,
        since: claim.job.phase_since,
        until: None,
        then: "the job begins when the image is here, and is cancelled if it cannot be had".to_owned(),
    };
    Ok(Step {
        job: claim.job.clone(),
        moved: None,
        commands: vec![],
        waiting: Some(waiting),
        wake_at: Some(now + LOOK),
    })
}
