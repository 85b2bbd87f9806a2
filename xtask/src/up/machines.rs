//! The machines of a demo, as `pitstop-lab` and `pitstop-fleet` tell of them: a JSON line each, then
//! a line that says they are ready. The lines are kept for the server, which then knows them.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use serde::Deserialize;
use serde_json::Value;

use super::household::{Event, Household, Interrupted};

/// Machines that are there and not yet switched on, or that do not mind waiting.
pub struct Machines {
    /// What was told of them.
    pub file: PathBuf,
    pub place: Place,
    /// `3 virtual machines: oak (bios), …`
    pub description: String,
}

/// Where they reach the server.
pub enum Place {
    /// In a network of their own.
    Namespace(PathBuf),
    /// On this host.
    Loopback,
}

/// What is told of one. The server reads the rest.
#[derive(Deserialize)]
pub struct Told {
    pub name: String,
    #[serde(default)]
    pub firmware: String,
}

/// Reads until `who` is ready; gives the machines, and the line that said so.
pub fn read_until_ready(
    household: &mut Household,
    who: &'static str,
    file: &Path,
) -> Result<(Vec<Told>, Value)> {
    let mut lines = String::new();
    let mut machines = Vec::new();
    loop {
        match household.next() {
            Event::Line { name, line } if name == who => {
                let value: Value =
                    serde_json::from_str(&line).with_context(|| format!("{who} said: {line}"))?;
                if value["ready"] == true {
                    std::fs::write(file, lines)
                        .with_context(|| format!("cannot write {}", file.display()))?;
                    return Ok((machines, value));
                }
                machines.push(serde_json::from_value(value).with_context(|| format!("{who} said: {line}"))?);
                lines.push_str(&line);
                lines.push('\n');
            }
            Event::Ended { name, status } if name == who => {
                bail!("{who} could not be started ({status}); it says why above")
            }
            Event::Signal => return Err(Interrupted.into()),
            Event::Line { .. } | Event::Ended { .. } => {}
        }
    }
}
