//! What goes over the wire for runs.
#![expect(
    clippy::too_many_arguments,
    reason = "a server function has an argument for each field of its form"
)]

use super::form::RunForm;
use crate::Failure;
use leptos::prelude::*;
use pitstop_domain::Time;
use pitstop_domain::facts::Seen;
use pitstop_domain::function::Risk;
use pitstop_domain::id::{JobId, MachineId, RunId};
use pitstop_domain::job::{Initiator, Phase};
use pitstop_domain::people::Right;
use pitstop_domain::run::estimate::{Alike, Estimate};
use pitstop_domain::run::remaining::Expected;
use pitstop_domain::run::tally::{Kind, Tally};
use pitstop_domain::run::{Run, RunState, Wish};
use pitstop_domain::step::Waiting;
use serde::{Deserialize, Serialize};

/// A run in a list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct RunLine {
    pub id: RunId,
    pub function: String,
    pub title: String,
    pub state: RunState,
    pub because: String,
    #[cfg_attr(feature = "ssr", schema(value_type = String, format = DateTime))]
    pub created_at: Time,
    #[cfg_attr(feature = "ssr", schema(value_type = Option<String>, format = DateTime))]
    pub over_at: Option<Time>,
    /// What is awaited, in words.
    pub awaits: Option<String>,
    pub tally: Tally,
}

/// A window of the list, newest first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct Runs {
    #[cfg_attr(feature = "ssr", schema(value_type = String, format = DateTime))]
    pub asked_at: Time,
    pub rows: Vec<RunLine>,
    /// There are older ones: asked for by `before` of this moment.
    #[cfg_attr(feature = "ssr", schema(value_type = Option<String>, format = DateTime))]
    pub more: Option<Time>,
}

/// Which members a run's page lists.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct MembersQuery {
    pub show: Option<Kind>,
    /// Counts from 1; 0 is the first too.
    pub page: u32,
}

/// Rows in one window of the members.
pub const PAGE: usize = 100;

/// All that a run's page shows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunPage {
    /// The server's clock when this was read.
    pub asked_at: Time,
    pub run: Run,
    pub title: String,
    pub risk: Risk,
    pub initiator: Initiator,
    pub created_at: Time,
    pub waiting: Option<Waiting>,
    /// When it is expected to be over; `None`: it is.
    #[serde(default)]
    pub expected: Option<Expected>,
    /// What a person wants of it, until it is looked at.
    pub wish: Option<Seen<Wish>>,
    pub tally: Tally,
    /// In their order; the first may be the canary, wave 0.
    pub waves: Vec<WaveLine>,
    /// A window of those that are listed.
    pub members: Vec<MemberLine>,
    /// How many are listed in all.
    pub listed: u64,
    /// Oldest first.
    pub history: Vec<RunMove>,
}

/// How far a wave is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WaveLine {
    pub wave: u32,
    pub tally: Tally,
}

/// A machine of the run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MemberLine {
    pub machine: MachineId,
    pub name: String,
    pub site: String,
    pub wave: u32,
    pub kind: Kind,
    pub job: Option<JobId>,
    pub phase: Option<Phase>,
    /// What it waits for, how it ended, or why it was refused.
    pub words: String,
    pub started_at: Option<Time>,
    pub closed_at: Option<Time>,
}

/// The run moved, and why.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunMove {
    pub at: Time,
    pub state: String,
    pub reason: String,
}

/// A function as it is offered for a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Choice {
    pub name: String,
    pub title: String,
    pub description: String,
    pub risk: Risk,
    /// What it takes to start it.
    pub right: Right,
    /// What the person at a machine is told.
    pub told: String,
}

/// What is said of machines before a run.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Said {
    pub refused: Vec<Alike>,
    pub busy: Vec<Alike>,
    pub warned: Vec<Alike>,
}

/// What the form of a new run shows: what can be chosen, and what would happen.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunOffer {
    pub functions: Vec<Choice>,
    /// Machines in all.
    pub total: u64,
    /// Machines that the search finds.
    pub matching: u64,
    /// What would happen; `None` while no function is chosen or no machine is found. The machines of which something
    /// is said are not in it, but in `said`: they may be thousands.
    pub estimate: Option<Estimate>,
    pub said: Said,
    /// A field that cannot be understood.
    pub wrong: Option<String>,
}

/// Starts a run; answers by a redirect to its page. `expect`: so many machines the person has seen in the estimate;
/// where it is another number by now, nothing is started.
#[server(prefix = "/api", endpoint = "start_run")]
pub async fn start_run(
    #[server(default)] q: String,
    function: String,
    #[server(default)] canary: String,
    #[server(default)] wave: String,
    #[server(default)] pause: String,
    #[server(default)] stop_on: String,
    #[server(default)] at_once: String,
    #[server(default)] per_site: String,
    #[server(default)] no_show: String,
    #[server(default)] ask: String,
    #[server(default)] countdown: String,
    #[server(default)] snoozes: String,
    #[server(default)] unasked: String,
    #[server(default)] when_off: String,
    #[server(default)] expect: String,
) -> Result<RunId, Failure> {
    let form = RunForm {
        q,
        function,
        canary,
        wave,
        pause,
        stop_on,
        at_once,
        per_site,
        no_show,
        ask,
        countdown,
        snoozes,
        unasked,
        when_off,
    };
    crate::serve::answer(super::server::start_run(form, &expect)).await
}

/// A person wants something of a run: `pause`, `resume`, `cancel` or `cancel_all`.
#[server(prefix = "/api", endpoint = "wish_run")]
pub async fn wish_run(run: String, wish: String) -> Result<(), Failure> {
    crate::serve::answer(super::server::wish_run(&run, &wish)).await
}
