//! Asking whoever is at a machine whether now is a good time: what a plan says about it, and what became of the question.
//! The countdown is the server's: it begins when the machine's agent says that the question stands before somebody.

use crate::Time;
use crate::facts::Seen;
use serde::{Deserialize, Serialize};

/// How people are asked, fixed when the job is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct Ask {
    /// How long the question stands.
    pub countdown_s: u32,
    /// How often it can be put off.
    pub snoozes: u32,
    /// For how long each time.
    pub snooze_s: u32,
    /// The countdown ended and nobody answered.
    pub unanswered: Otherwise,
    /// Somebody is there, or nobody knows, and the question cannot be put before them.
    pub unasked: Otherwise,
}

/// What is done without a word from the person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Otherwise {
    GoAhead,
    LeaveAlone,
}

impl Default for Ask {
    /// Five minutes are enough to save one's work; a lesson or a meeting is over after two times half an hour. Whoever
    /// was told and says nothing has had the time; whom nobody could tell has not.
    fn default() -> Self {
        Self {
            countdown_s: 300,
            snoozes: 2,
            snooze_s: 1800,
            unanswered: Otherwise::GoAhead,
            unasked: Otherwise::LeaveAlone,
        }
    }
}

/// Nobody reads a question in less.
pub const SHORTEST_COUNTDOWN_S: u32 = 30;
/// A job that waits longer for an answer belongs to another day.
const LONGEST_S: u32 = 4 * 3600;
const MOST_SNOOZES: u32 = 10;

impl Ask {
    /// Why nobody can be asked like that, in words.
    pub fn nonsense(&self) -> Option<&'static str> {
        match self {
            Self { countdown_s, .. } if *countdown_s < SHORTEST_COUNTDOWN_S || *countdown_s > LONGEST_S => {
                Some("a countdown takes 30 seconds to 4 hours")
            }
            Self { snoozes: 1.., snooze_s, .. } if !(60..=LONGEST_S).contains(snooze_s) => {
                Some("it is put off for a minute to 4 hours")
            }
            Self { snoozes, .. } if *snoozes > MOST_SNOOZES => Some("it can be put off ten times at most"),
            _ => None,
        }
    }
}

/// What became of a job's question.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Question {
    pub asked_at: Time,
    /// How often it was put off.
    pub round: u32,
    pub snoozed_at: Option<Time>,
    /// Since when it stands before somebody, in this round.
    pub shown_at: Option<Time>,
    /// The first answer stands.
    pub answer: Option<Seen<Answer>>,
}

/// What came back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    Yes,
    /// With the reason, as the person wrote it; may be empty.
    No(String),
    /// The agent could not ask.
    Cannot(String),
}

/// What an agent tells of a question, for the round that it was given.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Told {
    /// It stands before somebody.
    Shown,
    Later,
    Answered(Answer),
}
