//! What the server functions for machines need of the backend. Plain functions: the reactive side is left
//! before the first `await`.

use super::api::MachinePage;
use crate::backend::backend;
use crate::{Failure, format};
use pitstop_domain::function::Task;
use pitstop_domain::id::{JobId, MachineId};
use pitstop_domain::keep::{self, Kept};
use pitstop_domain::machine::Desk;

pub async fn machine(id: &str) -> Result<MachinePage, Failure> {
    let backend = backend()?;
    let id = machine_id(id)?;
    backend.machine(id).await?.ok_or_else(|| Failure::not_found("machine"))
}

pub async fn start_job(machine: &str, function: &str, mib: &str, passes: &str) -> Result<JobId, Failure> {
    let backend = backend()?;
    let reply = crate::serve::Reply::here();
    let machine = machine_id(machine)?;
    let task = memory_test(mib, passes)?;
    let job = backend.start_job(machine, function, task).await?;
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
    let kept = kept(site, labels, &desk).map_err(|why| Failure::Refused(format::sentence(&why)))?;
    backend.keep_machine(id, &kept, version).await?;
    reply.back_to(&format!("/machines/{id}"));
    Ok(())
}

fn kept(site: &str, labels: &str, desk: &Desk) -> Result<Kept, String> {
    Ok(Kept {
        site: keep::site(site)?,
        labels: keep::labels(labels)?,
        desk: Desk {
            room: keep::note("a room", &desk.room)?,
            asset_tag: keep::note("an asset tag", &desk.asset_tag)?,
            used_by: keep::note("a person", &desk.used_by)?,
        },
    })
}

pub(crate) fn machine_id(text: &str) -> Result<MachineId, Failure> {
    text.parse().map_err(|_| Failure::not_found("machine"))
}

/// The task that the form's fields describe; `None` when they are left as they were: the function's own.
fn memory_test(mib: &str, passes: &str) -> Result<Option<Task>, Failure> {
    let (mib, passes) = (mib.trim(), passes.trim());
    if passes.is_empty() {
        return Ok(None);
    }
    let number = |text: &str, what: &str| {
        let refused = || Failure::Refused(format!("{what} must be a whole number above 0, not `{text}`."));
        text.parse::<u32>().ok().filter(|n| *n > 0).ok_or_else(refused)
    };
    let passes = number(passes, "The number of passes")?;
    let mib =
        if mib.is_empty() { None } else { Some(u64::from(number(mib, "The memory to test, in MiB,")?)) };
    Ok(Some(Task::MemoryTest { mib, passes }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn empty_fields_leave_the_function_as_it_is() {
        assert_eq!(memory_test("", ""), Ok(None));
        assert_eq!(memory_test("", "2"), Ok(Some(Task::MemoryTest { mib: None, passes: 2 })));
    }

    #[test]
    fn what_is_no_number_is_refused_with_the_words_that_were_typed() {
        let error = memory_test("all", "1").unwrap_err();
        assert!(error.to_string().contains("`all`"));
    }
}
