//! Ending criteria are data: when is the work over, and how did it go? `words`: as people read them; [`form`]: as rows of
//! a form.

pub mod form;
mod words;

use crate::Time;
use crate::facts::Facts;
use crate::job::{Job, Outcome};
use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

/// The criteria of a function, looked at in order: the first that holds decides the outcome.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(transparent)]
pub struct Ending(pub Vec<Criterion>);

/// When this holds, the run is over, with this outcome.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Criterion {
    pub when: Condition,
    pub outcome: OutcomeRule,
}

/// Where a criterion's outcome comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum OutcomeRule {
    /// As the agent, or the call to the job's URL, said.
    AsReported,
    Succeeded,
    Found,
    Failed,
}

/// An expression over facts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = EndingCondition))]
#[serde(rename_all = "snake_case")]
pub enum Condition {
    #[cfg_attr(feature = "schema", schema(no_recursion))]
    Any(Vec<Condition>),
    #[cfg_attr(feature = "schema", schema(no_recursion))]
    All(Vec<Condition>),
    /// The agent reports that the task ended.
    AgentReports,
    /// The job's own URL was called (for images that are not ours).
    UrlCalled,
    /// A line of the log contains this text.
    LogContains(String),
    /// The machine asks to boot from the network again.
    AsksToBootAgain,
    /// A board says that the machine is switched off.
    PowersOff,
    /// Nothing was seen of the machine for so many seconds.
    Quiet(u32),
    /// So many seconds have passed since maintenance was first seen.
    TimeUp(u32),
}

/// A criterion that holds: the outcome and why, in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ended {
    pub outcome: Outcome,
    pub because: String,
}

impl Ending {
    /// The usual ending of our own image: the agent says so.
    pub fn by_agent() -> Self {
        Self(vec![Criterion { when: Condition::AgentReports, outcome: OutcomeRule::AsReported }])
    }

    /// Is the run over? Looks only at facts of this job since it runs.
    pub fn met(&self, job: &Job, facts: &Facts, now: Time) -> Option<Ended> {
        self.0.iter().find_map(|criterion| {
            let because = criterion.when.holds(job, facts, now)?;
            let outcome = criterion.outcome.of(job, facts);
            Some(Ended { outcome, because })
        })
    }

    /// When time alone may make a criterion hold: the moment to look again.
    pub fn look_again_at(&self, job: &Job, facts: &Facts) -> Option<Time> {
        self.0.iter().filter_map(|criterion| criterion.when.due(job, facts)).min()
    }
}

impl OutcomeRule {
    fn of(self, job: &Job, facts: &Facts) -> Outcome {
        match self {
            Self::Succeeded => Outcome::Succeeded,
            Self::Found => Outcome::Found,
            Self::Failed => Outcome::Failed,
            Self::AsReported => facts
                .report_of(job)
                .or_else(|| facts.url_call_of(job))
                .map_or(Outcome::Failed, |report| report.outcome),
        }
    }
}

impl Condition {
    /// Why it holds, in words; `None` while it does not.
    fn holds(&self, job: &Job, facts: &Facts, now: Time) -> Option<String> {
        match self {
            Self::Any(parts) => parts.iter().find_map(|part| part.holds(job, facts, now)),
            Self::All(parts) => {
                let all: Option<Vec<_>> = parts.iter().map(|part| part.holds(job, facts, now)).collect();
                all.filter(|reasons| !reasons.is_empty()).map(|reasons| reasons.join(", and "))
            }
            Self::AgentReports => facts.report_of(job).map(|report| report.summary.clone()),
            Self::UrlCalled => facts.url_call_of(job).map(|call| call.summary.clone()),
            Self::LogContains(text) => {
                let line = facts.log_hits.iter().find(|line| line.contains(text.as_str()))?;
                Some(format!("the log says `{line}`"))
            }
            Self::AsksToBootAgain => {
                let asked = facts.asked_at()?;
                (asked > job.phase_since).then(|| "the machine asked to boot again".to_owned())
            }
            Self::PowersOff => {
                let off = facts.power.filter(|power| !power.on && power.at > job.phase_since);
                off.map(|_| "the machine is switched off".to_owned())
            }
            Self::Quiet(_) | Self::TimeUp(_) => {
                let due = self.due(job, facts)?;
                (due <= now).then(|| match self {
                    Self::Quiet(s) => format!("nothing was seen of the machine for {s} s"),
                    _ => "its time was up".to_owned(),
                })
            }
        }
    }

    fn due(&self, job: &Job, facts: &Facts) -> Option<Time> {
        match self {
            Self::Any(parts) | Self::All(parts) => parts.iter().filter_map(|part| part.due(job, facts)).min(),
            Self::TimeUp(s) => Some(job.phase_since + TimeDelta::seconds(i64::from(*s))),
            Self::Quiet(s) => {
                let last = facts.last_seen().map_or(job.phase_since, |seen| seen.max(job.phase_since));
                Some(last + TimeDelta::seconds(i64::from(*s)))
            }
            _ => None,
        }
    }
}
