//! What a name means.

use super::Context;
use crate::fault::Fault;
use crate::near::{near, unknown};
use crate::shape::{Function, Machine};
use pitstop_domain::id::MachineId;

/// A machine by its name or id. A name that looks like another's id is still a name.
pub fn machine(context: &Context, wanted: &str) -> Result<Machine, Fault> {
    let machines: Vec<Machine> = context.understood(&context.client.get("machines")?)?;
    let id: Option<MachineId> = wanted.parse().ok();
    let by_name = machines.iter().position(|machine| machine.name == wanted);
    let found = by_name.or_else(|| machines.iter().position(|machine| Some(machine.id) == id));
    match found {
        Some(index) => machines.into_iter().nth(index).ok_or_else(|| none("machine", wanted, &[])),
        None => {
            let names = machines.iter().map(|machine| machine.name.as_str());
            Err(none("machine", wanted, &near(wanted, names)))
        }
    }
}

pub fn function(context: &Context, wanted: &str) -> Result<Function, Fault> {
    let functions: Vec<Function> = context.understood(&context.client.get("functions")?)?;
    let names = near(wanted, functions.iter().map(|function| function.name.as_str()));
    let missing = none("function", wanted, &names);
    functions.into_iter().find(|function| function.name == wanted).ok_or(missing)
}

fn none(kind: &str, wanted: &str, near: &[&str]) -> Fault {
    Fault::Usage(unknown(kind, wanted, near))
}
