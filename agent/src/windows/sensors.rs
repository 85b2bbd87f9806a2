//! What Windows knows of how it does. What it would tell by interfaces that are not asked yet (heat, disks' latency, errors of
//! memory and network) is left out, and so is not known to the server either.

use super::sys;
use pitstop_domain::health::Metric;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::Instant;
use uuid::Uuid;

/// It is made anew by the first who asks after a start of Windows: Windows forgets it as it ends.
const BOOT_KEY: &str = "SOFTWARE\\Pitstop\\Boot";

/// Changes with every boot. A machine that went to sleep, or was shut down the fast way, which is a deep sleep, has not
/// been started anew. Empty where the agent has no right to keep it.
pub fn boot() -> String {
    static ID: OnceLock<String> = OnceLock::new();
    let ask = || {
        let id = sys::volatile_text(BOOT_KEY, "Id", &Uuid::from_u128(rand::random()).to_string())?;
        Some(Uuid::try_parse(&id).ok()?.to_string())
    };
    ID.get_or_init(|| ask().unwrap_or_default()).clone()
}

/// Figures of the system, with what they were before.
pub struct Sensors {
    busy: Option<(u64, u64)>,
    boot: String,
}

impl Sensors {
    /// Of the machine that this program runs on.
    pub fn here() -> Self {
        Self { busy: None, boot: boot() }
    }

    /// Changes with every boot.
    pub fn boot(&self) -> String {
        self.boot.clone()
    }

    /// In seconds; goes on while the machine sleeps, and whatever somebody does to its clock.
    pub fn uptime(&self) -> f64 {
        sys::uptime_ms() as f64 / 1000.0
    }

    /// What there is to say now.
    pub fn look(&mut self, _now: Instant) -> Vec<(Metric, f64)> {
        let mut figures = Vec::new();
        let mut say = |metric, value: Option<f64>| figures.extend(value.map(|value| (metric, value)));
        say(Metric::MemoryFree, sys::memory().map(|(free, all)| free as f64 / all.max(1) as f64 * 100.0));
        say(
            Metric::DiskFill,
            sys::fixed_drives().iter().filter_map(|drive| sys::percent_full(drive)).reduce(f64::max),
        );
        say(Metric::Crashes, Some(crashes(&minidumps())));
        // Windows counts no queue as Linux does: the share of time that cores were busy, which is 1 at most.
        if let Some(is) = sys::processor_times() {
            say(Metric::Load, self.busy.replace(is).and_then(|was| share(is, was)));
        }
        figures
    }

    /// How long the machine took from its start to this program, in seconds. `None`: the agent was started later.
    pub fn boot_time(&self) -> Option<f64> {
        let (uptime, ran) = (self.uptime(), sys::process_seconds()?);
        (uptime < 900.0).then_some((uptime - ran).max(0.0))
    }
}

/// Busy of all, since the look before.
fn share(is: (u64, u64), was: (u64, u64)) -> Option<f64> {
    let (busy, all) = (is.0.checked_sub(was.0)?, is.1.checked_sub(was.1)?);
    (all > 0).then(|| busy as f64 / all as f64)
}

/// Where Windows keeps what it wrote of each of its crashes.
fn minidumps() -> PathBuf {
    PathBuf::from(std::env::var_os("SystemRoot").unwrap_or_else(|| "C:\\Windows".into())).join("Minidump")
}

fn crashes(folder: &Path) -> f64 {
    let files = std::fs::read_dir(folder).into_iter().flatten().flatten();
    files.filter(|file| file.path().extension().is_some_and(|kind| kind.eq_ignore_ascii_case("dmp"))).count()
        as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn a_boot_keeps_its_id_whoever_asks_again() {
        let id = boot();
        assert!(Uuid::try_parse(&id).is_ok(), "{id}");
        assert_eq!(sys::volatile_text(BOOT_KEY, "Id", "another"), Some(id));
    }

    #[test]
    fn memory_disks_and_cores_are_measured() {
        let mut sensors = Sensors::here();
        sensors.look(Instant::now());
        std::thread::sleep(Duration::from_millis(300));
        let found: std::collections::BTreeMap<Metric, f64> =
            sensors.look(Instant::now()).into_iter().collect();
        for metric in [Metric::MemoryFree, Metric::DiskFill, Metric::Load] {
            assert!(
                found.get(&metric).is_some_and(|value| metric.is_plausible(*value)),
                "{metric}: {found:?}"
            );
        }
        assert!(found[&Metric::MemoryFree] > 0.0);
        assert!(sensors.uptime() > 0.0);
    }

    #[test]
    fn crashes_are_counted_by_what_was_written_of_them() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["112926-1.dmp", "112926-2.DMP", "notes.txt"] {
            std::fs::write(folder.path().join(name), "x").unwrap();
        }
        assert_eq!(crashes(folder.path()), 2.0);
        assert_eq!(crashes(&folder.path().join("none")), 0.0);
    }

    #[test]
    fn counters_that_fell_say_nothing() {
        assert_eq!(share((30, 100), (10, 60)), Some(0.5));
        assert_eq!(share((5, 100), (10, 60)), None);
    }
}
