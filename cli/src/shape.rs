//! What of the server's answers is used. Less than it says, and words where a newer server may know more of them,
//! so that a list still shows when something was added.

pub mod timetable;

use pitstop_domain::Time;
use pitstop_domain::id::{JobId, MachineId, RunId};
use pitstop_domain::job::{EndedAs, Phase};
use pitstop_domain::proof::Proof;
use pitstop_domain::run::tally::Tally;
use pitstop_domain::step::Waiting;
use serde::Deserialize;
use serde_json::Value;

#[derive(Debug, Deserialize)]
pub struct Machine {
    pub id: MachineId,
    pub name: String,
    pub site: String,
    pub firmware: String,
    pub has_agent: bool,
    pub inventory: Option<Inventory>,
}

#[derive(Debug, Deserialize)]
pub struct Inventory {
    #[serde(default)]
    pub vendor: String,
    #[serde(default)]
    pub model: String,
}

#[derive(Debug, Deserialize)]
pub struct Function {
    pub name: String,
    pub title: String,
    pub description: String,
    pub image: String,
    pub risk: String,
}

#[derive(Debug, Deserialize)]
pub struct Image {
    pub digest: String,
    pub name: String,
    pub version: String,
    pub firmware: Vec<String>,
    pub parts: Vec<Part>,
    pub agent: bool,
    pub created_at: Time,
    #[serde(default)]
    pub standing: pitstop_domain::image::Standing,
}

#[derive(Debug, Deserialize)]
pub struct Part {
    #[serde(default)]
    pub file: String,
    #[serde(default)]
    pub role: String,
    #[serde(default)]
    pub digest: String,
    pub bytes: u64,
}

/// A version with its story.
#[derive(Debug, Deserialize)]
pub struct ImageStory {
    #[serde(flatten)]
    pub image: Image,
    pub moves: Vec<Moved>,
    pub success: Vec<Success>,
}

/// Somebody put it elsewhere.
#[derive(Debug, Deserialize)]
pub struct Moved {
    pub at: Time,
    pub to: String,
    pub by: String,
    pub why: String,
}

/// How jobs with it went on one model.
#[derive(Debug, Deserialize)]
pub struct Success {
    pub model: String,
    pub jobs: i64,
    pub booted: i64,
    pub proved: i64,
}

/// A key whose signatures are trusted.
#[derive(Debug, Deserialize)]
pub struct ImageKey {
    pub id: String,
    pub name: String,
    pub added_at: Time,
    pub added_by: String,
    pub signed: Vec<String>,
}

/// Where images are kept.
#[derive(Debug, Deserialize)]
pub struct Storage {
    pub used: u64,
    pub bucket: Option<Bucket>,
}

#[derive(Debug, Deserialize)]
pub struct Bucket {
    pub name: String,
    pub limit: u64,
    pub away: Option<String>,
}

/// A job, in lists without its story.
#[derive(Debug, Deserialize)]
pub struct Job {
    pub id: JobId,
    pub machine_name: String,
    pub function: String,
    pub image: String,
    pub phase: Phase,
    pub attempt: u32,
    pub ended: Option<EndedAs>,
    pub proof: Option<Proof>,
    pub waiting: Option<Waiting>,
    pub created_at: Time,
    /// When the machine was taken; `None`: it was never touched.
    pub switching_since: Option<Time>,
    pub closed_at: Option<Time>,
    #[serde(default)]
    pub history: Vec<Move>,
    #[serde(default)]
    pub calls: Vec<Call>,
    #[serde(default)]
    pub sightings: Vec<Sighted>,
    /// The newest of each kind, from servers that tell it: bytes on their way and a task's progress stand in no
    /// story, since each renews the one before.
    #[serde(default)]
    pub facts: Vec<Sighted>,
    #[serde(default)]
    pub log: Vec<LogLine>,
}

/// A run in a list.
#[derive(Debug, Deserialize)]
pub struct RunLine {
    pub id: RunId,
    pub function: String,
    pub state: String,
    pub because: String,
    pub awaits: Option<String>,
    pub created_at: Time,
    pub over_at: Option<Time>,
    pub tally: Tally,
}

/// The list of runs.
#[derive(Debug, Deserialize)]
pub struct Runs {
    pub rows: Vec<RunLine>,
}

/// A run, with a window of its machines.
#[derive(Debug, Deserialize)]
pub struct RunStory {
    pub run: RunNow,
    pub title: String,
    pub waiting: Option<Waiting>,
    pub tally: Tally,
    pub members: Vec<RunMember>,
    /// Machines in all.
    pub listed: u64,
    #[serde(default)]
    pub history: Vec<RunMove>,
}

/// Where a run is.
#[derive(Debug, Deserialize)]
pub struct RunNow {
    pub state: String,
    pub because: String,
    pub over_at: Option<Time>,
}

/// A machine of a run.
#[derive(Debug, Deserialize)]
pub struct RunMember {
    pub name: String,
    pub site: String,
    pub wave: u32,
    pub kind: String,
    pub words: String,
    pub job: Option<JobId>,
}

/// The run moved, and why.
#[derive(Debug, Deserialize)]
pub struct RunMove {
    pub at: Time,
    pub state: String,
    pub reason: String,
}

/// The job moved, and why.
#[derive(Debug, Deserialize)]
pub struct Move {
    pub at: Time,
    pub from: String,
    pub to: String,
    pub attempt: u32,
    pub reason: String,
}

/// A route was asked for a restart.
#[derive(Debug, Deserialize)]
pub struct Call {
    pub route: String,
    pub target: String,
    pub state: String,
    pub answer: Option<String>,
    pub created_at: Time,
    pub changed_at: Time,
}

/// Something seen of the machine; kept as it came, since there will be more kinds.
#[derive(Debug, Deserialize)]
pub struct Sighted {
    pub at: Time,
    pub sighting: Value,
}

#[derive(Debug, Deserialize)]
pub struct LogLine {
    pub at: Time,
    pub text: String,
}

impl Machine {
    /// What people recognise the hardware by: vendor and model, as far as they are known.
    pub fn model(&self) -> String {
        let Some(inventory) = &self.inventory else { return String::new() };
        format!("{} {}", inventory.vendor, inventory.model).trim().to_owned()
    }
}

impl Job {
    /// Is the machine known to run its own system, now that the job is closed? One that was never taken never
    /// left it.
    pub fn is_back(&self) -> bool {
        self.proof.is_some() || self.switching_since.is_none()
    }
}

#[cfg(test)]
pub mod fixtures {
    use super::*;
    use pitstop_domain::job::Outcome;

    /// A point in time: 2026-03-01 at 10:00 UTC and so many seconds.
    pub fn at(seconds: i64) -> Time {
        let start: Time = "2026-03-01T10:00:00Z".parse().unwrap();
        start + chrono::TimeDelta::seconds(seconds)
    }

    /// A job that was closed after two minutes.
    pub fn closed(outcome: Outcome, proof: Option<Proof>) -> Job {
        Job {
            id: "01a20947-fa33-75f8-b890-e3aebd1e73d4".parse().unwrap(),
            machine_name: "pc-0002".to_owned(),
            function: "inventory".to_owned(),
            image: "6948a16fa6749a4dc594b067a5f536a84a009c74c57b76ed7bbbf4e9406b3baa".to_owned(),
            phase: Phase::Closed,
            attempt: 0,
            ended: Some(EndedAs { outcome, because: "4 cores, 8 GiB".to_owned() }),
            proof,
            waiting: None,
            created_at: at(0),
            switching_since: Some(at(1)),
            closed_at: Some(at(120)),
            history: vec![],
            calls: vec![],
            sightings: vec![],
            facts: vec![],
            log: vec![],
        }
    }

    /// The same job on its way home.
    pub fn restoring() -> Job {
        let waiting = Waiting {
            for_others: false,
            awaits: "the own system's agent with a new boot".to_owned(),
            since: at(60),
            until: Some(at(960)),
            then: "the next route is tried".to_owned(),
        };
        Job {
            phase: Phase::Restoring,
            attempt: 1,
            waiting: Some(waiting),
            closed_at: None,
            ..closed(Outcome::Succeeded, None)
        }
    }
}
