//! The referee's book: what happened to a machine, counted where it happened.

use super::{Event, State};
use pitstop_domain::id::{BootId, CallId, JobId};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Lines kept of each list: what goes wrong goes wrong again.
const LINES: usize = 50;
/// Entries kept of the book: a day of trips, and little enough for a thousand machines.
const ENTRIES: usize = 1000;

/// What happened so far.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    pub power_ons: u32,
    /// All restarts: by management, by order, and by itself.
    pub restarts: u32,
    /// By the machine's management.
    pub resets: u32,
    /// By an order that its agent took.
    pub ordered: u32,
    /// By the agent itself: its job was over, or the server away.
    pub by_itself: u32,
    /// Its agent was told to shut it down, and did.
    pub shut_downs: u32,
    /// A machine that is off cannot be reset.
    pub refused_resets: u32,
    pub boots_own_system: u32,
    pub boots_maintenance: u32,
    pub boots_program: u32,
    /// Boots of a diskless machine that ended in its firmware.
    #[serde(default)]
    pub found_nothing: u32,
    /// Boots that should have asked the network and did not.
    pub ignored_net_boots: u32,
    /// Orders that could not be carried out, and were answered so.
    pub declined_orders: u32,
    /// Orders for another boot, or known already: dropped, as they must be.
    pub dropped_orders: u32,
    /// Boot files (loaders, scripts, parts of images) that came whole.
    pub files_fetched: u32,
    /// Why boots went wrong and calls failed, newest last.
    pub troubles: Vec<String>,
    /// What happened in a state that does not expect it: a mistake of the simulation, or of the server.
    pub unexpected: Vec<String>,
    /// What tests compare with what the server says, oldest first. Shared with whoever looks, since it is shown at
    /// each event and changes at few.
    #[serde(skip)]
    pub book: Arc<Vec<Entry>>,
}

/// A restart that took effect, or something that the server has acknowledged and must not lose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entry {
    /// `by`: `management`, `order`, `order home`, `itself`. `out_of`: the state that it ended.
    Restarted { by: &'static str, call: Option<CallId>, out_of: &'static str },
    /// A heartbeat of the own system was answered.
    Heard { boot: BootId },
    /// A report was answered; lines of its log through this one are stored.
    Reported { job: JobId, boot: BootId, through: u64 },
    /// The report with the task's end was answered.
    EndTold { job: JobId },
}

impl Tally {
    /// What is said again is written once.
    pub(super) fn write(&mut self, entry: Entry) {
        if self.book.last() == Some(&entry) && !matches!(entry, Entry::Restarted { .. }) {
            return;
        }
        let book = Arc::make_mut(&mut self.book);
        if book.len() == ENTRIES {
            book.remove(0);
        }
        book.push(entry);
    }

    pub(super) fn trouble(&mut self, why: String) {
        push(&mut self.troubles, why);
    }

    pub(super) fn unexpected(&mut self, state: &State, event: &Event) {
        push(&mut self.unexpected, format!("{} while {}", event.name(), state.name()));
    }
}

fn push(lines: &mut Vec<String>, line: String) {
    if lines.len() == LINES {
        lines.remove(0);
    }
    lines.push(line);
}
