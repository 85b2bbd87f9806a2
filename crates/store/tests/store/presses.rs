//! Calls that the server itself makes: prepared by one, pressed once, and only while they are wanted.

use super::world::{World, at, in_maintenance, simulated};
use pitstop_domain::facts::CallState::{Accepted, Pressed, Started, Void};
use pitstop_domain::job::{Job, Phase};
use pitstop_domain::route::Route;
use pitstop_store::presses::{Press, Taken};

impl World {
    /// A job whose call the server makes, taken at second 1.
    async fn taken(&self) -> (Job, Taken) {
        let job = self.job_by(self.machine(1).await, 0, vec![simulated(), Route::Person]).await;
        self.work(0).await;
        let taken = self.take("one", 1).await.expect("a call waits");
        (self.now(&job).await, taken)
    }

    async fn take(&self, worker: &str, second: i64) -> Option<Taken> {
        self.store.take_pushed_calls(worker, 64, at(second)).await.unwrap().pop()
    }

    async fn press(&self, taken: &Taken, second: i64) -> Press {
        self.store.press(taken, at(second)).await.unwrap()
    }

    /// As if the worker that prepares had been away for longer than its lease.
    async fn call_lease_runs_out(&self, job: &Job) {
        let sql = "update calls set lease_until = lease_until - interval '1 hour' where job_id = $1";
        self.sql(sql, job).await.unwrap();
    }

    async fn call_states(&self, job: &Job) -> Vec<pitstop_domain::facts::CallState> {
        self.store.calls_of(job.id).await.unwrap().iter().map(|call| call.state).collect()
    }
}

#[tokio::test]
async fn a_call_is_pressed_once_and_never_taken_again() {
    let world = World::new().await;
    let (job, taken) = world.taken().await;
    world.work(1).await;
    assert_eq!(world.press(&taken, 2).await, Press::Now);
    assert_eq!(world.call_states(&job).await, [Pressed]);
    assert_eq!(world.press(&taken, 3).await, Press::GivenUp, "it was pressed already");
    world.call_lease_runs_out(&job).await;
    assert!(world.take("another", 4).await.is_none(), "nobody knows whether it took effect");
    world.store.answer_call(taken.call.id, Accepted, "yes", at(5)).await.unwrap();
    assert_eq!(world.call_states(&job).await, [Accepted]);
}

#[tokio::test]
async fn a_call_whose_worker_died_over_its_preparation_is_taken_by_another_and_the_dead_one_presses_nothing()
{
    let world = World::new().await;
    let (job, dead) = world.taken().await;
    world.work(1).await;
    assert!(world.take("another", 2).await.is_none(), "it is being prepared");
    world.call_lease_runs_out(&job).await;
    let another = world.take("another", 3).await.expect("the lease ran out");
    world.work(3).await;
    assert_eq!(world.press(&dead, 4).await, Press::GivenUp);
    assert_eq!(world.press(&another, 4).await, Press::Now);
}

#[tokio::test]
async fn a_worker_that_says_that_it_is_still_at_it_keeps_its_call() {
    let world = World::new().await;
    let (job, mut taken) = world.taken().await;
    world.work(1).await;
    let before = taken.clone();
    assert!(world.store.keep_call(&mut taken).await.unwrap());
    assert_eq!(world.press(&before, 2).await, Press::GivenUp, "that lease was renewed");
    assert_eq!(world.press(&taken, 2).await, Press::Now);
    assert!(!world.store.keep_call(&mut taken).await.unwrap());
    assert_eq!(world.call_states(&job).await, [Pressed]);
}

#[tokio::test]
async fn nothing_is_pressed_over_what_was_seen_and_not_yet_decided_on() {
    let world = World::new().await;
    let (job, taken) = world.taken().await;
    world.saw(job.machine, in_maintenance(job.id), 2).await;
    assert_eq!(world.press(&taken, 3).await, Press::Undecided, "it is in maintenance already");
    assert_eq!(world.call_states(&job).await, [Started]);
    let claimed = world.claim_one(3).await;
    assert_eq!(world.press(&taken, 3).await, Press::Undecided, "a worker has it in its hands");
    assert!(world.commit(&claimed, 3).await, "and is not disturbed");
    world.work(3).await;
    assert_eq!(world.now(&job).await.phase, Phase::Running);
    assert_eq!(world.press(&taken, 4).await, Press::GivenUp);
    assert_eq!(world.call_states(&job).await, [Void], "what was only prepared is taken back");
}

#[tokio::test]
async fn a_job_cancelled_while_its_call_is_prepared_has_touched_nothing() {
    let world = World::new().await;
    let (job, taken) = world.taken().await;
    world.store.cancel_job(job.id, "enough", at(2)).await.unwrap();
    assert_eq!(world.press(&taken, 2).await, Press::Undecided, "the wish is heard first");
    world.work(3).await;
    let closed = world.now(&job).await;
    assert_eq!((closed.phase, closed.proof), (Phase::Closed, Some(pitstop_domain::proof::Proof::Untouched)));
    assert_eq!(world.press(&taken, 4).await, Press::GivenUp);
}

#[tokio::test]
async fn a_step_that_was_decided_before_the_press_is_not_stored() {
    let world = World::new().await;
    let (job, taken) = world.taken().await;
    world.work(1).await;
    let sql = "update jobs set wake_at = to_timestamp(0) where id = $1";
    world.sql(sql, &job).await.unwrap();
    let claimed = world.claim_one(2).await;
    assert_eq!(world.press(&taken, 2).await, Press::Now);
    assert!(!world.commit(&claimed, 2).await, "it did not know that the machine may be touched");
}
