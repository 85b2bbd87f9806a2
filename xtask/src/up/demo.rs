//! Real virtual machines for the demo: `pitstop-lab`, spoken to in lines.

use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use serde::Deserialize;

use super::{
    Options,
    build::Built,
    household::{EndBy, Event, Household, Interrupted},
    privilege,
};
use crate::{paths, say};

pub const NAME: &str = "the lab";
/// Where the server stands in the lab's network.
pub const BOOT_ADDRESS: &str = "10.77.0.2";
pub const BOOT_PORT: u16 = 8080;

/// A lab that is up, its machines still switched off.
pub struct Demo {
    pub boot_netns: PathBuf,
    /// The machines as the lab describes them, one a line.
    pub machines_file: PathBuf,
    machines: Vec<Machine>,
}

#[derive(Deserialize)]
struct Machine {
    name: String,
    firmware: String,
}

#[derive(Deserialize)]
struct Ready {
    boot_netns: PathBuf,
}

/// Puts up the lab. Its disks are made at the first time, which takes some seconds a machine.
pub fn start(options: &Options, built: &Built, key: &str, household: &mut Household) -> Result<Demo> {
    privilege::prepare()?;
    let folder = options.data().join("lab");
    std::fs::create_dir_all(&folder)?;
    let mut command = privilege::as_root(&built.lab);
    command.arg("up").arg("--dir").arg(&folder).arg("--cache").arg(paths::lab());
    command.args(["--machines", &options.machines, "--enrol", key]);
    command
        .args(["--server", &format!("http://{BOOT_ADDRESS}:{BOOT_PORT}")])
        .arg("--agent")
        .arg(&built.agent);
    say::step("putting up the virtual machines", || {
        // At the end of its input it takes down machines and network in order. A signal to its
        // group would reach the machines first.
        household.start(NAME, EndBy::Input, &mut command)?;
        wait_until_ready(household, folder.join("machines.jsonl"))
    })
}

fn wait_until_ready(household: &mut Household, machines_file: PathBuf) -> Result<Demo> {
    let mut lines = String::new();
    let mut machines = Vec::new();
    loop {
        match household.next() {
            Event::Line { name: NAME, line } => {
                if let Ok(Ready { boot_netns }) = serde_json::from_str(&line) {
                    std::fs::write(&machines_file, lines)?;
                    return Ok(Demo { boot_netns, machines_file, machines });
                }
                machines.push(serde_json::from_str(&line).with_context(|| format!("the lab said: {line}"))?);
                lines.push_str(&line);
                lines.push('\n');
            }
            Event::Ended { name: NAME, status } => {
                bail!("the lab could not be put up ({status}); it says why above")
            }
            Event::Signal => return Err(Interrupted.into()),
            Event::Line { .. } | Event::Ended { .. } => {}
        }
    }
}

impl Demo {
    /// Once the server is ready, so that no machine asks in vain.
    pub fn switch_on(&self, household: &mut Household) -> Result<()> {
        household.say(NAME, "go")
    }

    /// `3 virtual machines: oak (bios), elm (bios), ash (uefi)`.
    pub fn description(&self) -> String {
        let machines: Vec<_> =
            self.machines.iter().map(|one| format!("{} ({})", one.name, one.firmware)).collect();
        format!("{} virtual machines: {}", machines.len(), machines.join(", "))
    }
}

/// What the lab says of a word that it could not obey.
pub fn complaint(line: &str) -> Option<String> {
    #[derive(Deserialize)]
    struct Failed {
        failed: String,
        why: String,
    }
    let Failed { failed, why } = serde_json::from_str(line).ok()?;
    Some(format!("the lab could not do \"{failed}\": {why}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_complaints_of_the_lab_are_told() {
        assert_eq!(complaint(r#"{"done":"go"}"#), None);
        let line = r#"{"failed":"go","why":"no memory"}"#;
        assert_eq!(complaint(line).as_deref(), Some("the lab could not do \"go\": no memory"));
    }
}
