//! What the program does on Linux beside the own system's part.

use crate::console::say;
use crate::machine::Machine;
use crate::maintenance::board::Board;
use crate::{maintenance, tasks};
use std::process::ExitCode;
use std::sync::Arc;

pub const USAGE: &str = "\
pitstop-agent: the program of Pitstop on the machines

  pitstop-agent own --config FILE   in the own system: says that the machine is up, and takes orders
  pitstop-agent maintenance         in the maintenance image: does the job named on the kernel command line
  pitstop-agent inventory           prints what is in this machine, as JSON
  pitstop-agent figures             measures this machine, and prints its figures as JSON
  pitstop-agent memory-test MIB     tests so much of the free memory once, and prints the report
  pitstop-agent --version

FILE is JSON: {\"server\": \"http://10.77.0.2:8080\", \"enrol\": \"KEY\", \"state\": \"/var/lib/pitstop\"}
";

/// Does what these words say; `None`: they say nothing.
pub fn more(words: &[&str]) -> Option<ExitCode> {
    match words {
        ["maintenance"] => Some(maintenance::main(Arc::new(Machine::new()))),
        ["memory-test", mib] => Some(memory_test(mib.parse().ok()?)),
        _ => None,
    }
}

fn memory_test(mib: u64) -> ExitCode {
    let ended = tasks::memory::run(Some(mib), 1, &Board::default());
    say(&ended.summary);
    match serde_json::to_string_pretty(&ended.report) {
        Ok(text) => {
            println!("{text}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            say(error);
            ExitCode::FAILURE
        }
    }
}
