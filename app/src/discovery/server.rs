//! What the server functions for discovery need of the backend. Plain functions: the reactive side is left before the
//! first `await`.

use super::api::{Discovery, Preview};
use super::file::LONGEST;
use crate::backend::backend;
use crate::serve::Reply;
use crate::{Failure, format};
use pitstop_domain::adoption::RuleForm;
use pitstop_domain::id::MachineId;
use pitstop_domain::keep;
use pitstop_domain::net::Mac;
use uuid::Uuid;

fn refused(why: String) -> Failure {
    Failure::Refused(format::sentence(&why))
}

pub async fn discovery() -> Result<Discovery, Failure> {
    backend()?.discovery().await
}

pub async fn adopt(mac: &str, name: &str, site: &str, labels: &str) -> Result<MachineId, Failure> {
    let (backend, reply) = (backend()?, Reply::here());
    let mac: Mac = mac.parse().map_err(|_| Failure::not_found("machine"))?;
    let (name, site) = (keep::name(name).map_err(refused)?, keep::site(site).map_err(refused)?);
    let labels = keep::labels(labels).map_err(refused)?;
    let machine = backend.adopt(mac, name, site, labels).await?;
    reply.go_to(&format!("/machines/{machine}"));
    Ok(machine)
}

pub async fn add_rule(form: &RuleForm) -> Result<(), Failure> {
    let (backend, reply) = (backend()?, Reply::here());
    backend.add_rule(&form.rule().map_err(refused)?).await?;
    reply.go_to("/discovery");
    Ok(())
}

pub async fn drop_rule(id: i64) -> Result<(), Failure> {
    let (backend, reply) = (backend()?, Reply::here());
    backend.drop_rule(id).await?;
    reply.back_to("/discovery");
    Ok(())
}

pub async fn draft_import(csv: &str) -> Result<String, Failure> {
    let (backend, reply) = (backend()?, Reply::here());
    if csv.len() > LONGEST {
        return Err(refused("the list is longer than 8 MiB: divide it".to_owned()));
    }
    let draft = backend.draft_import(csv).await?;
    reply.go_to(&format!("/discovery/import?draft={draft}"));
    Ok(draft.to_string())
}

pub async fn preview(draft: &str) -> Result<Preview, Failure> {
    backend()?.preview_import(id(draft)?).await
}

pub async fn confirm_import(draft: &str, new: u64, changed: u64) -> Result<(), Failure> {
    let (backend, reply) = (backend()?, Reply::here());
    backend.confirm_import(id(draft)?, new, changed).await?;
    reply.go_to("/");
    Ok(())
}

fn id(draft: &str) -> Result<Uuid, Failure> {
    draft.parse().map_err(|_| Failure::not_found("list"))
}
