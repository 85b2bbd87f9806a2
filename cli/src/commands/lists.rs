//! Machines, functions, images, jobs.

use super::{Context, find, print, remark};
use crate::exit::Exit;
use crate::fault::Fault;
use crate::shape::Job;
use crate::show::{Look, tables};
use serde::de::DeserializeOwned;

/// The server lists no more jobs than this.
const MOST_JOBS: usize = 200;

pub fn machines(context: &Context) -> Result<Exit, Fault> {
    list(context, "machines", tables::machines, "no machines yet: they appear when their agent enrols")
}

pub fn functions(context: &Context) -> Result<Exit, Fault> {
    list(context, "functions", tables::functions, "no functions yet")
}

pub fn images(context: &Context) -> Result<Exit, Fault> {
    list(
        context,
        "images",
        tables::images,
        "no images yet: put some into the server's --image-drop and restart it",
    )
}

pub fn jobs(context: &Context, open: bool, machine: Option<&str>) -> Result<Exit, Fault> {
    let mut path = format!("jobs?open={open}");
    if let Some(machine) = machine {
        path += &format!("&machine={}", find::machine(context, machine)?.id);
    }
    list(context, &path, shown_jobs, "no such jobs: `pitstop run` starts one")
}

fn shown_jobs(jobs: &[Job], look: &Look) -> String {
    if jobs.len() >= MOST_JOBS {
        remark("these are the newest; ask for --open or one --machine to see others");
    }
    tables::jobs(jobs, look)
}

fn list<T: DeserializeOwned>(
    context: &Context,
    path: &str,
    table: fn(&[T], &Look) -> String,
    empty: &str,
) -> Result<Exit, Fault> {
    let answer = context.client.get(path)?;
    if context.json {
        print(&format!("{answer}\n"))?;
        return Ok(Exit::Done);
    }
    let items: Vec<T> = context.understood(&answer)?;
    match items.as_slice() {
        [] => remark(empty),
        items => print(&table(items, &context.look()))?,
    }
    Ok(Exit::Done)
}
