//! Machines that ask and that nobody told us of: remembered, and adopted where a rule says so.

use pitstop_domain::adoption::Stranger;
use pitstop_domain::machine::{Arch, Firmware, Machine};
use pitstop_domain::route::Route;
use pitstop_netboot::directory::Client;
use pitstop_store::machines::NewMachine;
use pitstop_store::{Error, Result, Store};

/// A stranger asked: it is remembered, and is a machine from now on where a rule holds of it.
pub(super) async fn meet(store: &Store, client: &Client) -> Result<Option<Machine>> {
    let Some(stranger) = stranger(store, client) else { return Ok(None) };
    store.saw_stranger(&stranger).await?;
    let rules = store.adoption_rules().await?;
    let Some(rule) = rules.iter().find(|row| row.active && row.rule.fits(&stranger)).map(|row| &row.rule)
    else {
        return Ok(None);
    };
    let name = rule.name_for(stranger.mac);
    let new = new_machine(&stranger, name.clone(), rule.site.clone(), rule.labels.clone());
    match store.adopt(&new).await {
        Ok(id) => {
            tracing::info!(machine = %id, name, mac = %stranger.mac, rule = rule.words(), "A rule adopted a machine.");
            store.machine(id).await
        }
        // It stays a stranger, for a person to look at.
        Err(Error::Refused(why)) => {
            tracing::warn!(name, mac = %stranger.mac, why, "A rule could not adopt a machine.");
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

fn stranger(store: &Store, client: &Client) -> Option<Stranger> {
    let now = store.now();
    let by = if client.asked.by.is_empty() { "network boot" } else { client.asked.by };
    Some(Stranger {
        mac: *client.macs.first()?,
        uuid: client.uuid,
        arch: client.asked.arch,
        firmware: client.asked.firmware,
        by: by.to_owned(),
        from: client.asked.from,
        first_at: now,
        at: now,
        times: 1,
    })
}

/// The machine that a stranger becomes. A person can always restart it.
pub(crate) fn new_machine(
    stranger: &Stranger,
    name: String,
    site: String,
    labels: Vec<String>,
) -> NewMachine {
    NewMachine {
        name,
        smbios_uuid: stranger.uuid,
        macs: vec![stranger.mac],
        site,
        labels,
        arch: stranger.arch.unwrap_or(Arch::X86_64),
        firmware: stranger.firmware.unwrap_or(Firmware::Uefi),
        routes: vec![Route::Person],
    }
}
