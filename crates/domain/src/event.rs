//! What the one event stream says: *what* changed. The page fetches that thing again.

use serde::{Deserialize, Serialize};

/// A noun that pages show.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Noun {
    Machine,
    Job,
    Image,
    Function,
    Alarm,
    Run,
    /// A schedule, or what became of an occurrence.
    Schedule,
    /// A rule of health, an alert of one, or the switch that stops them all.
    Health,
    /// A program outside that is told of events, or what was delivered to it.
    Hook,
    /// Somebody who can sign in, or what they hold.
    Person,
}

/// Something changed; `version` grows with each change of the same thing.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Changed {
    pub kind: Noun,
    pub id: String,
    pub version: i64,
}
