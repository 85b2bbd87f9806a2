//! How a board misbehaves. Each was seen on real ones.

use std::time::Duration;

/// All at their defaults: a board as the specification has it.
#[derive(Clone, Debug, Default)]
pub struct Quirks {
    /// Answers 200 to this many boot devices, and keeps none of them.
    pub reverts: u32,
    /// Every answer comes so late.
    pub late: Duration,
    /// Answers 503 to this many requests.
    pub busy: u32,
    /// Answers 503 to this many resets.
    pub busy_for_resets: u32,
    /// Forgets all sessions after this many requests, once.
    pub forgets_after: Option<u32>,
    /// Takes a request and never answers.
    pub hangs: Option<Hang>,
    /// Resets, and closes the connection instead of answering.
    pub loses_answer: bool,
    /// Wants to know the state a change is meant for: 428 without, 412 with another.
    pub wants_etag: bool,
    /// Has no session service: the password comes with every request.
    pub basic_only: bool,
    /// Allows only these kinds of reset; empty: all.
    pub allows: Vec<&'static str>,
    /// Answers 401 to whoever reads what has this in its path, as some do where the user's rights do not reach.
    pub forbids: Option<&'static str>,
    /// Knows no boot device.
    pub no_boot_device: bool,
}

/// At what it hangs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hang {
    Always,
    /// Before it does anything about it.
    AtReset,
    /// The reset took effect, and the answer never comes.
    AfterReset,
}
