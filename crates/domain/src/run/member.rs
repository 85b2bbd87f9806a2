//! A machine of a run, and what is known of its job.

use crate::Time;
use crate::id::{JobId, MachineId};
use crate::job::{Outcome, Phase};
use serde::{Deserialize, Serialize};

/// A machine of a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    pub machine: MachineId,
    pub site: String,
    /// 0 is the canary.
    pub wave: u32,
    pub state: MemberState,
    /// Its failure no longer counts: a person let the run go on.
    pub forgiven: bool,
}

/// How far a member is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum MemberState {
    Waiting,
    /// It was started, and this is known of its job.
    Job(JobSeen),
    /// Nothing was touched: the words say why.
    Refused {
        why: String,
    },
    /// The run was cancelled before its turn, or the maintenance window closed.
    Skipped,
}

/// What is known of a member's job.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobSeen {
    pub job: JobId,
    pub phase: Phase,
    /// How a closed job ended.
    pub outcome: Option<Outcome>,
    /// A closed job's machine is proven back, or was never touched.
    pub proven: bool,
    /// When the job came into its phase.
    pub since: Time,
    /// When anything was last seen of the machine since the job was made.
    pub sign: Option<Time>,
    /// It is queued for others than its machine: a place at its site, its image, an answer of whoever is there.
    #[serde(default)]
    pub for_others: bool,
}

/// What a job is to its run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It takes a place.
    UnderWay,
    /// No sign of the machine for too long: it takes no place, and may yet end well.
    NoShow,
    /// Held: a failure as long as it lasts, and takes no place.
    Held,
    /// Closed, the work done and the machine back.
    Well,
    /// Closed otherwise.
    Failed,
    /// Closed because a person took it back.
    Cancelled,
}

impl Member {
    /// The job, where there is one.
    pub fn job(&self) -> Option<&JobSeen> {
        match &self.state {
            MemberState::Job(job) => Some(job),
            _ => None,
        }
    }

    pub fn waits(&self) -> bool {
        self.state == MemberState::Waiting
    }

    /// Nothing will happen to it by this run any more.
    pub fn has_ended(&self) -> bool {
        match &self.state {
            MemberState::Waiting => false,
            MemberState::Job(job) => job.phase == Phase::Closed,
            MemberState::Refused { .. } | MemberState::Skipped => true,
        }
    }
}

impl JobSeen {
    /// What it is to the run now.
    pub fn standing(&self, no_show_s: u32, now: Time) -> Standing {
        match (self.phase, self.outcome) {
            (Phase::Held, _) => Standing::Held,
            (Phase::Closed, Some(Outcome::Cancelled)) => Standing::Cancelled,
            (Phase::Closed, Some(Outcome::Succeeded | Outcome::Found)) if self.proven => Standing::Well,
            (Phase::Closed, _) => Standing::Failed,
            _ if self.missing_from(no_show_s).is_some_and(|from| from <= now) => Standing::NoShow,
            _ => Standing::UnderWay,
        }
    }

    /// When the machine is taken for missing, should nothing be seen of it. `None` where silence means nothing: an
    /// image without our agent says nothing for hours, and the job's own limits end that.
    pub fn missing_from(&self, no_show_s: u32) -> Option<Time> {
        let last = match self.phase {
            // However long that takes, its machine is not missed.
            Phase::Queued if self.for_others => return None,
            // It waits for another job of the machine, whose signs are not its own.
            Phase::Queued => self.since,
            Phase::Switching | Phase::Restoring => self.sign.map_or(self.since, |sign| sign.max(self.since)),
            Phase::Running | Phase::Held | Phase::Closed => return None,
        };
        Some(last + chrono::TimeDelta::seconds(i64::from(no_show_s)))
    }
}
