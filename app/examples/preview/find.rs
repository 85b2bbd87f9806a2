//! Fake machines, found by anything.

use chrono::Utc;
use pitstop_app::helpdesk::api::{Found, FoundList};
use pitstop_app::machines::api::MachineRow;
use pitstop_domain::machine::Machine;

pub fn find(machines: &[Machine], rows: Vec<MachineRow>, words: &[String], most: usize) -> FoundList {
    let mut rows: Vec<_> =
        machines.iter().zip(rows).filter_map(|(machine, row)| found(machine, row, words)).collect();
    rows.sort_by_key(|row| (!words.contains(&row.name.to_lowercase()), row.name.clone()));
    rows.truncate(most);
    FoundList { asked_at: Utc::now(), rows, more: false }
}

fn found(machine: &Machine, row: MachineRow, words: &[String]) -> Option<Found> {
    let inventory = machine.inventory.clone().unwrap_or_default();
    let addresses = inventory.nics.iter().flat_map(|nic| nic.addresses.clone()).collect::<Vec<_>>().join(" ");
    let macs = machine.macs.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
    let fields = [("serial", inventory.serial.as_str()), ("address", &addresses), ("MAC address", &macs)];
    let all =
        [&row.name, &row.site, &row.labels.join(" "), &inventory.model, &inventory.serial, &addresses, &macs]
            .map(|text| text.to_lowercase())
            .join(" ");
    words.iter().all(|word| all.contains(word.as_str())).then(|| Found {
        by: Found::found_by(words, &row.name, &fields),
        id: row.id,
        name: row.name,
        site: row.site,
        labels: row.labels,
        model: row.model,
        state: row.state,
        last_seen: row.last_seen,
    })
}
