//! Runs: jobs started together.
//!
//! - [`plan`]: what was asked for, as data; [`waves`]: which machine is in which wave
//! - [`member`]: a machine of a run and what is known of its job
//! - [`admit`](fn@admit::admit): the decision that starts jobs; pure, and the only place where a run's state changes
//! - [`tally`]: how far its members are, counted
//! - [`estimate`]: what would happen, told before it does; [`remaining`]: when one under way is expected to be over
//!
//! Laws (checked over random runs in `laws.rs`):
//! 1. Nothing is started above the limits, nor past a stop, a pause or a cancel.
//! 2. The canary has ended, every job of it, before another wave starts.
//! 3. A machine is started at most once.
//! 4. A run that is not over says what it waits for, and looks again.
//! 5. When a run is over, every member has ended.

pub mod admit;
pub mod estimate;
pub mod member;
pub mod plan;
mod progress;
pub mod remaining;
pub mod tally;
pub mod waves;
mod words;

#[cfg(test)]
mod closing;
#[cfg(test)]
mod fixtures;
#[cfg(test)]
mod laws;
#[cfg(test)]
mod scenarios;

pub use admit::{Admission, admit};
pub use member::{JobSeen, Member, MemberState};
pub use plan::{AtOnce, Closing, RunPlan, Size, StopOn};

use crate::Time;
use crate::facts::Seen;
use crate::id::RunId;
use serde::{Deserialize, Serialize};

/// Where a run is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum RunState {
    /// Machines are started as waves and limits allow.
    Running,
    /// A person holds it: nobody is started, jobs under way go on.
    Paused,
    /// Too many jobs failed: nobody is started until a person decides.
    Stopped,
    /// A person ended it: nobody is started any more. Final, though jobs may still be under way.
    Cancelled,
    /// Every member has ended.
    Closed,
}

impl RunState {
    /// All states.
    pub const ALL: [Self; 5] = [Self::Running, Self::Paused, Self::Stopped, Self::Cancelled, Self::Closed];

    /// The word in SQL, URLs and on the screen.
    pub fn name(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Paused => "paused",
            Self::Stopped => "stopped",
            Self::Cancelled => "cancelled",
            Self::Closed => "closed",
        }
    }
}

/// A run as the decision sees it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Run {
    pub id: RunId,
    pub plan: RunPlan,
    pub state: RunState,
    pub since: Time,
    /// Why it is in this state, in words.
    pub because: String,
    /// The newest wave of which a machine was started.
    pub wave: Option<u32>,
    /// The pause before a wave that is the next.
    pub gap: Option<Gap>,
    /// When it was over; nothing happens any more.
    pub over_at: Option<Time>,
}

/// The pause between two waves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gap {
    /// The wave that waits.
    pub before: u32,
    pub since: Time,
}

/// What a person wants of a run; the newest wish stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Wish {
    Pause,
    /// Go on after a pause or a stop. What failed until now no longer counts.
    Resume,
    /// Start nobody any more; jobs under way go on to their end.
    Cancel,
    /// Start nobody any more, and take the jobs under way back too: their machines are returned first.
    CancelAll,
}

/// All that the decision may look at besides the run and its members.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RunFacts {
    pub wish: Option<Seen<Wish>>,
}

impl Run {
    /// A run that nobody has looked at yet.
    pub fn new(id: RunId, plan: RunPlan, now: Time) -> Self {
        let because = "asked for".to_owned();
        Self { id, plan, state: RunState::Running, since: now, because, wave: None, gap: None, over_at: None }
    }

    /// May machines be started?
    pub fn is_over(&self) -> bool {
        self.over_at.is_some()
    }
}
