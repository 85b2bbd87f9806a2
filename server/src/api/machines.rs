//! Machines, for programs.

use super::Answer;
use super::problem::Problem;
use crate::people::caller::Caller;
use crate::people::{Deed, On};
use axum::Json;
use axum::extract::Query;
use pitstop_domain::id::MachineId;
use pitstop_domain::people::Right;
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
pub(super) async fn found(caller: Caller, Query(searched): Query<Searched>) -> Answer {
    let words = Words::parse(&searched.q).map_err(|errors| Problem::field("q", told(&errors)))?;
    let store = caller.read(Right::See, On::Somewhere).await?;
    let scope = Scope::of(caller.gate().scopes());
    let wanted = Wanted { query: &words, scope: &scope, now: store.now() };
    let window = Window { sort: Sort::read(&searched.sort), offset: searched.offset, limit: searched.limit };
    let found: Vec<MachineId> = store.fleet_window(&wanted, window).await?.iter().map(|row| row.id).collect();
    let mut machines = store.machines_of(&found).await?;
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
pub(super) async fn import(caller: Caller, Query(importing): Query<Importing>, csv: String) -> Answer {
    if importing.dry_run {
        let store = caller.read(Right::EditMachines, On::Installation).await?;
        return Ok(Json(json!(crate::import::preview(store, &csv).await?)));
    }
    let deed = Deed::new(Right::EditMachines, On::Installation, "imported a list of machines");
    let done =
        caller.act(deed, |store| async move { crate::import::import(store, &csv, None).await }).await?;
    Ok(Json(json!(done)))
}
