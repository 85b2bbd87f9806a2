//! Functions that every installation has from the start.
//!
//! [`tools`] has those of the toolbox.

mod tools;

use pitstop_domain::ending::{Condition, Criterion, Ending, OutcomeRule};
use pitstop_domain::function::{Function, Limits, Risk, Task};
use pitstop_domain::parameter::Parameter;

/// Name of the maintenance image that `cargo xtask image` makes.
const OUR_IMAGE: &str = "pitstop-maintenance";

/// In the order in which people see them.
pub fn functions() -> Vec<Function> {
    let mut functions = vec![memory_test(), inventory()];
    functions.extend(tools::functions());
    functions.push(memtest86());
    functions
}

fn memory_test() -> Function {
    Function {
        name: "memory-test".to_owned(),
        title: "Memory test".to_owned(),
        description: "Writes and reads back patterns over all free memory. Finds bad memory modules."
            .to_owned(),
        image: OUR_IMAGE.to_owned(),
        task: Task::MemoryTest { mib: None, passes: 1 },
        parameters: vec![
            Parameter::number("passes", "Passes", 1, 1000, "").required(),
            Parameter::number("mib", "Memory to test", 1, 1 << 30, "MiB").help("Empty: all that is free."),
        ],
        least_role: None,
        missing: None,
        ending: Ending::by_agent(),
        limits: Limits::default(),
        risk: Risk::ReadsOnly,
        told: "The memory is being tested. Please leave the machine switched on.".to_owned(),
    }
}

fn inventory() -> Function {
    Function {
        name: "inventory".to_owned(),
        title: "Inventory".to_owned(),
        description: "Looks at what is in the machine, from outside its own system.".to_owned(),
        image: OUR_IMAGE.to_owned(),
        task: Task::Inventory,
        parameters: vec![],
        least_role: None,
        missing: None,
        ending: Ending::by_agent(),
        limits: Limits { run_s: 15 * 60, ..Limits::default() },
        risk: Risk::ReadsOnly,
        told: "The machine is being looked at. This takes a minute or two.".to_owned(),
    }
}

/// memtest86+ never ends and calls nobody: its time is up, or somebody restarts the machine.
fn memtest86() -> Function {
    Function {
        name: "memtest86plus".to_owned(),
        title: "memtest86+".to_owned(),
        description:
            "The classic memory test, for an hour. It shows its result on the screen and reports nothing."
                .to_owned(),
        image: "memtest86plus".to_owned(),
        task: Task::None,
        parameters: vec![],
        least_role: None,
        missing: None,
        ending: Ending(vec![
            Criterion { when: Condition::AsksToBootAgain, outcome: OutcomeRule::Succeeded },
            Criterion { when: Condition::TimeUp(3600), outcome: OutcomeRule::Succeeded },
        ]),
        limits: Limits::default(),
        risk: Risk::ReadsOnly,
        told: "memtest86+ runs for an hour. Its findings are on the screen.".to_owned(),
    }
}
