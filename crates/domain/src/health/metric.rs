//! What is measured of a machine: a closed list, so that figures of all machines can be compared.
//!
//! One more is one more line in [`KINDS`], and a variant. Its number is stored and travels between agent and server; it is
//! never given to another metric, and whoever does not know a number passes it over.

use crate::report::Better;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub enum Metric {
    /// How fast one core works while it works.
    CpuSpeed,
    /// Time that a host took from this machine's processors.
    CpuSteal,
    /// How often a processor slowed itself down, since it was too hot.
    CpuThrottles,
    MemoryBandwidth,
    MemoryLatency,
    MemoryFree,
    DiskLatency,
    DiskFill,
    FileSystemErrors,
    Temperature,
    EccCorrected,
    EccUncorrected,
    MachineChecks,
    BootTime,
    Crashes,
    Load,
    NetworkErrors,
    /// The slowest fan that turns, as its board says.
    FanSpeed,
    /// Fans and power supplies that the board does not find well.
    FansBad,
    PowerBad,
    /// The board's own verdict: 0 well, 1 a warning, 2 critical.
    BoardHealth,
    /// New entries in the board's log, of the last day.
    LogCritical,
    LogWarning,
}

/// What is known of a metric.
#[derive(Clone, Copy, Debug)]
pub struct Kind {
    pub metric: Metric,
    /// In the database and on the wire.
    pub number: i16,
    /// In rules, addresses and programs.
    pub name: &'static str,
    pub title: &'static str,
    pub unit: &'static str,
    pub better: Better,
    /// What no machine can say in earnest lies outside of this.
    pub plausible: (f64, f64),
    /// Differences below this say nothing, however calm the machine has been.
    pub grain: f64,
    /// Worth losing points for, and all points, whatever is usual. `None`: only the baseline tells.
    pub alarming: Option<(f64, f64)>,
}

use Better::{Higher, Lower, Neither};
use Metric::*;

#[expect(clippy::too_many_arguments, reason = "a row of the table below")]
const fn kind(
    metric: Metric,
    number: i16,
    name: &'static str,
    title: &'static str,
    unit: &'static str,
    better: Better,
    (highest, grain): (f64, f64),
    alarming: Option<(f64, f64)>,
) -> Kind {
    Kind { metric, number, name, title, unit, better, plausible: (0.0, highest), grain, alarming }
}

/// All of them, in the order of the screen.
pub const KINDS: [Kind; 23] = [
    kind(CpuSpeed, 1, "cpu.speed", "Processor speed", "MB/s", Higher, (1e6, 1.0), None),
    kind(CpuSteal, 2, "cpu.steal", "Taken by the host", "%", Lower, (100.0, 2.0), None),
    kind(CpuThrottles, 3, "cpu.throttles", "Slowed by heat", "/min", Lower, (1e7, 1.0), None),
    kind(MemoryBandwidth, 4, "memory.bandwidth", "Memory speed", "MB/s", Higher, (1e7, 50.0), None),
    kind(MemoryLatency, 5, "memory.latency", "Memory latency", "ns", Lower, (1e6, 1.0), None),
    kind(MemoryFree, 6, "memory.free", "Memory free", "%", Higher, (100.0, 3.0), Some((10.0, 1.0))),
    kind(
        DiskLatency,
        7,
        "disk.latency",
        "Disk latency",
        "ms",
        Lower,
        (600_000.0, 1.0),
        Some((200.0, 2_000.0)),
    ),
    kind(DiskFill, 8, "disk.fill", "Fullest file system", "%", Lower, (100.0, 1.0), Some((85.0, 99.0))),
    kind(FileSystemErrors, 9, "disk.errors", "File system errors", "", Lower, (1e9, 0.5), Some((0.0, 50.0))),
    kind(Temperature, 10, "temperature", "Hottest sensor", "°C", Lower, (150.0, 2.0), Some((85.0, 105.0))),
    kind(
        EccCorrected,
        11,
        "ecc.corrected",
        "Memory errors, corrected",
        "/min",
        Lower,
        (1e7, 0.5),
        Some((0.0, 100.0)),
    ),
    kind(
        EccUncorrected,
        12,
        "ecc.uncorrected",
        "Memory errors, not corrected",
        "/min",
        Lower,
        (1e7, 0.5),
        Some((0.0, 1.0)),
    ),
    kind(MachineChecks, 13, "mce", "Machine checks", "/min", Lower, (1e7, 0.5), Some((0.0, 5.0))),
    kind(BootTime, 14, "boot.time", "Time to start", "s", Lower, (86_400.0, 3.0), None),
    kind(Crashes, 15, "crashes", "Crashes kept by the machine", "", Lower, (1e6, 0.5), Some((0.0, 5.0))),
    kind(Load, 16, "load", "Load for each core", "", Lower, (1e5, 0.3), None),
    kind(
        NetworkErrors,
        17,
        "network.errors",
        "Network errors",
        "/min",
        Lower,
        (1e9, 1.0),
        Some((10.0, 1_000.0)),
    ),
    // Slower is cooler or broken: the board says which, so a speed alone is neither good nor bad.
    kind(FanSpeed, 18, "fan.speed", "Slowest fan", "rpm", Neither, (1e6, 100.0), None),
    kind(FansBad, 19, "fans.bad", "Fans that are not well", "", Lower, (1e3, 0.5), Some((0.0, 3.0))),
    kind(
        PowerBad,
        20,
        "power.bad",
        "Power supplies that are not well",
        "",
        Lower,
        (1e3, 0.5),
        Some((0.0, 3.0)),
    ),
    kind(BoardHealth, 21, "board.health", "The board's verdict", "", Lower, (2.0, 0.5), Some((0.0, 2.0))),
    kind(
        LogCritical,
        22,
        "log.critical",
        "Critical in the board's log",
        "a day",
        Lower,
        (1e6, 0.5),
        Some((0.0, 20.0)),
    ),
    kind(LogWarning, 23, "log.warning", "Warnings in the board's log", "a day", Lower, (1e6, 0.5), None),
];

impl Metric {
    pub fn kind(self) -> &'static Kind {
        // Each metric has its line: see the test.
        KINDS.iter().find(|kind| kind.metric == self).unwrap_or(&KINDS[0])
    }

    pub fn number(self) -> i16 {
        self.kind().number
    }

    pub fn name(self) -> &'static str {
        self.kind().name
    }

    pub fn title(self) -> &'static str {
        self.kind().title
    }

    /// `None`: of a newer version.
    pub fn of_number(number: i16) -> Option<Self> {
        KINDS.iter().find(|kind| kind.number == number).map(|kind| kind.metric)
    }

    pub fn all() -> impl Iterator<Item = Self> {
        KINDS.iter().map(|kind| kind.metric)
    }

    /// Can a machine say this in earnest?
    pub fn is_plausible(self, value: f64) -> bool {
        let (low, high) = self.kind().plausible;
        value.is_finite() && value >= low && value <= high
    }

    /// Goes with what the machine is used for, and so may with the time of day.
    pub fn has_rhythm(self) -> bool {
        let of_processor = matches!(self, CpuSpeed | CpuSteal | CpuThrottles | Load | Temperature);
        let of_memory = matches!(self, MemoryBandwidth | MemoryLatency | MemoryFree);
        of_processor || of_memory || matches!(self, DiskLatency | NetworkErrors)
    }

    /// Told by boards that are asked every few minutes, or told by them where no agent does.
    pub fn is_polled(self) -> bool {
        self == Temperature || self.is_of_board()
    }

    /// Told by boards alone.
    pub fn is_of_board(self) -> bool {
        matches!(self, FanSpeed | FansBad | PowerBad | BoardHealth | LogCritical | LogWarning)
    }

    /// Counts what came new within a day.
    pub fn is_of_log(self) -> bool {
        matches!(self, LogCritical | LogWarning)
    }

    /// A value as people read it: `2.4 GB/s` is written `2400 MB/s`, so that figures can be compared by eye.
    pub fn say(self, value: f64) -> String {
        if self == BoardHealth {
            let words = if value < 0.5 {
                "well"
            } else if value < 1.5 {
                "a warning"
            } else {
                "critical"
            };
            return words.to_owned();
        }
        let unit = self.kind().unit;
        let digits = usize::from(value.abs() < 10.0 && value.fract() != 0.0);
        let space = if unit.is_empty() { "" } else { " " };
        format!("{value:.digits$}{space}{unit}")
    }
}

impl fmt::Display for Metric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// There is no such metric.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is nothing that is measured")]
pub struct NoMetric(pub String);

impl FromStr for Metric {
    type Err = NoMetric;

    fn from_str(text: &str) -> Result<Self, NoMetric> {
        let found = KINDS.iter().find(|kind| kind.name == text);
        found.map(|kind| kind.metric).ok_or_else(|| NoMetric(text.to_owned()))
    }
}

impl From<Metric> for String {
    fn from(metric: Metric) -> Self {
        metric.name().to_owned()
    }
}

impl TryFrom<String> for Metric {
    type Error = NoMetric;

    fn try_from(text: String) -> Result<Self, NoMetric> {
        text.parse()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_metric_has_a_line_a_number_and_a_name_of_its_own() {
        let metrics: BTreeSet<_> = Metric::all().collect();
        let numbers: BTreeSet<_> = KINDS.iter().map(|kind| kind.number).collect();
        let names: BTreeSet<_> = KINDS.iter().map(|kind| kind.name).collect();
        assert_eq!((metrics.len(), numbers.len(), names.len()), (KINDS.len(), KINDS.len(), KINDS.len()));
        for metric in Metric::all() {
            assert_eq!(Metric::of_number(metric.number()), Some(metric));
            assert_eq!(metric.name().parse(), Ok(metric));
        }
        // The last variant: whoever adds one adds its line.
        assert_eq!(LogWarning as usize + 1, KINDS.len());
    }

    #[test]
    fn what_no_machine_can_say_in_earnest_is_not_plausible() {
        assert!(Temperature.is_plausible(60.0));
        for lie in [-1.0, 1e9, f64::NAN, f64::INFINITY] {
            assert!(!Temperature.is_plausible(lie), "{lie}");
        }
    }

    #[test]
    fn figures_are_said_with_their_unit() {
        assert_eq!(CpuSpeed.say(1234.5), "1234 MB/s");
        assert_eq!(DiskLatency.say(2.25), "2.2 ms");
        assert_eq!(Crashes.say(3.0), "3");
        assert_eq!([0.0, 1.0, 2.0].map(|level| BoardHealth.say(level)), ["well", "a warning", "critical"]);
    }
}
