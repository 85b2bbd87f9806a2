//! The lab's machines, known from the start: names, addresses, and the monitors by which they can be reset.

use anyhow::{Context, Result};
use pitstop_domain::machine::{Arch, Firmware};
use pitstop_domain::net::Mac;
use pitstop_domain::route::Route;
use pitstop_store::Store;
use pitstop_store::machines::NewMachine;
use serde::Deserialize;
use std::path::Path;
use uuid::Uuid;

/// A line of `pitstop-lab`.
#[derive(Debug, Deserialize)]
struct LabMachine {
    name: String,
    uuid: Uuid,
    mac: Mac,
    firmware: String,
    agent: bool,
    qmp: String,
}

/// Adds the machines that are new, and renews the routes of those that are known.
pub async fn import(store: &Store, file: &Path) -> Result<usize> {
    let text = std::fs::read_to_string(file).with_context(|| format!("{} cannot be read", file.display()))?;
    let mut known = 0;
    for line in text.lines().filter(|line| line.contains("\"qmp\"")) {
        let machine: LabMachine =
            serde_json::from_str(line).with_context(|| format!("`{line}` does not describe a machine of the lab"))?;
        put(store, &machine).await?;
        known += 1;
    }
    Ok(known)
}

async fn put(store: &Store, lab: &LabMachine) -> Result<()> {
    let monitor = Route::VirtualMachine { qmp: lab.qmp.clone() };
    let routes = vec![Route::Agent, monitor.clone(), Route::AgentKexec, Route::Person];
    if let Some(machine) = store.find_machine(&[lab.mac], Some(lab.uuid)).await? {
        store.set_routes(machine.id, &routes).await?;
        return Ok(());
    }
    let new = NewMachine {
        name: lab.name.clone(),
        smbios_uuid: Some(lab.uuid),
        macs: vec![lab.mac],
        site: "lab".to_owned(),
        labels: vec!["virtual".to_owned()],
        arch: Arch::X86_64,
        firmware: if lab.firmware.starts_with("bios") { Firmware::Bios } else { Firmware::Uefi },
        routes: if lab.agent { routes } else { vec![monitor, Route::Person] },
    };
    store.add_machine(&new).await?;
    Ok(())
}
