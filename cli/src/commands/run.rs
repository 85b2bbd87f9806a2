//! Starts a function on a machine.

use super::{Context, find, many, print, watch};
use crate::args::Run;
use crate::exit::Exit;
use crate::fault::Fault;
use crate::shape::{Function, Machine};
use pitstop_domain::id::JobId;
use serde::Deserialize;
use serde_json::json;

#[derive(Deserialize)]
struct Started {
    id: JobId,
}

/// Prints the job's id and nothing else, for scripts; watched, the story follows. Without a single machine it is a run.
pub fn run(context: &Context, asked: &Run) -> Result<Exit, Fault> {
    let Some(machine) = &asked.machine else { return many::start(context, asked) };
    let function = find::function(context, &asked.function)?;
    let machine = find::machine(context, machine)?;
    confirmed(&function, &machine, asked.destroy.as_deref())?;
    let mut job = json!({ "machine": machine.id, "function": function.name });
    if asked.care.off_again {
        job["off_again"] = json!(true);
    }
    let answer = context.client.post("jobs", &job)?;
    let Started { id } = context.understood(&answer)?;
    print(&if context.json { format!("{answer}\n") } else { format!("{id}\n") })?;
    match asked.watch {
        true => watch::watch(context, id, asked.patience),
        false => Ok(Exit::Done),
    }
}

/// Destroying asks for the machine's name.
fn confirmed(function: &Function, machine: &Machine, said: Option<&str>) -> Result<(), Fault> {
    if function.risk != "destroys" || said == Some(machine.name.as_str()) {
        return Ok(());
    }
    Err(Fault::Usage(format!(
        "`{}` destroys what is on {}: say so with --destroy {}",
        function.name, machine.name, machine.name
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn function(risk: &str) -> Function {
        Function {
            name: "wipe".to_owned(),
            title: "Wipe".to_owned(),
            description: String::new(),
            image: "maintenance".to_owned(),
            risk: risk.to_owned(),
        }
    }

    fn machine() -> Machine {
        Machine {
            id: "01a20947-2dbd-7176-b9cc-05426922e71e".parse().unwrap(),
            name: "pc-0002".to_owned(),
            site: String::new(),
            firmware: "uefi".to_owned(),
            has_agent: true,
            inventory: None,
        }
    }

    #[test]
    fn destroying_asks_for_the_machines_name() {
        assert!(confirmed(&function("destroys"), &machine(), None).is_err());
        assert!(confirmed(&function("destroys"), &machine(), Some("pc-0003")).is_err());
        assert!(confirmed(&function("destroys"), &machine(), Some("pc-0002")).is_ok());
    }

    #[test]
    fn what_destroys_nothing_is_not_asked_about() {
        assert!(confirmed(&function("reads_only"), &machine(), None).is_ok());
    }
}
