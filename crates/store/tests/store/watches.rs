//! Machines that a job has are looked at: what is seen again and again is told once, and wakes the job when it changed.

use super::world::{World, at, in_maintenance, own, reported};
use pitstop_domain::job::{Job, Phase};
use pitstop_domain::route::Route;
use pitstop_domain::sighting::Sighting;

fn power(on: bool) -> Sighting {
    Sighting::Power { on, route: "virtual-machine".to_owned() }
}

fn probed(answered: bool) -> Sighting {
    Sighting::Probed { answered, what: "TCP port 22 of m1".to_owned() }
}

async fn watched(world: &World) -> Job {
    let routes = vec![Route::Agent, Route::VirtualMachine { qmp: "/run/m1".to_owned() }];
    let job = world.job_by(world.machine(1).await, 0, routes).await;
    world.work(0).await;
    world.now(&job).await
}

#[tokio::test]
async fn a_machine_is_watched_from_switching_until_its_job_is_closed() {
    let world = World::new().await;
    world.job_by(world.machine(2).await, 0, vec![Route::Agent]).await;
    let job = watched(&world).await;
    let watch = world.store.take_watches(10, at(1)).await.unwrap();
    assert_eq!(
        watch.iter().map(|watch| watch.job).collect::<Vec<_>>(),
        [job.id],
        "only where there is a board"
    );
    assert!(world.store.take_watches(10, at(2)).await.unwrap().is_empty(), "somebody looks");
    world.store.looked(watch[0], at(7)).await.unwrap();
    assert_eq!(world.store.next_watch().await.unwrap(), Some(at(7)));
    assert_eq!(world.store.take_watches(10, at(7)).await.unwrap().len(), 1);
    world.saw(job.machine, in_maintenance(job.id), 30).await;
    world.saw(job.machine, reported(job.id), 40).await;
    world.saw(job.machine, own("after"), 50).await;
    world.work(50).await;
    assert_eq!(world.now(&job).await.phase, Phase::Closed);
    assert_eq!(world.store.next_watch().await.unwrap(), None);
}

#[tokio::test]
async fn a_board_that_says_the_same_again_tells_nothing_new_and_wakes_nobody() {
    let world = World::new().await;
    let job = watched(&world).await;
    let mut woken = Vec::new();
    for (on, second) in [(true, 10), (true, 15), (false, 20), (false, 25), (true, 30)] {
        world.saw(job.machine, power(on), second).await;
        woken.push(world.wake_at(&job).await == Some(at(second)));
        world.work(second).await;
    }
    assert_eq!(woken, [true, false, true, false, true]);
    let story = world.store.sightings_between(job.machine, at(5), at(100)).await.unwrap();
    assert_eq!(story.len(), 3);
    let fact = world.store.facts_of(job.machine).await.unwrap().pop().unwrap();
    assert_eq!((fact.at, fact.since, fact.sighting), (at(30), at(30), power(true)));
}

#[tokio::test]
async fn since_when_a_board_says_so_is_known() {
    let world = World::new().await;
    let job = watched(&world).await;
    for second in [10, 15, 20] {
        world.saw(job.machine, power(false), second).await;
    }
    let fact = world.store.facts_of(job.machine).await.unwrap().pop().unwrap();
    assert_eq!((fact.at, fact.since), (at(20), at(10)));
}

#[tokio::test]
async fn a_probe_that_changes_its_mind_is_news_each_time() {
    let world = World::new().await;
    let job = watched(&world).await;
    for (answered, second) in
        [(true, 10), (true, 15), (false, 20), (false, 25), (true, 30), (false, 35), (false, 40)]
    {
        world.saw(job.machine, probed(answered), second).await;
    }
    let story = world.store.sightings_between(job.machine, at(5), at(100)).await.unwrap();
    let told: Vec<_> = story.into_iter().map(|seen| (seen.at, seen.sighting)).collect();
    let expected = [(10, true), (20, false), (30, true), (35, false)];
    assert_eq!(told, expected.map(|(second, answered)| (at(second), probed(answered))));
}
