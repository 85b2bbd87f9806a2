//! `pitstop-agent`: what it was called for, and nothing else.

use pitstop_agent::console::say;
use pitstop_agent::machine::Machine;
use pitstop_agent::maintenance::board::Board;
use pitstop_agent::{inventory, maintenance, own, tasks};
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

const USAGE: &str = "\
pitstop-agent: the program of Pitstop on the machines

  pitstop-agent own --config FILE   in the own system: says that the machine is up, and takes orders
  pitstop-agent maintenance         in the maintenance image: does the job named on the kernel command line
  pitstop-agent inventory           prints what is in this machine, as JSON
  pitstop-agent memory-test MIB     tests so much of the free memory once, and prints the report
  pitstop-agent --version

FILE is JSON: {\"server\": \"http://10.77.0.2:8080\", \"enrol\": \"KEY\", \"state\": \"/var/lib/pitstop\"}
";

/// Called in a way that it does not understand; 64 is `EX_USAGE` of sysexits(3).
const EXIT_USAGE: u8 = 64;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["own", "--config", file] => own_system(Path::new(file)),
        ["maintenance"] => maintenance::main(Arc::new(Machine::new())),
        ["inventory"] => print(&inventory::collect()),
        ["memory-test", mib] => memory_test(mib),
        ["--version"] => {
            say(format_args!("agent {}", env!("CARGO_PKG_VERSION")));
            ExitCode::SUCCESS
        }
        ["--help" | "-h" | "help"] => {
            print!("{USAGE}");
            ExitCode::SUCCESS
        }
        _ => {
            eprint!("{USAGE}");
            ExitCode::from(EXIT_USAGE)
        }
    }
}

fn own_system(file: &Path) -> ExitCode {
    match own::Config::read(file) {
        Ok(config) => own::main(&Machine::new(), config),
        Err(error) => {
            say(error);
            ExitCode::FAILURE
        }
    }
}

fn memory_test(mib: &str) -> ExitCode {
    let Ok(mib) = mib.parse() else {
        eprint!("{USAGE}");
        return ExitCode::from(EXIT_USAGE);
    };
    let ended = tasks::memory::run(Some(mib), 1, &Board::default());
    say(&ended.summary);
    print(&ended.report)
}

fn print(value: &impl serde::Serialize) -> ExitCode {
    match serde_json::to_string_pretty(value) {
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
