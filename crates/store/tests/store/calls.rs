//! Calls: each is given to one who may carry it out, once, and while it is wanted.

use super::world::{World, at, boot, in_maintenance, own, reported, simulated};
use pitstop_domain::facts::CallState::{self, Accepted, Refused, Started, Void, Waiting};
use pitstop_domain::id::CallId;
use pitstop_domain::job::{Job, Phase};
use pitstop_domain::route::{Route, Target};
use pitstop_domain::step::step;
use pitstop_store::Error;
use pitstop_store::orders::CallRow;

impl World {
    async fn fetch(&self, job: &Job, target: Target, name: &str, second: i64) -> Option<CallRow> {
        self.store.fetch_order(job.machine, target, &boot(name), at(second)).await.unwrap()
    }

    async fn answer(&self, call: CallId, state: CallState, second: i64) -> Result<(), Error> {
        self.store.answer_call(call, state, "so it is", at(second)).await
    }

    async fn last_call(&self, job: &Job) -> CallRow {
        self.store.calls_of(job.id).await.unwrap().pop().unwrap()
    }

    /// A job whose agent is to restart the machine into maintenance.
    async fn switching(&self, routes: Vec<Route>) -> Job {
        let machine = self.machine(1).await;
        self.saw(machine, own("before"), 0).await;
        let job = self.job_by(machine, 0, routes).await;
        self.work(0).await;
        self.now(&job).await
    }
}

fn is_given_up(answer: Result<(), Error>) -> bool {
    matches!(answer, Err(Error::Refused(_)))
}

#[tokio::test]
async fn an_order_is_for_one_agent_and_one_boot() {
    let world = World::new().await;
    let job = world.switching(vec![Route::Agent]).await;
    let stranger = Job { machine: world.machine(2).await, ..job.clone() };
    assert_eq!(world.fetch(&stranger, Target::Maintenance, "before", 1).await, None);
    assert_eq!(world.fetch(&job, Target::OwnSystem, "maintenance", 1).await, None);
    let order = world.fetch(&job, Target::Maintenance, "before", 1).await.unwrap();
    assert_eq!((order.state, order.job), (Started, job.id));
    let again = world.fetch(&job, Target::Maintenance, "before", 2).await.unwrap();
    assert_eq!(again.id, order.id, "the answer may have been lost on its way");
    assert_eq!(world.fetch(&job, Target::Maintenance, "another", 3).await, None, "it was carried out");
    world.answer(order.id, Accepted, 4).await.unwrap();
    assert_eq!(world.fetch(&job, Target::Maintenance, "before", 5).await, None);
}

#[tokio::test]
async fn the_way_home_is_an_order_for_the_maintenance_agent() {
    let world = World::new().await;
    let job = world.switching(vec![Route::Agent]).await;
    world.saw(job.machine, in_maintenance(job.id), 30).await;
    world.saw(job.machine, reported(job.id), 40).await;
    world.work(40).await;
    assert_eq!(world.fetch(&job, Target::Maintenance, "before", 41).await, None);
    let order = world.fetch(&job, Target::OwnSystem, "maintenance", 41).await.unwrap();
    assert_eq!((order.target, order.phase.as_str()), (Target::OwnSystem, "restoring"));
}

#[tokio::test]
async fn an_order_home_that_nobody_took_ends_with_its_job() {
    let world = World::new().await;
    let job = world.switching(vec![Route::Agent]).await;
    world.saw(job.machine, in_maintenance(job.id), 30).await;
    world.saw(job.machine, reported(job.id), 40).await;
    world.work(40).await;
    world.saw(job.machine, own("after"), 50).await;
    world.work(50).await;
    assert_eq!(world.now(&job).await.phase, Phase::Closed);
    assert_eq!(world.last_call(&job).await.state, Void);
    let next = world.job(job.machine, 60).await;
    world.saw(job.machine, in_maintenance(next.id), 70).await;
    world.work(70).await;
    let order = world.fetch(&job, Target::OwnSystem, "maintenance", 71).await;
    assert_eq!(order, None, "the next job's agent must not be sent home by it");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_boots_that_ask_at_once_one_gets_the_order() {
    let world = World::new().await;
    let job = world.switching(vec![Route::Agent]).await;
    let fetch = |name: &'static str| {
        let (store, machine) = (world.store.clone(), job.machine);
        let asked = async move { store.fetch_order(machine, Target::Maintenance, &boot(name), at(1)).await };
        tokio::spawn(asked)
    };
    let (one, other) = (fetch("one"), fetch("other"));
    let given = [one.await.unwrap().unwrap(), other.await.unwrap().unwrap()];
    assert_eq!(given.iter().flatten().count(), 1);
}

#[tokio::test]
async fn an_order_of_an_attempt_that_is_over_is_not_given_again() {
    let world = World::new().await;
    let job = world.switching(vec![Route::Agent, simulated()]).await;
    let order = world.fetch(&job, Target::Maintenance, "before", 1).await.unwrap();
    world.work(601).await;
    assert_eq!(world.now(&job).await.attempt, 2);
    assert_eq!(world.fetch(&job, Target::Maintenance, "before", 602).await, None);
    assert!(is_given_up(world.answer(order.id, Accepted, 602).await), "the agent must not act now");
}

#[tokio::test]
async fn an_order_fetched_while_it_was_given_up_stands() {
    let world = World::new().await;
    let job = world.switching(vec![Route::Agent, simulated()]).await;
    let claimed = world.claim_one(60).await;
    let facts = world.store.load_facts(&claimed, at(0)).await.unwrap();
    let decided = step(&claimed.job, &facts, at(60));
    assert_eq!(decided.job.attempt, 2, "nobody took the order in time");
    world.fetch(&job, Target::Maintenance, "before", 60).await.unwrap();
    assert!(!world.store.commit_step(&claimed, &decided, at(60)).await.unwrap());
    world.work(61).await;
    assert_eq!(world.now(&job).await.attempt, 1);
    assert_eq!(world.store.calls_of(job.id).await.unwrap().len(), 1);
}

#[tokio::test]
async fn answers_may_come_twice_and_be_taken_back() {
    let world = World::new().await;
    let job = world.switching(vec![Route::Agent, simulated()]).await;
    let order = world.fetch(&job, Target::Maintenance, "before", 1).await.unwrap();
    world.answer(order.id, Accepted, 2).await.unwrap();
    world.answer(order.id, Accepted, 3).await.unwrap();
    world.answer(order.id, Refused, 4).await.unwrap();
    world.answer(order.id, Refused, 5).await.unwrap();
    assert!(is_given_up(world.answer(order.id, Accepted, 6).await), "a refusal is not taken back");
    assert_eq!(world.wake_at(&job).await, Some(at(5)), "the job looks at it");
    world.work(6).await;
    let next = world.last_call(&job).await;
    assert_eq!((next.attempt, next.state), (2, Waiting));
}

#[tokio::test]
async fn an_order_that_was_taken_back_is_neither_given_nor_answered() {
    let world = World::new().await;
    let job = world.switching(vec![Route::Agent]).await;
    let call = world.last_call(&job).await.id;
    world.store.cancel_job(job.id, "enough", at(1)).await.unwrap();
    world.work(1).await;
    assert_eq!(world.last_call(&job).await.state, Void);
    assert_eq!(world.fetch(&job, Target::Maintenance, "before", 2).await, None);
    assert!(is_given_up(world.answer(call, Accepted, 2).await));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pushed_call_is_taken_by_one_worker() {
    let world = World::new().await;
    let machine = world.machine(1).await;
    world.job_by(machine, 0, vec![simulated()]).await;
    world.job_by(world.machine(2).await, 0, vec![Route::Agent]).await;
    world.job_by(world.machine(3).await, 0, vec![Route::Person]).await;
    world.work(0).await;
    let take = || {
        let store = world.store.clone();
        tokio::spawn(async move { store.take_pushed_calls("worker", 64, at(1)).await.unwrap() })
    };
    let (one, other) = (take(), take());
    let taken = [one.await.unwrap(), other.await.unwrap()].concat();
    assert_eq!(taken.iter().map(|taken| taken.call.machine).collect::<Vec<_>>(), [machine]);
    assert!(world.store.take_pushed_calls("worker", 64, at(2)).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_person_is_waited_for_and_answers() {
    let world = World::new().await;
    let job = world.switching(vec![Route::Person]).await;
    assert_eq!(world.fetch(&job, Target::Maintenance, "before", 1).await, None);
    assert!(world.store.take_pushed_calls("worker", 64, at(1)).await.unwrap().is_empty());
    let call = world.last_call(&job).await;
    world.answer(call.id, Accepted, 300).await.unwrap();
    world.work(300).await;
    assert_eq!(world.now(&job).await.phase, Phase::Switching, "pressed is not booted");
    world.saw(job.machine, in_maintenance(job.id), 330).await;
    world.work(330).await;
    assert_eq!(world.now(&job).await.phase, Phase::Running);
    assert!(is_given_up(world.answer(call.id, Accepted, 340).await));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn agents_and_workers_at_once_never_wait_for_each_other_in_a_ring() {
    let world = World::new().await;
    let machine = world.machine(1).await;
    for round in 0..12 {
        let second = round * 10;
        let job = world.job(machine, second).await;
        world.job(machine, second + 1).await;
        world.work(second + 1).await;
        let mut tasks = tokio::task::JoinSet::new();
        for name in ["one", "other"] {
            let store = world.store.clone();
            tasks.spawn(async move { store.saw(machine, &own(name), at(second + 2)).await.map(drop) });
            let store = world.store.clone();
            tasks.spawn(async move {
                let order =
                    store.fetch_order(machine, Target::Maintenance, &boot(name), at(second + 2)).await?;
                let Some(order) = order else { return Ok(()) };
                match store.answer_call(order.id, Accepted, "yes", at(second + 3)).await {
                    Err(Error::Refused(_)) => Ok(()),
                    done => done,
                }
            });
            let store = world.store.clone();
            tasks.spawn(async move {
                if name == "one" {
                    store.cancel_job(job.id, "enough", at(second + 3)).await?;
                }
                for claimed in store.claim_due(name, 64, at(second + 3)).await? {
                    let facts = store.load_facts(&claimed, at(0)).await?;
                    let decided = step(&claimed.job, &facts, at(second + 3));
                    store.commit_step(&claimed, &decided, at(second + 3)).await?;
                }
                Ok(())
            });
        }
        for done in tasks.join_all().await {
            done.unwrap();
        }
    }
}
