//! What goes over the wire for routes and probes.

use crate::Failure;
use leptos::prelude::*;
use pitstop_domain::Time;
use pitstop_domain::facts::CallState;
use pitstop_domain::id::JobId;
use pitstop_domain::route::Route;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use uuid::Uuid;

/// What a route answered when it was last asked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LastAnswer {
    pub route: Route,
    pub job: JobId,
    pub state: CallState,
    pub answer: Option<String>,
    pub at: Time,
}

/// What came of asking a board how its machine is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tried {
    /// Milliseconds it took.
    pub took_ms: u64,
    pub found: Result<Looked, Fault>,
}

/// What a board said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Looked {
    /// Is the machine switched on? `None`: it cannot tell.
    pub on: Option<bool>,
    /// The SMBIOS UUID of the machine that it belongs to. `None`: it did not say.
    pub uuid: Option<Uuid>,
    /// The machine's own, as far as it is known.
    pub expected: Option<Uuid>,
    pub words: String,
}

/// Why a board could not be looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    pub what: String,
    pub worth_retrying: bool,
}

/// Moves a rung (`up`, `down`) or removes it (`remove`). `mark` tells of which ladder.
#[server(prefix = "/api", endpoint = "move_route")]
pub async fn move_route(machine: String, mark: String, rung: usize, how: String) -> Result<(), Failure> {
    crate::serve::answer(super::server::move_route(&machine, &mark, rung, &how)).await
}

/// Stores a route: in the place of a rung, or a new one (`rung` is empty). `fields` as its kind describes them.
#[server(prefix = "/api", endpoint = "save_route")]
pub async fn save_route(
    machine: String,
    mark: String,
    #[server(default)] rung: String,
    kind: String,
    #[server(default)] fields: BTreeMap<String, String>,
) -> Result<(), Failure> {
    crate::serve::answer(super::server::save_route(&machine, &mark, &rung, &kind, fields)).await
}

/// Sets the machine's probe as people write it; empty: none.
#[server(prefix = "/api", endpoint = "set_probe")]
pub async fn set_probe(machine: String, #[server(default)] probe: String) -> Result<(), Failure> {
    crate::serve::answer(super::server::set_probe(&machine, &probe)).await
}
