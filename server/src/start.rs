//! Starting a job: what can be refused is refused by [`pitstop_domain::start`], before anything is touched.

use crate::captures::may_be_restored;
use pitstop_domain::function::Task;
use pitstop_domain::id::{JobId, MachineId};
use pitstop_domain::job::Initiator;
use pitstop_domain::start::job;
pub use pitstop_domain::start::{Asked, locate};
use pitstop_store::{Error, Result, Store};

/// Asks for a function on a machine.
///
/// # Errors
/// A refusal in words for people, with nothing touched.
pub async fn start(
    store: &Store,
    machine: MachineId,
    function: &str,
    asked: &Asked,
    initiator: &Initiator,
) -> Result<JobId> {
    let machine = store.machine(machine).await?.ok_or(Error::NotFound("machine"))?;
    let function = store.function(function).await?.ok_or(Error::NotFound("function"))?;
    if let Some(Task::Restore { capture, .. }) = &asked.task {
        let id = capture.parse().map_err(|_| Error::NotFound("capture"))?;
        may_be_restored(&store.capture(id).await?.ok_or(Error::NotFound("capture"))?)?;
    }
    let images = store.images().await?;
    let id = JobId(uuid::Uuid::now_v7());
    let job = job(id, &function, &machine, &images, asked, store.now()).map_err(Error::Refused)?;
    store.add_job(&job, initiator).await?;
    tracing::info!(job = %id, machine = machine.name, function = job.function, image = job.image.short(), "A job was asked for.");
    Ok(id)
}
