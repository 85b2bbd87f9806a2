//! Who elsewhere may tell of machines, for the pages.

use super::desk::{Result, StoreHealth};
use super::form::{self, text};
use crate::backend::{failure, failure_of};
use crate::people::{Deed, On};
use pitstop_app::Failure;
use pitstop_app::health::desk::{Filled, SourceLine, SourcePage, Told};
use pitstop_domain::health::elsewhere::Source;
use pitstop_domain::id::SourceId;
use pitstop_domain::people::Right;
use pitstop_domain::secret::Secret;
use pitstop_store::health::sources::SourceRow;
use pitstop_store::health::tidings::TidingRow;
use serde_json::json;

/// Alerts that are shown.
const SHOWN: i64 = 200;

impl StoreHealth {
    pub(super) async fn all_sources(&self) -> Result<Vec<SourceLine>> {
        let store = self.gate.read(Right::ChangeSettings, On::Installation).await.map_err(failure_of)?;
        Ok(store.health_sources().await.map_err(failure)?.into_iter().map(line).collect())
    }

    pub(super) async fn one_source(&self, id: &str) -> Result<SourcePage> {
        let (id, row) = self.source_row(id).await?;
        let store = self.gate.read(Right::ChangeSettings, On::Installation).await.map_err(failure_of)?;
        let told = store.tidings(Some(id), None, None, SHOWN).await.map_err(failure)?;
        let deliveries = store.health_deliveries(id).await.map_err(failure)?;
        Ok(SourcePage {
            line: line(row),
            told: told.into_iter().map(self::told).collect(),
            deliveries: deliveries.into_iter().map(|row| (row.at, row.words, row.came_from)).collect(),
        })
    }

    pub(super) async fn new_source(&self, filled: &Filled) -> Result<(Source, Secret)> {
        self.gate.read(Right::ChangeSettings, On::Installation).await.map_err(failure_of)?;
        let source = form::source(filled).map_err(Failure::Refused)?;
        let what = format!("let {} tell of machines", source.name);
        let deed =
            Deed { after: Some(json!(source)), ..Deed::new(Right::ChangeSettings, On::Installation, what) };
        let (by, keys, new) = (self.gate.who().to_string(), self.keys.clone(), source.clone());
        let secret = self
            .gate
            .act(deed, |store| async move { store.add_health_source(&keys, &new, &by, store.now()).await });
        let secret = secret.await.map_err(failure_of)?;
        Ok((source, secret))
    }

    pub(super) async fn on_source(
        &self,
        id: &str,
        act: &str,
        filled: &Filled,
    ) -> Result<Option<(Source, Secret)>> {
        let (id, row) = self.source_row(id).await?;
        let (by, keys, keep) = (self.gate.who().to_string(), self.keys.clone(), text(filled, "keep") == "on");
        let name = row.source.name.clone();
        let deed = |what: String| Deed::new(Right::ChangeSettings, On::Installation, what);
        match act {
            "rotate" => {
                let work = |store: &'_ pitstop_store::Store| {
                    let store = store.clone();
                    async move { store.rotate_health_source(&keys, id, keep, &by, store.now()).await }
                };
                let secret =
                    self.gate.act(deed(format!("gave the source {name} another secret")), work).await;
                Ok(Some((row.source, secret.map_err(failure_of)?)))
            }
            "revoke" => {
                let work = |store: &'_ pitstop_store::Store| {
                    let store = store.clone();
                    async move { store.revoke_health_source(id, &by, store.now()).await }
                };
                self.gate.act(deed(format!("revoked the source {name}")), work).await.map_err(failure_of)?;
                Ok(None)
            }
            _ => Err(Failure::not_found("act")),
        }
    }

    async fn source_row(&self, id: &str) -> Result<(SourceId, SourceRow)> {
        let store = self.gate.read(Right::ChangeSettings, On::Installation).await.map_err(failure_of)?;
        let id: SourceId = id.parse().map_err(|_| Failure::not_found("source"))?;
        let row = store.health_source(id).await.map_err(failure)?;
        Ok((id, row.ok_or_else(|| Failure::not_found("source"))?))
    }
}

fn line(row: SourceRow) -> SourceLine {
    SourceLine {
        source: row.source,
        firing: row.firing,
        unmatched: row.unmatched,
        delivered_at: row.delivered_at,
        refused: row.refused,
        former_until: row.former_until,
        revoked: row.revoked,
    }
}

pub(super) fn told(row: TidingRow) -> Told {
    let TidingRow { tiding, machine, unmatched, times, .. } = row;
    Told {
        source: tiding.source_name,
        name: tiding.name,
        firing: tiding.firing,
        since: tiding.since,
        told_at: tiding.told_at,
        times,
        summary: tiding.summary,
        machine,
        unmatched,
    }
}
