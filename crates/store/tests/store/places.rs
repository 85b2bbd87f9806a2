//! Places at sites: who takes them, who waits, and who is woken.

use super::world::{World, at, in_maintenance};
use pitstop_domain::id::MachineId;
use pitstop_domain::job::{Job, Phase};
use pitstop_domain::site::Site;
use pitstop_domain::step::step;

/// Machines of `berlin` with a job each, where so many fetch at once.
async fn berlin(machines: u8, site: Site) -> (World, Vec<(MachineId, Job)>) {
    let world = World::new().await;
    world.store.set_sites(&[], &[Site { name: "berlin".to_owned(), ..site }]).await.unwrap();
    let mut jobs = Vec::new();
    for number in 1..=machines {
        let machine = world.machine(number).await;
        sqlx::query("update machines set site = 'berlin' where id = $1")
            .bind(machine.0)
            .execute(world.store.pool())
            .await
            .unwrap();
        jobs.push((machine, world.job(machine, i64::from(number)).await));
    }
    (world, jobs)
}

fn slots(slots: u32) -> Site {
    Site { slots: Some(slots), ..Site::default() }
}

async fn phases(world: &World, jobs: &[(MachineId, Job)]) -> Vec<Phase> {
    let mut phases = Vec::new();
    for (_, job) in jobs {
        phases.push(world.now(job).await.phase);
    }
    phases
}

#[tokio::test]
async fn as_many_machines_of_a_site_are_on_their_way_as_it_has_places_and_the_next_comes_when_one_arrives() {
    use Phase::{Queued, Running, Switching};
    let (world, jobs) = berlin(3, slots(2)).await;
    world.work(10).await;
    assert_eq!(phases(&world, &jobs).await, [Switching, Switching, Queued]);
    let waits = world.store.job(jobs[2].1.id).await.unwrap().unwrap().waiting.unwrap();
    assert!(waits.awaits.contains("2 machines are on their way"), "{waits:?}");

    world.saw(jobs[1].0, in_maintenance(jobs[1].1.id), 30).await;
    world.work(30).await;
    assert_eq!(phases(&world, &jobs).await, [Switching, Running, Switching], "it was woken at once");
}

#[tokio::test]
async fn a_machine_that_never_gets_there_gives_its_place_away() {
    let (world, jobs) = berlin(2, slots(1)).await;
    world.work(10).await;
    // Nobody took the order: another attempt begins, by which it may get there.
    world.work(70).await;
    world.work(360).await;
    assert_eq!(world.now(&jobs[1].1).await.phase, Phase::Queued);
    // 300 s after that it counts no more, and the other looks again within a minute.
    world.work(420).await;
    assert_eq!(world.now(&jobs[1].1).await.phase, Phase::Switching);
}

#[tokio::test]
async fn two_workers_do_not_give_the_same_place_away() {
    let (world, jobs) = berlin(2, slots(1)).await;
    let claims = world.claim(10).await;
    let mut decided = Vec::new();
    for claim in &claims {
        // Each knows nothing of the other.
        let facts = world.store.load_facts(claim, at(10)).await.unwrap();
        decided.push(step(&claim.job, &facts, at(10)));
    }
    assert!(decided.iter().all(|step| step.moved.is_some()));
    assert!(world.store.commit_step(&claims[0], &decided[0], at(10)).await.unwrap());
    assert!(!world.store.commit_step(&claims[1], &decided[1], at(10)).await.unwrap());
    world.work(11).await;
    let phases = phases(&world, &jobs).await;
    assert_eq!(phases.iter().filter(|phase| **phase == Phase::Queued).count(), 1, "{phases:?}");
}

#[tokio::test]
async fn a_thin_line_carries_one_image_after_the_other() {
    // The image of the tests weighs some bytes: a line of 1 Mbit/s carries 15 MB in two minutes.
    let (world, jobs) = berlin(2, Site { line_mbit: Some(1), ..Site::default() }).await;
    sqlx::query("update images set parts = jsonb_set(parts, '{0,bytes}', '10000000')")
        .execute(world.store.pool())
        .await
        .unwrap();
    world.work(10).await;
    assert_eq!(phases(&world, &jobs).await, [Phase::Switching, Phase::Queued]);
    let waits = world.store.job(jobs[1].1.id).await.unwrap().unwrap().waiting.unwrap();
    assert!(waits.awaits.contains("line of berlin"), "{waits:?}");
}
