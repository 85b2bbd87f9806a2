//! A schedule: a function on machines that are chosen anew each time, when its time comes.

use crate::due::Timing;
use crate::window::Times;
use pitstop_domain::Time;
use pitstop_domain::id::{MachineId, ScheduleId, TimesId};
use pitstop_domain::people::Scope;
use pitstop_domain::run::RunPlan;

/// A schedule as the decision sees it.
#[derive(Clone, Debug, PartialEq)]
pub struct Schedule {
    pub id: ScheduleId,
    pub name: String,
    pub chosen: Chosen,
    /// What whoever saved it may touch; `None`: everything.
    pub scopes: Option<Vec<Scope>>,
    /// Waves, limits, and the function.
    pub plan: RunPlan,
    pub timing: Timing,
    pub since: Time,
    pub settled_through: Option<Time>,
    pub paused_at: Option<Time>,
}

/// Which machines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Chosen {
    /// Those that the words find when it starts.
    Search(String),
    /// These.
    Machines(Vec<MachineId>),
}

/// Windows or a blackout, and where they hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    pub id: TimesId,
    pub kind: Kind,
    pub title: String,
    /// The words that find their machines; empty: all.
    pub query: String,
    pub times: Times,
}

/// What times mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Machines may be taken then, and at no other time.
    Window,
    /// No machine may be taken then.
    Blackout,
}
