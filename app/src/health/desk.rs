//! What the pages about health need. The server implements it over the store, for one person; what that person may not do
//! it refuses.

use crate::Failure;
use async_trait::async_trait;
use chrono::NaiveDate;
use pitstop_domain::Time;
use pitstop_domain::health::board::{Level, Reading};
use pitstop_domain::health::elsewhere::Source;
use pitstop_domain::health::listener::Listener;
use pitstop_domain::health::rule::Severity;
use pitstop_domain::health::spread::Spread;
use pitstop_domain::health::{Alert, Guard, Health, Metric, Rule, Usual};
use pitstop_domain::id::{JobId, MachineId};
use pitstop_domain::secret::Secret;
use std::collections::HashMap;

/// A form as it was filled in.
pub type Filled = HashMap<String, String>;

/// How many machines of something have which health.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Group {
    pub name: String,
    pub spread: Spread,
}

/// How many machines were how well at the end of a day, in the order of [`Class::ALL`].
///
/// [`Class::ALL`]: pitstop_domain::health::spread::Class::ALL
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Day {
    pub day: NaiveDate,
    pub machines: [u64; 4],
}

/// A machine in a list.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    pub machine: MachineId,
    pub name: String,
    pub site: String,
    pub model: String,
    pub seen_at: Option<Time>,
    pub health: Health,
}

/// The whole fleet, as far as this person sees it.
#[derive(Clone, Debug, PartialEq)]
pub struct Fleet {
    /// When it was counted; `None`: just now.
    pub counted_at: Option<Time>,
    pub today: NaiveDate,
    /// The last thirty, oldest first; those on which nobody counted are not in it.
    pub days: Vec<Day>,
    pub sites: Vec<Group>,
    pub models: Vec<Group>,
    pub worst: Vec<Line>,
    /// Open alerts, and those of them that need a person.
    pub alerts: (u64, u64),
    pub guard: Guard,
}

/// An hour of a figure.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bar {
    pub at: Time,
    pub low: f64,
    pub mid: f64,
    pub high: f64,
}

/// How a figure went on a machine.
#[derive(Clone, Debug, PartialEq)]
pub struct Went {
    pub metric: Metric,
    pub bars: Vec<Bar>,
    pub newest: Option<(Time, f64)>,
    /// How it usually is here; `None`: not known yet.
    pub usual: Option<Usual>,
    /// How it usually is on its model.
    pub peers: Option<Usual>,
    /// Where rules begin to hold, with their names.
    pub thresholds: Vec<(f64, String)>,
}

/// A machine's page.
#[derive(Clone, Debug, PartialEq)]
pub struct MachinePage {
    pub line: Line,
    pub from: Time,
    pub until: Time,
    pub figures: Vec<Went>,
    /// When it was in maintenance.
    pub trips: Vec<(JobId, Time, Option<Time>)>,
    pub alerts: Vec<AlertLine>,
    /// What others say of it.
    pub told: Vec<Told>,
    /// `None`: it has no management board that is asked.
    pub board: Option<BoardPage>,
}

/// A machine's management board.
#[derive(Clone, Debug, PartialEq)]
pub struct BoardPage {
    pub origin: String,
    pub answered_at: Option<Time>,
    /// Since when it does not answer, how often it was asked since, and why.
    pub silent: Option<(Time, u32, String)>,
    pub due_at: Time,
    /// What it said last.
    pub reading: Option<Reading>,
    /// The newest of its log.
    pub entries: Vec<BoardEntry>,
}

/// An entry of a board's log, a warning or worse.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BoardEntry {
    pub level: Level,
    /// As the board writes it; its clock is its own.
    pub created: String,
    pub message: String,
    pub seen_at: Time,
    /// It stood there before the log was first read.
    pub is_history: bool,
}

/// An alert of somebody elsewhere.
#[derive(Clone, Debug, PartialEq)]
pub struct Told {
    pub source: String,
    pub name: String,
    pub firing: bool,
    pub since: Time,
    pub told_at: Time,
    pub times: u64,
    pub summary: String,
    pub machine: Option<(MachineId, String)>,
    pub unmatched: Option<String>,
}

/// Somebody elsewhere who may tell.
#[derive(Clone, Debug, PartialEq)]
pub struct SourceLine {
    pub source: Source,
    pub firing: u64,
    pub unmatched: u64,
    pub delivered_at: Option<Time>,
    pub refused: Option<(u64, Time, String)>,
    pub former_until: Option<Time>,
    pub revoked: Option<(String, Time)>,
}

/// A source's page.
#[derive(Clone, Debug, PartialEq)]
pub struct SourcePage {
    pub line: SourceLine,
    pub told: Vec<Told>,
    /// When, what, and from where.
    pub deliveries: Vec<(Time, String, String)>,
}

/// Somebody outside who is told.
#[derive(Clone, Debug, PartialEq)]
pub struct ListenerLine {
    pub listener: Listener,
    /// Of a chat: where it is, without what is secret of its address.
    pub at: String,
    pub told_at: Option<Time>,
    pub failed: Option<(Time, String)>,
    pub waiting: u64,
}

/// An alert in a list.
#[derive(Clone, Debug, PartialEq)]
pub struct AlertLine {
    pub id: String,
    pub alert: Alert,
    pub rule_name: String,
    pub severity: Severity,
    /// What it would start.
    pub function: String,
    pub machine_name: String,
    pub site: String,
    pub seen_by: Option<String>,
}

/// A person is asked about a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    pub id: String,
    pub rule_name: String,
    pub words: String,
    pub asked_at: Time,
    pub answered: Option<(bool, String)>,
}

/// The inbox.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Inbox {
    pub questions: Vec<Question>,
    pub alerts: Vec<AlertLine>,
    pub open: u64,
}

/// A rule in the list.
#[derive(Clone, Debug, PartialEq)]
pub struct RuleLine {
    pub rule: Rule,
    pub function_title: String,
    pub changed_by: String,
    pub changed_at: Time,
    /// Alerts of it that are open.
    pub open: usize,
}

/// The rules, and what holds for all of them.
#[derive(Clone, Debug, PartialEq)]
pub struct Rules {
    pub rules: Vec<RuleLine>,
    pub guard: Guard,
}

/// What a form offers, and what would have happened by it.
#[derive(Clone, Debug, PartialEq)]
pub struct Offer {
    pub functions: Vec<(String, String)>,
    /// Who elsewhere may tell, by id and name, and the names of alerts that they told.
    pub sources: Vec<(String, String)>,
    pub heard: Vec<String>,
    pub filled: Filled,
    pub would: Option<Result<Would, String>>,
}

/// What a rule would have done in the last thirty days.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Would {
    pub words: String,
    pub watched: usize,
    /// Of these: machines of which figures are there.
    pub measured: usize,
    /// It stands on what others tell, too: that is not kept so long, and nothing is known of it here.
    pub deaf: bool,
    pub machines: usize,
    pub trips: usize,
    /// How long its function usually takes, in seconds.
    pub usual_s: Option<u64>,
    pub storms: Vec<(Time, usize)>,
    /// The newest, with the machine's name and whether it would have gone on a trip.
    pub fired: Vec<(MachineId, String, Time, Option<Time>, bool)>,
    pub fired_in_all: usize,
}

/// Health, for one person.
#[async_trait]
pub trait HealthDesk: Send + Sync {
    async fn fleet(&self) -> Result<Fleet, Failure>;

    async fn machine(&self, id: MachineId, days: u32) -> Result<MachinePage, Failure>;

    /// `all`: also what is over.
    async fn inbox(&self, all: bool) -> Result<Inbox, Failure>;

    /// `acknowledge`, `approve` or `dismiss`.
    async fn decide(&self, alert: &str, act: &str) -> Result<(), Failure>;

    /// `approve` or `dismiss`, all that a rule fires on.
    async fn answer(&self, question: &str, answer: &str) -> Result<(), Failure>;

    async fn rules(&self) -> Result<Rules, Failure>;

    /// A form, and what would have happened by it; `id`: to change that one.
    async fn offer(&self, id: Option<&str>, filled: Filled) -> Result<Offer, Failure>;

    /// Keeps what was filled in.
    async fn keep(&self, filled: &Filled) -> Result<(), Failure>;

    async fn remove(&self, id: &str) -> Result<(), Failure>;

    /// Brakes of site and fleet, and how long figures are kept.
    async fn set_guard(&self, filled: &Filled) -> Result<(), Failure>;

    async fn sources(&self) -> Result<Vec<SourceLine>, Failure>;

    async fn source(&self, id: &str) -> Result<SourcePage, Failure>;

    /// A new source, with its secret.
    async fn make_source(&self, filled: &Filled) -> Result<(Source, Secret), Failure>;

    /// `rotate` gives another secret, `revoke` none.
    async fn act_source(
        &self,
        id: &str,
        act: &str,
        filled: &Filled,
    ) -> Result<Option<(Source, Secret)>, Failure>;

    async fn listeners(&self) -> Result<Vec<ListenerLine>, Failure>;

    async fn make_listener(&self, filled: &Filled) -> Result<(), Failure>;

    /// `test` sends a trial and says how that went, `remove` takes it away.
    async fn act_listener(&self, id: &str, act: &str, base: &str) -> Result<Option<String>, Failure>;

    /// Stops all rules, for this reason, or lets them go on.
    async fn stop(&self, why: Option<&str>) -> Result<(), Failure>;
}
