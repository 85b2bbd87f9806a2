//! What goes wrong and when: a function of the seed.

use pitstop_rig::fleet::dice::Dice;
use pitstop_rig::fleet::{Profile, Quirk, Quirks};
use std::time::Duration;

/// Machines this many times as fast as real ones.
const SPEED: f64 = 40.0;
/// Of boot packets.
const LOSS: f64 = 0.05;
/// Longer than a worker's lease, which lasts 30 s.
const FREEZE: Duration = Duration::from_secs(33);

/// Something that goes wrong.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Blow {
    /// SIGKILL, and a new start after so long.
    KillServer(Duration),
    /// A fast shutdown.
    RestartPostgres(Duration),
    /// SIGKILL of the postmaster: crash recovery.
    KillPostgres(Duration),
    /// Server and PostgreSQL die together.
    KillBoth(Duration),
    /// Connections to the database break and are refused for so long.
    Cut(Duration),
    /// The database's bytes go nowhere for so long, and nobody is told.
    Stall(Duration),
    /// The server's time of day is this many seconds off.
    Clock(i64),
    /// SIGSTOP in the middle of its talk with the database, SIGCONT after so long.
    Freeze(Duration),
}

/// The next blow, which server it hits, and how long it is waited for.
pub struct Schedule {
    dice: Dice,
    servers: usize,
    freezes: u32,
}

impl Schedule {
    pub fn new(seed: u64, servers: usize) -> Self {
        Self { dice: Dice::new(seed, 1), servers, freezes: 0 }
    }

    pub fn next(&mut self) -> (Duration, usize, Blow) {
        let pause = Duration::from_secs_f64(0.5 + 3.0 * self.dice.share());
        let server = (self.dice.throw() % self.servers as u64) as usize;
        (pause, server, self.blow())
    }

    fn blow(&mut self) -> Blow {
        let long = Duration::from_secs_f64(3.0 * self.dice.share().powi(2));
        if self.servers > 1 {
            return self.blow_at_one_of_several(long);
        }
        match self.dice.throw() % 12 {
            0..4 => Blow::KillServer(long),
            4 => Blow::RestartPostgres(long),
            5 => Blow::KillPostgres(long),
            6 => Blow::KillBoth(long),
            7..9 => Blow::Cut(long),
            9 => Blow::Stall(long),
            _ => Blow::Clock(self.minutes()),
        }
    }

    /// Long freezes alternate with what is quickly over.
    fn blow_at_one_of_several(&mut self, long: Duration) -> Blow {
        self.freezes += 1;
        if self.freezes % 6 == 3 {
            return Blow::Freeze(FREEZE);
        }
        match self.dice.throw() % 5 {
            0..2 => Blow::KillServer(long),
            2 => Blow::Cut(long),
            3 => Blow::Freeze(Duration::from_secs(2)),
            _ => Blow::Clock(self.minutes()),
        }
    }

    /// Up to ten minutes ahead or behind.
    fn minutes(&mut self) -> i64 {
        (self.dice.throw() % 1201) as i64 - 600
    }
}

/// Machines with every fault that the rig knows, some with several; loss for all.
pub fn machines(count: usize, seed: u64, front_only: bool) -> Vec<Profile> {
    let mut dice = Dice::new(seed, 2);
    Profile::fleet(count, seed, SPEED, &pitstop_rig::fleet::Mix::default())
        .into_iter()
        .enumerate()
        .map(|(index, profile)| {
            let firmware = if front_only { over_http() } else { profile.firmware };
            Profile { agent: !dice.falls(0.25), quirks: quirks(index, &mut dice), firmware, ..profile }
        })
        .collect()
}

/// The front passes no TFTP: it is one address for several servers.
fn over_http() -> pitstop_rig::fleet::profile::Firmware {
    pitstop_rig::fleet::profile::Firmware::UefiHttp
}

fn quirks(index: usize, dice: &mut Dice) -> Quirks {
    let mut quirk = |share, quirk| if dice.falls(share) { quirk } else { Quirk::NEVER };
    Quirks {
        ignores_net_boot: quirk(0.3, Quirk { chance: 0.5, times: Some(2) }),
        hangs_in_maintenance: quirk(0.15, Quirk::ONCE),
        // One in twenty, and one at least.
        never_returns: if index % 20 == 3 { Quirk::ONCE } else { Quirk::NEVER },
        slow_boot: quirk(0.1, Quirk { chance: 0.2, times: None }),
        faulty_memory: dice.falls(0.1),
        loss: LOSS,
        doubles_reports: if dice.falls(0.5) { 0.3 } else { 0.0 },
        reorders_reports: if dice.falls(0.5) { 0.3 } else { 0.0 },
        board_answers_late: Duration::from_secs(if dice.falls(0.3) { 3 } else { 0 }),
    }
}

/// What is asked of a machine next.
#[derive(Clone, Copy, Debug)]
pub struct Trip {
    pub function: &'static str,
    pub pause: Duration,
    pub cancel_after: Option<Duration>,
}

/// The trips of a machine.
pub fn trips(count: usize, seed: u64, machine: usize) -> Vec<Trip> {
    let mut dice = Dice::new(seed, 100 + machine as u64);
    let functions = [super::site::LOOK, super::site::WORK];
    let mut trip = || Trip {
        function: dice.pick::<&'static str>(&functions),
        pause: Duration::from_secs_f64(2.0 * dice.share()),
        cancel_after: dice.falls(0.06).then(|| Duration::from_secs_f64(0.2 + 8.0 * dice.share())),
    };
    (0..count).map(|_| trip()).collect()
}
