//! What a management board says of its machine: its sensors, its own verdict, and what stands in its log.
//!
//! A board that says nothing of a part says nothing: no figure is made of what was not told, and none of silence.

use super::Metric;
use super::sample::{Figures, Point};
use crate::Time;
use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

/// Entries of this long count as of now. Long enough that the night's are there in the morning.
pub const OF_NOW: TimeDelta = TimeDelta::hours(24);

/// Where the agent told the hottest sensor within this, the board does not: their sensors are others, and what is usual is
/// learned from so many days.
const AGENT_TELLS: TimeDelta = TimeDelta::days(28);

/// How bad the board finds it (Redfish's Health and Severity).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    Ok,
    Warning,
    Critical,
}

impl Level {
    /// In the database, and in words.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Critical => "critical",
        }
    }

    /// Redfish's word. Anything else is not known, which is not *OK*.
    pub fn of_redfish(word: &str) -> Option<Self> {
        match word {
            "OK" => Some(Self::Ok),
            "Warning" => Some(Self::Warning),
            "Critical" => Some(Self::Critical),
            _ => None,
        }
    }

    fn figure(self) -> f64 {
        f64::from(self as u8)
    }
}

/// What a part is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum What {
    Temperature,
    Fan,
    PowerSupply,
}

impl What {
    pub fn title(self) -> &'static str {
        match self {
            Self::Temperature => "Temperature",
            Self::Fan => "Fan",
            Self::PowerSupply => "Power supply",
        }
    }
}

/// A part that is there and switched on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Part {
    pub what: What,
    pub name: String,
    /// How much, and of what: `°C`, `rpm`, `%`, `W`.
    pub reading: Option<(f64, String)>,
    /// `None`: the board does not say.
    pub level: Option<Level>,
}

/// An entry of a log, a warning or worse.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The log's path on the board.
    pub log: String,
    pub id: String,
    /// As the board writes it; its clock is its own.
    pub created: String,
    pub level: Level,
    pub message: String,
}

/// What a board said when it was asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Reading {
    /// Is the machine switched on? A fan that stands still in a machine that is off is no fault.
    pub on: Option<bool>,
    /// The board's verdict over all parts of the machine.
    pub health: Option<Level>,
    pub parts: Vec<Part>,
    /// What of it could not be read, and why.
    pub troubles: Vec<String>,
    /// Logs that were read.
    #[serde(skip)]
    pub logs: Vec<String>,
    #[serde(skip)]
    pub entries: Vec<Entry>,
}

/// New entries of the last day.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counted {
    pub critical: u32,
    pub warning: u32,
}

impl Reading {
    /// The figures that it makes. `agent_tells`: the hottest sensor is told by the machine's agent.
    pub fn figures(&self, counted: Counted, agent_tells: bool) -> Figures {
        let mut found = Vec::new();
        let of = |what: What| self.parts.iter().filter(move |part| part.what == what);
        let not_well = |what: What| {
            let levels: Vec<Level> = of(what).filter_map(|part| part.level).collect();
            let bad = levels.iter().filter(|level| **level > Level::Ok).count();
            (!levels.is_empty()).then(|| u32::try_from(bad).map_or(f64::MAX, f64::from))
        };
        let readings = |what: What| {
            of(what).filter_map(|part| part.reading.as_ref()).filter(|(value, _)| value.is_finite())
        };
        if self.on != Some(false) {
            let hottest = readings(What::Temperature).map(|(value, _)| *value).reduce(f64::max);
            found.push((Metric::Temperature, hottest.filter(|_| !agent_tells)));
            let turning = readings(What::Fan).filter(|(_, unit)| unit == "rpm").map(|(value, _)| *value);
            found.push((Metric::FanSpeed, turning.reduce(f64::min)));
            found.push((Metric::FansBad, not_well(What::Fan)));
        }
        found.push((Metric::PowerBad, not_well(What::PowerSupply)));
        found.push((Metric::BoardHealth, self.health.map(Level::figure)));
        if !self.logs.is_empty() {
            found.push((Metric::LogCritical, Some(counted.critical.into())));
            found.push((Metric::LogWarning, Some(counted.warning.into())));
        }
        let told = found.into_iter().filter_map(|(metric, value)| Some((metric, value?)));
        Figures(told.filter(|(metric, value)| metric.is_plausible(*value)).collect())
    }

    /// The worst first.
    pub fn worst_first(&self) -> Vec<&Part> {
        let mut parts: Vec<&Part> = self.parts.iter().collect();
        parts.sort_by(|one, other| other.level.cmp(&one.level).then_with(|| one.what.cmp(&other.what)));
        parts
    }
}

/// Does the agent tell the hottest sensor? `newest`: told last, by whomever; `ours`: told last from the board.
pub fn agent_tells(newest: Option<Point>, ours: Option<Time>, now: Time) -> bool {
    let Some((at, _)) = newest else { return false };
    // The database knows microseconds.
    let is_ours = ours.is_some_and(|ours| (at - ours).abs() < TimeDelta::milliseconds(1));
    !is_ours && now - at <= AGENT_TELLS
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(what: What, reading: f64, unit: &str, level: Option<Level>) -> Part {
        Part { what, name: "one".to_owned(), reading: Some((reading, unit.to_owned())), level }
    }

    fn reading() -> Reading {
        Reading {
            on: Some(true),
            health: Some(Level::Warning),
            parts: vec![
                part(What::Temperature, 41.0, "°C", Some(Level::Ok)),
                part(What::Temperature, 63.5, "°C", None),
                part(What::Fan, 2100.0, "rpm", Some(Level::Ok)),
                part(What::Fan, 30.0, "%", Some(Level::Critical)),
                part(What::PowerSupply, 210.0, "W", Some(Level::Ok)),
            ],
            logs: vec!["/log".to_owned()],
            ..Reading::default()
        }
    }

    #[test]
    fn sensors_verdict_and_log_become_figures_under_the_names_of_the_agents() {
        let figures = reading().figures(Counted { critical: 2, warning: 0 }, false).0;
        let expected = [
            (Metric::Temperature, 63.5),
            (Metric::FanSpeed, 2100.0),
            (Metric::FansBad, 1.0),
            (Metric::PowerBad, 0.0),
            (Metric::BoardHealth, 1.0),
            (Metric::LogCritical, 2.0),
            (Metric::LogWarning, 0.0),
        ];
        assert_eq!(figures, expected.into());
    }

    #[test]
    fn of_what_a_board_does_not_say_there_is_no_figure() {
        assert!(Reading::default().figures(Counted::default(), false).is_empty());
        let unsaid = Reading { parts: vec![part(What::Fan, 2000.0, "rpm", None)], ..Reading::default() };
        assert_eq!(unsaid.figures(Counted::default(), false).0, [(Metric::FanSpeed, 2000.0)].into());
    }

    #[test]
    fn a_fan_that_stands_still_in_a_machine_that_is_off_is_no_fault() {
        let off = Reading { on: Some(false), ..reading() };
        let figures = off.figures(Counted::default(), false).0;
        assert!(!figures.contains_key(&Metric::FansBad) && !figures.contains_key(&Metric::Temperature));
        assert_eq!(figures[&Metric::PowerBad], 0.0);
    }

    #[test]
    fn where_the_agent_tells_the_hottest_sensor_the_board_does_not() {
        let now = Time::UNIX_EPOCH + TimeDelta::days(100);
        let ago = |days: i64| now - TimeDelta::days(days);
        assert!(agent_tells(Some((ago(1), 50.0)), None, now));
        assert!(agent_tells(Some((ago(1), 50.0)), Some(ago(2)), now), "since then the agent came");
        assert!(!agent_tells(Some((ago(1), 50.0)), Some(ago(1)), now), "it was the board itself");
        assert!(!agent_tells(Some((ago(40), 50.0)), None, now), "nobody remembers the agent");
        assert!(!agent_tells(None, None, now));
        assert!(!reading().figures(Counted::default(), true).0.contains_key(&Metric::Temperature));
    }
}
