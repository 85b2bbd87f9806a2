//! Jobs whose image is not on this server yet.

use crate::world::World;
use crate::{until, until_phase};
use async_trait::async_trait;
use pitstop_domain::digest::Digest;
use pitstop_domain::job::{Outcome, Phase};
use pitstop_store::{Keys, Result};
use pitstop_worker::Worker;
use pitstop_worker::ahead::{Ahead, AtHand};
use std::sync::{Arc, Mutex};
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
