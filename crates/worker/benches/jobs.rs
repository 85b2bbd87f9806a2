//! The job machine alone: jobs through all their phases, and how soon something is done about what was asked or seen.
//! Run by `cargo xtask bench jobs`; needs `DATABASE_URL`.
//!
//! One worker on a real PostgreSQL. The machines are played at the store: each does what the boot services and the
//! agent API would store for it, and waits for its orders by the same signals. HTTP, TFTP and DHCP are not in the
//! figures; `server/tests/fleet_trips.rs` has them all.

#![expect(clippy::unwrap_used, reason = "a benchmark: what is missing ends it")]

#[path = "../../store/tests/store/database.rs"]
mod database;
#[path = "../../store/tests/store/world.rs"]
mod world;

use pitstop_domain::facts::CallState;
use pitstop_domain::id::{BootId, JobId, MachineId};
use pitstop_domain::job::{Initiator, Job, Outcome, Phase};
use pitstop_domain::route::{Route, Target};
use pitstop_domain::sighting::{FetchStep, Fetched, Sighting, Told};
use pitstop_store::signals::Signal;
use pitstop_store::{Keys, Store};
use pitstop_worker::Worker;
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::sync::{Semaphore, mpsc};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;
use world::World;

/// Open jobs that only wait, beside those that are measured.
const OPEN: [usize; 3] = [10, 1_000, 10_000];
/// Jobs that are closed, with their calls and their story: a server that has been in use for a while. PostgreSQL plans
/// by the size of its tables, and for a table that was just made it plans to read it whole.
const CLOSED: i32 = 20_000;
/// Measured trips for each of these.
const TRIPS: usize = 3_000;
/// Trips under way at once.
const AT_ONCE: usize = 256;
/// Single samples of how soon a fact is acted on.
const SAMPLES: usize = 200;
const LIMIT: Duration = Duration::from_secs(120);

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        println!("{:>7}  {:>7}  {:>15}  {:>15}", "open", "jobs/s", "asked → order", "fact → step");
        println!("{:>7}  {:>7}  {:>7} {:>7}  {:>7} {:>7}", "", "", "p50 ms", "p99 ms", "p50 ms", "p99 ms");
        for open in OPEN {
            measure(open).await;
        }
    });
}

async fn measure(open: usize) {
    let world = World::new().await;
    let bench = Bench::new(world.store.clone()).await;
    bench.fill(open).await;
    let stop = CancellationToken::new();
    let worker =
        tokio::spawn(Worker::new(world.store.clone(), Keys::new([7; 32]), "bench").run(stop.clone()));
    let (orders, steps) = bench.samples().await;
    let per_second = bench.throughput().await;
    println!(
        "{open:>7}  {per_second:>7.0}  {:>7.1} {:>7.1}  {:>7.1} {:>7.1}",
        quantile(&orders, 0.5),
        quantile(&orders, 0.99),
        quantile(&steps, 0.5),
        quantile(&steps, 0.99)
    );
    stop.cancel();
    worker.await.unwrap();
}

/// Milliseconds.
fn quantile(samples: &[Duration], part: f64) -> f64 {
    let mut sorted = samples.to_vec();
    sorted.sort();
    sorted[((sorted.len() - 1) as f64 * part) as usize].as_secs_f64() * 1000.0
}

/// Who waits for signals about which machine or job.
type Waiting = Arc<Mutex<HashMap<String, mpsc::UnboundedSender<Instant>>>>;

#[derive(Clone)]
struct Bench {
    store: Store,
    waiting: Waiting,
}

impl Bench {
    async fn new(store: Store) -> Self {
        let waiting = Waiting::default();
        let mut signals = store.listen().await.unwrap();
        let told = waiting.clone();
        tokio::spawn(async move {
            while let Ok(signal) = signals.next().await {
                let about = match signal {
                    Signal::Order(machine) => format!("order:{machine}"),
                    Signal::Changed(changed) => changed.id,
                    _ => continue,
                };
                if let Some(who) = told.lock().unwrap().get(&about) {
                    let _ = who.send(Instant::now());
                }
            }
        });
        Self { store, waiting }
    }

    fn hear(&self, about: String) -> mpsc::UnboundedReceiver<Instant> {
        let (sender, receiver) = mpsc::unbounded_channel();
        self.waiting.lock().unwrap().insert(about, sender);
        receiver
    }

    /// Jobs that run and wait for the end of their work, each with a machine of its own.
    async fn fill(&self, open: usize) {
        sqlx::query(
            "with m as (insert into machines (id, name, arch, firmware, has_agent) \
                 select gen_random_uuid(), 'open-' || n, 'x86_64', 'bios', true from generate_series(1, $1) n returning id), \
             f as (insert into facts (machine_id, kind, at, since, sighting) \
                 select id, 'own_agent', now(), now(), '{\"kind\": \"own_agent\", \"boot_id\": \"before\"}' from m) \
             insert into jobs (id, machine_id, function, image, initiator, plan, phase, attempt, phase_since, \
                 attempt_since, switching_since, boot_before, created_at, wake_at) \
             select gen_random_uuid(), id, 'inventory', $2, '{\"kind\": \"program\", \"name\": \"bench\"}', $3, 'running', \
                 0, now(), now(), now(), 'before', now(), now() + interval '1 hour' from m",
        )
        .bind(i64::try_from(open).unwrap())
        .bind(world::digest().as_str())
        .bind(sqlx::types::Json(world::plan(vec![Route::Agent])))
        .execute(self.store.pool())
        .await
        .unwrap();
        self.fill_history().await;
        sqlx::query("vacuum analyze").execute(self.store.pool()).await.unwrap();
    }

    async fn fill_history(&self) {
        sqlx::query(
            "with m as (insert into machines (id, name, arch, firmware, has_agent) \
                 select gen_random_uuid(), 'closed-' || n, 'x86_64', 'bios', true from generate_series(1, 2000) n returning id), \
             numbered as (select id, row_number() over () as n from m), \
             f as (insert into facts (machine_id, kind, at, since, sighting) \
                 select id, kind, now(), now(), json_build_object('kind', 'own_agent', 'boot_id', 'before') \
                 from m, unnest(array['own_agent', 'maintenance_agent', 'asked_to_boot', 'reported', 'sent_home']) kind), \
             j as (insert into jobs (id, machine_id, function, image, initiator, plan, phase, attempt, phase_since, \
                 attempt_since, switching_since, created_at, closed_at, outcome, because, proof) \
                 select gen_random_uuid(), id, 'inventory', $2, '{\"kind\": \"program\", \"name\": \"bench\"}', $3, 'closed', \
                     0, now(), now(), now(), now() - interval '1 day', now(), 'succeeded', 'done', 'agent' \
                 from generate_series(1, $1) g join numbered on numbered.n = 1 + g % 2000 returning id, machine_id), \
             c as (insert into calls (id, job_id, machine_id, phase, attempt, phase_since, route, target, state, created_at, changed_at) \
                 select gen_random_uuid(), id, machine_id, phase, 1, now(), '{\"kind\": \"agent\"}', 'maintenance', 'accepted', now(), now() \
                 from j, unnest(array['switching', 'restoring']) phase), \
             h as (insert into job_history (job_id, at, \"from\", \"to\", attempt, reason) \
                 select id, now(), 'queued', 'closed', 0, 'because' from j, generate_series(1, 5)) \
             insert into sightings (machine_id, at, sighting) \
                 select machine_id, now() - interval '1 day', json_build_object('kind', 'own_agent', 'boot_id', id) from j, generate_series(1, 9)",
        )
        .bind(CLOSED)
        .bind(world::digest().as_str())
        .bind(sqlx::types::Json(world::plan(vec![Route::Agent])))
        .execute(self.store.pool())
        .await
        .unwrap();
    }

    /// One after the other, on a worker that has nothing else to do: asked to first order, fact to step.
    async fn samples(&self) -> (Vec<Duration>, Vec<Duration>) {
        let (mut orders, mut steps) = (Vec::new(), Vec::new());
        for number in 0..SAMPLES {
            let trip = Trip::new(self, number).await;
            let timed = trip.make().await;
            orders.push(timed.order);
            steps.push(timed.step);
        }
        (orders, steps)
    }

    /// Whole jobs a second, many at once.
    async fn throughput(&self) -> f64 {
        let room = Arc::new(Semaphore::new(AT_ONCE));
        let mut trips = Vec::new();
        for number in 0..TRIPS {
            trips.push(Trip::new(self, SAMPLES + number).await);
        }
        let begin = Instant::now();
        let mut tasks = tokio::task::JoinSet::new();
        for trip in trips {
            let place = room.clone().acquire_owned().await.unwrap();
            tasks.spawn(async move {
                trip.make().await;
                drop(place);
            });
        }
        tasks.join_all().await;
        TRIPS as f64 / begin.elapsed().as_secs_f64()
    }
}

/// One machine and its trip.
struct Trip {
    bench: Bench,
    machine: MachineId,
    orders: mpsc::UnboundedReceiver<Instant>,
}

struct Timed {
    order: Duration,
    step: Duration,
}

impl Trip {
    async fn new(bench: &Bench, number: usize) -> Self {
        let machine =
            bench.store.add_machine(&world::numbered(u32::try_from(number).unwrap())).await.unwrap();
        bench.store.set_has_agent(machine).await.unwrap();
        let orders = bench.hear(format!("order:{machine}"));
        let trip = Self { bench: bench.clone(), machine, orders };
        trip.saw(own("before")).await;
        trip
    }

    async fn saw(&self, sighting: Sighting) {
        self.bench.store.saw(self.machine, &sighting, self.bench.store.now()).await.unwrap();
    }

    /// There and back, as a BIOS machine with an agent makes it.
    async fn make(mut self) -> Timed {
        let plan = world::plan(vec![Route::Agent]);
        let id = JobId(Uuid::now_v7());
        let mut moves = self.bench.hear(id.to_string());
        let asked = Instant::now();
        let job = Job::new(id, self.machine, "inventory", world::digest(), plan, self.bench.store.now());
        let initiator = Initiator::Program { name: "bench".to_owned() };
        self.bench.store.add_job(&job, &initiator).await.unwrap();
        let ordered = self.follow_order(Target::Maintenance, "before").await;
        self.saw(Sighting::AskedToBoot { by: "iPXE".to_owned(), told: Told::Maintenance }).await;
        for step in [FetchStep::Script, FetchStep::Kernel, FetchStep::Initrd] {
            self.saw(fetched(id, step)).await;
        }
        while moves.try_recv().is_ok() {}
        self.saw(Sighting::MaintenanceAgent { job: id, boot_id: BootId(format!("maintenance of {id}")) })
            .await;
        let seen = Instant::now();
        let stepped = self.until_phase(id, Phase::Running, &mut moves).await;
        let summary = "done".to_owned();
        self.saw(Sighting::Reported { job: id, outcome: Outcome::Succeeded, summary }).await;
        self.follow_order(Target::OwnSystem, &format!("maintenance of {id}")).await;
        self.saw(Sighting::AskedToBoot { by: "iPXE".to_owned(), told: Told::OwnSystem }).await;
        self.saw(own(&format!("after {id}"))).await;
        self.until_phase(id, Phase::Closed, &mut moves).await;
        Timed { order: ordered - asked, step: stepped.saturating_duration_since(seen) }
    }

    /// Waits for the order, as the agent's long poll does, and answers it.
    async fn follow_order(&mut self, target: Target, boot: &str) -> Instant {
        loop {
            let told = within(self.orders.recv(), "an order").await.unwrap();
            let store = &self.bench.store;
            let boot = BootId(boot.to_owned());
            if let Some(order) = store.fetch_order(self.machine, target, &boot, store.now()).await.unwrap() {
                store.answer_call(order.id, CallState::Accepted, "restarting", store.now()).await.unwrap();
                return told;
            }
        }
    }

    /// When it was told that the job moved there.
    async fn until_phase(
        &self,
        id: JobId,
        phase: Phase,
        moves: &mut mpsc::UnboundedReceiver<Instant>,
    ) -> Instant {
        loop {
            let mut told = within(moves.recv(), phase.name()).await.unwrap();
            // One look for all that was told meanwhile, as a page does it.
            while let Ok(later) = moves.try_recv() {
                told = later;
            }
            if self.bench.store.job(id).await.unwrap().unwrap().job.phase == phase {
                return told;
            }
        }
    }
}

async fn within<T>(what: impl Future<Output = T>, name: &str) -> T {
    tokio::time::timeout(LIMIT, what).await.unwrap_or_else(|_| panic!("not within {LIMIT:?}: {name}"))
}

fn own(boot: &str) -> Sighting {
    Sighting::OwnAgent { boot_id: BootId(boot.to_owned()) }
}

fn fetched(job: JobId, step: FetchStep) -> Sighting {
    let name = format!("{step:?}");
    let fetched = Fetched { job: Some(job), step, name, bytes: 1, total: Some(1), done: true, digest: None };
    Sighting::Fetched(fetched)
}
