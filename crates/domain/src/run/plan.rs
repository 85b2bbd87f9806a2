//! What was asked for: waves, when to stop, how many at once.

use crate::Time;
use crate::ask::Ask;
use crate::function::Task;
use crate::presence::Spare;
use serde::{Deserialize, Serialize};

/// Machines in a run at most: the list of its members is read whole at each decision.
pub const MOST_MACHINES: usize = 20_000;

/// The plan of a run, fixed when it is made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct RunPlan {
    pub function: String,
    /// The function's task with other parameters.
    #[serde(default)]
    pub task: Option<Task>,
    /// Machines that go first; the rest waits until all of them have ended. 0: no canary.
    #[serde(default)]
    pub canary: u32,
    /// Machines of each later wave; `None`: all that are left, in one.
    #[serde(default)]
    pub wave: Option<Size>,
    /// Seconds between the end of a wave and the start of the next.
    #[serde(default)]
    pub pause_s: u32,
    /// `None`: it goes on whatever fails.
    #[serde(default)]
    pub stop_on: Option<StopOn>,
    #[serde(default)]
    pub at_once: AtOnce,
    /// A job whose machine shows no sign for this many seconds gives its place free; it goes on being tried.
    #[serde(default = "no_show")]
    pub no_show_s: u32,
    /// Per cent of the function's limits that its jobs get (see [`crate::start::Asked`]).
    #[serde(default = "whole")]
    pub limits_percent: u32,
    /// Until when machines may be taken; those whose turn comes too late for a trip are left as they are.
    #[serde(default)]
    pub closes: Option<Closing>,
    /// Machines that are left alone when their turn comes.
    #[serde(default, skip_serializing_if = "Spare::is_nobody")]
    pub spare: Spare,
    /// Whoever is at a machine is asked first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ask: Option<Ask>,
    /// Machines that were off are shut down again when they are back.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub off_again: bool,
}

/// The end of a maintenance window.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Closing {
    #[cfg_attr(feature = "schema", schema(value_type = String, format = DateTime))]
    pub at: Time,
    /// What a trip usually takes, in seconds.
    pub trip_s: u32,
}

/// A number of machines, or a part of all machines of the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Size {
    Machines(u32),
    Percent(u32),
}

/// When too many jobs failed. Held jobs count as failed; cancelled ones count nowhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum StopOn {
    /// The n-th failure stops it.
    Failures(u32),
    /// It stops when this many per cent of the ended jobs failed.
    Percent(u32),
}

/// How many machines may be taken at once; `None`: as many as there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct AtOnce {
    pub in_all: Option<u32>,
    pub per_site: Option<u32>,
}

/// Half an hour: a slow server board takes up to eight minutes through its self test, and the ladder tries several
/// routes of up to a quarter of an hour each.
pub const NO_SHOW_S: u32 = 30 * 60;

fn no_show() -> u32 {
    NO_SHOW_S
}

fn whole() -> u32 {
    100
}

impl RunPlan {
    /// A plan without canary, waves and limits.
    pub fn plain(function: impl Into<String>) -> Self {
        Self {
            function: function.into(),
            task: None,
            canary: 0,
            wave: None,
            pause_s: 0,
            stop_on: None,
            at_once: AtOnce::default(),
            no_show_s: NO_SHOW_S,
            limits_percent: 100,
            closes: None,
            spare: Spare::default(),
            ask: None,
            off_again: false,
        }
    }

    /// Why nothing can be done by this plan, in words; `None` when it can.
    pub fn nonsense(&self) -> Option<&'static str> {
        let percent = |n: u32| !(1..=100).contains(&n);
        match (self.wave, self.stop_on) {
            (Some(Size::Machines(0)), _) => Some("a wave has at least one machine"),
            (Some(Size::Percent(n)), _) if percent(n) => Some("a wave is 1 to 100 per cent of the machines"),
            (_, Some(StopOn::Failures(0))) => {
                Some("it can stop on the first failure at the earliest: say 1 or more")
            }
            (_, Some(StopOn::Percent(n))) if percent(n) => {
                Some("it can stop on 1 to 100 per cent of failures")
            }
            _ if self.at_once.in_all == Some(0) || self.at_once.per_site == Some(0) => {
                Some("with no machine at once nothing would ever start: say 1 or more, or leave it empty")
            }
            _ if self.off_again && self.spare.off => {
                Some("it leaves machines alone that are off, so there is none to shut down again: choose one")
            }
            _ if self.no_show_s == 0 => Some("a machine must be given a second to show itself"),
            _ => self.ask.and_then(|ask| ask.nonsense()),
        }
    }
}

impl Size {
    /// So many of these, at least one.
    pub fn of(self, machines: usize) -> usize {
        match self {
            Self::Machines(n) => n as usize,
            Self::Percent(n) => (machines * n as usize).div_ceil(100),
        }
        .max(1)
    }
}

/// `10` or `10%`, as people write a size.
impl std::str::FromStr for Size {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let (n, percent) = number(text)?;
        Ok(if percent { Self::Percent(n) } else { Self::Machines(n) })
    }
}

/// `2` or `5%`.
impl std::str::FromStr for StopOn {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let (n, percent) = number(text)?;
        Ok(if percent { Self::Percent(n) } else { Self::Failures(n) })
    }
}

impl std::fmt::Display for Size {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Machines(n) => n.fmt(f),
            Self::Percent(n) => write!(f, "{n}%"),
        }
    }
}

impl std::fmt::Display for StopOn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Failures(n) => n.fmt(f),
            Self::Percent(n) => write!(f, "{n}%"),
        }
    }
}

/// A number, and whether it is per cent.
fn number(text: &str) -> Result<(u32, bool), String> {
    let text = text.trim();
    let (digits, percent) = match text.strip_suffix('%') {
        Some(digits) => (digits.trim_end(), true),
        None => (text, false),
    };
    let n =
        digits.parse().map_err(|_| format!("write a number like 10, or per cent like 10%, not `{text}`"))?;
    Ok((n, percent))
}

/// Seconds, from `90`, `90s`, `5m` or `1h`, as people write a duration.
///
/// # Errors
/// What can be written instead, in words.
pub fn seconds(text: &str) -> Result<u32, String> {
    let text = text.trim();
    let (digits, unit) = match text.strip_suffix(['s', 'm', 'h']) {
        Some(digits) if text.ends_with('m') => (digits, 60),
        Some(digits) if text.ends_with('h') => (digits, 3600),
        Some(digits) => (digits, 1),
        None => (text, 1),
    };
    let n: Option<u32> = digits.trim_end().parse().ok();
    n.and_then(|n| n.checked_mul(unit))
        .ok_or_else(|| format!("write a time like 90s, 5m or 1h, not `{text}`"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_numbers_or_per_cent_and_never_nobody() {
        assert_eq!("7".parse(), Ok(Size::Machines(7)));
        assert_eq!(" 10% ".parse(), Ok(Size::Percent(10)));
        assert!("a few".parse::<Size>().unwrap_err().contains("`a few`"));
        assert_eq!((Size::Percent(10).of(30), Size::Percent(10).of(31), Size::Percent(1).of(3)), (3, 4, 1));
    }

    #[test]
    fn a_time_has_a_unit_people_write() {
        assert_eq!(
            (seconds("90"), seconds("90s"), seconds("5m"), seconds("2h")),
            (Ok(90), Ok(90), Ok(300), Ok(7200))
        );
        assert!(seconds("soon").unwrap_err().contains("`soon`"));
        assert!(seconds("2000000h").is_err());
    }

    #[test]
    fn a_plan_that_would_never_start_anybody_is_nonsense() {
        let plan = RunPlan::plain("inventory");
        assert_eq!(plan.nonsense(), None);
        let nobody = AtOnce { in_all: Some(0), per_site: None };
        assert!(RunPlan { at_once: nobody, ..plan.clone() }.nonsense().is_some());
        assert!(RunPlan { wave: Some(Size::Percent(101)), ..plan.clone() }.nonsense().is_some());
        assert!(RunPlan { stop_on: Some(StopOn::Failures(0)), ..plan.clone() }.nonsense().is_some());
        let spare = Spare { off: true, ..Spare::default() };
        assert!(RunPlan { off_again: true, spare, ..plan }.nonsense().is_some());
    }
}
