//! Claims, steps and commits: two workers, frozen workers, wakes at the wrong moment.

use super::world::{World, at, boot, in_maintenance, own, reported, simulated};
use pitstop_domain::facts::CallState;
use pitstop_domain::job::{Job, Outcome, Phase};
use pitstop_domain::proof::Proof;
use pitstop_domain::route::{Route, Target};
use pitstop_domain::step::step;
use pitstop_store::signals::Signal;
use std::collections::HashSet;

#[tokio::test]
async fn a_trip_goes_there_and_back_over_the_real_store() {
    let world = World::new().await;
    let machine = world.machine(1).await;
    world.saw(machine, own("before"), 0).await;
    let job = world.job(machine, 1).await;
    world.work(1).await;
    assert_eq!(world.now(&job).await.phase, Phase::Switching);
    assert_eq!(world.store.assignment(machine).await.unwrap().unwrap().job, job.id);
    world.saw(machine, in_maintenance(job.id), 60).await;
    world.work(60).await;
    assert_eq!(world.now(&job).await.phase, Phase::Running);
    assert_eq!(world.store.assignment(machine).await.unwrap(), None, "silence from now on");
    world.saw(machine, reported(job.id), 90).await;
    world.work(90).await;
    assert_eq!(world.now(&job).await.phase, Phase::Restoring);
    world.saw(machine, own("after"), 120).await;
    world.work(120).await;
    let closed = world.now(&job).await;
    assert_eq!((closed.outcome(), closed.proof), (Some(Outcome::Succeeded), Some(Proof::Agent)));
    let history = world.store.history(job.id).await.unwrap();
    let phases: Vec<_> = history.iter().map(|line| line.to.as_str()).collect();
    assert_eq!(phases, ["queued", "switching", "running", "restoring", "closed"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_workers_never_claim_the_same_job() {
    let world = World::new().await;
    for number in 1..=20 {
        let machine = world.machine(number).await;
        world.job(machine, 0).await;
    }
    let claim = |name: &'static str| {
        let store = world.store.clone();
        tokio::spawn(async move {
            let mut all = Vec::new();
            loop {
                let claimed = store.claim_due(name, 3, at(0)).await.unwrap();
                if claimed.is_empty() {
                    return all;
                }
                all.extend(claimed.into_iter().map(|claimed| claimed.job.id));
            }
        })
    };
    let (one, other) = (claim("one"), claim("other"));
    let all = [one.await.unwrap(), other.await.unwrap()].concat();
    let distinct: HashSet<_> = all.iter().collect();
    assert_eq!((all.len(), distinct.len()), (20, 20));
}

#[tokio::test]
async fn a_wake_that_comes_while_a_job_is_claimed_is_not_lost() {
    let world = World::new().await;
    let machine = world.machine(1).await;
    let job = world.job(machine, 0).await;
    world.work(0).await;
    world.saw(machine, own("one"), 10).await;
    let claimed = world.claim_one(10).await;
    let facts = world.store.load_facts(&claimed, at(0)).await.unwrap();
    world.saw(machine, in_maintenance(job.id), 11).await;
    assert!(world.claim(11).await.is_empty(), "it is claimed");
    let decided = step(&claimed.job, &facts, at(11));
    assert!(world.store.commit_step(&claimed, &decided, at(11)).await.unwrap());
    assert_eq!(world.store.next_wake().await.unwrap(), Some(at(11)));
    world.work(11).await;
    assert_eq!(world.now(&job).await.phase, Phase::Running);
}

#[tokio::test]
async fn a_step_decided_before_a_cancellation_stores_nothing() {
    let world = World::new().await;
    let machine = world.machine(1).await;
    let job = world.job(machine, 0).await;
    let claimed = world.claim_one(0).await;
    let facts = world.store.load_facts(&claimed, at(0)).await.unwrap();
    world.store.cancel_job(job.id, "not needed", at(1)).await.unwrap();
    let decided = step(&claimed.job, &facts, at(1));
    assert_eq!(decided.job.phase, Phase::Switching);
    assert!(!world.store.commit_step(&claimed, &decided, at(1)).await.unwrap());
    assert_eq!(world.now(&job).await.phase, Phase::Queued);
    assert_eq!(world.store.assignment(machine).await.unwrap(), None);
    assert!(world.store.calls_of(job.id).await.unwrap().is_empty());
    assert_eq!(world.store.history(job.id).await.unwrap().len(), 1);
    world.work(1).await;
    assert_eq!(world.now(&job).await.outcome(), Some(Outcome::Cancelled), "it was due again at once");
}

#[tokio::test]
async fn a_frozen_worker_loses_its_commit_and_leaves_the_other_its_claim() {
    let world = World::new().await;
    let machine = world.machine(1).await;
    let job = world.job(machine, 0).await;
    let frozen = world.claim_one(0).await;
    world.lease_runs_out(&job).await;
    assert_eq!(world.store.revive_lost_claims(at(1)).await.unwrap(), 1);
    let other = world.claim_one(1).await;
    assert!(!world.commit(&frozen, 2).await, "the job is another's now");
    world.store.release(&frozen, at(2)).await.unwrap();
    assert!(world.claim(3).await.is_empty(), "the other's claim stands");
    assert!(world.commit(&other, 3).await);
    assert_eq!(world.now(&job).await.phase, Phase::Switching);
    assert_eq!(world.store.calls_of(job.id).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_claim_whose_worker_died_is_due_again() {
    let world = World::new().await;
    let job = world.job(world.machine(1).await, 0).await;
    world.claim_one(0).await;
    assert_eq!(world.store.revive_lost_claims(at(1)).await.unwrap(), 0, "its lease still runs");
    world.lease_runs_out(&job).await;
    assert_eq!(world.store.revive_lost_claims(at(1)).await.unwrap(), 1);
    world.work(1).await;
    assert_eq!(world.now(&job).await.phase, Phase::Switching);
}

#[tokio::test]
async fn a_job_that_cannot_be_read_holds_up_no_other() {
    let world = World::new().await;
    let broken = world.job(world.machine(1).await, 0).await;
    let sound = world.job(world.machine(2).await, 1).await;
    world.sql(r#"update jobs set plan = '{"of": "another version"}' where id = $1"#, &broken).await.unwrap();
    world.work(2).await;
    assert_eq!(world.now(&sound).await.phase, Phase::Switching);
}

#[tokio::test]
async fn of_two_queued_jobs_the_older_starts_and_the_younger_when_that_is_closed() {
    let world = World::new().await;
    let machine = world.machine(1).await;
    let (older, younger) = (world.job(machine, 0).await, world.job(machine, 1).await);
    world.work(2).await;
    assert_eq!(world.now(&older).await.phase, Phase::Switching);
    assert_eq!(world.now(&younger).await.phase, Phase::Queued);
    assert_eq!(world.wake_at(&younger).await, None, "it waits for the other");
    world.store.cancel_job(older.id, "enough", at(3)).await.unwrap();
    world.work(3).await;
    assert_eq!(world.now(&older).await.phase, Phase::Closed);
    assert_eq!(world.now(&younger).await.phase, Phase::Switching);
    assert_eq!(world.store.assignment(machine).await.unwrap().unwrap().job, younger.id);
}

#[tokio::test]
async fn the_younger_of_two_queued_jobs_moves_up_when_the_older_is_taken_back() {
    let world = World::new().await;
    let machine = world.machine(1).await;
    let (older, younger) = (world.job(machine, 0).await, world.job(machine, 1).await);
    world.store.cancel_job(older.id, "a mistake", at(2)).await.unwrap();
    world.work(2).await;
    assert_eq!(world.now(&younger).await.phase, Phase::Switching);
}

#[tokio::test]
async fn of_two_steps_that_want_the_machine_one_is_stored() {
    let world = World::new().await;
    let machine = world.machine(1).await;
    let younger = world.job(machine, 5).await;
    let claimed = world.claim_one(5).await;
    let facts = world.store.load_facts(&claimed, at(0)).await.unwrap();
    assert!(facts.machine_free);
    // Asked for earlier by the other process's clock.
    let older = world.job(machine, 0).await;
    world.work(5).await;
    assert_eq!(world.now(&older).await.phase, Phase::Switching);
    let decided = step(&claimed.job, &facts, at(6));
    assert!(!world.store.commit_step(&claimed, &decided, at(6)).await.unwrap());
    world.work(6).await;
    assert_eq!(world.now(&younger).await.phase, Phase::Queued);
    assert_eq!(world.store.assignment(machine).await.unwrap().unwrap().job, older.id);
}

async fn states(world: &World, job: &Job) -> Vec<CallState> {
    world.store.calls_of(job.id).await.unwrap().iter().map(|call| call.state).collect()
}

#[tokio::test]
async fn what_a_step_commands_is_stored_with_it() {
    let world = World::new().await;
    let machine = world.machine(1).await;
    let mut signals = world.store.listen().await.unwrap();
    let job = world.job(machine, 0).await;
    world.work(0).await;
    let calls = world.store.calls_of(job.id).await.unwrap();
    assert_eq!(calls.len(), 1);
    assert_eq!((&calls[0].route, calls[0].target), (&Route::Agent, Target::Maintenance));
    while signals.next().await.unwrap() != Signal::Order(machine) {}
    world.work(60).await;
    assert_eq!(states(&world, &job).await, [CallState::Void, CallState::Waiting], "the next route");
    world.store.cancel_job(job.id, "enough", at(61)).await.unwrap();
    world.work(61).await;
    assert_eq!(states(&world, &job).await, [CallState::Void, CallState::Void]);
    assert_eq!(world.store.assignment(machine).await.unwrap(), None);
    assert_eq!(world.now(&job).await.proof, Some(Proof::Untouched));
}

#[tokio::test]
async fn a_call_of_an_earlier_visit_to_a_phase_does_not_count_for_the_next() {
    let world = World::new().await;
    let machine = world.machine(1).await;
    let job = world.job_by(machine, 0, vec![simulated()]).await;
    world.work(0).await;
    world.push(0).await;
    let mut second = 0;
    while world.now(&job).await.phase != Phase::Held {
        second += 700;
        world.push(second).await;
        world.work(second).await;
        assert!(second < 20_000, "the ladder has an end");
    }
    let decision = pitstop_domain::facts::Decision::TryAgain;
    world.decide(job.id, decision, second + 1).await.unwrap();
    world.work(second + 1).await;
    let (now, calls) = (world.now(&job).await, world.store.calls_of(job.id).await.unwrap());
    assert_eq!((now.phase, now.attempt), (Phase::Restoring, 1));
    assert_eq!(calls.last().unwrap().state, CallState::Waiting, "asked afresh, under a key of its own");
    world.saw(machine, own(&boot("late").0), second + 2).await;
    world.work(second + 2).await;
    assert_eq!(world.now(&job).await.proof, Some(Proof::Agent));
}

#[tokio::test]
async fn a_step_that_moves_is_not_stored_over_what_was_seen_meanwhile() {
    let world = World::new().await;
    let job = world.job_by(world.machine(1).await, 0, vec![simulated(), Route::Person]).await;
    world.work(0).await;
    world.push(0).await;
    world.work(1).await;
    let claimed = world.claim_one(601).await;
    let facts = world.store.load_facts(&claimed, at(0)).await.unwrap();
    world.saw(job.machine, in_maintenance(job.id), 602).await;
    let late = step(&claimed.job, &facts, at(603));
    assert_eq!(late.job.attempt, 2, "its time was up, as far as it knew");
    assert!(!world.store.commit_step(&claimed, &late, at(603)).await.unwrap());
    world.work(603).await;
    assert_eq!(world.now(&job).await.phase, Phase::Running);
}

#[tokio::test]
async fn a_machine_that_was_told_to_boot_maintenance_is_touched_even_before_anything_is_seen_of_it() {
    let world = World::new().await;
    let job = world.job_by(world.machine(1).await, 0, vec![Route::Person]).await;
    world.work(0).await;
    assert_eq!(world.store.offer(job.machine, at(5)).await.unwrap().map(|told| told.job), Some(job.id));
    world.store.cancel_job(job.id, "enough", at(6)).await.unwrap();
    world.work(6).await;
    assert_eq!(world.now(&job).await.phase, Phase::Restoring, "it may be on its way into maintenance");
    assert_eq!(world.store.offer(job.machine, at(7)).await.unwrap(), None, "silence from now on");
}
