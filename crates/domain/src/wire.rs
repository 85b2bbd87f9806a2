//! What agent and server say to each other: JSON over HTTP, below `/agent/v1`.
//!
//! The own system's agent holds a *machine token*, the maintenance image's agent a *job token* from the
//! kernel command line; both travel as `Authorization: Bearer …`. Every answer that is not a success
//! carries [`Problem`]. Waiting is done by the server (long poll, `wait_s`), so that orders arrive at once.

use crate::digest::Digest;
use crate::function::Task;
use crate::id::{BootId, CallId, JobId, MachineId};
use crate::job::Outcome;
use crate::machine::{Arch, Inventory};
use crate::net::Mac;
use crate::presence::Presence;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The longest time a server holds a call open, in seconds: below the 30 s after which proxies hang up.
pub const LONGEST_WAIT_S: u32 = 25;

/// Keys of the kernel command line that starts maintenance.
pub mod cmdline {
    /// Base URL of the server, like `http://10.77.0.2:8080`.
    pub const SERVER: &str = "pitstop.server";
    pub const JOB: &str = "pitstop.job";
    pub const TOKEN: &str = "pitstop.token";
    pub const MACHINE: &str = "pitstop.machine";
    /// In a diskless own system: what opens this machine's image, and enrols its agent.
    pub const OWN: &str = "pitstop.own";
}

/// `POST /agent/v1/enrol`: an agent in an own system introduces its machine. Idempotent: the same machine
/// (by MAC, and by SMBIOS UUID where no MAC is known) gets the same id again.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Enrol {
    /// The site's enrolment key; in a diskless own system the machine's own token, from the kernel command line.
    pub key: String,
    pub hostname: String,
    pub smbios_uuid: Option<Uuid>,
    pub macs: Vec<Mac>,
    pub arch: Arch,
    pub inventory: Inventory,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Enrolled {
    pub machine: MachineId,
    pub name: String,
    /// The machine token.
    pub token: String,
}

/// `POST /agent/v1/heartbeat`: the own system is up. Answered at once when there is an order, else after `wait_s`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Heartbeat {
    pub machine: MachineId,
    pub boot_id: BootId,
    pub uptime_s: u64,
    /// Sent with the first heartbeat of a boot and when it changed.
    pub inventory: Option<Inventory>,
    /// How long the server may hold the answer, at most [`LONGEST_WAIT_S`].
    pub wait_s: u32,
    /// Who is at the machine; older agents do not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub presence: Option<Presence>,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct HeartbeatReply {
    pub order: Option<Order>,
    /// Put this before whoever is at the machine, if it does not stand there yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ask: Option<Question>,
    /// Shut the machine down, unless somebody uses it. Beside [`order`](Self::order), since older agents do not know it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shut_down: Option<Order>,
    /// How long to wait before the next heartbeat, in seconds (0: at once, since the server waits).
    pub next_in_s: u32,
}

/// A question for whoever is at the machine. It comes with each heartbeat until the agent says that it is shown; it is
/// the same one while job and round are the same.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Question {
    pub job: JobId,
    pub round: u32,
    /// What is about to happen, in plain words.
    pub words: String,
    /// How long it may be answered, from when it is shown.
    pub countdown_s: u32,
    /// For how long it can be put off; `None`: no more.
    pub snooze_s: Option<u32>,
    /// What happens when nobody answers, in plain words.
    pub unanswered: String,
}

/// `POST /agent/v1/questions/{job}` (machine token): what became of a question. May be said again; of answers the first
/// stands. 409: it is not open any more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuestionReply {
    pub machine: MachineId,
    pub boot_id: BootId,
    pub round: u32,
    pub told: crate::ask::Told,
}

/// `POST /agent/v1/measurements` (machine token): what the own system's agent measured, oldest first. The agent keeps it
/// until it is answered, and sends it again; the server passes over what it has.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Measurements {
    pub machine: MachineId,
    /// The series in which it counts. Another one begins where what was kept is lost.
    pub stream: i64,
    pub samples: Vec<Measured>,
}

/// Samples in one message at most: three hours, in 40 kB.
pub const MOST_SAMPLES: usize = 180;

/// What was measured at one moment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Measured {
    /// Counts upwards within the stream; numbers may be left out.
    pub seq: i64,
    /// How long ago it was: the machine's own time of day may be wrong.
    pub age_s: f64,
    /// Number of the metric ([`Metric::number`](crate::health::Metric::number)) and value.
    pub figures: Vec<(i16, f64)>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MeasurementsReply {
    /// All up to here is stored.
    pub through: i64,
}

/// An order to restart, or to shut down. It names the boot that it is for: in any other boot it has been done already, and is
/// dropped. So an order can be delivered twice and is carried out once.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Order {
    pub call: CallId,
    pub boot_id: BootId,
    pub action: Action,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Action {
    /// Restart; with `network_once`, point UEFI BootNext at a network entry first, where there is one.
    Restart { network_once: bool },
    /// Restart into this UEFI boot entry, once: the one that the own system was started from, so that firmware
    /// which tries the network first does not wait for an answer that will not come (OVMF: a minute).
    RestartInto { boot_entry: u16 },
    /// Fetch kernel and initrds, check their digests, and start them with kexec.
    Kexec { kernel: File, initrds: Vec<File>, cmdline: String },
    /// Switch the machine off, if nobody is logged in and nothing forbids it.
    ShutDown,
}

/// A file to fetch: below the server's base URL, with the job's token already in its path.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct File {
    pub path: String,
    pub digest: Digest,
    pub bytes: u64,
}

/// `POST /agent/v1/calls/{call}`: what became of an order. Sent *before* the restart is carried out.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct CallAnswer {
    pub boot_id: BootId,
    pub accepted: bool,
    /// In words: "BootNext set to Boot0004, restarting", or why it cannot be done.
    pub answer: String,
}

/// `GET /agent/v1/jobs/{job}/task` (job token): what the maintenance agent is to do.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct TaskOrder {
    pub job: JobId,
    pub machine: MachineId,
    pub machine_name: String,
    pub function: String,
    pub title: String,
    pub task: Task,
    /// Restart to the own system after so many seconds without an answer from the server.
    pub dead_man_s: u32,
    /// Shown on the machine's screen.
    pub told: String,
}

/// `POST /agent/v1/jobs/{job}/report` (job token): heartbeat, progress, log and end of the task in one.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Report {
    pub boot_id: BootId,
    pub progress: Option<Progress>,
    /// Lines not yet acknowledged; the server drops those that it has.
    pub log: Vec<LogLine>,
    /// Set once, and repeated until answered, when the task ended.
    pub ended: Option<TaskEnded>,
    /// How long the server may hold the answer while it has no order.
    pub wait_s: u32,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Progress {
    /// 0 to 1000.
    pub permille: u16,
    pub text: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LogLine {
    /// Counts from 1 within a boot.
    pub seq: u64,
    pub text: String,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct TaskEnded {
    pub outcome: Outcome,
    /// One line for people: "4 passes over 3.6 GiB, no error".
    pub summary: String,
    /// The whole report, for programs.
    pub report: serde_json::Value,
    pub inventory: Option<Inventory>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ReportReply {
    /// The highest log line that the server has stored.
    pub log_through: u64,
    /// Stop the task if it can be stopped (cancelled); the order to restart follows.
    pub stop: bool,
    pub order: Option<Order>,
    /// Somebody waits at the console: come to it, if you do not know of it yet.
    #[serde(default)]
    pub console: bool,
}

/// `GET /agent/v1/jobs/{job}/console` (job token): a WebSocket (RFC 6455) between a shell on the machine and whoever sits
/// at its console. Binary messages are what is typed and what the terminal writes; texts are these.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum ConsoleSays {
    /// To the machine: the terminal has so many rows and columns.
    Size { rows: u16, cols: u16 },
    /// From the machine: the shell has ended. The next key starts another.
    Ended,
}

/// What every refusal says. `go_home` tells a maintenance agent that its job is over (410 Gone): restart into
/// the own system.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Problem {
    pub error: String,
    #[serde(default)]
    pub go_home: bool,
}

/// `GET /agent/v1/jobs/{job}/signatures` (job token): the virus signatures that the server has.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Signatures {
    pub files: Vec<SignatureFile>,
}

/// One file of signatures, at `/agent/v1/jobs/{job}/signatures/{name}`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SignatureFile {
    /// A plain file name, like `daily.cvd`.
    pub name: String,
    pub digest: Digest,
    pub bytes: u64,
    /// Seconds since it was made, by the server's clock: the machine's own may be wrong.
    pub age_s: u64,
}
