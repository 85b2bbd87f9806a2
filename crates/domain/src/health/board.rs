//! What a management board says of its machine: its sensors, its own verdict, and what stands in its log.
//!
//! A board that says nothing of a part says nothing: no figure is made of what was not told, and none of silence.

use super::Metric;
use super::sample::{Figures, Point};
use crate::Time;
use chrono::TimeDelta;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

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
    /// Is the machine switched on? A fan that stands still in a machine that is off is no fault, and none is taken back by that.
    pub on: Option<bool>,
    /// The board's verdict over all parts of the machine.
    pub health: Option<Level>,
    pub parts: Vec<Part>,
    /// Kinds of which not all parts could be read.
    #[serde(default)]
    pub cut: BTreeSet<What>,
    /// What of it could not be read, and why.
    pub troubles: Vec<String>,
    /// A log was read.
    #[serde(default)]
    pub has_log: bool,
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
        // That none is ill takes back what was told before, so all of them must have been read and judged.
        let not_well = |what: What| {
            let bad = of(what).filter(|part| part.level > Some(Level::Ok)).count();
            let knows_all = !self.cut.contains(&what)
                && of(what).count() > 0
                && of(what).all(|part| part.level.is_some());
            (bad > 0 || knows_all).then(|| u32::try_from(bad).map_or(f64::MAX, f64::from))
        };
        // One sensor that says nonsense must not hide the others.
        let readings = |what: What, metric: Metric, of_unit: &'static str| {
            let read = of(what).filter_map(|part| part.reading.as_ref());
            read.filter(move |(value, unit)| unit == of_unit && metric.is_plausible(*value))
                .map(|(value, _)| *value)
        };
        // Without power nothing is measured, and many a board finds all of it well, or none of it.
        if self.on != Some(false) {
            let hottest = readings(What::Temperature, Metric::Temperature, "°C").reduce(f64::max);
            found.push((Metric::Temperature, hottest.filter(|_| !agent_tells)));
            found.push((Metric::FanSpeed, readings(What::Fan, Metric::FanSpeed, "rpm").reduce(f64::min)));
            found.push((Metric::FansBad, not_well(What::Fan)));
            found.push((Metric::PowerBad, not_well(What::PowerSupply)));
            found.push((Metric::BoardHealth, self.health.map(Level::figure)));
        }
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
    fn of_a_machine_that_is_off_its_board_tells_nothing_but_its_log() {
        let off = Reading { on: Some(false), ..reading() };
        let figures = off.figures(Counted::default(), false).0;
        assert_eq!(figures, [(Metric::LogCritical, 0.0), (Metric::LogWarning, 0.0)].into());
    }

    #[test]
    fn what_was_read_in_part_tells_faults_and_takes_none_back() {
        let told = |levels: &[Option<Level>], cut: &[What]| {
            let parts = levels.iter().map(|level| part(What::Fan, 30.0, "%", *level)).collect();
            let reading = Reading { parts, cut: cut.iter().copied().collect(), ..Reading::default() };
            reading.figures(Counted::default(), false).0.get(&Metric::FansBad).copied()
        };
        let (well, ill) = (Some(Level::Ok), Some(Level::Critical));
        assert_eq!(told(&[well, well], &[]), Some(0.0));
        assert_eq!(told(&[well, well], &[What::PowerSupply]), Some(0.0), "another kind was cut");
        assert_eq!(told(&[well, well], &[What::Fan]), None, "the ill one may be among the rest");
        assert_eq!(told(&[well, ill], &[What::Fan]), Some(1.0));
        assert_eq!(told(&[well, None], &[]), None, "one is not judged");
        assert_eq!(told(&[ill, None], &[]), Some(1.0));
    }

    #[test]
    fn a_sensor_that_says_nonsense_hides_no_other() {
        let parts =
            [41.0, 255.0, f64::NAN].map(|celsius| part(What::Temperature, celsius, "°C", None)).to_vec();
        let figures = Reading { parts, ..Reading::default() }.figures(Counted::default(), false).0;
        assert_eq!(figures, [(Metric::Temperature, 41.0)].into());
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
