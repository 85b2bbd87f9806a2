//! Machines known from the start, from the lines of `pitstop-lab` and `pitstop-fleet`: names, addresses, and the
//! monitors or management by which they can be reset.

use anyhow::{Context, Result};
use pitstop_domain::id::MachineId;
use pitstop_domain::machine::{Arch, Firmware};
use pitstop_domain::net::Mac;
use pitstop_domain::route::Route;
use pitstop_store::Store;
use pitstop_store::machines::NewMachine;
use serde::Deserialize;
use std::path::Path;
use uuid::Uuid;

/// A line of `pitstop-lab`, or of `pitstop-fleet`.
#[derive(Debug, Deserialize)]
struct LabMachine {
    name: String,
    uuid: Uuid,
    mac: Mac,
    firmware: String,
    agent: bool,
    #[serde(flatten)]
    reset: Reset,
    /// A diskless machine: the image that is its own system.
    own_image: Option<String>,
    #[serde(default = "lab")]
    site: String,
    #[serde(default = "virtual_machine")]
    labels: Vec<String>,
}

/// How it is reset from outside.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Reset {
    /// The QMP socket of a virtual machine.
    Qmp(String),
    /// The management address of a simulated machine.
    Simulated(String),
}

fn lab() -> String {
    "lab".to_owned()
}

fn virtual_machine() -> Vec<String> {
    vec!["virtual".to_owned()]
}

/// Adds the machines that are new, and renews the routes of those that are known.
pub async fn import(store: &Store, file: &Path) -> Result<usize> {
    let text = std::fs::read_to_string(file).with_context(|| format!("{} cannot be read", file.display()))?;
    let mut known = 0;
    for line in text.lines().filter(|line| line.contains("\"qmp\"") || line.contains("\"simulated\"")) {
        let machine: LabMachine = serde_json::from_str(line)
            .with_context(|| format!("`{line}` does not describe a machine of the lab"))?;
        put(store, &machine).await?;
        known += 1;
    }
    Ok(known)
}

async fn put(store: &Store, lab: &LabMachine) -> Result<()> {
    let reset = match &lab.reset {
        Reset::Qmp(qmp) => Route::VirtualMachine { qmp: qmp.clone() },
        Reset::Simulated(url) => Route::Simulated { url: url.clone() },
    };
    let routes = if lab.agent {
        vec![Route::Agent, reset, Route::AgentKexec, Route::Person]
    } else {
        vec![reset, Route::Person]
    };
    if let Some(machine) = store.find_machine(&[lab.mac], Some(lab.uuid)).await? {
        store.set_routes(machine.id, &routes).await?;
        return diskless(store, machine.id, lab).await;
    }
    let new = NewMachine {
        name: lab.name.clone(),
        smbios_uuid: Some(lab.uuid),
        macs: vec![lab.mac],
        site: lab.site.clone(),
        labels: lab.labels.clone(),
        arch: Arch::X86_64,
        firmware: if lab.firmware.starts_with("bios") { Firmware::Bios } else { Firmware::Uefi },
        routes,
    };
    let machine = store.add_machine(&new).await?;
    diskless(store, machine, lab).await
}

async fn diskless(store: &Store, machine: MachineId, lab: &LabMachine) -> Result<()> {
    if let Some(image) = &lab.own_image {
        let set = store.set_own_image(machine, Some(image)).await;
        set.with_context(|| format!("{} cannot start the image {image} as its own system", lab.name))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn machines_of_the_lab_and_simulated_ones_are_told_apart() {
        let id = r#""name":"oak","uuid":"6ba7b810-9dad-11d1-80b4-00c04fd430c8","mac":"52:54:00:00:00:01","firmware":"bios","agent":true"#;
        let lab: LabMachine =
            serde_json::from_str(&format!(r#"{{{id},"qmp":"/run/oak","serial":"x"}}"#)).unwrap();
        assert!(matches!(lab.reset, Reset::Qmp(path) if path == "/run/oak"));
        assert_eq!((lab.site.as_str(), lab.labels), ("lab", vec!["virtual".to_owned()]));
        let line =
            format!(r#"{{{id},"simulated":"http://h/machines/oak/reset","site":"graz","labels":["pc"]}}"#);
        let fleet: LabMachine = serde_json::from_str(&line).unwrap();
        assert!(matches!(fleet.reset, Reset::Simulated(url) if url.ends_with("/oak/reset")));
        assert_eq!((fleet.site.as_str(), fleet.labels), ("graz", vec!["pc".to_owned()]));
    }
}
