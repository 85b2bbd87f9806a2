//! Machines, for programs.

use super::problem::Problem;
use super::{Answer, Api};
use axum::Json;
use axum::extract::{Query, State};
use pitstop_domain::id::MachineId;
use pitstop_domain::query::error::told;
use pitstop_domain::query::{Query as Words, Scope, Sort};
use pitstop_store::fleet::{Wanted, Window};
use serde::Deserialize;
use serde_json::json;
use std::collections::HashMap;

#[derive(Deserialize)]
pub(super) struct Searched {
    /// The words of the fleet's search.
    #[serde(default)]
    q: String,
    #[serde(default)]
    sort: String,
    /// Machines to pass over, and machines at most; without, all.
    #[serde(default)]
    offset: u64,
    limit: Option<u64>,
}

/// Machines, by the words of the fleet's search.
pub(super) async fn found(State(api): State<Api>, Query(searched): Query<Searched>) -> Answer {
    let words = Words::parse(&searched.q).map_err(|errors| Problem::field("q", told(&errors)))?;
    let wanted = Wanted { query: &words, scope: &Scope::ALL, now: api.store.now() };
    let window = Window { sort: Sort::read(&searched.sort), offset: searched.offset, limit: searched.limit };
    let found: Vec<MachineId> =
        api.store.fleet_window(&wanted, window).await?.iter().map(|row| row.id).collect();
    let mut machines = api.store.machines_of(&found).await?;
    let places: HashMap<MachineId, usize> = found.into_iter().enumerate().map(|(i, id)| (id, i)).collect();
    machines.sort_by_key(|machine| places.get(&machine.id).copied());
    Ok(Json(json!(machines)))
}

#[derive(Deserialize)]
pub(super) struct Importing {
    /// Tell what would happen, and store nothing.
    #[serde(default)]
    dry_run: bool,
}

/// A list of machines as CSV, stored whole or not at all.
pub(super) async fn import(
    State(api): State<Api>,
    Query(importing): Query<Importing>,
    csv: String,
) -> Answer {
    let told = match importing.dry_run {
        true => crate::import::preview(&api.store, &csv).await?,
        false => crate::import::import(&api.store, &csv, None).await?,
    };
    Ok(Json(json!(told)))
}
