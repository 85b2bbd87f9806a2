//! What is searched: a machine, its ladder, how many jobs want it, how much may go wrong, and what is broken on purpose.

use super::state::{FactRows, JobRow, Machine, State, T, TICK};
use pitstop_domain::ask::{Ask, Otherwise};
use pitstop_domain::id::{JobId, MachineId};
use pitstop_domain::job::{Job, Phase, Plan};
use serde_json::json;
use uuid::Uuid;

/// Limits in ticks. Their order is that of the real ones: leases, then picking up, then the phases.
pub const LEASE: T = 1;
pub const PICKUP: T = 2;
pub const DEAD_MAN: T = 3;
pub const SWITCH: T = 4;
pub const RESTORE: T = 4;
pub const RUN: T = 5;
pub const QUIET: T = 2;
/// How long a question stands, and for how long it is put off.
pub const COUNTDOWN: T = 2;
pub const SNOOZE: T = 2;
pub const LONGEST: T = RUN;

/// A rule that is left out on purpose: the search must find what it was for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mutant {
    /// A commit compares neither version nor lease.
    CommitUncompared,
    /// A commit does not compare its lease.
    CommitWithoutLease,
    /// A step that moves is stored although something was seen since its claim.
    MoveDespiteNews,
    /// A boot that another one followed is believed again.
    OldBootBelieved,
    /// `step` takes a boot's last word for its first.
    LastWordForFirst,
    /// A sighting wakes nobody.
    SightingWithoutWake,
    /// Calls of attempts that are over are neither taken back nor told apart.
    OldCallsMade,
    /// The assignment stays.
    UnassignForgotten,
    /// Whoever once took a call presses, whenever that is.
    CallLeaseIgnored,
    /// A machine is told to boot maintenance before that is stored.
    ToldBeforeStored,
    /// A call that was pressed is asked again after its lease.
    PressedAgain,
    /// A press is recorded without another look.
    PressedUnseen,
    /// That a call left our hands is not known later.
    TouchForgotten,
    /// A job looks only at holders, and nothing keeps it from holding as well.
    TwoHolders,
    /// A lost claim is never due again.
    NoRevival,
    /// A job that closes wakes nobody.
    NextJobNotWoken,
    /// A sighting has the time of its storing, not of its receipt.
    TimeOfStoring,
    /// A report for a job that is over is not answered by "go home".
    NotSentHome,
    /// A job that waits for a person looks again at every tick.
    LooksForEver,
    /// What the person at the machine said changes nothing that a step decided on meanwhile would notice.
    AnswerWakesNobody,
    /// A worker that asks does not see that it was asked already.
    AskedUnseen,
    /// `step` is told that the question was shown when it was only put.
    ShownWhenPut,
    /// Every machine counts as found off.
    FoundOffUnseen,
    /// An order to shut down is for whatever boot comes.
    ShutDownUnbound,
    /// An order to shut down outlives the beginning of the next job.
    ShutDownOutlives,
}

#[derive(Clone, Debug)]
pub struct Case {
    pub name: &'static str,
    /// The job's unchanging part.
    pub job: Job,
    pub own_agent: bool,
    pub image_agent: bool,
    /// The own system's agent was heard before the first job.
    pub known: bool,
    /// The machine is off.
    pub off: bool,
    pub jobs: usize,
    pub faults: u8,
    pub people: u8,
    /// Even the first message of a boot may come after one of a later boot.
    pub overtaken: bool,
    pub mutant: Option<Mutant>,
}

impl Case {
    /// A machine with an agent in its own system and in the image, restarted by these routes.
    pub fn new(name: &'static str, routes: &[&str]) -> Self {
        Self::with(name, routes, true)
    }

    /// A machine on which nothing of ours runs: it is asked by its board, and its return is a handoff.
    pub fn without_agents(name: &'static str) -> Self {
        Self::with(name, &["board"], false)
    }

    fn with(name: &'static str, routes: &[&str], agents: bool) -> Self {
        Self {
            name,
            job: job(routes, agents),
            own_agent: agents,
            image_agent: agents,
            known: agents,
            off: false,
            jobs: 1,
            faults: 2,
            people: 0,
            overtaken: false,
            mutant: None,
        }
    }

    pub fn faults(self, faults: u8) -> Self {
        Self { faults, ..self }
    }

    /// Somebody sits at the machine, and is asked first.
    pub fn asks(mut self) -> Self {
        let s = |ticks: T| u32::from(ticks * TICK);
        self.job.plan.ask = Some(Ask {
            countdown_s: s(COUNTDOWN),
            snoozes: 1,
            snooze_s: s(SNOOZE),
            unanswered: Otherwise::GoAhead,
            unasked: Otherwise::LeaveAlone,
        });
        self
    }

    /// Who was off is shut down again.
    pub fn off_again(mut self) -> Self {
        self.job.plan.off_again = true;
        self
    }

    pub fn off(self) -> Self {
        Self { off: true, ..self.off_again() }
    }

    pub fn people(self, people: u8) -> Self {
        Self { people, ..self }
    }

    pub fn jobs(self, jobs: usize) -> Self {
        Self { jobs, ..self }
    }

    pub fn unknown(self) -> Self {
        Self { known: false, ..self }
    }

    pub fn overtaken(self) -> Self {
        Self { overtaken: true, ..self }
    }

    pub fn without(self, mutant: Mutant) -> Self {
        Self { mutant: Some(mutant), ..self }
    }

    pub fn is(&self, mutant: Mutant) -> bool {
        self.mutant == Some(mutant)
    }

    /// The machine runs its own system or is off, and every job is asked for.
    pub fn start(&self) -> State {
        let mut state = State {
            now: 0,
            jobs: vec![],
            facts: FactRows::default(),
            newest_heard: self.known.then_some(0),
            assignment: None,
            calls: vec![],
            shut_downs: vec![],
            off_before: self.off,
            machine: match self.off {
                true => Machine::Off,
                false => Machine::Own { boot: 0, agent: self.own_agent, heard: self.known },
            },
            slow: false,
            question: None,
            person: self.job.plan.ask.is_some(),
            parked: vec![],
            faults: self.faults,
            people: self.people,
        };
        if self.known {
            let at = state.stamp();
            state.facts.own = Some((at, 0, at));
        }
        for _ in 0..self.jobs {
            let now = state.stamp();
            state.jobs.push(queued(now));
        }
        state
    }
}

fn queued(now: T) -> JobRow {
    JobRow {
        phase: Phase::Queued,
        attempt: 0,
        phase_since: now,
        attempt_since: now,
        switching_since: None,
        boot_before: None,
        boot_attempt: None,
        boot_maintenance: None,
        outcome: None,
        proof: None,
        was_off: false,
        cancel: None,
        decision: None,
        wake_at: Some(now),
        lease: None,
        version: 0,
        touched: false,
        left_from: 0,
    }
}

fn job(routes: &[&str], agents: bool) -> Job {
    let route = |kind: &&str| match *kind {
        "agent" => json!({ "kind": "agent" }),
        _ => json!({ "kind": "simulated", "url": "http://board" }),
    };
    let s = |ticks: T| ticks * TICK;
    // Work that nobody reports on is over when its time is up.
    let ending = if agents {
        json!({ "when": "agent_reports", "outcome": "as_reported" })
    } else {
        json!({ "when": { "time_up": s(2) }, "outcome": "succeeded" })
    };
    let plan: Plan = serde_json::from_value(json!({
        "task": { "kind": "none" },
        "ending": [ending],
        "limits": { "switch_s": s(SWITCH), "run_s": s(RUN), "restore_s": s(RESTORE), "pickup_s": s(PICKUP),
                    "dead_man_s": s(DEAD_MAN), "handoff_quiet_s": s(QUIET) },
        "routes": routes.iter().map(route).collect::<Vec<_>>(),
        "firmware": "bios",
        "own_agent": agents,
        "image_agent": agents,
    }))
    .unwrap();
    let digest = "0".repeat(64).parse().unwrap();
    Job::new(JobId(Uuid::nil()), MachineId(Uuid::nil()), "work", digest, plan, chrono::DateTime::UNIX_EPOCH)
}
