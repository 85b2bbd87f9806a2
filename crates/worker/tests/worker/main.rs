//! Workers on a real PostgreSQL, a database per test: woken, revived, two at once.
#![expect(clippy::unwrap_used, reason = "what a test cannot unwrap, it fails at")]

#[path = "../../../store/tests/store/database.rs"]
mod database;
#[path = "../../../store/tests/store/world.rs"]
mod world;

mod ahead;
mod beforehand;
mod boards;
mod health;
mod hooks;
mod management;
mod schedules;
mod telling;

use management::Management;
use pitstop_domain::facts::CallState;
use pitstop_domain::job::{Job, Phase, Plan};
use pitstop_domain::probe::Probe;
use pitstop_domain::route::Route;
use pitstop_store::presses::Press;
use pitstop_store::{Keys, Store};
use pitstop_worker::{Outside, Worker};
use std::time::{Duration, Instant};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use world::World;

/// Long past what a busy machine needs.
const LIMIT: Duration = Duration::from_secs(30);

struct Working {
    stop: CancellationToken,
    tasks: Vec<JoinHandle<()>>,
}

impl Working {
    fn start(store: &Store, names: &[&str]) -> Self {
        let worker = |name: &&str| Worker::new(store.clone(), Keys::new([7; 32]), *name);
        Self::of(names.iter().map(worker))
    }

    fn of(workers: impl Iterator<Item = Worker>) -> Self {
        let stop = CancellationToken::new();
        Self { tasks: workers.map(|worker| tokio::spawn(worker.run(stop.clone()))).collect(), stop }
    }

    async fn stop(self) {
        self.stop.cancel();
        for task in self.tasks {
            task.await.unwrap();
        }
    }
}

/// Looks at the job whenever something changed, until it is so.
async fn until(world: &World, what: &str, is_so: impl AsyncFnMut() -> bool) {
    within(LIMIT, world, what, is_so).await;
}

/// As [`until`], for so long at most.
async fn within(limit: Duration, world: &World, what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    let waiting = async {
        let mut signals = world.store.listen().await.unwrap();
        while !is_so().await {
            signals.next().await.unwrap();
        }
    };
    assert!(tokio::time::timeout(limit, waiting).await.is_ok(), "not within {limit:?}: {what}");
}

async fn until_phase(world: &World, job: &Job, phase: Phase) {
    until(world, phase.name(), async || world.now(job).await.phase == phase).await;
}

async fn call_state(world: &World, job: &Job) -> Option<CallState> {
    world.store.calls_of(job.id).await.unwrap().last().map(|call| call.state)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_queued_job_is_stepped_because_it_was_told_of_and_not_by_the_slow_poll() {
    let world = World::new().await;
    let working = Working::start(&world.store, &["worker"]);
    let start = Instant::now();
    // By the poll, every 5 s, twelve in a row would take about half a minute.
    for number in 1..=12 {
        let job = world.job(world.machine(number).await, 0).await;
        until_phase(&world, &job, Phase::Switching).await;
    }
    assert!(start.elapsed() < Duration::from_secs(12), "{:?}", start.elapsed());
    working.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_dead_worker_claimed_is_stepped_by_another() {
    let world = World::new().await;
    let job = world.job(world.machine(1).await, 0).await;
    world.claim_one(0).await;
    world.lease_runs_out(&job).await;
    let working = Working::start(&world.store, &["another"]);
    until_phase(&world, &job, Phase::Switching).await;
    working.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_workers_ask_each_route_once() {
    let world = World::new().await;
    let management = Management::start().await;
    let mut jobs = Vec::new();
    for number in 1..=10 {
        let routes = vec![Route::Simulated { url: management.url(&number.to_string()) }];
        jobs.push(world.job_by(world.machine(number).await, 0, routes).await);
    }
    let other = Store::open(&world.url).await.unwrap();
    let (one, two) = (Working::start(&world.store, &["one"]), Working::start(&other, &["two"]));
    for job in &jobs {
        until(&world, "accepted", async || call_state(&world, job).await == Some(CallState::Accepted)).await;
    }
    one.stop().await;
    two.stop().await;
    let mut asked = management.asked();
    asked.sort_by_key(|path| path.parse::<u8>().unwrap());
    assert_eq!(asked, (1..=10).map(|number| number.to_string()).collect::<Vec<_>>());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_route_that_was_being_asked_in_a_crash_is_not_asked_again() {
    let world = World::new().await;
    let management = Management::start().await;
    let job_on = async |number: u8, name: &str| {
        let routes = vec![Route::Simulated { url: management.url(name) }];
        world.job_by(world.machine(number).await, 0, routes).await
    };
    let crashed = job_on(1, "crashed").await;
    world.work(0).await;
    let taken = world.store.take_pushed_calls("crashed", 64, world::at(0)).await.unwrap();
    assert_eq!(world.store.press(&taken[0], world::at(0)).await.unwrap(), Press::Now);
    // Its time has not begun to run long ago, but now: what is looked at is the call.
    let sql = "with job as (update jobs set attempt_since = now(), phase_since = now() where id = $1) \
               update calls set phase_since = now() where job_id = $1";
    world.sql(sql, &crashed).await.unwrap();
    let working = Working::start(&world.store, &["after the crash"]);
    let later = job_on(2, "later").await;
    until(&world, "accepted", async || call_state(&world, &later).await == Some(CallState::Accepted)).await;
    working.stop().await;
    assert_eq!(management.asked(), ["later"]);
    assert_eq!(call_state(&world, &crashed).await, Some(CallState::Pressed), "the machine will show");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_that_was_only_prepared_in_a_crash_is_made_by_another() {
    let world = World::new().await;
    let management = Management::start().await;
    let routes = vec![Route::Simulated { url: management.url("m1") }];
    let job = world.job_by(world.machine(1).await, 0, routes).await;
    world.work(0).await;
    assert_eq!(world.store.take_pushed_calls("crashed", 64, world::at(0)).await.unwrap().len(), 1);
    let sql = "with job as (update jobs set attempt_since = now(), phase_since = now() where id = $1) \
               update calls set phase_since = now(), lease_until = now() - interval '1 s' where job_id = $1";
    world.sql(sql, &job).await.unwrap();
    let working = Working::start(&world.store, &["another"]);
    until(&world, "accepted", async || call_state(&world, &job).await == Some(CallState::Accepted)).await;
    working.stop().await;
    assert_eq!(management.asked(), ["m1"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_probe_of_a_machine_that_a_job_has_is_asked_and_its_answers_are_seen() {
    let world = World::new().await;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let probe = Some(Probe::Tcp { host: "127.0.0.1".to_owned(), port });
    let plan = Plan { probe, ..world::plan(vec![Route::Person]) };
    let job = world.job_planned(world.machine(1).await, 0, plan).await;
    let working = Working::start(&world.store, &["worker"]);
    let seen = async |kind: &str| {
        let facts = world.store.facts_of(job.machine).await.unwrap();
        facts.iter().any(|fact| fact.sighting.fact() == kind)
    };
    until(&world, "an answer is seen", async || seen("probe_answered").await).await;
    drop(listener);
    until(&world, "silence is seen", async || seen("probe_silent").await).await;
    working.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_alarm_is_told_outside_until_it_is_taken() {
    let world = World::new().await;
    let outside = Management::that_answers(&["503 Not Now", "200 OK"]).await;
    let job = world.job(world.machine(1).await, 0).await;
    let sql = "with a as (insert into alarms (kind, job_id, machine_id, reason, raised_at, tell_at) \
               select 'held', id, machine_id, 'not proven back', now(), now() from jobs where id = $1) \
               update jobs set wake_at = now() + interval '1 hour' where id = $1";
    world.sql(sql, &job).await.unwrap();
    let telling = Outside {
        url: outside.url("alarms").parse().unwrap(),
        key: "key".to_owned(),
        dashboard: "http://pitstop".to_owned(),
    };
    let stop = CancellationToken::new();
    let worker = Worker::new(world.store.clone(), Keys::new([7; 32]), "worker").telling(Some(telling));
    let working = tokio::spawn(worker.run(stop.clone()));
    outside.until_asked(1).await;
    // The second try is minutes away: as if they had passed.
    world.sql("update alarms set tell_at = now() where job_id = $1", &job).await.unwrap();
    outside.until_asked(2).await;
    let taken = async || world.count("select count(*) from alarms where told_at is not null").await == 1;
    let begin = Instant::now();
    while !taken().await {
        assert!(begin.elapsed() < LIMIT, "it was taken");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    stop.cancel();
    working.await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_that_cannot_be_stepped_holds_up_no_other() {
    let world = World::new().await;
    let broken = world.job(world.machine(1).await, 0).await;
    let sound = world.job(world.machine(2).await, 1).await;
    let newer = r#"insert into facts select machine_id, 'own_agent', now(), '{"kind": "of a newer version"}' from jobs where id = $1"#;
    world.sql(newer, &broken).await.unwrap();
    let working = Working::start(&world.store, &["worker"]);
    until_phase(&world, &sound, Phase::Switching).await;
    let next = world.job(world.machine(3).await, 2).await;
    until_phase(&world, &next, Phase::Switching).await;
    assert_eq!(world.now(&broken).await.phase, Phase::Queued);
    working.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_route_that_cannot_be_reached_refuses_and_the_next_is_tried() {
    let world = World::new().await;
    let job = world.job_by(world.machine(1).await, 0, vec![world::simulated(), Route::Person]).await;
    let working = Working::start(&world.store, &["worker"]);
    until(&world, "a person is asked", async || {
        let calls = world.store.calls_of(job.id).await.unwrap();
        calls.last().is_some_and(|call| call.route == Route::Person)
    })
    .await;
    let calls = world.store.calls_of(job.id).await.unwrap();
    let states: Vec<_> = calls.iter().map(|call| call.state).collect();
    assert_eq!(states, [CallState::Refused, CallState::Refused, CallState::Waiting]);
    working.stop().await;
}
