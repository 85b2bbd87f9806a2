//! Starting a job: everything that can be refused is refused here, before anything is touched.

use pitstop_domain::function::{Function, Limits, Task};
use pitstop_domain::id::{JobId, MachineId};
use pitstop_domain::image::ImageVersion;
use pitstop_domain::job::{Initiator, Job, Plan};
use pitstop_domain::machine::Machine;
use pitstop_domain::route::Route;
use pitstop_store::{Error, Result, Store};

/// The newest version of the function's image that suits the machine, or why there is none.
pub fn locate<'a>(
    function: &Function,
    machine: &Machine,
    images: &'a [ImageVersion],
) -> std::result::Result<&'a ImageVersion, String> {
    let mut named = images.iter().filter(|image| image.name == function.image).peekable();
    if named.peek().is_none() {
        return Err(format!("there is no image `{}` in the catalog: add it, then try again", function.image));
    }
    let mut why = String::new();
    for image in named {
        match image.unsuitable(machine) {
            None => return Ok(image),
            Some(reason) => why = reason,
        }
    }
    Err(format!("no version of the image `{}` suits this machine: {why}", function.image))
}

/// Asks for a function on a machine.
///
/// # Errors
/// A refusal in words for people, with nothing touched.
pub async fn start(
    store: &Store,
    machine: MachineId,
    function: &str,
    task: Option<Task>,
    initiator: &Initiator,
    limits_percent: u32,
) -> Result<JobId> {
    let machine = store.machine(machine).await?.ok_or(Error::NotFound("machine"))?;
    let function = store.function(function).await?.ok_or(Error::NotFound("function"))?;
    let images = store.images().await?;
    let image = locate(&function, &machine, &images).map_err(Error::Refused)?;
    if machine.routes.is_empty() {
        return Err(Error::Refused("the machine has no power route".to_owned()));
    }
    if !machine.routes.iter().any(Route::can_return) {
        let why = "the machine has no power route that could return it";
        return Err(Error::Refused(why.to_owned()));
    }
    let task = chosen_task(&function, task)?;
    let plan = Plan {
        task,
        ending: function.ending.clone(),
        limits: scaled(function.limits, limits_percent),
        routes: machine.routes.clone(),
        firmware: machine.firmware,
        own_agent: machine.has_agent,
        image_agent: image.agent,
        probe: machine.probe.clone(),
    };
    let id = JobId(uuid::Uuid::now_v7());
    let job = Job::new(id, machine.id, function.name, image.digest.clone(), plan, store.now());
    store.add_job(&job, initiator).await?;
    tracing::info!(job = %id, machine = machine.name, function = job.function, image = image.digest.short(), "A job was asked for.");
    Ok(id)
}

/// The function's own task, or the same kind with other parameters.
fn chosen_task(function: &Function, task: Option<Task>) -> Result<Task> {
    match task {
        None => Ok(function.task.clone()),
        Some(task) if std::mem::discriminant(&task) == std::mem::discriminant(&function.task) => Ok(task),
        Some(_) => {
            Err(Error::Refused("these parameters belong to another kind of task: choose again".to_owned()))
        }
    }
}

/// The demo and tests wait less for what does not come. Never the work itself, nor the dead-man timer.
fn scaled(limits: Limits, percent: u32) -> Limits {
    let part = |seconds: u32| (u64::from(seconds) * u64::from(percent) / 100).max(1) as u32;
    Limits {
        switch_s: part(limits.switch_s),
        restore_s: part(limits.restore_s),
        pickup_s: part(limits.pickup_s),
        handoff_quiet_s: part(limits.handoff_quiet_s),
        ..limits
    }
}
