//! Trips of simulated machines while everything around them goes wrong: the real server as processes that are
//! killed and frozen, a PostgreSQL that is killed and restarted, connections that break, clocks that are wrong,
//! packets that are lost, machines that misbehave.
//!
//! - [`schedule`]: what goes wrong, what machines there are and what is asked of them: functions of the seed
//! - [`site`]: [`postgres`], servers ([`node`]), lines and front ([`line`]), the fleet
//! - [`trips`]: asks for the trips; [`laws`]: what must be true in the end
//!
//! `PITSTOP_CHAOS_SEED=7` repeats a schedule, `PITSTOP_CHAOS_TRIPS=200` makes it a long one.
#![expect(clippy::unwrap_used, reason = "what a test cannot unwrap, it fails at")]

#[path = "support/database.rs"]
mod database;
#[path = "chaos/laws.rs"]
mod laws;
#[path = "chaos/line.rs"]
mod line;
#[path = "chaos/node.rs"]
mod node;
#[path = "chaos/postgres.rs"]
mod postgres;
#[path = "chaos/schedule.rs"]
mod schedule;
#[path = "support/shape.rs"]
mod shape;
#[path = "chaos/site.rs"]
mod site;
#[path = "chaos/trips.rs"]
mod trips;

use futures::FutureExt;
use pitstop_rig::fleet::{Handle, Profile, Quirks};
use schedule::{Blow, Schedule};
use site::Site;
use std::any::Any;
use std::panic::AssertUnwindSafe;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use tokio::sync::watch;
use trips::{Driver, Seen};

/// Trips that each machine makes: in a short run three, so that more of them are there at once.
fn each(trips: u64) -> usize {
    if trips < 100 { 3 } else { 5 }
}

/// Blows end after so long a trip at the latest, so that the test does too.
const LONGEST: Duration = Duration::from_secs(1);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_trip_ends_with_the_machine_back_whatever_is_killed_cut_or_set_wrong() {
    chaos(1).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn several_servers_on_one_database_do_no_harm_when_one_is_killed_or_frozen() {
    chaos(2).await;
}

/// No chaos: what a wrong clock does must show each time.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_clock_that_is_set_wrong_between_trips_and_during_them_changes_nothing() {
    let whole = schedule::machines(4, 1, false);
    let whole = whole.into_iter().map(|profile| Profile { quirks: Quirks::default(), ..profile }).collect();
    let mut site = Site::start(1, whole).await;
    let (done, mut finished) = watch::channel(false);
    let drivers = drive(&site, 1, 2, done);
    for seconds in [-600, 300, -300, 600, -600, 600].into_iter().cycle() {
        let over = tokio::time::timeout(Duration::from_secs(3), finished.wait_for(|done| *done)).await;
        if over.is_ok() {
            break;
        }
        site.deal(0, Blow::Clock(seconds)).await;
    }
    let seen = drivers.join().unwrap();
    let statuses: Vec<_> = site.fleet.machines().map(|(_, machine)| machine.status()).collect();
    let verdict = laws::judge(&site.store, statuses).await;
    let wrong: Vec<_> = seen.into_iter().flat_map(|seen| seen.wrong).chain(verdict.wrong).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
    let there_and_back = 2 * verdict.jobs;
    assert_eq!((verdict.jobs, verdict.restarts), (4 * 2, there_and_back), "{:?}", verdict.outcomes);
}

async fn chaos(servers: usize) {
    let trips = number("PITSTOP_CHAOS_TRIPS", 60);
    let seed = number("PITSTOP_CHAOS_SEED", u64::from(rand::random::<u16>()));
    println!("PITSTOP_CHAOS_SEED={seed} PITSTOP_CHAOS_TRIPS={trips}");
    let started = Instant::now();
    // Several servers make half of them: freezes take their time.
    let each = each(trips);
    let machines = trips as usize / each / servers;
    let profiles = schedule::machines(machines, seed, servers > 1);
    let mut site = Site::start(servers, profiles).await;
    let (done, finished) = watch::channel(false);
    let drivers = drive(&site, seed, each, done);
    site.suffer(&mut Schedule::new(seed, servers), LONGEST * trips as u32, &finished).await;
    let seen = drivers.join().unwrap();
    let statuses = site.fleet.machines().map(|(_, machine)| machine.status()).collect();
    let verdict = laws::judge(&site.store, statuses).await;
    let made: u32 = seen.iter().map(|seen| seen.trips).sum();
    let held: u32 = seen.iter().map(|seen| seen.held).sum();
    let unproven: u32 = seen.iter().map(|seen| seen.unproven).sum();
    let minutes = started.elapsed().as_secs_f64() / 60.0;
    println!(
        "seed {seed}: {made} trips, {held} held as dark, {unproven} as unproven, {minutes:.1} minutes; {:?}",
        site.blows
    );
    println!("{} jobs: {:?}", verdict.jobs, verdict.outcomes);
    println!(
        "{} restarts, of them {} by the machine itself; {} acknowledged log lines",
        verdict.restarts, verdict.by_itself, verdict.lines
    );
    let wrong: Vec<_> = seen.into_iter().flat_map(|seen| seen.wrong).chain(verdict.wrong).collect();
    if !wrong.is_empty() {
        println!("logs are kept in {}", site.keep_logs(seed).display());
    }
    assert!(wrong.is_empty(), "seed {seed}:\n{}", wrong.join("\n"));
    assert_eq!(made as usize, machines * each);
}

/// On a thread of their own: the test's is held up while programs start.
fn drive(site: &Site, seed: u64, each: usize, done: watch::Sender<bool>) -> JoinHandle<Vec<Seen>> {
    let driver = |machine: &Handle| Driver {
        store: site.store.clone(),
        machine: machine.clone(),
        addresses: site.addresses.subscribe(),
    };
    let drivers: Vec<_> = site.fleet.machines().map(|(_, machine)| driver(machine)).collect();
    let runtime = tokio::runtime::Handle::current();
    std::thread::spawn(move || {
        let drive = |(index, driver): (usize, Driver)| {
            AssertUnwindSafe(driver.drive(schedule::trips(each, seed, index))).catch_unwind()
        };
        let all = futures::future::join_all(drivers.into_iter().enumerate().map(drive));
        let seen = runtime.block_on(all);
        done.send_replace(true);
        seen.into_iter().map(|seen| seen.unwrap_or_else(failed)).collect()
    })
}

/// A driver that gave up tells why.
fn failed(panic: Box<dyn Any + Send>) -> Seen {
    let why = panic.downcast::<String>().map_or_else(|_| "a driver failed".to_owned(), |why| *why);
    Seen { wrong: vec![why], ..Seen::default() }
}

fn number(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).map_or(otherwise, |text| text.parse().expect("a number"))
}
