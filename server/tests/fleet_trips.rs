//! Trips of simulated machines: the real server in this process, a real PostgreSQL, the real protocols over
//! loopback. The machines keep the book: a trip restarts each once there and once back, and no more.
#![expect(clippy::unwrap_used, reason = "what a test cannot unwrap, it fails at")]

#[path = "support/database.rs"]
mod database;
#[path = "support/fleet.rs"]
mod fleet;
#[path = "support/shape.rs"]
mod shape;

use fleet::World;
use pitstop_domain::facts::CallState;
use pitstop_domain::function::Limits;
use pitstop_domain::job::{Outcome, Phase};
use pitstop_domain::proof::Proof;
use pitstop_rig::fleet::{Mix, Profile, Quirk, Quirks};

/// Faster than any real machine; the server is as fast as it is.
const SPEED: f64 = 40.0;

fn machines(count: usize) -> Vec<Profile> {
    Profile::fleet(count, 1, SPEED, &Mix::default())
}

fn one(quirks: Quirks) -> Vec<Profile> {
    machines(1)
        .into_iter()
        .map(|profile| Profile { quirks: quirks.clone(), memory_gib: 8, ..profile })
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn twenty_machines_make_the_trip_and_restart_once_each_way() {
    let world = World::new(machines(20)).await;
    let mut jobs = Vec::new();
    for name in world.names() {
        jobs.push((name.clone(), world.start(&name, "inventory").await));
    }
    for (name, job) in jobs {
        let closed = world.closed(job).await;
        assert_eq!(closed.job.outcome(), Some(Outcome::Succeeded), "{name}");
        assert_eq!(closed.job.proof, Some(Proof::Agent), "{name}");
        let status = world.machine(&name).status();
        let tally = &status.tally;
        assert_eq!(
            (tally.restarts, tally.boots_maintenance, tally.boots_own_system),
            (2, 1, 2),
            "{status:?}"
        );
        assert!(tally.unexpected.is_empty(), "{status:?}");
    }
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_machine_that_ignores_one_net_boot_is_retried_by_the_next_route() {
    let world = World::new(one(Quirks { ignores_net_boot: Quirk::ONCE, ..Quirks::default() })).await;
    let name = world.names().remove(0);
    let job = world.start(&name, "inventory").await;
    let closed = world.closed(job).await;
    assert_eq!((closed.job.outcome(), closed.job.proof), (Some(Outcome::Succeeded), Some(Proof::Agent)));
    let tally = world.machine(&name).status().tally;
    assert_eq!((tally.ignored_net_boots, tally.resets, tally.ordered, tally.restarts), (1, 1, 2, 3));
    let routes: Vec<_> = world.calls(job).await.iter().map(|call| call.route.name()).collect();
    assert_eq!(routes, ["agent", "simulated", "agent"]);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_machine_that_hangs_in_maintenance_ends_by_its_limit_and_is_reset() {
    let world = World::new(one(Quirks { hangs_in_maintenance: Quirk::ALWAYS, ..Quirks::default() })).await;
    let limits = Limits { run_s: 3, restore_s: 8, pickup_s: 2, ..Limits::default() };
    world.function("in-a-hurry", limits).await;
    let name = world.names().remove(0);
    let job = world.start(&name, "in-a-hurry").await;
    let closed = world.closed(job).await;
    assert_eq!((closed.job.outcome(), closed.job.proof), (Some(Outcome::Failed), Some(Proof::Agent)));
    let because = closed.job.ended.unwrap().because;
    assert!(because.contains("longer than its limit"), "{because}");
    let tally = world.machine(&name).status().tally;
    assert_eq!((tally.resets, tally.restarts, tally.boots_maintenance), (1, 2, 1));
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_machine_that_never_returns_is_held_until_it_is_seen_after_all() {
    let world = World::new(one(Quirks { never_returns: Quirk::ALWAYS, ..Quirks::default() })).await;
    let limits = Limits { restore_s: 3, pickup_s: 1, ..Limits::default() };
    world.function("in-a-hurry", limits).await;
    let name = world.names().remove(0);
    let job = world.start(&name, "in-a-hurry").await;
    let held = world.job_is(job, "held", |row| row.job.phase == Phase::Held).await;
    assert_eq!(
        held.job.ended.map(|ended| ended.outcome),
        Some(Outcome::Succeeded),
        "the work itself was done"
    );
    assert_eq!(world.machine(&name).status().state, "dark");
    let calls = world.calls(job).await;
    let pushed = calls.iter().filter(|call| call.route.name() == "simulated");
    assert!(pushed.clone().count() >= 2 && pushed.clone().all(|call| call.state == CallState::Accepted));
    world.machine(&name).power_on().await;
    let closed = world.closed(job).await;
    assert_eq!((closed.job.outcome(), closed.job.proof), (Some(Outcome::Succeeded), Some(Proof::Agent)));
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn faulty_memory_is_found_and_the_machine_returned() {
    let world = World::new(one(Quirks { faulty_memory: true, ..Quirks::default() })).await;
    let name = world.names().remove(0);
    let job = world.start(&name, "memory-test").await;
    let closed = world.closed(job).await;
    assert_eq!((closed.job.outcome(), closed.job.proof), (Some(Outcome::Found), Some(Proof::Agent)));
    assert_eq!(closed.report.unwrap()["errors"], 3);
    assert_eq!(world.machine(&name).status().tally.restarts, 2);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lost_doubled_and_late_messages_change_nothing_but_the_time() {
    let quirks = Quirks { loss: 0.05, doubles_reports: 0.4, reorders_reports: 0.4, ..Quirks::default() };
    let machines =
        machines(6).into_iter().map(|profile| Profile { quirks: quirks.clone(), ..profile }).collect();
    let world = World::new(machines).await;
    let mut jobs = Vec::new();
    for name in world.names() {
        jobs.push((name.clone(), world.start(&name, "inventory").await));
    }
    for (name, job) in jobs {
        let closed = world.closed(job).await;
        assert_eq!(
            (closed.job.outcome(), closed.job.proof),
            (Some(Outcome::Succeeded), Some(Proof::Agent)),
            "{name}"
        );
        let tally = world.machine(&name).status().tally;
        assert_eq!(tally.boots_maintenance, 1, "{tally:?}");
        assert!(tally.unexpected.is_empty(), "{tally:?}");
    }
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_machine_without_agent_is_back_by_handoff_only() {
    let machines = machines(1).into_iter().map(|profile| Profile { agent: false, ..profile }).collect();
    let world = World::new(machines).await;
    world.function("in-a-hurry", Limits { handoff_quiet_s: 2, ..Limits::default() }).await;
    let name = world.names().remove(0);
    let job = world.start(&name, "in-a-hurry").await;
    let closed = world.closed(job).await;
    assert_eq!((closed.job.outcome(), closed.job.proof), (Some(Outcome::Succeeded), Some(Proof::Handoff)));
    let tally = world.machine(&name).status().tally;
    assert_eq!((tally.restarts, tally.boots_maintenance), (2, 1), "{tally:?}");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn machines_without_a_disk_make_the_trip_and_enrol_again_as_themselves() {
    let world = World::new(machines(6).into_iter().map(Profile::diskless).collect()).await;
    let mut jobs = Vec::new();
    for name in world.names() {
        jobs.push((name.clone(), world.start(&name, "inventory").await));
    }
    for (name, job) in jobs {
        let closed = world.closed(job).await;
        assert_eq!(closed.job.outcome(), Some(Outcome::Succeeded), "{name}");
        assert_eq!(closed.job.proof, Some(Proof::Agent), "{name}");
        let status = world.machine(&name).status();
        let tally = &status.tally;
        assert_eq!(
            (tally.restarts, tally.boots_maintenance, tally.boots_own_system),
            (2, 1, 2),
            "{status:?}"
        );
        assert!(tally.unexpected.is_empty(), "{status:?}");
    }
    assert_eq!(world.known_machines().await, world.names().len(), "nobody became another machine");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_machine_without_a_disk_and_without_an_agent_is_back_once_it_has_stopped_asking() {
    let profiles = machines(1).into_iter().map(|profile| Profile { agent: false, ..profile.diskless() });
    let world = World::new(profiles.collect()).await;
    let limits = Limits { handoff_quiet_s: 3, ..Limits::default() };
    world.function("quiet", limits).await;
    let name = world.names().remove(0);
    let job = world.start(&name, "quiet").await;
    let closed = world.closed(job).await;
    assert_eq!((closed.job.outcome(), closed.job.proof), (Some(Outcome::Succeeded), Some(Proof::Handoff)));
    let tally = world.machine(&name).status().tally;
    assert_eq!((tally.restarts, tally.boots_maintenance, tally.boots_own_system), (2, 1, 2), "{tally:?}");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_machine_that_was_off_is_woken_and_shut_down_again_and_one_that_was_on_stays_on() {
    let world = World::new(machines(2)).await;
    world.function("in-a-hurry", Limits { pickup_s: 1, ..Limits::default() }).await;
    let names = world.names();
    world.machine(&names[0]).power_off().await;
    let mut jobs = Vec::new();
    for name in &names {
        jobs.push(world.start_as(name, "in-a-hurry", true).await);
    }
    for (job, was_off) in jobs.iter().zip([true, false]) {
        let closed = world.closed(*job).await.job;
        assert_eq!((closed.outcome(), closed.proof), (Some(Outcome::Succeeded), Some(Proof::Agent)));
        assert_eq!(closed.was_off, was_off);
    }
    let off = world.machine(&names[0]).until(|status| status.state == "off");
    assert!(tokio::time::timeout(std::time::Duration::from_secs(60), off).await.unwrap().is_some());
    let line = world.store.history(jobs[0]).await.unwrap().pop().unwrap();
    assert_eq!(line.reason, "shut down again: nobody is logged in, shutting down");
    let row = world.store.overview(None).await.unwrap();
    let state = |name: &str| row.iter().find(|row| row.name == name).unwrap().state(world.store.now()).name();
    assert_eq!((state(&names[0]), state(&names[1])), ("off", "own"));
    let tally = world.machine(&names[1]).status().tally;
    assert_eq!((tally.shut_downs, tally.restarts), (0, 2));
    world.stop().await;
}
