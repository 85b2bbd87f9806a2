//! What goes over the wire for alarms.

use crate::Failure;
use leptos::prelude::*;
use pitstop_domain::Time;
use pitstop_domain::id::{JobId, MachineId};
use serde::{Deserialize, Serialize};

/// How many alarms there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlarmCount {
    /// Not cleared.
    pub open: u64,
    /// Of these, nobody looks after them yet.
    pub unseen: u64,
}

/// An alarm in the list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlarmLine {
    pub id: i64,
    pub job: JobId,
    pub machine: MachineId,
    pub machine_name: String,
    pub reason: String,
    pub raised_at: Time,
    /// Who looks after it, and since when.
    pub seen: Option<(String, Time)>,
}

/// The list, oldest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alarms {
    pub asked_at: Time,
    pub open: u64,
    pub rows: Vec<AlarmLine>,
}

/// Whoever presses looks after the alarm.
#[server(prefix = "/api", endpoint = "see_alarm")]
pub async fn see_alarm(id: i64) -> Result<(), Failure> {
    crate::serve::answer(super::server::see_alarm(id)).await
}
