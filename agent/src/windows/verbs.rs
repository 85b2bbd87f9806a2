//! What the program does on Windows beside the own system's part: nothing. Maintenance is Linux alone.

use std::process::ExitCode;

pub const USAGE: &str = "\
pitstop-agent: the program of Pitstop on the machines

  pitstop-agent own --config FILE   says that the machine is up, and takes orders
  pitstop-agent inventory           prints what is in this machine, as JSON
  pitstop-agent figures             measures this machine, and prints its figures as JSON
  pitstop-agent --version

FILE is JSON: {\"server\": \"http://10.77.0.2:8080\", \"enrol\": \"KEY\", \"state\": \"C:\\\\ProgramData\\\\Pitstop\"}
";

/// No other words say anything.
pub fn more(_words: &[&str]) -> Option<ExitCode> {
    None
}
