//! Machines found for the help desk.

use pitstop_app::helpdesk::api::{Found, FoundList};
use pitstop_domain::query::Scope;
use pitstop_store::{Result, Store};

pub(super) async fn find(store: &Store, words: &[String], most: usize, scope: &Scope) -> Result<FoundList> {
    let now = store.now();
    let found = store.find_by_words(words, scope, i64::try_from(most).unwrap_or(i64::MAX)).await?;
    let mut rows = Vec::with_capacity(found.len());
    for machine in found {
        // Some twenty machines, each by its key.
        let Some(row) = store.overview(Some(machine.id)).await?.pop() else { continue };
        let (addresses, macs) = (machine.addresses.join(" "), machine.macs.join(" "));
        let fields = [("serial", machine.serial.as_str()), ("address", &addresses), ("MAC address", &macs)];
        rows.push(Found {
            id: machine.id,
            state: row.state(now),
            by: Found::found_by(words, &row.name, &fields),
            name: row.name,
            site: row.site,
            labels: row.labels,
            model: row.model,
            last_seen: row.last_seen,
        });
    }
    Ok(FoundList { asked_at: now, rows, more: false })
}
