//! What the server functions for jobs need of the backend. Plain functions: the reactive side is left before
//! the first `await`.

use super::api::{JobPage, Jobs, JobsQuery};
use crate::Failure;
use crate::backend::backend;
use crate::serve::Reply;
use pitstop_domain::facts::Decision;
use pitstop_domain::id::{CallId, JobId};

pub async fn jobs(query: JobsQuery) -> Result<Jobs, Failure> {
    backend()?.jobs(&query).await
}

pub async fn job(id: &str) -> Result<JobPage, Failure> {
    let backend = backend()?;
    let id = job_id(id)?;
    backend.job(id).await?.ok_or_else(|| Failure::not_found("job"))
}

pub async fn cancel_job(id: &str) -> Result<(), Failure> {
    let (backend, reply) = (backend()?, Reply::here());
    let id = job_id(id)?;
    backend.cancel_job(id).await?;
    reply.back_to(&format!("/jobs/{id}"));
    Ok(())
}

pub async fn decide(id: &str, decision: &str) -> Result<(), Failure> {
    let (backend, reply) = (backend()?, Reply::here());
    let id = job_id(id)?;
    let decision = match decision {
        "try_again" => Decision::TryAgain,
        "confirm_own_system" => Decision::ConfirmOwnSystem,
        "give_up" => Decision::GiveUp,
        other => return Err(Failure::Refused(format!("`{other}` is no decision that can be made here."))),
    };
    backend.decide(id, decision).await?;
    reply.back_to(&format!("/jobs/{id}"));
    Ok(())
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
