//! Facts: the newest sighting of each kind, and what people and routes said.
//!
//! A missing fact is a fact too: `None` means that it was never seen.

use crate::Time;
use crate::ask::Question;
use crate::id::{BootId, JobId};
use crate::job::{Job, Outcome, Phase};
use crate::presence::{self, Presence};
use crate::route::Route;
use crate::sighting::FetchStep;
use crate::step::off_again::FoundOff;
use serde::{Deserialize, Serialize};

/// Something, and when the server saw it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen<T> {
    pub at: Time,
    pub what: T,
}

/// All that a decision may look at.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Facts {
    pub own_agent: Option<Seen<BootId>>,
    /// When the own system's boot that was heard last was heard first; `None`: not before [its last](Self::own_agent).
    pub own_first_heard: Option<Time>,
    pub maintenance_agent: Option<Seen<InMaintenance>>,
    /// The machine asked how to boot and was told to boot maintenance.
    pub asked_to_boot: Option<Seen<()>>,
    /// The machine asked how to boot and was left to its own system.
    pub sent_home: Option<Seen<()>>,
    /// Newest finished fetch of each step, for the job that holds the machine.
    pub fetched: Vec<Seen<FetchStep>>,
    pub reported: Option<Seen<Said>>,
    pub url_called: Option<Seen<Said>>,
    /// Lines of the job's log that one of its criteria looks for.
    pub log_hits: Vec<String>,
    /// Calls of the current phase and attempt.
    pub calls: Vec<CallFact>,
    /// A call of the switching phase left our hands: the machine may have been touched.
    pub touched: bool,
    /// No other job holds the machine.
    pub machine_free: bool,
    /// Why the machine's site has no place for it now, in words ([`crate::places`]); `None`: it has.
    pub no_place: Option<String>,
    /// What a board said last: is the machine switched on?
    pub power: Option<PowerFact>,
    /// The machine's probe was last answered, and last not answered.
    pub probe_answered: Option<Seen<()>>,
    pub probe_silent: Option<Seen<()>>,
    pub cancel: Option<Seen<String>>,
    pub decision: Option<Seen<Decided>>,
    /// Who is at the machine, where the plan asks them.
    pub presence: Option<Seen<Presence>>,
    /// What became of the job's question; `None`: it was not put yet.
    pub question: Option<Question>,
    /// The job before this one was about to shut the machine down: it is on for maintenance only.
    pub to_be_off: bool,
}

/// The newest word of a board on its machine's power.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PowerFact {
    pub on: bool,
    /// When it was last said.
    pub at: Time,
    /// Since when it is always said.
    pub since: Time,
}

/// The maintenance agent says who it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InMaintenance {
    pub job: JobId,
    pub boot_id: BootId,
}

/// An end that was reported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    pub job: JobId,
    pub outcome: Outcome,
    pub summary: String,
}

/// A call to a route, as far as it is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallFact {
    pub phase: Phase,
    pub attempt: u32,
    pub state: CallState,
    pub since: Time,
    /// The boot whose agent took the order.
    pub boot: Option<BootId>,
    /// What the route answered, in words.
    pub answer: Option<String>,
    /// What showed, just before it left our hands, that the machine was off.
    pub found_off: Option<FoundOff>,
}

/// How far a call is. Accepted is not done: only a sighting says that.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CallState {
    /// Recorded, nobody was asked yet.
    Waiting,
    /// An agent or a worker has it. A worker only prepares: the board is looked at and told what to boot from.
    Started,
    /// Recorded before the one request that restarts left: never asked again, since nobody may know what became of it.
    Pressed,
    Accepted,
    /// The route said no, or could not be reached.
    Refused,
    /// Taken back before anybody was asked.
    Void,
}

/// A decision about a held job, and who made it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decided {
    pub what: Decision,
    /// As they are known: a name.
    pub by: String,
}

/// What a person can decide about a held job.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// The whole ladder again, from its first rung.
    TryAgain,
    /// The ladder again, from this route on.
    ByRoute(Route),
    /// They have seen the own system running.
    ConfirmOwnSystem,
    /// Close the job with its return not proven.
    GiveUp,
}

impl Facts {
    /// Who is at the machine, as far as that is known of now.
    pub fn present(&self, now: Time) -> Option<&Presence> {
        self.presence.as_ref().filter(|seen| presence::is_fresh(seen.at, now)).map(|seen| &seen.what)
    }

    /// A board says that the machine is switched off, and has just said so.
    pub fn is_off(&self, now: Time) -> bool {
        self.power.is_some_and(|power| !power.on && presence::is_fresh(power.at, now))
    }

    /// The own system's newest known boot, and when it was heard first. What comes of it later may have hung on its way
    /// while the machine went elsewhere; that it came up, it showed then.
    pub fn own_boot(&self) -> Option<Seen<&BootId>> {
        let own = self.own_agent.as_ref()?;
        Some(Seen { at: self.own_first_heard.unwrap_or(own.at), what: &own.what })
    }

    /// What the maintenance agent reported for this job.
    pub fn report_of(&self, job: &Job) -> Option<&Said> {
        said(&self.reported, job)
    }

    /// What the call to the job's own URL said.
    pub fn url_call_of(&self, job: &Job) -> Option<&Said> {
        said(&self.url_called, job)
    }

    /// When the machine last asked how to boot, whatever it was told.
    pub fn asked_at(&self) -> Option<Time> {
        self.asked_to_boot.as_ref().map(|seen| seen.at).max(self.sent_home.as_ref().map(|seen| seen.at))
    }

    /// When the machine was last seen in any way.
    pub fn last_seen(&self) -> Option<Time> {
        let single = [
            self.own_agent.as_ref().map(|seen| seen.at),
            self.maintenance_agent.as_ref().map(|seen| seen.at),
            self.asked_to_boot.as_ref().map(|seen| seen.at),
            self.sent_home.as_ref().map(|seen| seen.at),
        ];
        single.into_iter().flatten().chain(self.fetched.iter().map(|seen| seen.at)).max()
    }
}

fn said<'a>(fact: &'a Option<Seen<Said>>, job: &Job) -> Option<&'a Said> {
    fact.as_ref().map(|seen| &seen.what).filter(|said| said.job == job.id)
}
