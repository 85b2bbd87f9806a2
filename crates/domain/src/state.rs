//! What a machine does now, as the fleet shows it. Made from its job and from what was seen, never stored.

use crate::Time;
use crate::job::Phase;
use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

/// Agents report at least every 25 s (the longest wait); three times that without a word is silence.
pub const SILENT_AFTER: TimeDelta = TimeDelta::seconds(75);

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
    /// Its agent shut it down again after maintenance, and it has not been heard since: it is off on purpose.
    ShutDown,
}

impl MachineState {
    /// All states, those that want attention first.
    pub const ALL: [Self; 8] = [
        Self::Held,
        Self::Switching,
        Self::InMaintenance,
        Self::Returning,
        Self::Silent,
        Self::Unknown,
        Self::OwnSystem,
        Self::ShutDown,
    ];

    /// The word in URLs, searches and classes.
    pub fn name(self) -> &'static str {
        match self {
            Self::Held => "held",
            Self::Switching => "switching",
            Self::InMaintenance => "maintenance",
            Self::Returning => "returning",
            Self::Silent => "silent",
            Self::Unknown => "unknown",
            Self::OwnSystem => "own",
            Self::ShutDown => "off",
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
            Self::ShutDown => "shut down",
        }
    }

    /// One letter, for a map of ten thousand.
    pub fn letter(self) -> char {
        match self {
            Self::Held => 'h',
            Self::Switching => 's',
            Self::InMaintenance => 'm',
            Self::Returning => 'r',
            Self::Silent => 'q',
            Self::Unknown => 'u',
            Self::OwnSystem => 'o',
            Self::ShutDown => 'f',
        }
    }

    /// The state of this letter.
    pub fn of_letter(letter: char) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.letter() == letter)
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

    /// The state, from the job that holds the machine and from what was seen of it. The store says the same in SQL
    /// (`store/src/fleet/state.rs`), and a test compares the two.
    pub fn of(holds: Option<Phase>, seen: &Seen, now: Time) -> Self {
        if let Some(state) = holds.and_then(Self::of_phase) {
            return state;
        }
        if seen.has_agent && seen.shut_down.is_some_and(|off| seen.own_agent.is_none_or(|heard| heard <= off))
        {
            return Self::ShutDown;
        }
        match (seen.has_agent, seen.own_agent, seen.sent_home) {
            (true, Some(at), _) if now - at <= SILENT_AFTER => Self::OwnSystem,
            (true, _, _) => Self::Silent,
            (false, _, Some(_)) => Self::OwnSystem,
            (false, _, None) => Self::Unknown,
        }
    }
}

/// What a state is made from, besides the job.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// An agent was seen in the own system at least once.
    pub has_agent: bool,
    /// The own system's agent was heard last.
    pub own_agent: Option<Time>,
    /// It asked at boot and was left to its own system.
    pub sent_home: Option<Time>,
    /// Its agent said that it shuts it down.
    pub shut_down: Option<Time>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_that_holds_the_machine_decides_before_all_that_was_seen() {
        let now = Time::UNIX_EPOCH;
        let seen = Seen { has_agent: true, own_agent: Some(now), ..Seen::default() };
        assert_eq!(MachineState::of(Some(Phase::Held), &seen, now), MachineState::Held);
        assert_eq!(MachineState::of(Some(Phase::Queued), &seen, now), MachineState::OwnSystem);
    }

    #[test]
    fn an_agent_that_was_heard_once_is_missed_after_three_heartbeats() {
        let now = Time::UNIX_EPOCH + TimeDelta::days(1);
        let heard =
            |s| Seen { has_agent: true, own_agent: Some(now - TimeDelta::seconds(s)), ..Seen::default() };
        assert_eq!(MachineState::of(None, &heard(75), now), MachineState::OwnSystem);
        assert_eq!(MachineState::of(None, &heard(76), now), MachineState::Silent);
        assert_eq!(MachineState::of(None, &Seen::default(), now), MachineState::Unknown);
    }

    #[test]
    fn a_machine_that_was_shut_down_is_not_missed_until_it_was_heard_again() {
        let now = Time::UNIX_EPOCH + TimeDelta::days(1);
        let ago = |s| Some(now - TimeDelta::seconds(s));
        let seen = |heard, off| Seen {
            has_agent: true,
            own_agent: ago(heard),
            shut_down: ago(off),
            sent_home: None,
        };
        assert_eq!(MachineState::of(None, &seen(3600, 3590), now), MachineState::ShutDown);
        assert_eq!(MachineState::of(Some(Phase::Switching), &seen(3600, 3590), now), MachineState::Switching);
        assert_eq!(MachineState::of(None, &seen(10, 3590), now), MachineState::OwnSystem);
        assert_eq!(MachineState::of(None, &seen(600, 3590), now), MachineState::Silent);
    }

    #[test]
    fn letters_are_told_apart() {
        for state in MachineState::ALL {
            assert_eq!(MachineState::of_letter(state.letter()), Some(state));
        }
    }
}
