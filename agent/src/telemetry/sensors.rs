//! What the kernel knows: counters are told as what they rose by in a minute.

use crate::inventory::Files;
use crate::sys;
use pitstop_domain::health::Metric;
use std::collections::BTreeMap;
use std::ffi::CString;
use std::time::Instant;

/// File systems that hold what people keep. What cannot fill (squashfs) or is memory (tmpfs) is left out.
const KEEPS: [&str; 8] = ["ext2", "ext3", "ext4", "xfs", "btrfs", "f2fs", "ntfs3", "vfat"];

/// `/proc/sys/kernel/tainted`: the kernel died (an oops) in this boot.
const DIED: u64 = 1 << 7;

/// Figures of the kernel, with what they were before.
pub struct Sensors {
    files: Files,
    before: Option<(Instant, Counters)>,
    /// A name of its own for each disk's two counters.
    disks: BTreeMap<String, (u64, u64)>,
}

/// Counters that only rise.
#[derive(Clone, Debug, Default, PartialEq)]
struct Counters {
    throttles: Option<u64>,
    corrected: Option<u64>,
    uncorrected: Option<u64>,
    checks: Option<u64>,
    network: Option<u64>,
    /// Of all processors: taken by the host, and all.
    stolen: Option<(u64, u64)>,
}

impl Sensors {
    pub fn new(files: Files) -> Self {
        Self { files, before: None, disks: BTreeMap::new() }
    }

    /// Of the machine that this program runs on.
    pub fn here() -> Self {
        Self::new(Files::at("/"))
    }

    /// Changes with every boot.
    pub fn boot(&self) -> String {
        self.files.text("proc/sys/kernel/random/boot_id").unwrap_or_default()
    }

    /// In seconds; goes on while the machine sleeps, and whatever somebody does to its clock.
    pub fn uptime(&self) -> f64 {
        let text = self.files.text("proc/uptime").unwrap_or_default();
        text.split(' ').next().and_then(|seconds| seconds.parse().ok()).unwrap_or(0.0)
    }

    /// What there is to say now. What this machine has no sensor for is left out.
    pub fn look(&mut self, now: Instant) -> Vec<(Metric, f64)> {
        let mut figures = Vec::new();
        let mut say = |metric, value: Option<f64>| figures.extend(value.map(|value| (metric, value)));
        say(Metric::MemoryFree, self.memory_free());
        say(Metric::Load, self.load());
        say(Metric::Temperature, self.temperature());
        say(Metric::DiskFill, self.disk_fill());
        say(Metric::FileSystemErrors, self.file_system_errors());
        say(Metric::Crashes, Some(self.crashes()));
        say(Metric::DiskLatency, self.disk_latency());
        let counters = self.counters();
        if let Some((then, before)) = self.before.replace((now, counters.clone())) {
            let minutes = (now - then).as_secs_f64() / 60.0;
            let rose = |is: Option<u64>, was: Option<u64>| {
                // A counter that fell began anew: a driver was loaded again.
                Some(is?.checked_sub(was?)? as f64 / minutes.max(1e-3))
            };
            say(Metric::CpuThrottles, rose(counters.throttles, before.throttles));
            say(Metric::EccCorrected, rose(counters.corrected, before.corrected));
            say(Metric::EccUncorrected, rose(counters.uncorrected, before.uncorrected));
            say(Metric::MachineChecks, rose(counters.checks, before.checks));
            say(Metric::NetworkErrors, rose(counters.network, before.network));
            say(Metric::CpuSteal, stolen(counters.stolen, before.stolen));
        }
        figures
    }

    /// How long the machine took from its kernel to this program, in seconds. Only true when it is asked at the start of
    /// the system: whoever starts the agent later by hand is not believed.
    pub fn boot_time(&self) -> Option<f64> {
        let uptime: f64 = self.files.text("proc/uptime")?.split(' ').next()?.parse().ok()?;
        // The agent waits up to a minute before it measures first.
        (uptime < 900.0).then(|| self.started_after().unwrap_or(uptime))
    }

    /// When this process began, in seconds after the kernel.
    fn started_after(&self) -> Option<f64> {
        let stat = self.files.text("proc/self/stat")?;
        // Field 22; the name in parentheses may have blanks. The unit is the kernel's USER_HZ, 100 everywhere.
        let ticks: f64 = stat.rsplit_once(')')?.1.split_whitespace().nth(19)?.parse().ok()?;
        Some(ticks / 100.0)
    }

    fn memory_free(&self) -> Option<f64> {
        let text = self.files.text("proc/meminfo")?;
        let line = |name: &str| {
            let line = text.lines().find_map(|line| line.strip_prefix(name))?;
            line.split_whitespace().next()?.parse::<f64>().ok()
        };
        Some(line("MemAvailable:")? / line("MemTotal:")?.max(1.0) * 100.0)
    }

    fn load(&self) -> Option<f64> {
        let load: f64 = self.files.text("proc/loadavg")?.split(' ').next()?.parse().ok()?;
        let stat = self.files.text("proc/stat")?;
        let cores = stat.lines().filter(|line| is_core(line)).count();
        Some(load / cores.max(1) as f64)
    }

    /// The hottest of all sensors that say something a machine can be.
    fn temperature(&self) -> Option<f64> {
        let zones = self.files.names("sys/class/thermal").into_iter();
        let zones = zones
            .filter(|name| name.starts_with("thermal_zone"))
            .map(|name| format!("sys/class/thermal/{name}/temp"));
        let chips = self.files.names("sys/class/hwmon").into_iter().flat_map(|chip| {
            let folder = format!("sys/class/hwmon/{chip}");
            let inputs = self.files.names(&folder).into_iter();
            let inputs = inputs.filter(|name| name.starts_with("temp") && name.ends_with("_input"));
            inputs.map(move |name| format!("{folder}/{name}")).collect::<Vec<_>>()
        });
        let degrees = zones.chain(chips).filter_map(|path| self.files.text(&path)?.parse::<f64>().ok());
        // Unconnected sensors say -128, 0 or 127.
        degrees
            .map(|thousandths| thousandths / 1000.0)
            .filter(|degrees| (1.0..126.0).contains(degrees))
            .reduce(f64::max)
    }

    fn disk_fill(&self) -> Option<f64> {
        let mounts = self.files.text("proc/self/mounts")?;
        let points = mounts.lines().filter_map(|line| {
            let mut fields = line.split(' ');
            let (point, kind) = (fields.nth(1)?, fields.next()?);
            // A blank in a mount point is written as \040: rare enough to pass over.
            (KEEPS.contains(&kind) && !point.contains('\\')).then_some(point)
        });
        points.filter_map(|point| sys::percent_full(&CString::new(point).ok()?)).reduce(f64::max)
    }

    fn file_system_errors(&self) -> Option<f64> {
        let disks = self.files.names("sys/fs/ext4");
        let counts =
            disks.iter().filter_map(|disk| self.files.number(&format!("sys/fs/ext4/{disk}/errors_count")));
        counts.reduce(|one, other| one + other).map(|sum| sum as f64)
    }

    /// What the machine keeps of crashes of its kernel: in firmware (pstore), and of this boot.
    fn crashes(&self) -> f64 {
        let kept = self.files.names("sys/fs/pstore").iter().filter(|name| name.starts_with("dmesg-")).count();
        let died = self.files.number("proc/sys/kernel/tainted").is_some_and(|taint| taint & DIED != 0);
        kept as f64 + f64::from(u8::from(died))
    }

    /// How long the slowest disk took for a request, in ms, since the last look. A disk that had none says nothing.
    fn disk_latency(&mut self) -> Option<f64> {
        let text = self.files.text("proc/diskstats")?;
        let mut slowest: Option<f64> = None;
        for line in text.lines() {
            let fields: Vec<&str> = line.split_whitespace().collect();
            let number = |n: usize| fields.get(n).and_then(|field| field.parse::<u64>().ok());
            let (Some(name), Some(reads), Some(read_ms), Some(writes), Some(write_ms)) =
                (fields.get(2), number(3), number(6), number(7), number(10))
            else {
                continue;
            };
            // Whole disks only; a partition's requests are its disk's.
            if name.starts_with("loop")
                || name.starts_with("ram")
                || !self.files.exists(&format!("sys/block/{name}"))
            {
                continue;
            }
            let is = (reads + writes, read_ms + write_ms);
            let Some(was) = self.disks.insert((*name).to_owned(), is) else { continue };
            let (Some(requests), Some(ms)) = (is.0.checked_sub(was.0), is.1.checked_sub(was.1)) else {
                continue;
            };
            if requests > 0 {
                let each = ms as f64 / requests as f64;
                slowest = Some(slowest.map_or(each, |slowest| slowest.max(each)));
            }
        }
        slowest
    }

    fn counters(&self) -> Counters {
        let sum = |of: Vec<Option<u64>>| of.into_iter().flatten().reduce(|one, other| one + other);
        let each = |folder: &str, begins: &str, file: &str| {
            let names = self.files.names(folder).into_iter().filter(|name| name.starts_with(begins));
            sum(names.map(|name| self.files.number(&format!("{folder}/{name}/{file}"))).collect())
        };
        let cards = self.files.names("sys/class/net").into_iter();
        // Bridges and tunnels count what their cards count; those have no device.
        let cards = cards.filter(|card| self.files.exists(&format!("sys/class/net/{card}/device")));
        let errors = cards.flat_map(|card| {
            ["rx_errors", "tx_errors"]
                .map(|file| self.files.number(&format!("sys/class/net/{card}/statistics/{file}")))
        });
        Counters {
            throttles: each("sys/devices/system/cpu", "cpu", "thermal_throttle/core_throttle_count"),
            corrected: each("sys/devices/system/edac/mc", "mc", "ce_count"),
            uncorrected: each("sys/devices/system/edac/mc", "mc", "ue_count"),
            checks: self.machine_checks(),
            network: sum(errors.collect()),
            stolen: self.stolen(),
        }
    }

    /// The line `MCE:` counts machine check exceptions; `MCP:` counts looks, and is none.
    fn machine_checks(&self) -> Option<u64> {
        let text = self.files.text("proc/interrupts")?;
        let line = text.lines().find_map(|line| line.trim_start().strip_prefix("MCE:"))?;
        Some(line.split_whitespace().map_while(|word| word.parse::<u64>().ok()).sum())
    }

    fn stolen(&self) -> Option<(u64, u64)> {
        let text = self.files.text("proc/stat")?;
        let line = text.lines().find_map(|line| line.strip_prefix("cpu "))?;
        let times: Vec<u64> = line.split_whitespace().filter_map(|word| word.parse().ok()).collect();
        // user nice system idle iowait irq softirq steal; guests are in user already.
        Some((*times.get(7)?, times.iter().take(8).sum()))
    }
}

fn is_core(line: &str) -> bool {
    line.strip_prefix("cpu").is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
}

fn stolen(is: Option<(u64, u64)>, was: Option<(u64, u64)>) -> Option<f64> {
    let ((stolen, all), (stolen_before, all_before)) = (is?, was?);
    let all = all.checked_sub(all_before)?;
    let stolen = stolen.checked_sub(stolen_before)?;
    (all > 0).then(|| stolen as f64 / all as f64 * 100.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    struct Played {
        folder: tempfile::TempDir,
        sensors: Sensors,
        begun: Instant,
    }

    impl Played {
        fn new() -> Self {
            let folder = tempfile::tempdir().unwrap();
            let sensors = Sensors::new(Files::at(folder.path()));
            Self { folder, sensors, begun: Instant::now() }
        }

        fn write(&self, path: &str, text: &str) {
            let path = self.folder.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }

        fn look(&mut self, minute: u64) -> BTreeMap<Metric, f64> {
            self.sensors.look(self.begun + Duration::from_secs(60 * minute)).into_iter().collect()
        }
    }

    #[test]
    fn a_machine_without_sensors_says_next_to_nothing_and_does_not_fail() {
        let mut played = Played::new();
        assert_eq!(played.look(0), [(Metric::Crashes, 0.0)].into());
        assert_eq!(played.look(1), [(Metric::Crashes, 0.0)].into());
    }

    #[test]
    fn memory_load_and_heat_are_read_as_the_kernel_writes_them() {
        let mut played = Played::new();
        played.write("proc/meminfo", "MemTotal: 1000 kB\nMemFree: 10 kB\nMemAvailable: 250 kB\n");
        played.write("proc/loadavg", "3.00 2.00 1.00 1/100 999");
        played.write("proc/stat", "cpu  1 1 1 1 1 1 1 0 0 0\ncpu0 1\ncpu1 1\nintr 5\n");
        played.write("sys/class/thermal/thermal_zone0/temp", "45000\n");
        played.write("sys/class/hwmon/hwmon0/temp1_input", "61000\n");
        played.write("sys/class/hwmon/hwmon0/temp2_input", "127000\n");
        let found = played.look(0);
        assert_eq!(found[&Metric::MemoryFree], 25.0);
        assert_eq!(found[&Metric::Load], 1.5);
        assert_eq!(found[&Metric::Temperature], 61.0, "127 is a sensor that is not connected");
    }

    #[test]
    fn counters_are_told_as_what_they_rose_by_in_a_minute_and_one_that_fell_says_nothing() {
        let mut played = Played::new();
        let (edac, card) =
            ("sys/devices/system/edac/mc/mc0/ce_count", "sys/class/net/eth0/statistics/rx_errors");
        played.write("sys/class/net/eth0/device/vendor", "0x8086");
        played.write(edac, "5");
        played.write(card, "100");
        assert!(!played.look(0).contains_key(&Metric::EccCorrected), "of one look nothing is known");
        played.write(edac, "25");
        played.write(card, "100");
        let found = played.look(2);
        assert_eq!((found[&Metric::EccCorrected], found[&Metric::NetworkErrors]), (10.0, 0.0));
        played.write(edac, "1");
        assert!(!played.look(3).contains_key(&Metric::EccCorrected));
    }

    #[test]
    fn the_slowest_disk_tells_and_an_idle_one_does_not() {
        let mut played = Played::new();
        played.write("sys/block/sda/size", "1");
        played.write("sys/block/sdb/size", "1");
        let stats = |sda: &str, sdb: &str| {
            format!("8 0 sda {sda} 0 0 0\n8 1 sda1 {sda} 0 0 0\n8 16 sdb {sdb} 0 0 0\n")
        };
        played.write("proc/diskstats", &stats("10 0 0 100 10 0 0 100", "1 0 0 1 1 0 0 1"));
        assert!(!played.look(0).contains_key(&Metric::DiskLatency));
        played.write("proc/diskstats", &stats("15 0 0 150 15 0 0 200", "1 0 0 1 1 0 0 1"));
        assert_eq!(played.look(1)[&Metric::DiskLatency], 15.0);
        assert!(!played.look(2).contains_key(&Metric::DiskLatency));
    }

    #[test]
    fn what_the_host_takes_is_a_share_of_all_time() {
        let mut played = Played::new();
        played.write("proc/stat", "cpu  100 0 0 900 0 0 0 0 0 0\ncpu0 1\n");
        played.look(0);
        played.write("proc/stat", "cpu  150 0 0 900 0 0 0 50 0 0\ncpu0 1\n");
        assert_eq!(played.look(1)[&Metric::CpuSteal], 50.0);
    }

    #[test]
    fn crashes_that_firmware_kept_are_counted_with_the_kernels_own_death() {
        let mut played = Played::new();
        played.write("sys/fs/pstore/dmesg-efi-1", "panic");
        played.write("sys/fs/pstore/console-ramoops-0", "log");
        played.write("proc/sys/kernel/tainted", "128");
        assert_eq!(played.look(0)[&Metric::Crashes], 2.0);
    }

    #[test]
    fn a_boot_takes_until_the_agent_began() {
        let played = Played::new();
        played.write("proc/uptime", "50.00 10.00");
        played.write("proc/self/stat", "77 (a b) S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 3150 20");
        assert_eq!(played.sensors.boot_time(), Some(31.5));
        played.write("proc/uptime", "5000.00 10.00");
        assert_eq!(played.sensors.boot_time(), None, "it was started by hand");
    }
}
