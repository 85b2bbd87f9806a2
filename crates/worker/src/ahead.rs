//! A job begins when its image is on this server, where images are kept elsewhere. Until then it stays queued, and whoever
//! has the machine keeps it.

use async_trait::async_trait;
use chrono::TimeDelta;
use pitstop_domain::Time;
use pitstop_domain::digest::Digest;
use pitstop_domain::job::Phase;
use pitstop_domain::step::{Command, Step, Waiting};
use pitstop_store::trip::Claimed;
use pitstop_store::{Error, Result, Store};

/// Between two looks whether it has come: a part of what a machine's restart takes, and cheap for many jobs.
const LOOK: TimeDelta = TimeDelta::seconds(2);

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

/// What is decided on, unless the job would begin, or ask whoever is at the machine whether it may, and its image is not
/// here: then it waits, and says for what. Where the image cannot be had, the job is cancelled with the reason.
pub(crate) async fn when_here(
    store: &Store,
    ahead: Option<&dyn Ahead>,
    claim: &Claimed,
    decided: Step,
    now: Time,
) -> Result<Step> {
    let Some(ahead) = ahead else { return Ok(decided) };
    let begins = decided.job.phase == Phase::Switching || decided.commands.contains(&Command::Ask);
    if claim.job.phase != Phase::Queued || !begins {
        return Ok(decided);
    }
    let awaits = match ahead.at_hand(&claim.job.image).await? {
        AtHand::Here => return Ok(decided),
        AtHand::Comes(None) => "its image, which comes from the bucket to this server".to_owned(),
        AtHand::Comes(Some(why)) => format!("its image: {why}"),
        AtHand::Never(why) => {
            cancel(store, claim, &why, now).await?;
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

/// The wish makes the job another than the one that was claimed: what is decided on here is not stored, and the claim is
/// given back by that. Nobody else may have the job before.
async fn cancel(store: &Store, claim: &Claimed, why: &str, now: Time) -> Result<()> {
    let job = claim.job.id;
    match store.cancel_job(job, why, now).await {
        Ok(()) => tracing::warn!(%job, why, "A job is cancelled: its image cannot be had."),
        // It is over meanwhile. The other jobs that are decided on together with it must not wait for that.
        Err(Error::Refused(_)) => {
            tracing::debug!(%job, why, "A job whose image cannot be had is over already.");
        }
        Err(error) => return Err(error),
    }
    Ok(())
}
