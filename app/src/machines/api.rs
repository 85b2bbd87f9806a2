//! What goes over the wire for machines.

use crate::Failure;
use crate::jobs::api::{ImageFacts, JobRow};
use crate::machines::routes::api::LastAnswer;
use leptos::prelude::*;
use pitstop_domain::Time;
use pitstop_domain::digest::Digest;
use pitstop_domain::ending::Ending;
use pitstop_domain::function::{Risk, Task};
use pitstop_domain::id::{JobId, MachineId};
use pitstop_domain::job::Phase;
use pitstop_domain::machine::{Arch, Firmware, Machine};
use pitstop_domain::parameter::Parameter;
use pitstop_domain::people::Right;
use pitstop_domain::preflight::Check;
use pitstop_domain::ribbon::Span;
use pitstop_domain::sighting::Sighting;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

pub use super::fleet::api::{Fleet, GroupMap};
pub use pitstop_domain::state::MachineState;

/// A machine in the list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MachineRow {
    pub id: MachineId,
    pub name: String,
    pub site: String,
    pub room: String,
    pub labels: Vec<String>,
    pub model: Option<String>,
    pub arch: Arch,
    pub firmware: Firmware,
    pub state: MachineState,
    pub last_seen: Option<Time>,
    /// The job that holds the machine.
    pub job: Option<RunningJob>,
}

/// The job in a machine's row.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunningJob {
    pub id: JobId,
    pub title: String,
    pub phase: Phase,
    pub permille: Option<u16>,
}

/// All that a machine's page shows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MachinePage {
    pub asked_at: Time,
    pub machine: Machine,
    pub state: MachineState,
    pub last_seen: Option<Time>,
    pub functions: Vec<Offer>,
    /// The job that holds the machine or waits for it.
    pub current: Option<JobRow>,
    /// Newest first, at most some twenty.
    pub jobs: Vec<JobRow>,
    /// What each route answered when it was last asked; those that never were are missing.
    pub answers: Vec<LastAnswer>,
    /// Where its own system comes from, and what could be chosen.
    pub own: OwnSystem,
    /// Newest first, at most some thirty.
    pub sightings: Vec<SeenSighting>,
    /// Which system it ran when, over seven days.
    pub ribbon: Vec<Span>,
}

/// Where a machine's own system comes from.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct OwnSystem {
    /// The version that it would boot now, or why none, in plain words; `None` where its own system is on it.
    pub boots: Option<Result<ImageFacts, String>>,
    /// The version that it was told last.
    pub told: Option<ImageVersionName>,
    /// Names of the operational images that suit it.
    pub choices: Vec<String>,
}

/// A version of an image, as people call it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImageVersionName {
    pub name: String,
    pub version: String,
    pub digest: Digest,
    pub at: Time,
}

/// A sighting and when the server saw it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SeenSighting {
    pub at: Time,
    pub sighting: Sighting,
}

/// A function as it is offered for one machine.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Offer {
    pub name: String,
    pub title: String,
    pub description: String,
    pub risk: Risk,
    /// What the person at the machine is told.
    pub told: String,
    /// The task with its usual parameters.
    pub task: Task,
    /// When the work is over.
    pub ending: Ending,
    /// The longest that the work may take, in seconds.
    pub run_s: u32,
    /// What is asked for before it starts.
    pub parameters: Vec<Parameter>,
    /// What it takes to start it.
    pub right: Right,
    /// The image version that was found, or why none suits, in plain words.
    pub image: Result<ImageFacts, String>,
    /// What was looked at before a job; empty where no version suits.
    pub checks: Vec<Check>,
    /// How long the whole trip usually takes on this model, in seconds; `None` while that is not known.
    pub usual_s: Option<u64>,
}

/// Starts a job; answers by a redirect to its page. `fields` as the function's parameters ask for them.
#[server(prefix = "/api", endpoint = "start_job")]
pub async fn start_job(
    machine: String,
    function: String,
    #[server(default)] fields: BTreeMap<String, String>,
) -> Result<JobId, Failure> {
    crate::serve::answer(super::server::start_job(&machine, &function, fields)).await
}

/// Says which image is the machine's own system; empty: what is on the machine. Answers by its page.
#[server(prefix = "/api", endpoint = "set_own_image")]
pub async fn set_own_image(machine: String, #[server(default)] image: String) -> Result<(), Failure> {
    crate::serve::answer(super::server::set_own_image(&machine, &image)).await
}

/// Says where a machine stands and what its labels are. `version`: as it was when it was read. Answers by its page.
#[server(prefix = "/api", endpoint = "keep_machine")]
pub async fn keep_machine(
    machine: String,
    version: i64,
    site: String,
    #[server(default)] labels: String,
    #[server(default)] room: String,
    #[server(default)] asset_tag: String,
    #[server(default)] used_by: String,
) -> Result<(), Failure> {
    let desk = pitstop_domain::machine::Desk { room, asset_tag, used_by };
    crate::serve::answer(super::server::keep_machine(&machine, version, &site, &labels, desk)).await
}
