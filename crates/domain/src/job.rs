//! Jobs: one trip of one machine into maintenance and back.

use crate::Time;
use crate::ask::Ask;
use crate::digest::Digest;
use crate::ending::Ending;
use crate::function::{Limits, Task};
use crate::id::{BootId, JobId, MachineId, RuleId, ScheduleId};
use crate::machine::Firmware;
use crate::probe::Probe;
use crate::proof::Proof;
use crate::route::{Route, Target};
use serde::{Deserialize, Serialize};

/// Where a job is. The order is the order of the trip.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    Queued,
    Switching,
    Running,
    Restoring,
    Held,
    Closed,
}

impl Phase {
    /// The word in SQL, URLs and on the screen.
    pub fn name(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Switching => "switching",
            Self::Running => "running",
            Self::Restoring => "restoring",
            Self::Held => "held",
            Self::Closed => "closed",
        }
    }

    /// Does a job in this phase hold its machine, so that no other may have it?
    pub fn holds_machine(self) -> bool {
        !matches!(self, Self::Queued | Self::Closed)
    }
}

/// How a job ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The work was done and all is well.
    Succeeded,
    /// The work was done and found something wrong with the machine.
    Found,
    /// The work could not be done, or its result is not known.
    Failed,
    /// A person took it back.
    Cancelled,
}

impl Outcome {
    /// The word in SQL, URLs and on the screen.
    pub fn name(self) -> &'static str {
        match self {
            Self::Succeeded => "succeeded",
            Self::Found => "found",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }
}

/// Who or what asked for a job.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Initiator {
    Person {
        name: String,
        /// What was said on the phone, where the help desk asked.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reported: Option<String>,
    },
    Program {
        name: String,
    },
    Schedule {
        id: ScheduleId,
        name: String,
    },
    /// A rule of health, with the figures that it fired on, in words.
    HealthRule {
        id: RuleId,
        name: String,
        because: String,
    },
}

impl Initiator {
    /// What was said on the phone.
    pub fn reported(&self) -> Option<&str> {
        match self {
            Self::Person { reported, .. } => reported.as_deref(),
            Self::Program { .. } | Self::Schedule { .. } | Self::HealthRule { .. } => None,
        }
    }

    /// With what was said on the phone; a program's word for it is not kept.
    pub fn reporting(self, said: Option<&str>) -> Self {
        match self {
            Self::Person { name, .. } => Self::Person { name, reported: said.map(str::to_owned) },
            other => other,
        }
    }
}

/// What was fixed when the job was made: later edits of function or machine do not change a trip under way.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    pub task: Task,
    pub ending: Ending,
    pub limits: Limits,
    /// The power ladder of the machine.
    pub routes: Vec<Route>,
    pub firmware: Firmware,
    /// The own system has our agent: its return is proven by a new boot id and by nothing less.
    pub own_agent: bool,
    /// The image has our agent: maintenance is proven by its heartbeat.
    pub image_agent: bool,
    /// What shows that the own system is up, where no agent can.
    #[serde(default)]
    pub probe: Option<Probe>,
    /// Whoever is at the machine is asked first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ask: Option<Ask>,
    /// If it was off, it is shut down again when it is back.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub off_again: bool,
}

/// A job as the decision sees it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Job {
    pub id: JobId,
    pub machine: MachineId,
    pub function: String,
    pub image: Digest,
    pub plan: Plan,
    pub phase: Phase,
    /// Counts from 1 within a phase that acts (switching, restoring); 0 elsewhere.
    pub attempt: u32,
    pub phase_since: Time,
    pub attempt_since: Time,
    /// When the machine was first taken into the job's hands.
    pub switching_since: Option<Time>,
    /// The own system's boot before the trip: seeing it again proves nothing.
    pub boot_before: Option<BootId>,
    /// The own system's boot when the attempt at switching began: another one means that it restarted since.
    pub boot_attempt: Option<BootId>,
    /// The maintenance image's boot, once seen.
    pub boot_maintenance: Option<BootId>,
    /// It was seen to be off when it was first touched; what is not known counts as on.
    #[serde(default)]
    pub was_off: bool,
    /// How the work ended; decided when the job leaves switching or running, shown when it is closed.
    pub ended: Option<EndedAs>,
    pub proof: Option<Proof>,
}

/// How the work ended and why, in words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct EndedAs {
    pub outcome: Outcome,
    pub because: String,
}

impl Job {
    /// A job that nobody has looked at yet.
    pub fn new(
        id: JobId,
        machine: MachineId,
        function: impl Into<String>,
        image: Digest,
        plan: Plan,
        now: Time,
    ) -> Self {
        Self {
            id,
            machine,
            function: function.into(),
            image,
            plan,
            phase: Phase::Queued,
            attempt: 0,
            phase_since: now,
            attempt_since: now,
            switching_since: None,
            boot_before: None,
            boot_attempt: None,
            boot_maintenance: None,
            was_off: false,
            ended: None,
            proof: None,
        }
    }

    /// The rungs for a target, in the order in which attempts take them: the ladder once, then once more
    /// without the person, who was asked already.
    pub fn ladder(&self, target: Target) -> Vec<&Route> {
        let usable = |route: &&Route| target == Target::Maintenance || route.can_return();
        let person = |route: &&Route| matches!(route, Route::Person);
        let machines = || self.plan.routes.iter().filter(usable).filter(|route| !person(route));
        let people = self.plan.routes.iter().filter(person);
        machines().chain(machines()).chain(people).collect()
    }

    /// The outcome of a closed job.
    pub fn outcome(&self) -> Option<Outcome> {
        self.ended.as_ref().filter(|_| self.phase == Phase::Closed).map(|ended| ended.outcome)
    }
}
