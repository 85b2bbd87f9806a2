//! How a job is made: everything that can be refused is refused here, before anything is touched.

use crate::Time;
use crate::capture::meant::Meant;
use crate::function::{Function, Limits, Task};
use crate::id::JobId;
use crate::image::ImageVersion;
use crate::job::{Job, Plan};
use crate::machine::{Inventory, Machine};
use crate::preflight::{Preflight, preflight, stops};
use crate::route::Route;
use crate::selection::select;

/// The version of the function's image that is [selected](crate::selection) for the machine, or why there is none.
///
/// # Errors
/// The reason, in words for people.
pub fn locate<'a>(
    function: &Function,
    machine: &Machine,
    images: &'a [ImageVersion],
) -> Result<&'a ImageVersion, String> {
    if let Some(why) = &function.missing {
        return Err(why.clone());
    }
    let named = || images.iter().filter(|image| image.name == function.image);
    if named().next().is_none() {
        return Err(format!("there is no image `{}` in the catalog: add it, then try again", function.image));
    }
    select(machine, named())
        .chosen()
        .map_err(|why| format!("no version of the image `{}` suits this machine: {why}", function.image))
}

/// What is asked for, besides function and machine.
#[derive(Clone, Debug)]
pub struct Asked {
    /// The function's own task with other parameters; `None`: as the function has it.
    pub task: Option<Task>,
    /// The demo and tests wait less for what does not come: per cent of the function's limits.
    pub limits_percent: u32,
    /// If it was off, it is shut down again when it is back.
    pub off_again: bool,
}

/// The job that takes this machine through this function.
///
/// # Errors
/// A refusal in words for people: no image that suits, no power route, none that could return the machine,
/// parameters of another kind of task.
pub fn job(
    id: JobId,
    function: &Function,
    machine: &Machine,
    images: &[ImageVersion],
    asked: &Asked,
    now: Time,
) -> Result<Job, String> {
    let image = locate(function, machine, images)?;
    if machine.routes.is_empty() {
        return Err("the machine has no power route".to_owned());
    }
    if !machine.routes.iter().any(Route::can_return) {
        return Err("the machine has no power route that could return it".to_owned());
    }
    // Whether it has booted from the network before stops nothing.
    let asked_before = Preflight { machine, image, risk: function.risk, last_netboot: None };
    if let Some(why) = stops(&preflight(&asked_before)) {
        return Err(why.to_owned());
    }
    let plan = Plan {
        task: with_what_is_meant(chosen_task(function, asked.task.clone())?, machine.inventory.as_ref()),
        ending: function.ending.clone(),
        limits: scaled(function.limits, asked.limits_percent),
        routes: machine.routes.clone(),
        firmware: machine.firmware,
        own_agent: machine.has_agent,
        image_agent: image.agent,
        probe: machine.probe.clone(),
        ask: None,
        off_again: asked.off_again,
    };
    Ok(Job::new(id, machine.id, function.name.clone(), image.digest.clone(), plan, now))
}

/// The function's own task, or the same kind with other parameters.
fn chosen_task(function: &Function, task: Option<Task>) -> Result<Task, String> {
    match task {
        None => Ok(function.task.clone()),
        Some(task) if std::mem::discriminant(&task) == std::mem::discriminant(&function.task) => Ok(task),
        Some(_) => Err("these parameters belong to another kind of task: choose again".to_owned()),
    }
}

/// A disk that is written to is remembered as it is known now, since its name may mean another one in maintenance.
fn with_what_is_meant(task: Task, known: Option<&Inventory>) -> Task {
    match (task, known) {
        (Task::Restore { capture, device, confirm, meant: None }, Some(known)) => {
            let meant = Meant::by_name(&device, &known.disks);
            Task::Restore { capture, device, confirm, meant }
        }
        (Task::Wipe { confirm, device, method, meant: None }, Some(known)) => {
            let meant = Meant::by_name(&device, &known.disks);
            Task::Wipe { confirm, device, method, meant }
        }
        (task, _) => task,
    }
}

/// Never the work itself, nor the dead-man timer.
fn scaled(limits: Limits, percent: u32) -> Limits {
    let part = |seconds: u32| {
        u32::try_from(u64::from(seconds) * u64::from(percent) / 100).unwrap_or(u32::MAX).max(1)
    };
    Limits {
        switch_s: part(limits.switch_s),
        restore_s: part(limits.restore_s),
        pickup_s: part(limits.pickup_s),
        handoff_quiet_s: part(limits.handoff_quiet_s),
        ..limits
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_disk_that_is_written_to_is_remembered_as_it_is_known_when_it_is_asked_for() {
        let disk = json!({ "name": "sda", "model": "Acme", "serial": "A1", "bytes": 7, "rotational": false });
        let known = Inventory { disks: vec![serde_json::from_value(disk).unwrap()], ..Inventory::default() };
        let task = |device: &str| -> Task {
            serde_json::from_value(
                json!({ "kind": "restore", "capture": "", "device": device, "confirm": "oak" }),
            )
            .unwrap()
        };
        let Task::Restore { meant, .. } = with_what_is_meant(task("/dev/sda"), Some(&known)) else {
            panic!("it is one")
        };
        assert_eq!(meant, Some(Meant { model: "Acme".to_owned(), serial: "A1".to_owned(), bytes: 7 }));
        assert_eq!(
            with_what_is_meant(task("/dev/sdb"), Some(&known)),
            task("/dev/sdb"),
            "of that nothing is known"
        );
        assert_eq!(with_what_is_meant(task("/dev/sda"), None), task("/dev/sda"));
        let wipe = json!({ "kind": "wipe", "device": "/dev/sda", "confirm": "oak" });
        let Task::Wipe { meant, .. } =
            with_what_is_meant(serde_json::from_value(wipe).unwrap(), Some(&known))
        else {
            panic!("it is one")
        };
        assert_eq!(meant.unwrap().serial, "A1");
    }
}
