//! What goes over the wire for machines.

use crate::Failure;
use crate::jobs::api::{ImageFacts, JobRow};
use crate::machines::query::FleetQuery;
use crate::machines::routes::api::LastAnswer;
use leptos::prelude::*;
use pitstop_domain::Time;
use pitstop_domain::digest::Digest;
use pitstop_domain::function::{Risk, Task};
use pitstop_domain::id::{JobId, MachineId};
use pitstop_domain::job::Phase;
use pitstop_domain::machine::{Arch, Firmware, Machine};
use pitstop_domain::sighting::Sighting;
use serde::{Deserialize, Serialize};
use server_fn::codec::GetUrl;
use std::collections::BTreeMap;

/// What a machine does, as far as it is known now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MachineState {
    /// A job is held: a person must decide.
    Held,
    Switching,
    InMaintenance,
    Returning,
    /// It has an agent, and nothing was heard of it for longer than heartbeats may take.
    Silent,
    /// Nothing can tell: no agent, and never seen.
    Unknown,
    OwnSystem,
}

impl MachineState {
    /// All states, those that want attention first.
    pub const ALL: [Self; 7] = [
        Self::Held,
        Self::Switching,
        Self::InMaintenance,
        Self::Returning,
        Self::Silent,
        Self::Unknown,
        Self::OwnSystem,
    ];

    /// The word in URLs and classes.
    pub fn name(self) -> &'static str {
        match self {
            Self::Held => "held",
            Self::Switching => "switching",
            Self::InMaintenance => "maintenance",
            Self::Returning => "returning",
            Self::Silent => "silent",
            Self::Unknown => "unknown",
            Self::OwnSystem => "own",
        }
    }

    /// The words on the screen.
    pub fn words(self) -> &'static str {
        match self {
            Self::Held => "held",
            Self::Switching => "switching",
            Self::InMaintenance => "in maintenance",
            Self::Returning => "returning",
            Self::Silent => "silent",
            Self::Unknown => "unknown",
            Self::OwnSystem => "own system",
        }
    }

    /// The state of a machine that a job in this phase holds; `None` where the phase says nothing.
    pub fn of_phase(phase: Phase) -> Option<Self> {
        match phase {
            Phase::Switching => Some(Self::Switching),
            Phase::Running => Some(Self::InMaintenance),
            Phase::Restoring => Some(Self::Returning),
            Phase::Held => Some(Self::Held),
            Phase::Queued | Phase::Closed => None,
        }
    }
}

/// A machine in the list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MachineRow {
    pub id: MachineId,
    pub name: String,
    pub site: String,
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

/// A window of the fleet.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Fleet {
    pub asked_at: Time,
    /// Machines in all, whatever the filter.
    pub total: u64,
    /// Machines that match the filter.
    pub matching: u64,
    /// How many of all are in each state.
    pub states: BTreeMap<MachineState, u64>,
    pub rows: Vec<MachineRow>,
    /// One letter a matching machine, by site, in the order of the list (see [`crate::machines::map`]).
    pub map: Vec<SiteMap>,
}

/// The machines of one site as letters, for the map of cells.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SiteMap {
    pub site: String,
    pub cells: String,
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
    /// The image version that was found, or why none suits, in plain words.
    pub image: Result<ImageFacts, String>,
    /// How long the whole trip usually takes on this model, in seconds; `None` while that is not known.
    pub usual_s: Option<u64>,
}

/// The fleet, filtered.
#[server(name = ReadFleet, prefix = "/api", endpoint = "fleet", input = GetUrl)]
pub async fn fleet(query: FleetQuery) -> Result<Fleet, Failure> {
    crate::serve::answer(super::server::fleet(query)).await
}

/// One machine.
#[server(name = ReadMachine, prefix = "/api", endpoint = "machine", input = GetUrl)]
pub async fn machine(id: String) -> Result<MachinePage, Failure> {
    crate::serve::answer(super::server::machine(&id)).await
}

/// Starts a job; answers by a redirect to its page. `mib` and `passes` are for memory tests, as the form has them.
#[server(prefix = "/api", endpoint = "start_job")]
pub async fn start_job(
    machine: String,
    function: String,
    #[server(default)] mib: String,
    #[server(default)] passes: String,
) -> Result<JobId, Failure> {
    crate::serve::answer(super::server::start_job(&machine, &function, &mib, &passes)).await
}

/// Says which image is the machine's own system; empty: what is on the machine. Answers by its page.
#[server(prefix = "/api", endpoint = "set_own_image")]
pub async fn set_own_image(machine: String, #[server(default)] image: String) -> Result<(), Failure> {
    crate::serve::answer(super::server::set_own_image(&machine, &image)).await
}
