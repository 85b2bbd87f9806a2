//! What becomes of a machine on which a rule holds.
//!
//! ```text
//! (nothing) ─► pending ─► firing ─► acting ─► resolved
//!                │           │ ▲       │
//!             forgotten      │ └───────┘  no better: a person
//!                            ├─► acknowledged ─► acting, resolved
//!                            └─► resolved
//! ```
//!
//! [`follow`] is the decision about one alert; how many may act at once is for [`brake`](mod@super::brake).

use super::after::{Helped, Verdict};
use super::judge::{Beside, Judged, Truth};
use super::rule::{Acts, Rule, long};
use crate::Time;
use crate::id::{JobId, MachineId, RuleId};
use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

/// How long figures are waited for after a machine came back, before it is said that there are none.
pub const PATIENCE: TimeDelta = TimeDelta::minutes(45);

/// After a start a machine is busy with itself: figures of these minutes are not compared.
pub const SETTLE: TimeDelta = TimeDelta::minutes(3);

/// Where an alert is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AlertState {
    /// It holds, and not for long enough yet.
    Pending,
    Firing,
    /// A person looks after it: nothing is started unless they approve.
    Acknowledged,
    /// A job has the machine, or has had it and the figures after it are awaited.
    Acting,
    Resolved,
}

impl AlertState {
    pub const ALL: [Self; 5] =
        [Self::Pending, Self::Firing, Self::Acknowledged, Self::Acting, Self::Resolved];

    pub fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Firing => "firing",
            Self::Acknowledged => "acknowledged",
            Self::Acting => "acting",
            Self::Resolved => "resolved",
        }
    }
}

/// A rule that holds, or held, on a machine.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Alert {
    pub rule: RuleId,
    pub machine: MachineId,
    pub state: AlertState,
    /// When it was noticed: the figures may have held for longer, and say so themselves.
    pub since: Time,
    /// When it had held for long enough.
    pub fired_at: Option<Time>,
    /// What its figures were compared with then.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fired_beside: Vec<Beside>,
    /// The figures, in words.
    pub reason: String,
    /// What it waits for, in words.
    pub note: String,
    /// A person must look: nothing more happens by itself.
    pub needs_person: bool,
    /// Who said that it may act.
    pub approved_by: Option<String>,
    /// Who said that nothing is to be done about it.
    #[serde(default)]
    pub dismissed_by: Option<String>,
    /// The job that it started, and when.
    pub job: Option<JobId>,
    pub acted_at: Option<Time>,
    /// What became of it, once the job is over.
    pub verdict: Option<Verdict>,
    pub resolved_at: Option<Time>,
}

impl Alert {
    /// A rule that is seen to hold on a machine at this moment, of which nothing came yet.
    pub fn new(rule: RuleId, machine: MachineId, reason: &str, now: Time) -> Self {
        Self {
            rule,
            machine,
            state: AlertState::Pending,
            since: now,
            fired_at: None,
            fired_beside: vec![],
            reason: reason.to_owned(),
            note: String::new(),
            needs_person: false,
            approved_by: None,
            dismissed_by: None,
            job: None,
            acted_at: None,
            verdict: None,
            resolved_at: None,
        }
    }
}

/// What is known about the job that an alert started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trip {
    /// When it was over; `None`: it is under way.
    pub closed_at: Option<Time>,
}

/// What is known about the machine.
#[derive(Clone, Debug)]
pub struct About<'a> {
    pub judged: &'a Judged,
    pub trip: Option<Trip>,
    /// The figures before and after, once there are enough.
    pub verdict: Option<Verdict>,
    /// Trips that rules sent the machine on within a week, newest last.
    pub trips: &'a [Time],
    /// Something else has the machine.
    pub busy: Option<&'a str>,
    /// It may not be taken now: a blackout, or outside of its windows.
    pub shut: Option<&'a str>,
}

/// What becomes of it.
#[derive(Clone, Debug, PartialEq)]
pub enum Next {
    /// It stays, or is changed to this.
    Is(Alert),
    /// It did not hold for long enough to be told.
    Forgotten,
    /// As [`Next::Is`], and it wants to start its function, if the brakes let it.
    Wants(Alert),
}

impl Next {
    pub fn alert(&self) -> Option<&Alert> {
        match self {
            Self::Is(alert) | Self::Wants(alert) => Some(alert),
            Self::Forgotten => None,
        }
    }
}

/// A machine on which a rule begins to hold. `None`: it does not.
pub fn begin(rule: &Rule, machine: MachineId, about: &About<'_>, now: Time) -> Option<Next> {
    (about.judged.now == Truth::Yes).then(|| {
        let note = format!("it must hold for {} before it is told", long(rule.condition.for_s));
        let alert = Alert { note, ..Alert::new(rule.id, machine, &about.judged.reason, now) };
        follow(rule, alert, about, now)
    })
}

/// What becomes of an alert now.
pub fn follow(rule: &Rule, alert: Alert, about: &About<'_>, now: Time) -> Next {
    match alert.state {
        AlertState::Pending => pending(rule, alert, about, now),
        AlertState::Firing | AlertState::Acknowledged => standing(rule, alert, about, now),
        AlertState::Acting => acting(alert, about, now),
        AlertState::Resolved => Next::Is(alert),
    }
}

fn pending(rule: &Rule, alert: Alert, about: &About<'_>, now: Time) -> Next {
    let reason = newest(&alert, about);
    match (about.judged.holds, about.judged.now) {
        (Truth::Yes, _) => {
            let (state, fired_beside) = (AlertState::Firing, about.judged.beside.clone());
            let fired = Alert { state, fired_at: Some(now), fired_beside, reason, ..alert };
            standing(rule, fired, about, now)
        }
        (_, Truth::No) => Next::Forgotten,
        // Silence neither tells it nor takes it back.
        _ => Next::Is(Alert { reason, ..alert }),
    }
}

fn standing(rule: &Rule, alert: Alert, about: &About<'_>, now: Time) -> Next {
    if about.judged.over == Truth::Yes {
        return Next::Is(resolved(alert, "the figures are as they should be again", now));
    }
    let reason = newest(&alert, about);
    let stays = |note: String| Next::Is(Alert { note, reason: reason.clone(), ..alert.clone() });
    let person =
        |note: String| Next::Is(Alert { note, reason: reason.clone(), needs_person: true, ..alert.clone() });
    if about.judged.now != Truth::Yes {
        return stays("the newest figures do not say whether it still holds: nothing is started".to_owned());
    }
    let approved = alert.approved_by.is_some();
    if rule.acts == Acts::Tells && !approved {
        return stays("this rule only tells".to_owned());
    }
    if !approved {
        if alert.state == AlertState::Acknowledged {
            return stays(match &alert.dismissed_by {
                Some(by) => {
                    format!("{by} dismissed it: nothing is done until the figures are as they should be")
                }
                None => "a person looks after it".to_owned(),
            });
        }
        if alert.needs_person {
            return stays(alert.note.clone());
        }
        if about.trips.len() >= rule.trips_a_week as usize {
            let n = about.trips.len();
            return person(format!("rules sent this machine on {n} trips within a week: a person decides"));
        }
        if rule.acts == Acts::AfterApproval {
            return person("it waits for a person to approve".to_owned());
        }
        if let Some(until) = cools_until(rule, about.trips).filter(|until| *until > now) {
            let left = u32::try_from((until - now).num_seconds()).unwrap_or_default();
            return stays(format!(
                "the machine was away not long ago; it is left alone for {} more",
                long(left)
            ));
        }
    }
    if let Some(why) = about.shut.or(about.busy) {
        return stays(why.to_owned());
    }
    Next::Wants(Alert { reason, note: String::new(), ..alert })
}

fn acting(alert: Alert, about: &About<'_>, now: Time) -> Next {
    let Some(closed_at) = about.trip.map(|trip| trip.closed_at) else {
        let note = "the job that it started is not known any more".to_owned();
        return Next::Is(Alert { note, needs_person: true, state: AlertState::Firing, ..alert });
    };
    let Some(closed_at) = closed_at else {
        return Next::Is(Alert { note: "its job is under way".to_owned(), ..alert });
    };
    match (&about.verdict, about.judged.now) {
        (Some(verdict), now_holds) if verdict.is_better() && now_holds != Truth::Yes => {
            let words = verdict.words.clone();
            Next::Is(Alert { verdict: Some(verdict.clone()), ..resolved(alert, &words, now) })
        }
        (Some(verdict), Truth::Yes | Truth::No) => Next::Is(Alert {
            state: AlertState::Firing,
            needs_person: true,
            approved_by: None,
            note: match verdict.helped {
                Helped::Unknown => {
                    format!("whether the trip helped is not known: {}; a person looks", verdict.words)
                }
                _ => {
                    format!("the trip did not help: {}; a person looks, it is not sent again", verdict.words)
                }
            },
            verdict: Some(verdict.clone()),
            ..alert
        }),
        _ if now - closed_at > PATIENCE => Next::Is(Alert {
            state: AlertState::Firing,
            needs_person: true,
            approved_by: None,
            note: "since it came back it has not been measured: whether the trip helped is not known"
                .to_owned(),
            verdict: Some(Verdict::unknown()),
            ..alert
        }),
        _ => Next::Is(Alert { note: "it is back, and being measured again".to_owned(), ..alert }),
    }
}

fn resolved(alert: Alert, note: &str, now: Time) -> Alert {
    let (state, note) = (AlertState::Resolved, note.to_owned());
    Alert { state, note, needs_person: false, resolved_at: Some(now), ..alert }
}

fn newest(alert: &Alert, about: &About<'_>) -> String {
    if about.judged.reason.is_empty() { alert.reason.clone() } else { about.judged.reason.clone() }
}

/// What a person does about an alert.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// They look after it; nothing is started by itself.
    Acknowledge,
    /// It may act, as far as brakes, windows and blackouts let it.
    Approve,
    /// Nothing is to be done about it while it lasts.
    Dismiss,
}

impl Act {
    pub fn of_name(name: &str) -> Option<Self> {
        match name {
            "acknowledge" => Some(Self::Acknowledge),
            "approve" => Some(Self::Approve),
            "dismiss" => Some(Self::Dismiss),
            _ => None,
        }
    }

    /// For the audit: `approved an alert`.
    pub fn did(self) -> &'static str {
        match self {
            Self::Acknowledge => "acknowledged",
            Self::Approve => "approved",
            Self::Dismiss => "dismissed",
        }
    }
}

/// What a person made of it.
///
/// # Errors
/// In words, where there is nothing to do that with.
pub fn decide(alert: Alert, act: Act, by: &str) -> Result<Alert, String> {
    if !matches!(alert.state, AlertState::Firing | AlertState::Acknowledged) {
        return Err(format!("this alert is {}: there is nothing to decide about it", alert.state.name()));
    }
    let by = by.to_owned();
    let looked = Alert { needs_person: false, ..alert };
    Ok(match act {
        Act::Acknowledge => {
            Alert { state: AlertState::Acknowledged, note: format!("{by} looks after it"), ..looked }
        }
        Act::Approve => {
            let note = format!("{by} approved it: it goes as soon as brakes and windows let it");
            Alert { approved_by: Some(by), dismissed_by: None, note, ..looked }
        }
        Act::Dismiss => Alert {
            state: AlertState::Acknowledged,
            note: format!("{by} dismissed it"),
            dismissed_by: Some(by),
            approved_by: None,
            ..looked
        },
    })
}

/// An alert of a rule that was switched off.
pub fn switched_off(alert: Alert, now: Time) -> Alert {
    resolved(alert, "its rule was switched off", now)
}

/// Until when the machine is left alone.
fn cools_until(rule: &Rule, trips: &[Time]) -> Option<Time> {
    trips.iter().max().map(|last| *last + TimeDelta::seconds(rule.cool_down_s.into()))
}
