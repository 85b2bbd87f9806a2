//! Rules: when a machine is so no longer as it should be, and what is started then.

use super::Metric;
use super::elsewhere::Heard;
use crate::Time;
use crate::id::RuleId;
use serde::{Deserialize, Serialize};

/// A rule of health.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Rule {
    pub id: RuleId,
    pub name: String,
    /// The search that chooses machines; empty: all.
    pub query: String,
    pub condition: Condition,
    /// What is started.
    pub function: String,
    pub severity: Severity,
    pub acts: Acts,
    /// After a trip the rule leaves the machine alone for so long.
    pub cool_down_s: u32,
    /// Trips in a week that rules may send one machine on; more is no repair, and a person looks.
    pub trips_a_week: u32,
    /// How many trips this rule may start.
    pub brake: Brake,
    /// From how many machines on within an hour it is asked whether the sensors lie.
    pub storm: Storm,
    pub enabled: bool,
}

/// When it holds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Condition {
    pub how: How,
    pub terms: Vec<Term>,
    /// Alerts that fire elsewhere.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub heard: Vec<Heard>,
    /// For how long it must have held.
    pub for_s: u32,
    /// It is over only when the figures are so many per cent better than where it began, so that it does not flicker.
    pub hysteresis_percent: f64,
}

/// How terms are put together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum How {
    All,
    Any,
}

/// One figure, held against something.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Term {
    pub metric: Metric,
    pub against: Against,
}

/// What a figure is held against.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", content = "value", rename_all = "snake_case")]
pub enum Against {
    Above(f64),
    Below(f64),
    /// Worse than the machine's own baseline by so many per cent, and more than it wanders by itself.
    Own(f64),
    /// The same, of machines of its model.
    Peers(f64),
}

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    Notice,
    Warning,
    Critical,
}

impl Severity {
    pub const ALL: [Self; 3] = [Self::Notice, Self::Warning, Self::Critical];

    pub fn name(self) -> &'static str {
        match self {
            Self::Notice => "notice",
            Self::Warning => "warning",
            Self::Critical => "critical",
        }
    }
}

/// What a rule may do by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Acts {
    /// It raises an alert and starts nothing.
    Tells,
    /// It starts when a person approved.
    AfterApproval,
    ByItself,
}

impl Acts {
    pub const ALL: [Self; 3] = [Self::Tells, Self::AfterApproval, Self::ByItself];

    pub fn name(self) -> &'static str {
        match self {
            Self::Tells => "tells",
            Self::AfterApproval => "after_approval",
            Self::ByItself => "by_itself",
        }
    }

    pub fn words(self) -> &'static str {
        match self {
            Self::Tells => "only tells",
            Self::AfterApproval => "asks, then acts",
            Self::ByItself => "acts by itself",
        }
    }
}

/// Not more than so many machines, nor so many per cent of those that are meant, in this time; whichever is less. One is
/// always let through, or in a small fleet no rule would ever act.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Brake {
    pub machines: u32,
    pub percent: u32,
    pub within_s: u32,
}

impl Brake {
    /// How many trips it lets begin in its time, of so many machines.
    pub fn most(&self, of: usize) -> usize {
        let share = of.saturating_mul(self.percent.min(100) as usize) / 100;
        share.max(1).min(self.machines as usize)
    }
}

/// From how many machines on a person is asked: so many, and so many per cent of those that the rule watches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Storm {
    pub machines: u32,
    pub percent: u32,
}

impl Storm {
    pub fn is_one(&self, machines: usize, of: usize) -> bool {
        machines >= (self.machines as usize).max(1) && machines * 100 >= of * self.percent as usize
    }
}

/// What holds for all rules together.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Guard {
    /// While this is set nothing is started, whatever happens.
    pub stopped: Option<Stopped>,
    pub site: Brake,
    pub fleet: Brake,
    /// Days that figures of each minute are kept, and of each hour.
    pub keep_days: u32,
    pub keep_hours_days: u32,
    /// Minutes between two questions to the same management board, five at most; 0: none is asked.
    pub boards_every_min: u32,
}

/// Who pressed the switch, when and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stopped {
    pub by: String,
    pub at: Time,
    pub why: String,
}

impl Default for Guard {
    fn default() -> Self {
        Self {
            stopped: None,
            // A site that loses a twentieth of its machines in an hour notices it; more is for people to decide.
            site: Brake { machines: 5, percent: 5, within_s: 3600 },
            fleet: Brake { machines: 20, percent: 2, within_s: 3600 },
            keep_days: 8,
            keep_hours_days: 400,
            boards_every_min: 5,
        }
    }
}

impl Rule {
    /// A rule that asks before it acts, with brakes that suit a first try.
    pub fn new(id: RuleId, name: impl Into<String>, terms: Vec<Term>, function: impl Into<String>) -> Self {
        Self {
            id,
            name: name.into(),
            query: String::new(),
            condition: Condition { how: How::All, terms, heard: vec![], for_s: 600, hysteresis_percent: 5.0 },
            function: function.into(),
            severity: Severity::Warning,
            acts: Acts::AfterApproval,
            cool_down_s: 6 * 3600,
            trips_a_week: 2,
            brake: Brake { machines: 3, percent: 5, within_s: 3600 },
            storm: Storm { machines: 5, percent: 10 },
            enabled: true,
        }
    }

    /// Why this rule cannot be kept.
    pub fn nonsense(&self) -> Option<String> {
        let terms = &self.condition.terms;
        let odd = |term: &&Term| match term.against {
            Against::Above(value) | Against::Below(value) => !term.metric.is_plausible(value),
            Against::Own(percent) | Against::Peers(percent) => !(percent.is_finite() && percent > 0.0),
        };
        if self.name.trim().is_empty() || self.name.len() > 100 {
            return Some("Give it a name, of 100 letters at most.".to_owned());
        }
        if terms.is_empty() && self.condition.heard.is_empty() {
            return Some("Choose at least one figure, or name an alert from elsewhere.".to_owned());
        }
        if self.condition.heard.iter().any(|heard| heard.name.is_empty() || heard.name.len() > 200) {
            return Some("An alert from elsewhere has a name, of 200 letters at most.".to_owned());
        }
        if let Some(term) = terms.iter().find(odd) {
            return Some(format!("{} can never be that: choose another threshold.", term.metric.title()));
        }
        if !(60..=7 * 86_400).contains(&self.condition.for_s) {
            return Some("It must hold for a minute at least, and a week at most.".to_owned());
        }
        if !(0.0..=50.0).contains(&self.condition.hysteresis_percent) {
            return Some("It is over within 50 per cent of where it began.".to_owned());
        }
        if self.trips_a_week == 0 || self.brake.machines == 0 || self.brake.within_s == 0 {
            return Some("A rule that may start nothing is one that only tells: choose that.".to_owned());
        }
        None
    }
}

impl Term {
    /// `Processor speed is 30 % worse than the machine's own baseline`
    pub fn words(&self) -> String {
        let title = self.metric.title();
        match self.against {
            Against::Above(value) => format!("{title} is above {}", self.metric.say(value)),
            Against::Below(value) => format!("{title} is below {}", self.metric.say(value)),
            Against::Own(percent) => format!("{title} is {percent:.0} % worse than usual for the machine"),
            Against::Peers(percent) => format!("{title} is {percent:.0} % worse than usual for its model"),
        }
    }
}

impl Condition {
    /// The whole, in a sentence without its point.
    pub fn words(&self) -> String {
        let join = match self.how {
            How::All => " and ",
            How::Any => " or ",
        };
        let terms = self.terms.iter().map(Term::words).chain(self.heard.iter().map(Heard::words));
        format!("{}, for {}", terms.collect::<Vec<_>>().join(join), long(self.for_s))
    }
}

/// `10 min`, `2 h`, `3 d`.
pub fn long(seconds: u32) -> String {
    match seconds {
        0..60 => format!("{seconds} s"),
        60..7200 => format!("{} min", seconds / 60),
        7200..172_800 => format!("{} h", seconds / 3600),
        _ => format!("{} d", seconds / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule() -> Rule {
        let term = Term { metric: Metric::CpuSpeed, against: Against::Own(30.0) };
        Rule::new(RuleId(uuid::Uuid::from_u128(1)), "slow", vec![term], "speed")
    }

    #[test]
    fn a_brake_lets_one_through_in_the_smallest_fleet_and_never_more_than_it_says() {
        let brake = Brake { machines: 3, percent: 5, within_s: 3600 };
        assert_eq!([1, 20, 40, 60, 10_000].map(|of| brake.most(of)), [1, 1, 2, 3, 3]);
    }

    #[test]
    fn a_storm_is_both_many_and_a_large_part() {
        let storm = Storm { machines: 5, percent: 10 };
        assert!(!storm.is_one(2, 3), "two of three are few");
        assert!(!storm.is_one(50, 1000), "fifty of a thousand are a small part");
        assert!(storm.is_one(5, 50) && storm.is_one(100, 1000));
    }

    #[test]
    fn a_rule_is_read_as_a_sentence() {
        assert_eq!(
            rule().condition.words(),
            "Processor speed is 30 % worse than usual for the machine, for 10 min"
        );
    }

    #[test]
    fn a_rule_that_can_never_hold_is_nonsense() {
        assert_eq!(rule().nonsense(), None);
        let mut hot = rule();
        hot.condition.terms = vec![Term { metric: Metric::Temperature, against: Against::Above(2000.0) }];
        assert!(hot.nonsense().unwrap().contains("Hottest sensor"));
        let empty = Rule { condition: Condition { terms: vec![], ..rule().condition }, ..rule() };
        assert!(empty.nonsense().is_some());
    }

    #[test]
    fn a_rule_reads_the_same_after_it_was_stored() {
        let text = serde_json::to_string(&rule()).unwrap();
        assert_eq!(serde_json::from_str::<Rule>(&text).unwrap(), rule());
    }
}
