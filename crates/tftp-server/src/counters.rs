//! What the server passed over, and why: every silence has a counted reason.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};

/// Counts since the server was made; read them at any time.
#[derive(Debug, Default)]
pub struct Counters {
    started: AtomicU64,
    malformed: AtomicU64,
    not_a_request: AtomicU64,
    repeated_request: AtomicU64,
    queue_full: AtomicU64,
    gave_up_waiting: AtomicU64,
    stray: AtomicU64,
}

/// One of the [`Counters`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Count {
    /// Transfers begun.
    Started,
    /// Packets that are not TFTP.
    Malformed,
    /// Packets to the listening port that belong to a transfer or report an error.
    NotARequest,
    /// Requests sent again by a client that is being served or waits.
    RepeatedRequest,
    /// Requests passed over because too many wait.
    QueueFull,
    /// Waiting requests dropped because the client no longer repeated them.
    GaveUpWaiting,
    /// Packets to a transfer's port that came from elsewhere or make no sense there.
    Stray,
}

/// All counters, in the order they are shown.
const ALL: [Count; 7] = [
    Count::Started,
    Count::Malformed,
    Count::NotARequest,
    Count::RepeatedRequest,
    Count::QueueFull,
    Count::GaveUpWaiting,
    Count::Stray,
];

impl Count {
    /// The name in counts.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Started => "started",
            Self::Malformed => "malformed",
            Self::NotARequest => "not_a_request",
            Self::RepeatedRequest => "repeated_request",
            Self::QueueFull => "queue_full",
            Self::GaveUpWaiting => "gave_up_waiting",
            Self::Stray => "stray",
        }
    }
}

impl Counters {
    /// One figure.
    #[must_use]
    pub fn get(&self, count: Count) -> u64 {
        self.cell(count).load(Ordering::Relaxed)
    }

    /// All figures by name.
    #[must_use]
    pub fn snapshot(&self) -> BTreeMap<&'static str, u64> {
        ALL.into_iter().map(|count| (count.name(), self.get(count))).collect()
    }

    pub(crate) fn add(&self, count: Count) {
        self.cell(count).fetch_add(1, Ordering::Relaxed);
    }

    fn cell(&self, count: Count) -> &AtomicU64 {
        match count {
            Count::Started => &self.started,
            Count::Malformed => &self.malformed,
            Count::NotARequest => &self.not_a_request,
            Count::RepeatedRequest => &self.repeated_request,
            Count::QueueFull => &self.queue_full,
            Count::GaveUpWaiting => &self.gave_up_waiting,
            Count::Stray => &self.stray,
        }
    }
}

impl fmt::Display for Counters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (nth, count) in ALL.into_iter().enumerate() {
            let gap = if nth == 0 { "" } else { ", " };
            write!(f, "{gap}{count:?} {}", self.get(count))?;
        }
        Ok(())
    }
}
