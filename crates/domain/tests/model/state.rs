//! All that there is in one moment of the model: rows, the machine, and whatever is under way.

use pitstop_domain::facts::CallState;
use pitstop_domain::job::{Outcome, Phase};
use pitstop_domain::proof::Proof;

/// A moment. Whole ticks are what limits count in; moments within a tick only tell before from after.
pub type T = u16;
pub const TICK: T = 64;
/// A boot of the machine, of whatever it boots: a later one has a higher number.
pub type Boot = u8;
/// A job, by its place in the queue.
pub type JobNo = usize;

/// What a person decides about a held job.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Wish {
    TryAgain,
    Confirm,
    GiveUp,
}

/// A row of `jobs`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct JobRow {
    pub phase: Phase,
    pub attempt: u8,
    pub phase_since: T,
    pub attempt_since: T,
    pub switching_since: Option<T>,
    pub boot_before: Option<Boot>,
    pub boot_attempt: Option<Boot>,
    pub boot_maintenance: Option<Boot>,
    pub outcome: Option<Outcome>,
    pub proof: Option<Proof>,
    pub was_off: bool,
    pub cancel: Option<T>,
    pub decision: Option<(T, Wish)>,
    pub wake_at: Option<T>,
    /// Until when it is claimed. Moments are unique, so this is `lease_by` and `lease_until` in one.
    pub lease: Option<T>,
    pub version: u8,
    /// A call of the switching phase that is no longer kept in the model had left our hands.
    pub touched: bool,
    /// The newest boot when the machine was taken, or last asked to leave for maintenance: not stored, for the laws only.
    pub left_from: Boot,
}

/// The rows of `facts` of the one machine.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct FactRows {
    /// When it was heard last, in which boot, and when that was heard first.
    pub own: Option<(T, Boot, T)>,
    pub maintenance: Option<(T, JobNo, Boot)>,
    pub asked: Option<T>,
    pub home: Option<T>,
    pub fetched: Option<(T, JobNo)>,
    pub reported: Option<(T, JobNo)>,
}

/// What `Store::saw` is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Sight {
    Own(Boot),
    Maintenance(JobNo, Boot),
    Asked,
    SentHome,
    Fetched(JobNo),
    Reported(JobNo),
}

/// Who is asked for a restart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Rung {
    Agent,
    Board,
}

/// The states of a call as the store is to have them: a pushed call is prepared under a lease, then pressed once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Call {
    Waiting,
    Started,
    Pressed,
    Accepted,
    Refused,
    Void,
}

impl Call {
    /// As the decision sees it.
    pub fn seen(self) -> CallState {
        match self {
            Self::Waiting => CallState::Waiting,
            Self::Started => CallState::Started,
            Self::Pressed => CallState::Pressed,
            Self::Accepted => CallState::Accepted,
            Self::Refused => CallState::Refused,
            Self::Void => CallState::Void,
        }
    }
}

/// A row of `calls`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct CallRow {
    pub job: JobNo,
    pub phase: Phase,
    pub phase_since: T,
    pub attempt: u8,
    pub rung: Rung,
    pub state: Call,
    /// The boot whose agent took it.
    pub boot: Option<Boot>,
    /// Until when an executor has it, while it is being prepared.
    pub lease: Option<T>,
    /// The machine was off when it was pressed.
    pub found_off: bool,
    /// How often a restart asked by it took effect: not stored, for the laws only.
    pub effects: u8,
}

/// What the machine does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Machine {
    Off,
    /// Its firmware is about to ask how to boot.
    Firmware,
    /// It was told to boot the job's image and fetches it.
    Loading(JobNo),
    Own {
        boot: Boot,
        agent: bool,
        heard: bool,
    },
    Maintenance {
        boot: Boot,
        job: JobNo,
        heard: bool,
        work: Work,
        silent_since: Option<T>,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Work {
    Going,
    Ended,
    /// It ends never.
    Endless,
}

/// The row of `questions` of the first job.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct QuestionRow {
    pub asked: T,
    pub round: u8,
    pub snoozed: Option<T>,
    pub shown: Option<T>,
    pub answer: Option<(T, bool)>,
}

/// A row of `shut_downs`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ShutRow {
    pub job: JobNo,
    pub boot: Boot,
    pub state: Call,
}

/// What a worker decided and has not stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Decided {
    pub row: JobRow,
    pub moved: bool,
    pub assign: bool,
    pub unassign: bool,
    pub void: bool,
    pub ask: bool,
    pub shut_down: Option<Boot>,
    pub restart: Option<Rung>,
    pub wake_at: Option<T>,
}

/// Something that stopped in the middle. It goes on at any later moment, or never.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Parked {
    /// A worker, after it claimed a job.
    Claimed(JobNo, JobRow),
    /// ... after it loaded the sightings, and before it looked at calls and clock.
    Loaded(JobNo, JobRow, FactRows),
    /// ... after it decided.
    Decided(JobNo, JobRow, Decided),
    /// An executor, after it took a call, with its lease.
    Taken(usize, T),
    /// ... after it recorded that it will press.
    Recorded(usize, T),
    /// ... after it pressed, before it stored the answer.
    Answer(usize),
    /// A restart that was accepted and takes its time; one by an agent dies with the agent's boot.
    Effect(usize, Option<Boot>),
    /// An agent that accepted to shut its boot down, for this job.
    ShutDown(JobNo, Boot),
    /// A heartbeat on its way; `first` of its boot.
    Heartbeat { boot: Boot, first: bool },
    /// A report of the maintenance image on its way.
    Report { job: JobNo, boot: Boot, ended: bool, first: bool },
    /// A sighting that has its time and is not stored yet; the first of its boot?
    Sighting(T, Sight, bool),
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct State {
    pub now: T,
    pub jobs: Vec<JobRow>,
    pub facts: FactRows,
    /// The newest boot that was heard, own or maintenance: the newest such row of `sightings`.
    pub newest_heard: Option<Boot>,
    /// The row of `assignments`.
    pub assignment: Option<JobNo>,
    pub calls: Vec<CallRow>,
    pub shut_downs: Vec<ShutRow>,
    /// The machine was off when this began, and nobody but jobs started it since: for the laws only.
    pub off_before: bool,
    pub machine: Machine,
    /// What became of the question that the jobs ask.
    pub question: Option<QuestionRow>,
    /// Somebody sits at the machine, and has not answered.
    pub person: bool,
    /// The machine's next step takes as long as it likes, perhaps for ever.
    pub slow: bool,
    pub parked: Vec<Parked>,
    /// How much more may go wrong.
    pub faults: u8,
    /// How often people may still interfere.
    pub people: u8,
}

impl State {
    /// A moment of its own for something that happens now.
    pub fn stamp(&mut self) -> T {
        self.now += 1;
        self.now
    }
}
