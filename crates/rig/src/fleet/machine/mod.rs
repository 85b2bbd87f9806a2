//! A simulated machine, pure: from a state and an event to the next state and what is to be done.
//!
//! There is no clock, no socket and no chance outside of its own dice in here: waits are actions, and their ends
//! are events. What happens in a state that does not expect it is remembered, since that is where bugs show.
//!
//! - [`boot`]: from power on to a running system
//! - [`maintenance`]: the agent in the maintenance image; [`work`]: what its tasks bring
//! - [`own`]: the own system and its agent
//! - [`orders`]: orders to restart, and how they are answered
//! - [`tally`]: what happened so far: the referee's book

mod boot;
mod maintenance;
mod orders;
mod own;
mod tally;
#[cfg(test)]
mod tests;
mod work;

pub use maintenance::Maintenance;
pub use orders::Orders;
pub use own::Own;
pub use tally::{Entry, Tally};

use super::dhcp::Offer;
use super::dice::Dice;
use super::profile::Profile;
use super::script::{Image, OwnToken, Parameters, Script};
use pitstop_domain::id::{BootId, CallId, MachineId};
use pitstop_domain::wire::{CallAnswer, Enrolled, HeartbeatReply, Report, ReportReply, TaskOrder};
use sha2::{Digest, Sha256};
use std::time::Duration;

/// A machine.
#[derive(Clone, Debug)]
pub struct Machine {
    pub profile: Profile,
    pub state: State,
    pub tally: Tally,
    dice: Dice,
    /// Makes boot ids differ from those of the same fleet started before: a real machine never repeats one.
    salt: u64,
    /// Systems started so far, of whatever kind.
    boots: u64,
    /// What the agent keeps on the own system's disk, or without one until the next restart.
    identity: Option<Identity>,
    /// What the boot script of a diskless machine told its own system to enrol by.
    own: Option<OwnToken>,
}

/// What enrolment gave.
#[derive(Clone)]
pub(super) struct Identity {
    pub machine: MachineId,
    pub token: String,
}

impl std::fmt::Debug for Identity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Identity({})", self.machine)
    }
}

/// What a machine is doing.
#[derive(Clone, Debug)]
pub enum State {
    Off,
    /// The power-on self test runs, and what comes after it is decided.
    Firmware {
        asks_network: bool,
    },
    /// It asked how to boot and listens, or waits to ask again since the question was lost.
    Asking {
        by: Asker,
        tries: u32,
    },
    /// The firmware fetches its loader.
    Loader,
    /// The loader fetches its script.
    Script {
        url: String,
    },
    /// The loader fetches the image, part by part.
    Image {
        image: Image,
        next: usize,
        tries: u32,
    },
    /// A kernel was started and its system comes up.
    Starting(System),
    Maintenance(Box<Maintenance>),
    /// An image without agent runs (memtest86+): it calls nobody and never ends.
    Program,
    OwnSystem(Own),
    /// It does not start any more, whatever is tried.
    Dark,
}

/// Who asks how to boot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asker {
    Firmware,
    /// iPXE, past the loader.
    Loader,
}

/// What comes up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum System {
    Own,
    /// The own system of a diskless machine.
    OwnImage(OwnToken),
    Maintenance(Parameters),
    Program,
}

/// What a wait was for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Timer {
    SelfTest,
    /// The firmware found nothing to boot, and starts over.
    StartOver,
    /// The question was lost; it is asked again.
    AskAgain,
    /// A boot script said to wait.
    ScriptPause,
    /// A kernel and its system come up.
    SystemUp,
    /// A piece of the task is done.
    Work,
    /// The agent pauses before it asks for this again.
    Retry(Call),
}

/// What an agent asks of the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Call {
    Enrol,
    Beat,
    Task,
    /// A report of what is new.
    Tell,
    /// A report that waits for an order.
    Listen,
}

/// Something happened.
#[derive(Clone, Debug)]
pub enum Event {
    PowerOn,
    PowerOff,
    /// By the machine's management; for this call, if it was said.
    Reset {
        call: Option<CallId>,
    },
    TimeUp(Timer),
    /// The boot question was answered, or not within the time that firmware listens.
    Offer(Option<Offer>),
    /// A boot file came whole.
    Fetched,
    Script(Script),
    /// A boot step went wrong; the words are for people.
    BootFailed(String),
    Enrolled(Enrolled),
    Beaten(Box<HeartbeatReply>),
    Task(Box<TaskOrder>),
    Reported {
        call: Call,
        reply: ReportReply,
    },
    CallFailed {
        call: Call,
        why: Failure,
    },
    /// The answer to an order reached the server, or was given up.
    Answered {
        call: CallId,
        delivered: bool,
    },
}

/// Why a call brought nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// No answer, or one that says to try again.
    Away(String),
    /// The token is not good.
    Unauthorised,
    /// The job is over: restart into the own system.
    GoHome(String),
    Refused(String),
}

/// What is to be done.
#[derive(Clone, Debug)]
pub enum Action {
    /// The power goes: all that is under way ends, connections break.
    Cut,
    Wait(Timer, Duration),
    /// Ask how to boot, and listen for so long.
    Discover {
        by: Asker,
        xid: u32,
        listen: Duration,
    },
    /// A path on TFTP, over a line that loses packets, or a URL.
    FetchLoader {
        file: String,
        loss: f64,
        seed: u64,
    },
    FetchScript {
        url: String,
    },
    FetchPart {
        url: String,
    },
    /// By the site's key, or by what the boot script told a diskless machine.
    Enrol {
        own: Option<OwnToken>,
    },
    /// `news`: with the inventory. The uptime is added by whoever has a clock.
    Beat {
        machine: MachineId,
        token: String,
        boot_id: BootId,
        news: bool,
        wait_s: u32,
    },
    GetTask(Parameters),
    Report {
        call: Call,
        to: Parameters,
        report: Box<Report>,
        fate: Fate,
    },
    Answer {
        server: Option<String>,
        token: String,
        call: CallId,
        answer: CallAnswer,
    },
}

/// What the network does to a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    Once,
    Twice,
    /// A copy arrives so much later.
    LateCopy(Duration),
}

/// Who restarted it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cause {
    Management {
        call: Option<CallId>,
    },
    Order(CallId),
    /// An order that names the own system's boot entry: the network is not asked.
    OrderHome(CallId),
    /// An order to shut down: it does not start again.
    ShutDown(CallId),
    /// The agent, by itself: its job is over, or the server was away for too long.
    Itself,
}

impl Cause {
    /// The word in the referee's book.
    fn name(self) -> &'static str {
        match self {
            Self::Management { .. } => "management",
            Self::Order(_) => "order",
            Self::OrderHome(_) => "order home",
            Self::ShutDown(_) => "order to shut down",
            Self::Itself => "itself",
        }
    }

    fn call(self) -> Option<CallId> {
        match self {
            Self::Management { call } => call,
            Self::Order(call) | Self::OrderHome(call) | Self::ShutDown(call) => Some(call),
            Self::Itself => None,
        }
    }
}

impl Machine {
    /// A machine that is off. Two with the same profile and salt behave the same.
    pub fn new(profile: Profile, salt: u64) -> Self {
        let dice = Dice::new(profile.seed, 1);
        Self {
            profile,
            state: State::Off,
            tally: Tally::default(),
            dice,
            salt,
            boots: 0,
            identity: None,
            own: None,
        }
    }

    /// Something happened: what is the machine now, and what is to be done?
    pub fn event(mut self, event: Event) -> (Self, Vec<Action>) {
        let actions = match event {
            Event::PowerOff => {
                self.state = State::Off;
                vec![Action::Cut]
            }
            Event::PowerOn => self.power_on(),
            Event::Reset { call } => self.restart(Cause::Management { call }),
            other => self.happened(other),
        };
        (self, actions)
    }

    fn happened(&mut self, event: Event) -> Vec<Action> {
        match self.state {
            State::Off | State::Dark | State::Program => self.unexpected(&event),
            State::Maintenance(_) => self.in_maintenance(event),
            State::OwnSystem(_) => self.in_own_system(event),
            _ => self.in_boot(event),
        }
    }

    fn power_on(&mut self) -> Vec<Action> {
        if !matches!(self.state, State::Off | State::Dark) {
            return vec![];
        }
        self.tally.power_ons += 1;
        self.self_test(true)
    }

    fn restart(&mut self, cause: Cause) -> Vec<Action> {
        if matches!(self.state, State::Off) {
            self.tally.refused_resets += 1;
            return vec![];
        }
        if matches!(cause, Cause::ShutDown(_)) {
            self.tally.shut_downs += 1;
            self.state = State::Off;
            return vec![Action::Cut];
        }
        self.tally.restarts += 1;
        match cause {
            Cause::Management { .. } => self.tally.resets += 1,
            Cause::Order(_) | Cause::OrderHome(_) | Cause::ShutDown(_) => self.tally.ordered += 1,
            Cause::Itself => self.tally.by_itself += 1,
        }
        self.tally.write(Entry::Restarted {
            by: cause.name(),
            call: cause.call(),
            out_of: self.state.name(),
        });
        let in_maintenance = matches!(self.state, State::Maintenance(_) | State::Program);
        let lost = matches!(self.state, State::Dark)
            || (in_maintenance && self.profile.quirks.never_returns.strikes(&mut self.dice));
        if lost {
            self.state = State::Dark;
            return vec![Action::Cut];
        }
        if matches!(cause, Cause::OrderHome(_)) && !self.profile.diskless {
            return self.self_test(false);
        }
        let ignores = self.profile.quirks.ignores_net_boot.strikes(&mut self.dice);
        self.tally.ignored_net_boots += u32::from(ignores);
        self.self_test(!ignores)
    }

    /// The running system's boot id, as Linux writes it.
    pub fn boot_id(&self) -> BootId {
        let text = format!("{}:{}:{}", self.salt, self.profile.uuid, self.boots);
        let hash: [u8; 32] = Sha256::digest(text).into();
        let (half, _) = hash.split_at(16);
        let bytes = <[u8; 16]>::try_from(half).unwrap_or_default();
        BootId(uuid::Builder::from_random_bytes(bytes).into_uuid().to_string())
    }

    fn unexpected(&mut self, event: &Event) -> Vec<Action> {
        self.tally.unexpected(&self.state, event);
        vec![]
    }

    /// The agent's wait before the same call again: 1 s, doubled up to 30 s, less up to half of it by chance, as
    /// the agent has it. Seconds of the server, not of a fast machine.
    fn pause(&mut self, failures: u32) -> Duration {
        let longest = f64::from(1_u32 << failures.min(5)).min(30.0);
        Duration::from_secs_f64(longest * (1.0 - self.dice.share() / 2.0))
    }
}

impl State {
    /// The word in the machine's description.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Firmware { .. } => "firmware",
            Self::Asking { .. } => "asking",
            Self::Loader => "loader",
            Self::Script { .. } => "script",
            Self::Image { .. } => "image",
            Self::Starting(_) => "starting",
            Self::Maintenance(maintenance) if maintenance.is_hung() => "hung",
            Self::Maintenance(_) => "maintenance",
            Self::Program => "program",
            Self::OwnSystem(_) => "own-system",
            Self::Dark => "dark",
        }
    }
}

impl Event {
    /// The word in the referee's book.
    pub(super) fn name(&self) -> String {
        match self {
            Self::TimeUp(timer) => format!("time up: {timer:?}"),
            Self::BootFailed(why) => format!("boot failed: {why}"),
            Self::CallFailed { call, why } => format!("{call:?} failed: {why:?}"),
            Self::PowerOn => "power on".to_owned(),
            Self::PowerOff => "power off".to_owned(),
            Self::Reset { .. } => "reset".to_owned(),
            Self::Offer(_) => "offer".to_owned(),
            Self::Fetched => "fetched".to_owned(),
            Self::Script(_) => "script".to_owned(),
            Self::Enrolled(_) => "enrolled".to_owned(),
            Self::Beaten(_) => "heartbeat answered".to_owned(),
            Self::Task(_) => "task".to_owned(),
            Self::Reported { .. } => "report answered".to_owned(),
            Self::Answered { .. } => "order answered".to_owned(),
        }
    }
}
