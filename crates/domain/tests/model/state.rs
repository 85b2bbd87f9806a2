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
    pub own: Option<(T, Boot)>,
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
    /// How often a restart asked by it took effect: not stored, for the laws only.
    pub effects: u8,
}

/// What the machine does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Machine {
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

/// What a worker decided and has not stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Decided {
    pub row: JobRow,
    pub moved: bool,
    pub assign: bool,
    pub unassign: bool,
    pub void: bool,
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
    pub machine: Machine,
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

    pub fn boots(&mut self, visit: &mut impl FnMut(&mut Boot)) {
        let mut each = |boot: &mut Option<Boot>| boot.iter_mut().for_each(&mut *visit);
        for row in &mut self.jobs {
            boots_of(row, &mut each);
        }
        for call in &mut self.calls {
            each(&mut call.boot);
        }
        for parked in &mut self.parked {
            match parked {
                Parked::Claimed(_, row) => boots_of(row, &mut each),
                Parked::Decided(_, row, decided) => {
                    boots_of(row, &mut each);
                    boots_of(&mut decided.row, &mut each);
                }
                Parked::Effect(_, boot) => each(boot),
                _ => {}
            }
        }
        for row in &mut self.jobs {
            visit(&mut row.left_from);
        }
        facts_boots(&mut self.facts, visit);
        self.newest_heard.iter_mut().for_each(&mut *visit);
        for parked in &mut self.parked {
            match parked {
                Parked::Claimed(_, row) => visit(&mut row.left_from),
                Parked::Loaded(_, row, facts) => {
                    let mut each = |boot: &mut Option<Boot>| boot.iter_mut().for_each(&mut *visit);
                    boots_of(row, &mut each);
                    visit(&mut row.left_from);
                    facts_boots(facts, visit);
                }
                Parked::Decided(_, row, decided) => {
                    visit(&mut row.left_from);
                    visit(&mut decided.row.left_from);
                }
                Parked::Heartbeat { boot, .. }
                | Parked::Report { boot, .. }
                | Parked::Sighting(_, Sight::Own(boot) | Sight::Maintenance(_, boot), _) => visit(boot),
                _ => {}
            }
        }
        if let Machine::Own { boot, .. } | Machine::Maintenance { boot, .. } = &mut self.machine {
            visit(boot);
        }
    }

    pub fn times(&mut self, visit: &mut impl FnMut(&mut T)) {
        visit(&mut self.now);
        for row in &mut self.jobs {
            times_of(row, visit);
        }
        times_of_facts(&mut self.facts, visit);
        for call in &mut self.calls {
            visit(&mut call.phase_since);
            call.lease.iter_mut().for_each(&mut *visit);
        }
        if let Machine::Maintenance { silent_since, .. } = &mut self.machine {
            silent_since.iter_mut().for_each(&mut *visit);
        }
        for parked in &mut self.parked {
            match parked {
                Parked::Claimed(_, row) => times_of(row, visit),
                Parked::Loaded(_, row, facts) => {
                    times_of(row, visit);
                    times_of_facts(facts, visit);
                }
                Parked::Decided(_, row, decided) => {
                    times_of(row, visit);
                    times_of(&mut decided.row, visit);
                    decided.wake_at.iter_mut().for_each(&mut *visit);
                }
                Parked::Taken(_, at) | Parked::Recorded(_, at) | Parked::Sighting(at, ..) => visit(at),
                _ => {}
            }
        }
    }
}

fn boots_of(row: &mut JobRow, each: &mut impl FnMut(&mut Option<Boot>)) {
    each(&mut row.boot_before);
    each(&mut row.boot_attempt);
    each(&mut row.boot_maintenance);
}

fn facts_boots(facts: &mut FactRows, visit: &mut impl FnMut(&mut Boot)) {
    facts.own.iter_mut().for_each(|own| visit(&mut own.1));
    facts.maintenance.iter_mut().for_each(|seen| visit(&mut seen.2));
}

fn times_of(row: &mut JobRow, visit: &mut impl FnMut(&mut T)) {
    visit(&mut row.phase_since);
    visit(&mut row.attempt_since);
    for at in [&mut row.switching_since, &mut row.cancel, &mut row.wake_at, &mut row.lease] {
        at.iter_mut().for_each(&mut *visit);
    }
    row.decision.iter_mut().for_each(|decision| visit(&mut decision.0));
}

fn times_of_facts(facts: &mut FactRows, visit: &mut impl FnMut(&mut T)) {
    facts.own.iter_mut().for_each(|own| visit(&mut own.0));
    facts.maintenance.iter_mut().for_each(|seen| visit(&mut seen.0));
    for at in [&mut facts.asked, &mut facts.home] {
        at.iter_mut().for_each(&mut *visit);
    }
    facts.fetched.iter_mut().for_each(|seen| visit(&mut seen.0));
    facts.reported.iter_mut().for_each(|seen| visit(&mut seen.0));
}
