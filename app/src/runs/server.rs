//! What the server functions for runs need of the backend. Plain functions: the reactive side is left before the
//! first `await`.

use super::api::{MembersQuery, RunOffer, RunPage, Runs};
use super::form::RunForm;
use crate::Failure;
use crate::backend::backend;
use crate::serve::Reply;
use pitstop_domain::Time;
use pitstop_domain::id::RunId;
use pitstop_domain::run::Wish;

pub async fn runs(before: Option<Time>) -> Result<Runs, Failure> {
    backend()?.runs(before).await
}

pub async fn run(id: &str, query: MembersQuery) -> Result<RunPage, Failure> {
    let backend = backend()?;
    let id = run_id(id)?;
    backend.run(id, query).await?.ok_or_else(|| Failure::not_found("run"))
}

pub async fn offer_run(form: RunForm) -> Result<RunOffer, Failure> {
    let backend = backend()?;
    match form.plan() {
        Ok(plan) => {
            let plan = Some(plan).filter(|plan| !plan.function.is_empty());
            backend.offer_run(&form.q, plan.as_ref()).await
        }
        Err(why) => Ok(RunOffer { wrong: Some(why), ..backend.offer_run(&form.q, None).await? }),
    }
}

pub async fn start_run(form: RunForm, expect: &str) -> Result<RunId, Failure> {
    let (backend, reply) = (backend()?, Reply::here());
    let plan = form.plan().map_err(Failure::Refused)?;
    let expect = expect.trim().parse().map_err(|_| {
        Failure::Refused("Say how many machines it is for: the number stands in the estimate.".to_owned())
    })?;
    let run = backend.start_run(&form.q, &plan, expect).await?;
    reply.go_to(&format!("/runs/{run}"));
    Ok(run)
}

pub async fn wish_run(id: &str, wish: &str) -> Result<(), Failure> {
    let (backend, reply) = (backend()?, Reply::here());
    let id = run_id(id)?;
    let wish = match wish {
        "pause" => Wish::Pause,
        "resume" => Wish::Resume,
        "cancel" => Wish::Cancel,
        "cancel_all" => Wish::CancelAll,
        other => return Err(Failure::Refused(format!("`{other}` is nothing that can be done to a run."))),
    };
    backend.wish_run(id, wish).await?;
    reply.back_to(&format!("/runs/{id}"));
    Ok(())
}

fn run_id(text: &str) -> Result<RunId, Failure> {
    text.parse().map_err(|_| Failure::not_found("run"))
}
