//! In the own system: how the machine does, once a minute, told to the server.
//!
//! - [`sensors`]: what the kernel knows; [`work`]: how fast processor and memory are, by a little work of our own
//! - [`buffer`]: what is not told yet, kept on the disk while the server is away
//! - here: once a minute, all of it
//!
//! What it costs: a tenth of a second of one core each minute (0.17 %), and every ten minutes 12 MiB for as long as it takes
//! to copy them a few times.

mod buffer;
#[cfg(target_os = "linux")]
mod sensors;
mod work;

#[cfg(windows)]
pub use crate::windows::sensors::Sensors;
pub use buffer::{Buffer, Kept};
#[cfg(target_os = "linux")]
pub use sensors::Sensors;

use crate::calm::Calm;
use crate::client::{CallError, Client};
use crate::console::say;
use crate::own::{Config, Identity};
use pitstop_domain::health::Metric;
use pitstop_domain::wire::{MOST_SAMPLES, Measured, Measurements, MeasurementsReply};
use std::collections::BTreeMap;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

const EVERY_S: u32 = 60;
/// Measurements between looks at the memory's speed, which wipe a part of the caches.
const MEMORY_EVERY: u32 = 10;

/// Measures and tells until the process ends.
pub fn run(config: &Config) {
    let mut telemetry = Telemetry::new(config, Sensors::here());
    let mut calm = Calm::default();
    let every = Duration::from_secs(config.measure_s.unwrap_or(EVERY_S).clamp(5, 3600).into());
    // Machines that were switched on together do not tell together.
    std::thread::sleep(every.mul_f64(rand::random()));
    loop {
        let begun = Instant::now();
        telemetry.measure();
        match telemetry.tell() {
            Ok(()) if calm.over() => say("figures are told again"),
            Ok(()) => {}
            Err(error) => {
                let text = format!("figures are kept until they can be told: {error}");
                if calm.is_news(&text, Instant::now()) {
                    say(text);
                }
            }
        }
        std::thread::sleep(every.saturating_sub(begun.elapsed()));
    }
}

/// One look at everything. `memory`: with the memory's speed.
fn once(sensors: &mut Sensors, memory: bool) -> Vec<(Metric, f64)> {
    let mut figures = sensors.look(Instant::now());
    figures.push((Metric::CpuSpeed, work::processor()));
    if memory {
        let (bandwidth, latency) = work::memory();
        figures.extend([(Metric::MemoryBandwidth, bandwidth), (Metric::MemoryLatency, latency)]);
    }
    figures
}

/// All figures of this machine now, by name: two looks, so far apart, since counters are told by what they rose.
pub fn figures(apart: Duration) -> BTreeMap<&'static str, f64> {
    let mut sensors = Sensors::here();
    once(&mut sensors, false);
    std::thread::sleep(apart);
    once(&mut sensors, true).into_iter().map(|(metric, value)| (metric.name(), value)).collect()
}

/// What measures and tells.
pub struct Telemetry {
    config: Config,
    client: Client,
    boot: String,
    sensors: Sensors,
    buffer: Buffer,
    minute: u32,
    told_boot_time: bool,
}

impl Telemetry {
    pub fn new(config: &Config, sensors: Sensors) -> Self {
        Self {
            client: Client::new(&config.server),
            boot: sensors.boot(),
            sensors,
            buffer: Buffer::open(&config.state, rand::random::<i64>() >> 1),
            config: config.clone(),
            minute: 0,
            told_boot_time: false,
        }
    }

    /// Measures once; it is kept until it is told.
    pub fn measure(&mut self) {
        let mut figures = once(&mut self.sensors, self.minute.is_multiple_of(MEMORY_EVERY));
        if !std::mem::replace(&mut self.told_boot_time, true)
            && let Some(took) = self.sensors.boot_time()
        {
            figures.push((Metric::BootTime, took));
        }
        self.minute += 1;
        let figures = figures.into_iter().filter(|(metric, value)| metric.is_plausible(*value));
        let figures = figures.map(|(metric, value)| (metric.number(), value)).collect();
        let kept = Kept {
            seq: 0,
            boot: self.boot.clone(),
            uptime_s: self.sensors.uptime(),
            wall_s: wall(),
            figures,
        };
        self.buffer.push(kept);
    }

    /// Tells all that is not told yet. What cannot be told is on the disk when this returns.
    pub fn tell(&mut self) -> Result<(), CallError> {
        let told = self.tell_all();
        if let Err(error) = self.buffer.keep(told.is_err()) {
            let folder = self.config.state.display();
            say(format_args!(
                "figures cannot be kept in {folder}: {error}; a restart loses what is not told yet"
            ));
        }
        told
    }

    fn tell_all(&mut self) -> Result<(), CallError> {
        // Without an identity the agent has not enrolled yet, or enrols anew; it is about to.
        let Some(identity) = Identity::load(&self.config.state, self.client.server()) else { return Ok(()) };
        let client = self.client.with_token(&identity.token);
        while !self.buffer.is_empty() {
            let samples = self.buffer.first(MOST_SAMPLES).map(|kept| self.measured(kept)).collect();
            let message = Measurements { machine: identity.machine, stream: self.buffer.stream(), samples };
            let reply: MeasurementsReply = client.post("/agent/v1/measurements", &message, 0)?;
            if !self.buffer.told(reply.through) {
                // The server stores none of it, which asking again would not change.
                return Err(CallError::Strange("the server stored nothing of what it was told".to_owned()));
            }
        }
        Ok(())
    }

    fn measured(&self, kept: &Kept) -> Measured {
        let age =
            if kept.boot == self.boot { self.sensors.uptime() - kept.uptime_s } else { wall() - kept.wall_s };
        Measured { seq: kept.seq, age_s: age.max(0.0), figures: kept.figures.clone() }
    }
}

/// The machine's own time of day: only to tell how long it was between two boots.
fn wall() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, |since| since.as_secs_f64())
}
