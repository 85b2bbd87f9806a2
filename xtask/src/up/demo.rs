//! Real virtual machines for the demo: `pitstop-lab`, spoken to in lines.

use anyhow::{Context, Result};
use serde::Deserialize;

use super::{
    Options,
    build::Built,
    household::{EndBy, Household},
    machines::{Machines, Place, Told, read_until_ready},
    privilege,
};
use crate::{paths, say};

pub const NAME: &str = "the lab";
/// Where the server stands in the lab's network.
pub const BOOT_ADDRESS: &str = "10.77.0.2";
pub const BOOT_PORT: u16 = 8080;

/// Puts up the lab. Its disks are made at the first time, which takes some seconds a machine.
pub fn start(options: &Options, built: &Built, key: &str, household: &mut Household) -> Result<Machines> {
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
        let file = folder.join("machines.jsonl");
        let (machines, ready) = read_until_ready(household, NAME, &file)?;
        let namespace =
            ready["boot_netns"].as_str().context("the lab does not say where the server is to stand")?;
        Ok(Machines { file, place: Place::Namespace(namespace.into()), description: describe(&machines) })
    })
}

/// Once the server is ready, so that no machine asks in vain.
pub fn switch_on(household: &mut Household) -> Result<()> {
    household.say(NAME, "go")
}

fn describe(machines: &[Told]) -> String {
    let named: Vec<_> = machines.iter().map(|one| format!("{} ({})", one.name, one.firmware)).collect();
    format!("{} virtual machines: {}", machines.len(), named.join(", "))
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
