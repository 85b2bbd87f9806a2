//! The timetable: a year of five hundred schedules on ten thousand machines, and ten thousand jobs that are due at one
//! moment. Run by `cargo xtask bench timetable`; needs `DATABASE_URL`.
//!
//! *Planning* is what a page of a year does before it is written: every time of every schedule, the machines of each, and
//! whether a window or a blackout stands in its way. *Firing* is one worker on a real PostgreSQL, from the moment that is
//! written in the schedule to the commit that makes the jobs; seen from beside it, every five milliseconds. Once as it is where
//! nobody could know of the moment before, and once stored beforehand.

#![expect(clippy::unwrap_used, reason = "a benchmark: what is missing ends it")]

#[path = "../../store/tests/store/database.rs"]
mod database;
#[path = "../../store/tests/store/world.rs"]
mod world;

use chrono::TimeDelta;
use pitstop_calendar::{Chosen, Held, Kind, OnMiss, Schedule, Series, Times, Timing, Zone};
use pitstop_domain::Time;
use pitstop_domain::id::{ScheduleId, TimesId};
use pitstop_domain::run::RunPlan;
use pitstop_store::Keys;
use pitstop_worker::Worker;
use pitstop_worker::schedules::beforehand::MANY;
use pitstop_worker::schedules::ground::Ground;
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;
use world::World;

const MACHINES: i32 = 10_000;
const SCHEDULES: usize = 500;
const SITES: usize = 25;
/// Moments at which ten thousand jobs are due, one after the other.
const FIRINGS: usize = 5;
/// How exactly the commit is seen.
const LOOK: Duration = Duration::from_millis(5);
/// Longer is no firing.
const LIMIT: Duration = Duration::from_secs(120);

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        planning().await;
        firing("at its moment", usize::MAX).await;
        firing("beforehand", MANY).await;
    });
}

/// Machines in rows of sites and rooms, each with a route.
async fn fleet(world: &World) {
    sqlx::query(
        "insert into machines (id, name, arch, firmware, has_agent, site, room, labels, routes) \
         select gen_random_uuid(), 'pc-' || n, 'x86_64', 'bios', true, 'site-' || n % $2, 'room-' || n % 400, \
             array['label-' || n % 10], '[{\"kind\": \"agent\"}, {\"kind\": \"person\"}]' from generate_series(1, $1) n",
    )
    .bind(MACHINES)
    .bind(i32::try_from(SITES).unwrap())
    .execute(world.store.pool())
    .await
    .unwrap();
    sqlx::query("vacuum analyze").execute(world.store.pool()).await.unwrap();
}

fn schedule(n: usize, now: Time) -> Schedule {
    let zone = ["Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe"][n % 4];
    let rule = [
        "FREQ=DAILY",
        "FREQ=WEEKLY;BYDAY=TU,TH",
        "FREQ=WEEKLY;INTERVAL=2",
        "FREQ=MONTHLY;BYDAY=2SA",
        "FREQ=DAILY",
    ];
    let words = match n % 3 {
        0 => format!("site:site-{}", n % SITES),
        1 => format!("room:room-{}", n % 400),
        _ => format!("site:site-{} label:label-{}", n % SITES, n % 10),
    };
    let start = now.naive_utc().date().and_hms_opt(u32::try_from(n % 24).unwrap(), 0, 0).unwrap();
    let series =
        Series { rule: Some(rule[n % 5].parse().unwrap()), ..Series::once(zone.parse().unwrap(), start) };
    Schedule {
        id: ScheduleId(Uuid::now_v7()),
        name: format!("schedule {n:03}"),
        chosen: Chosen::Search(words),
        scopes: None,
        plan: RunPlan::plain("inventory"),
        timing: Timing { series, ready_by: None, on_miss: OnMiss::Skip },
        since: now,
        settled_through: None,
        paused_at: None,
    }
}

fn held(n: usize, kind: Kind, now: Time) -> Held {
    let start =
        now.naive_utc().date().and_hms_opt(20, 0, 0).unwrap() + TimeDelta::days(i64::try_from(n).unwrap());
    let rule = (kind == Kind::Window).then(|| "FREQ=DAILY".parse().unwrap());
    let starts = Series { rule, ..Series::once("Europe/Berlin".parse().unwrap(), start) };
    Held {
        id: TimesId(Uuid::now_v7()),
        kind,
        title: format!("{kind:?} {n}"),
        query: format!("site:site-{}", n % SITES),
        times: Times { starts, minutes: 10 * 60 },
    }
}

async fn planning() {
    let world = World::new().await;
    fleet(&world).await;
    let now = world.store.now();
    let until = now + TimeDelta::days(365);
    let windows = (0..10).map(|n| held(n, Kind::Window, now));
    let held: Vec<_> = windows.chain((0..100).map(|n| held(n * 3, Kind::Blackout, now))).collect();
    world.store.add_times(&held, None, "bench", now).await.unwrap();
    let schedules: Vec<_> = (0..SCHEDULES).map(|n| schedule(n, now)).collect();
    let all: Vec<_> = schedules.iter().collect();
    println!("{SCHEDULES} schedules, {MACHINES} machines, 10 windows, 100 blackouts, a year");
    for round in 0..3 {
        let begun = Instant::now();
        let times: Vec<_> = all.iter().map(|one| one.timing.series.between(now, until)).collect();
        let expanded = begun.elapsed();
        let mut ground = Ground::of(&world.store, &all, now - TimeDelta::days(1)..until).await.unwrap();
        let placed: Vec<_> = all.iter().map(|one| ground.placed(one)).collect();
        let asked = begun.elapsed() - expanded;
        let trip = TimeDelta::minutes(20);
        let open =
            |n: usize| times[n].iter().filter(|one| placed[n].allowed.at(one.at, trip).is_ok()).count();
        let open: usize = (0..all.len()).map(open).sum();
        let whole = begun.elapsed();
        let count: usize = times.iter().map(Vec::len).sum();
        println!(
            "  round {round}: {count} times in {expanded:.0?}, machines and windows in {asked:.0?}, {open} may begin, in all {whole:.0?}"
        );
    }
}

async fn firing(stored: &str, many: usize) {
    println!("{MACHINES} jobs due at one moment, one worker, stored {stored}");
    let mut took = Vec::new();
    for round in 0..FIRINGS {
        let world = World::new().await;
        fleet(&world).await;
        let stop = CancellationToken::new();
        let worker = Worker::new(world.store.clone(), Keys::new([7; 32]), "bench").beforehand_from(many);
        let worker = worker.run(stop.clone());
        let worker = tokio::spawn(worker);
        let late = fire(&world).await;
        println!("  moment {round}: all jobs queued {late:.2?} after it was due");
        took.push(late);
        stop.cancel();
        worker.await.unwrap();
    }
    // All jobs of a moment are made by one commit: the last is as late as the first.
    took.sort();
    println!(
        "  due → queued: p50 {:.2?}, p99 (of {FIRINGS}: the slowest) {:.2?}",
        took[FIRINGS / 2],
        took[FIRINGS - 1]
    );
}

async fn fire(world: &World) -> Duration {
    let now = world.store.now();
    // Occurrences are named by whole seconds.
    let due = Time::from_timestamp(now.timestamp() + 4, 0).unwrap();
    let start = due.naive_utc();
    let series = Series::once(Zone::UTC, start);
    let schedule = Schedule {
        chosen: Chosen::Search(String::new()),
        name: "storm".to_owned(),
        timing: Timing { series, ready_by: None, on_miss: OnMiss::Skip },
        ..schedule(0, now)
    };
    world.store.keep_schedule(&schedule, None, "bench", now).await.unwrap();
    let begun = Instant::now();
    let count = async || -> (i64, i64) {
        sqlx::query_as(
            "select count(*), count(distinct j.machine_id) from schedule_occurrences o join jobs j on j.run_id = o.run_id \
             where o.schedule_id = $1",
        )
        .bind(schedule.id.0)
        .fetch_one(world.store.pool())
        .await
        .unwrap()
    };
    let wanted = i64::from(MACHINES);
    while count().await.0 < wanted {
        assert!(begun.elapsed() < LIMIT, "lost: {:?} of {wanted} after {LIMIT:?}", count().await);
        tokio::time::sleep(LOOK).await;
    }
    let late = (world.store.now() - due).to_std().unwrap_or_default();
    // None is doubled, now and a while later.
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(count().await, (wanted, wanted), "each machine has one job");
    late
}
