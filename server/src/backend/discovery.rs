//! Machines that are not known yet.

use crate::boot::adopt::new_machine;
use crate::import;
use pitstop_app::discovery::api::{Discovery, KeptRule};
use pitstop_domain::adoption::Stranger;
use pitstop_domain::id::MachineId;
use pitstop_domain::net::Mac;
use pitstop_netboot::dhcp::Counters;
use pitstop_store::{Error, Result, Store};
use uuid::Uuid;

/// Strangers that a page shows; the rest is counted.
const STRANGERS: i64 = 100;

pub(super) async fn page(
    store: &Store,
    sites: Vec<String>,
    silences: Option<&Counters>,
) -> Result<Discovery> {
    let (strangers, total, rules) =
        tokio::try_join!(store.strangers(STRANGERS), store.count_strangers(), store.adoption_rules())?;
    let silences = silences.map(Counters::snapshot).unwrap_or_default();
    Ok(Discovery {
        asked_at: store.now(),
        strangers,
        total,
        rules: rules.into_iter().map(|row| KeptRule { id: row.id, rule: row.rule }).collect(),
        sites,
        silences: silences.into_iter().map(|(name, n)| (name.to_owned(), n)).collect(),
    })
}

pub(super) async fn adopt(
    store: &Store,
    mac: Mac,
    name: String,
    site: String,
    labels: Vec<String>,
) -> Result<MachineId> {
    let stranger: Option<Stranger> = store.stranger(mac).await?;
    let stranger = stranger.ok_or(Error::NotFound("machine that asked"))?;
    let id = store.adopt(&new_machine(&stranger, name, site, labels)).await?;
    tracing::info!(machine = %id, %mac, "A person adopted a machine.");
    Ok(id)
}

/// The list of a draft, done as it says; the draft goes with it.
pub(super) async fn confirm(store: &Store, draft: Uuid, expect: (u64, u64)) -> Result<()> {
    let text = text(store, draft).await?;
    import::import(store, &text, Some(expect)).await?;
    store.drop_import_draft(draft).await
}

pub(super) async fn text(store: &Store, draft: Uuid) -> Result<String> {
    store.import_draft(draft).await?.ok_or(Error::NotFound("list: it may have been imported already"))
}
