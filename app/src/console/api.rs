//! What the pages of a console need.

use pitstop_domain::Time;
use pitstop_domain::id::{JobId, MachineId};
use uuid::Uuid;

/// A job's consoles.
#[derive(Clone, Debug, PartialEq)]
pub struct ConsolePage {
    pub job: JobId,
    pub title: String,
    pub machine: MachineId,
    pub machine_name: String,
    /// Why none can be opened now, in words.
    pub cannot: Option<String>,
    /// Newest first.
    pub recordings: Vec<RecordingLine>,
}

/// One that was opened.
#[derive(Clone, Debug, PartialEq)]
pub struct RecordingLine {
    pub id: Uuid,
    pub opened_at: Time,
    /// `None`: it is open.
    pub closed_at: Option<Time>,
    /// Who sat there.
    pub people: Vec<String>,
    pub bytes: u64,
}
