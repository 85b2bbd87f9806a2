//! What goes over the wire for jobs.

use crate::Failure;
use crate::machines::api::SeenSighting;
use leptos::prelude::*;
use pitstop_domain::Time;
use pitstop_domain::digest::Digest;
use pitstop_domain::facts::{CallState, Seen};
use pitstop_domain::function::Risk;
use pitstop_domain::id::{CallId, JobId, MachineId, RunId};
use pitstop_domain::job::{EndedAs, Initiator, Job, Phase};
use pitstop_domain::proof::Proof;
use pitstop_domain::report::Before;
use pitstop_domain::route::{Route, Target};
use pitstop_domain::step::Waiting;
use serde::{Deserialize, Serialize};

/// A job in a list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct JobRow {
    pub id: JobId,
    pub machine: MachineId,
    pub machine_name: String,
    pub function: String,
    pub title: String,
    pub phase: Phase,
    pub created_at: Time,
    pub phase_since: Time,
    pub closed_at: Option<Time>,
    pub permille: Option<u16>,
    /// What is awaited, in words.
    pub awaits: Option<String>,
    pub ended: Option<EndedAs>,
    pub proof: Option<Proof>,
}

/// Which jobs are listed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct JobsQuery {
    pub show: Show,
    /// Only jobs behind this one: the next page of a list that is newest first.
    pub after: Option<JobId>,
}

/// The tabs of the list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Show {
    #[default]
    All,
    Open,
    Held,
    Closed,
}

/// A window of the list, newest first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Jobs {
    pub asked_at: Time,
    pub rows: Vec<JobRow>,
    /// There are older ones: asked for by `before` of this moment.
    pub more: Option<JobId>,
    /// Jobs that are not closed, whatever the filter.
    pub open: u64,
    /// Of these, jobs that wait for a person.
    pub held: u64,
}

/// The image of a job or an offer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ImageFacts {
    pub name: String,
    pub version: String,
    pub digest: Digest,
    /// What this machine fetches of it.
    pub bytes: u64,
}

/// All that a job's page shows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct JobPage {
    /// The server's clock when this was read.
    pub asked_at: Time,
    pub job: Job,
    pub created_at: Time,
    pub closed_at: Option<Time>,
    pub initiator: Initiator,
    /// The run that started it.
    pub run: Option<RunId>,
    pub machine_name: String,
    pub site: String,
    /// Who can go to a machine there; empty: nobody wrote it down.
    pub contact: String,
    pub title: String,
    pub risk: Risk,
    /// What the person at the machine is told.
    pub told: String,
    pub image: Option<ImageFacts>,
    pub waiting: Option<Waiting>,
    pub cancel: Option<Seen<String>>,
    /// How long the whole trip usually takes on this model, in seconds.
    pub usual_s: Option<u64>,
    /// How long the phase that it is in usually takes on this model, in seconds.
    pub usual_phase_s: Option<u64>,
    /// The newest sighting of each kind, whenever it was; a kind that is missing was never seen.
    pub known: Vec<SeenSighting>,
    /// The job that has the machine while this one is queued.
    pub behind: Option<(JobId, String)>,
    /// The link that is opened at the machine, while a person is asked to restart it.
    pub link: Option<PersonLink>,
    /// How the job moved, oldest first.
    pub history: Vec<HistoryLine>,
    /// Oldest first.
    pub calls: Vec<CallLine>,
    /// Sightings of the machine while the job had it, and the newest of each kind: both may be here, in any order.
    pub sightings: Vec<SeenSighting>,
    /// The newest lines, oldest of them first.
    pub log: Vec<LogRow>,
    /// Lines that there are in all.
    pub log_total: u64,
    /// What the agent reported at the end, for programs.
    pub report: Option<serde_json::Value>,
    /// What the same function measured on this machine the time before.
    pub before: Option<Before>,
    /// Consoles that were opened into the machine.
    pub consoles: u32,
}

/// The link that a phone opens at the machine, and its picture.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PersonLink {
    pub url: String,
    /// Modules a side, without the quiet zone.
    pub side: usize,
    /// The dark modules as an SVG path. Empty: the link is too long for a picture.
    pub path: String,
}

/// The job moved, and why.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct HistoryLine {
    pub at: Time,
    pub from: Phase,
    pub to: Phase,
    pub attempt: u32,
    pub reason: String,
}

/// A call to a power route.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CallLine {
    pub id: CallId,
    pub phase: Phase,
    pub attempt: u32,
    pub route: Route,
    pub target: Target,
    pub state: CallState,
    pub answer: Option<String>,
    pub created_at: Time,
    pub changed_at: Time,
}

/// A line that the machine said.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LogRow {
    pub at: Time,
    pub text: String,
}

impl JobPage {
    /// The call that waits for a person to press something.
    pub fn person_call(&self) -> Option<&CallLine> {
        self.calls.iter().rev().find(|call| {
            matches!(call.route, Route::Person)
                && matches!(call.state, CallState::Waiting | CallState::Started)
                && call.phase == self.job.phase
                && call.attempt == self.job.attempt
        })
    }
}

/// A person takes the job back.
#[server(prefix = "/api", endpoint = "cancel_job")]
pub async fn cancel_job(job: String) -> Result<(), Failure> {
    crate::serve::answer(super::server::cancel_job(&job)).await
}

/// A person decides about a held job: `try_again`, `by_route:N` (the n-th of the decisions that the page offers),
/// `confirm_own_system`, or `give_up`, which wants to be confirmed (`sure`).
#[server(prefix = "/api", endpoint = "decide")]
pub async fn decide(job: String, decision: String, #[server(default)] sure: String) -> Result<(), Failure> {
    crate::serve::answer(super::server::decide(&job, &decision, &sure)).await
}

/// A person did what the route asked for (`done`), or cannot (`not_done`).
#[server(prefix = "/api", endpoint = "person_did")]
pub async fn person_did(job: String, call: String, did: String) -> Result<(), Failure> {
    crate::serve::answer(super::server::person_did(&job, &call, &did)).await
}
