//! `pitstop-agent`: what it was called for, and nothing else.

use pitstop_agent::console::say;
use pitstop_agent::machine::Machine;
use pitstop_agent::{inventory, own, telemetry, verbs};
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

/// Called in a way that it does not understand; 64 is `EX_USAGE` of sysexits(3).
const EXIT_USAGE: u8 = 64;

/// Between the two looks of `figures`.
const APART: Duration = Duration::from_secs(2);

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["own", "--config", file] => own_system(Path::new(file)),
        ["inventory"] => print(&inventory::collect()),
        ["figures"] => print(&telemetry::figures(APART)),
        ["--version"] => {
            say(format_args!("agent {}", env!("CARGO_PKG_VERSION")));
            ExitCode::SUCCESS
        }
        ["--help" | "-h" | "help"] => {
            print!("{}", verbs::USAGE);
            ExitCode::SUCCESS
        }
        other => verbs::more(other).unwrap_or_else(|| {
            eprint!("{}", verbs::USAGE);
            ExitCode::from(EXIT_USAGE)
        }),
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
