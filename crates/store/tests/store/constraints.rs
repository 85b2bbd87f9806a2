//! The laws of the decision, once more as constraints: whoever writes rows by hand cannot break them either.

use super::world::World;
use pitstop_domain::job::Job;

/// The constraint that refuses this change of the job's row.
async fn refused_by(world: &World, job: &Job, change: &str) -> String {
    let error = world.sql(&format!("update jobs set {change} where id = $1"), job).await.expect_err(change);
    let error = error.into_database_error().expect("PostgreSQL refused it");
    error.constraint().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn one_job_holds_a_machine() {
    let world = World::new().await;
    let machine = world.machine(1).await;
    let (first, second) = (world.job(machine, 0).await, world.job(machine, 1).await);
    let other = world.job(world.machine(2).await, 2).await;
    let running = "update jobs set phase = 'running', switching_since = now() where id = $1";
    world.sql(running, &first).await.unwrap();
    world.sql(running, &other).await.unwrap();
    for holding in [
        "phase = 'running', switching_since = now()",
        "phase = 'switching', attempt = 1, switching_since = now()",
        "phase = 'held', outcome = 'failed', switching_since = now()",
    ] {
        assert_eq!(refused_by(&world, &second, holding).await, "one_job_holds_a_machine", "{holding}");
    }
}

#[tokio::test]
async fn attempts_are_made_only_in_phases_that_act() {
    let world = World::new().await;
    let job = world.job(world.machine(1).await, 0).await;
    for wrong in [
        "attempt = 1",
        "phase = 'switching', switching_since = now()",
        "phase = 'running', attempt = 1, switching_since = now()",
    ] {
        assert_eq!(refused_by(&world, &job, wrong).await, "only_acting_phases_have_attempts", "{wrong}");
    }
}

#[tokio::test]
async fn an_outcome_is_decided_before_the_return_and_not_before() {
    let world = World::new().await;
    let job = world.job(world.machine(1).await, 0).await;
    for wrong in ["phase = 'restoring', attempt = 1, switching_since = now()", "outcome = 'succeeded'"] {
        assert_eq!(
            refused_by(&world, &job, wrong).await,
            "an_outcome_is_decided_before_the_return",
            "{wrong}"
        );
    }
}

#[tokio::test]
async fn what_was_taken_has_a_beginning_and_what_is_closed_an_end() {
    let world = World::new().await;
    let job = world.job(world.machine(1).await, 0).await;
    assert_eq!(refused_by(&world, &job, "phase = 'running'").await, "what_was_taken_has_a_beginning");
    let unended = "phase = 'closed', outcome = 'cancelled'";
    assert_eq!(refused_by(&world, &job, unended).await, "closed_jobs_have_an_end");
    assert_eq!(refused_by(&world, &job, "proof = 'agent'").await, "proof_comes_with_the_end");
}

#[tokio::test]
async fn words_that_nobody_knows_are_refused() {
    let world = World::new().await;
    let job = world.job(world.machine(1).await, 0).await;
    for (wrong, constraint) in [
        ("phase = 'resting'", "jobs_phase_check"),
        ("outcome = 'great'", "jobs_outcome_check"),
        ("proof = 'rumour'", "jobs_proof_check"),
    ] {
        let refused = refused_by(&world, &job, wrong).await;
        // PostgreSQL looks at the constraints in the order of their names.
        assert!(refused == constraint || refused.starts_with("an_outcome"), "{wrong}: {refused}");
    }
    world.work(0).await;
    for wrong in [
        "update calls set state = 'perhaps' where job_id = $1",
        "update calls set target = 'the moon' where job_id = $1",
        "update machines set arch = 'z80' where id = (select machine_id from jobs where id = $1)",
        "update machines set firmware = 'none' where id = (select machine_id from jobs where id = $1)",
        "update machines set name = '' where id = (select machine_id from jobs where id = $1)",
        "update nics set mac = '52-54' where machine_id = (select machine_id from jobs where id = $1)",
    ] {
        let error = world.sql(wrong, &job).await.expect_err(wrong).into_database_error().unwrap();
        assert!(error.is_check_violation(), "{wrong}: {error}");
    }
}
