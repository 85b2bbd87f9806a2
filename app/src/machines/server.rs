//! What the server functions for machines need of the backend. Plain functions: the reactive side is left
//! before the first `await`.

use super::api::MachinePage;
use crate::backend::backend;
use crate::machines::routes::server::with_plain_line_ends;
use crate::{Failure, format};
use pitstop_domain::id::{JobId, MachineId};
use pitstop_domain::keep::{self, Kept};
use pitstop_domain::machine::Desk;
use pitstop_domain::route::form::Filled;

pub async fn machine(id: &str) -> Result<MachinePage, Failure> {
    let backend = backend()?;
    let id = machine_id(id)?;
    backend.machine(id).await?.ok_or_else(|| Failure::not_found("machine"))
}

pub async fn start_job(machine: &str, function: &str, filled: Filled) -> Result<JobId, Failure> {
    let backend = backend()?;
    let reply = crate::serve::Reply::here();
    let machine = machine_id(machine)?;
    let job = backend.start_job(machine, function, &with_plain_line_ends(filled), None).await?;
    reply.go_to(&format!("/jobs/{job}"));
    Ok(job)
}

pub async fn set_own_image(machine: &str, image: &str) -> Result<(), Failure> {
    let backend = backend()?;
    let reply = crate::serve::Reply::here();
    let id = machine_id(machine)?;
    backend.set_own_image(id, Some(image).filter(|image| !image.is_empty())).await?;
    reply.back_to(&format!("/machines/{id}"));
    Ok(())
}

pub async fn keep_machine(
    machine: &str,
    version: i64,
    site: &str,
    labels: &str,
    desk: Desk,
) -> Result<(), Failure> {
    let (backend, reply) = (backend()?, crate::serve::Reply::here());
    let id = machine_id(machine)?;
    let kept = kept(site, labels, desk).map_err(|why| Failure::Refused(format::sentence(&why)))?;
    backend.keep_machine(id, &kept, version).await?;
    reply.back_to(&format!("/machines/{id}"));
    Ok(())
}

fn kept(site: &str, labels: &str, desk: Desk) -> Result<Kept, String> {
    let kept = Kept { site: site.to_owned(), labels: keep::labels(labels)?, desk };
    kept.checked().map_err(|(_, words)| words)
}

pub(crate) fn machine_id(text: &str) -> Result<MachineId, Failure> {
    text.parse().map_err(|_| Failure::not_found("machine"))
}
