//! What the server functions for jobs need of the backend. Plain functions: the reactive side is left before
//! the first `await`.

use super::api::{JobPage, Jobs, JobsQuery};
use crate::Failure;
use crate::backend::{Backend, backend};
use crate::serve::Reply;
use pitstop_domain::facts::Decision;
use pitstop_domain::id::{CallId, JobId};

pub async fn jobs(query: JobsQuery) -> Result<Jobs, Failure> {
    backend()?.jobs(&query).await
}

pub async fn job(id: &str) -> Result<JobPage, Failure> {
    let (backend, base) = (backend()?, crate::serve::base_url());
    let id = job_id(id)?;
    let mut page = backend.job(id).await?.ok_or_else(|| Failure::not_found("job"))?;
    page.link = page.person_call().map(|call| {
        let base = backend.public_url().unwrap_or(base);
        super::link::person_link(&base, id, call.id, &backend.person_token(call.id))
    });
    Ok(page)
}

pub async fn cancel_job(id: &str) -> Result<(), Failure> {
    let (backend, reply) = (backend()?, Reply::here());
    let id = job_id(id)?;
    backend.cancel_job(id).await?;
    reply.back_to(&format!("/jobs/{id}"));
    Ok(())
}

pub async fn decide(id: &str, decision: &str, sure: &str) -> Result<(), Failure> {
    let (backend, reply) = (backend()?, Reply::here());
    let id = job_id(id)?;
    let decision = match decision {
        "try_again" => Decision::TryAgain,
        "confirm_own_system" => Decision::ConfirmOwnSystem,
        "give_up" if sure == "yes" => Decision::GiveUp,
        "give_up" => {
            return Err(Failure::Refused(
                "Giving up leaves it open whether the machine runs its own system. Tick the box that says so, then \
                 press again."
                    .to_owned(),
            ));
        }
        other => {
            let nth = other.strip_prefix("by_route:").and_then(|n| n.parse::<usize>().ok());
            let nth = nth.ok_or_else(|| {
                Failure::Refused(format!("`{other}` is no decision that can be made here."))
            })?;
            by_route(&*backend, id, nth).await?
        }
    };
    backend.decide(id, decision).await?;
    reply.back_to(&format!("/jobs/{id}"));
    Ok(())
}

/// The n-th decision of those that the page offers. The plan of a job does not change, so neither do they.
async fn by_route(backend: &dyn Backend, id: JobId, nth: usize) -> Result<Decision, Failure> {
    let page = backend.job(id).await?.ok_or_else(|| Failure::not_found("job"))?;
    let offered = pitstop_domain::act::decisions(&page.job).into_iter().nth(nth);
    offered.filter(|decision| matches!(decision, Decision::ByRoute(_))).ok_or_else(|| {
        Failure::Refused(
            "This job has no such route. Load its page again and choose one that it offers.".to_owned(),
        )
    })
}

pub async fn person_did(id: &str, call: &str, did: &str) -> Result<(), Failure> {
    let (backend, reply) = (backend()?, Reply::here());
    let id = job_id(id)?;
    let call: CallId = call.parse().map_err(|_| Failure::not_found("call"))?;
    backend.person_did(id, call, did == "done").await?;
    reply.back_to(&format!("/jobs/{id}"));
    Ok(())
}

fn job_id(text: &str) -> Result<JobId, Failure> {
    text.parse().map_err(|_| Failure::not_found("job"))
}
