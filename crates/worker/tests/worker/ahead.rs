//! Jobs whose image is not on this server yet.

use crate::world::{World, own, plan, simulated};
use crate::{until, until_phase, within};
use async_trait::async_trait;
use pitstop_domain::ask::Ask;
use pitstop_domain::digest::Digest;
use pitstop_domain::job::{Job, Outcome, Phase, Plan};
use pitstop_domain::presence::Presence;
use pitstop_store::{Keys, Result, Store};
use pitstop_worker::Worker;
use pitstop_worker::ahead::{Ahead, AtHand};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

struct Said(Mutex<AtHand>);

#[async_trait]
impl Ahead for Said {
    async fn at_hand(&self, _: &Digest) -> Result<AtHand> {
        Ok(self.0.lock().unwrap().clone())
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_waits_for_its_image_and_says_so_and_one_that_cannot_be_had_costs_no_machine() {
    let (world, stop) = (World::new().await, CancellationToken::new());
    let said = Arc::new(Said(Mutex::new(AtHand::Comes(None))));
    let worker = Worker::new(world.store.clone(), Keys::new([7; 32]), "worker").bringing(Some(said.clone()));
    let working = tokio::spawn(worker.run(stop.clone()));
    let job = world.job(world.machine(1).await, 0).await;
    until(&world, "it waits", async || {
        let waiting = world.store.job(job.id).await.unwrap().unwrap().waiting;
        waiting.is_some_and(|waiting| waiting.awaits.contains("its image, which comes from the bucket"))
    })
    .await;
    assert_eq!(world.now(&job).await.phase, Phase::Queued);
    *said.0.lock().unwrap() = AtHand::Here;
    until_phase(&world, &job, Phase::Switching).await;

    *said.0.lock().unwrap() = AtHand::Never("the bucket is away".to_owned());
    let job = world.job(world.machine(2).await, 0).await;
    until_phase(&world, &job, Phase::Closed).await;
    let closed = world.now(&job).await;
    let ended = closed.ended.unwrap();
    assert!(ended.outcome == Outcome::Cancelled && ended.because.contains("away"), "{ended:?}");
    assert!(closed.switching_since.is_none(), "its machine was not touched");
    stop.cancel();
    working.await.unwrap();
}

/// A person cancels the job, and it is closed, while it is asked for its image; for all others it is here.
struct Overtaken {
    store: Store,
    job: Mutex<Option<Job>>,
}

#[async_trait]
impl Ahead for Overtaken {
    async fn at_hand(&self, _: &Digest) -> Result<AtHand> {
        let job = self.job.lock().unwrap().take();
        let Some(job) = job else { return Ok(AtHand::Here) };
        let sql = "update jobs set phase = 'closed', outcome = 'cancelled', because = 'by ann', closed_at = now(), \
                   wake_at = null, version = version + 1 where id = $1";
        sqlx::query(sql).bind(job.id.0).execute(self.store.pool()).await.unwrap();
        Ok(AtHand::Never("the bucket is away".to_owned()))
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_that_is_over_while_its_image_is_asked_for_holds_up_no_other() {
    let (world, stop) = (World::new().await, CancellationToken::new());
    let over = world.job(world.machine(1).await, 0).await;
    let other = world.job(world.machine(2).await, 1).await;
    let overtaken = Overtaken { store: world.store.clone(), job: Mutex::new(Some(over.clone())) };
    let worker = Worker::new(world.store.clone(), Keys::new([7; 32]), "worker");
    let working = tokio::spawn(worker.bringing(Some(Arc::new(overtaken))).run(stop.clone()));
    // Sooner than the claims of a worker that failed are over: both were claimed together.
    let switched = async || world.now(&other).await.phase == Phase::Switching;
    within(Duration::from_secs(20), &world, "the other job begins", switched).await;
    assert_eq!(world.now(&over).await.ended.unwrap().because, "by ann");
    stop.cancel();
    working.await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_is_asked_before_the_image_is_here() {
    let (world, stop) = (World::new().await, CancellationToken::new());
    let machine = world.machine(1).await;
    let now = world.store.now();
    let people = Presence { people: 1, asks: true, ..Presence::default() };
    world.store.saw(machine, &own("b1"), now).await.unwrap();
    world.store.saw_presence(machine, &people, now).await.unwrap();
    let said = Arc::new(Said(Mutex::new(AtHand::Comes(None))));
    let worker = Worker::new(world.store.clone(), Keys::new([7; 32]), "worker").bringing(Some(said.clone()));
    let working = tokio::spawn(worker.run(stop.clone()));
    let job =
        world.job_planned(machine, 0, Plan { ask: Some(Ask::default()), ..plan(vec![simulated()]) }).await;
    let awaits = async |what: &str| {
        let waiting = world.store.job(job.id).await.unwrap().unwrap().waiting;
        waiting.is_some_and(|waiting| waiting.awaits.contains(what))
    };
    until(&world, "it waits for its image", async || awaits("its image").await).await;
    assert_eq!(world.count("select count(*) from questions").await, 0);
    *said.0.lock().unwrap() = AtHand::Here;
    until(&world, "whoever is there is asked", async || awaits("put the question").await).await;
    assert_eq!(world.count("select count(*) from questions").await, 1);
    stop.cancel();
    working.await.unwrap();
}
