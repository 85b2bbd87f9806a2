//! Sightings come late, doubled and at once: the newest stands, and the story tells each thing once.

use super::world::{World, at, boot, in_maintenance, own, reported};
use pitstop_domain::id::MachineId;
use pitstop_domain::sighting::{FetchStep, Fetched, Sighting, Told};
use std::time::Duration;

async fn story(world: &World, machine: MachineId) -> Vec<Sighting> {
    let lines = world.store.sightings_between(machine, at(-1000), at(1000)).await.unwrap();
    lines.into_iter().map(|seen| seen.sighting).collect()
}

/// Waits until it is so; not for ever.
async fn until(so: impl AsyncFn() -> bool) {
    let waiting = async {
        while !so().await {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), waiting).await.expect("it is so within 30 s");
}

#[tokio::test]
async fn the_newest_fact_stands_when_messages_come_late() {
    let world = World::new().await;
    let machine = world.machine(1).await;
    world.saw(machine, own("first"), 10).await;
    world.saw(machine, own("second"), 20).await;
    world.saw(machine, own("first"), 15).await;
    let facts = world.store.facts_of(machine).await.unwrap();
    assert_eq!(facts.len(), 1);
    assert_eq!((facts[0].at, &facts[0].sighting), (at(20), &own("second")));
    assert_eq!(story(&world, machine).await, [own("first"), own("second")], "what was overtaken is no news");
}

#[tokio::test]
async fn the_story_gets_a_line_only_for_news() {
    let world = World::new().await;
    let machine = world.machine(1).await;
    let job = world.job(machine, 0).await.id;
    let progress = Sighting::Progress { job, permille: 500, text: "half".to_owned() };
    let fetch = |done| {
        let name = "vmlinuz".to_owned();
        let fetched = Fetched {
            job: Some(job),
            step: FetchStep::Kernel,
            name,
            bytes: 1,
            total: None,
            done,
            digest: None,
        };
        Sighting::Fetched(fetched)
    };
    let mut second = 0;
    for sighting in
        [own("one"), fetch(false), fetch(true), in_maintenance(job), progress, reported(job), own("two")]
    {
        for _ in 0..2 {
            second += 1;
            // Doubled, but for the fetch: that is told as often as it was done.
            if second % 2 == 1 || !matches!(sighting, Sighting::Fetched(_)) {
                world.saw(machine, sighting.clone(), second).await;
            }
        }
    }
    let expected = [own("one"), fetch(true), in_maintenance(job), reported(job), own("two")];
    assert_eq!(story(&world, machine).await, expected);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_first_heartbeat_that_comes_many_times_at_once_is_told_once() {
    let world = World::new().await;
    let machine = world.machine(1).await;
    let tasks: Vec<_> = (0..8)
        .map(|_| {
            let store = world.store.clone();
            tokio::spawn(async move { store.saw(machine, &own("one"), at(1)).await.unwrap() })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    assert_eq!(story(&world, machine).await, [own("one")]);
}

#[tokio::test]
async fn a_sighting_wakes_the_open_jobs_of_its_machine_only() {
    let world = World::new().await;
    let (machine, other) = (world.machine(1).await, world.machine(2).await);
    let (holding, queued, elsewhere) =
        (world.job(machine, 0).await, world.job(machine, 1).await, world.job(other, 0).await);
    world.work(2).await;
    let closed = world.job(machine, 3).await;
    world.store.cancel_job(closed.id, "no", at(3)).await.unwrap();
    world.work(3).await;
    let elsewhere_before = world.wake_at(&elsewhere).await;
    world.saw(machine, own(&boot("x").0), 30).await;
    assert_eq!(world.wake_at(&holding).await, Some(at(30)));
    assert_eq!(world.wake_at(&queued).await, Some(at(30)));
    assert_eq!(world.wake_at(&closed).await, None);
    assert_eq!(world.wake_at(&elsewhere).await, elsewhere_before);
}

#[tokio::test]
async fn progress_is_shown_and_wakes_nobody() {
    let world = World::new().await;
    let machine = world.machine(1).await;
    let job = world.job(machine, 0).await;
    world.work(0).await;
    let before = world.wake_at(&job).await;
    world.saw(machine, Sighting::Progress { job: job.id, permille: 250, text: String::new() }, 5).await;
    assert_eq!(world.wake_at(&job).await, before);
    let overview = world.store.overview(Some(machine)).await.unwrap();
    assert_eq!(overview[0].job.as_ref().unwrap().permille, Some(250));
}

#[tokio::test]
async fn a_boot_that_another_followed_is_not_believed_again() {
    let world = World::new().await;
    let machine = world.machine(1).await;
    let job = world.job(machine, 0).await.id;
    let saw =
        async |sighting: Sighting, second| world.store.saw(machine, &sighting, at(second)).await.unwrap();
    assert!(saw(own("first"), 10).await);
    assert!(saw(in_maintenance(job), 20).await);
    assert!(saw(own("second"), 30).await);
    assert!(!saw(own("first"), 40).await, "it hung on its way since before the restart");
    assert!(!saw(in_maintenance(job), 41).await);
    assert!(saw(own("second"), 42).await);
    let newest: Vec<_> =
        world.store.facts_of(machine).await.unwrap().into_iter().map(|fact| fact.at).collect();
    assert_eq!(newest, [at(20), at(42)]);
}

#[tokio::test]
async fn what_a_machine_fetches_of_its_own_system_is_no_evidence_of_maintenance() {
    let world = World::new().await;
    let machine = world.machine(1).await;
    let job = world.job(machine, 0).await;
    world.work(0).await;
    let fetched = |step, job| {
        let (name, total) = ("file".to_owned(), Some(1));
        Fetched { job, step, name, bytes: 1, total, done: true, digest: None }
    };
    world.saw(machine, Sighting::Fetched(fetched(FetchStep::Initrd, Some(job.id))), 5).await;
    for step in [FetchStep::Script, FetchStep::Kernel, FetchStep::Initrd, FetchStep::Program] {
        world.saw(machine, Sighting::FetchedOwn(fetched(step, None)), 9).await;
    }
    let told = Sighting::AskedToBoot { by: "iPXE".to_owned(), told: Told::Nothing };
    world.saw(machine, told, 9).await;
    let facts = world.store.load_facts(&world.claim_one(10).await, at(10)).await.unwrap();
    let seen: Vec<_> = facts.fetched.iter().map(|seen| (seen.at, seen.what)).collect();
    assert_eq!(seen, [(at(5), FetchStep::Initrd)], "and the job's own fetches stand");
    assert_eq!((facts.sent_home, facts.asked_to_boot), (None, None), "told nothing is not sent home");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_machine_that_another_transaction_works_on_holds_up_no_other() {
    let world = World::new().await;
    let (held, free) = (world.machine(1).await, world.machine(2).await);
    let mut other = world.store.pool().begin().await.unwrap();
    sqlx::query("select 1 from machines where id = $1 for no key update")
        .bind(held.0)
        .execute(&mut *other)
        .await
        .unwrap();
    let store = world.store.clone();
    let waits = tokio::spawn(async move { store.saw(held, &own("one"), at(1)).await.unwrap() });
    for second in 2..12 {
        world.saw(free, own("one"), second).await;
    }
    assert_eq!(world.store.facts_of(free).await.unwrap().len(), 1);
    assert!(!waits.is_finished(), "its row is held");
    other.commit().await.unwrap();
    assert!(waits.await.unwrap());
    assert_eq!(story(&world, held).await, [own("one")]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_at_once_are_stored_each_and_one_that_cannot_be_spoils_none() {
    let world = World::new().await;
    let mut tasks = Vec::new();
    for number in 0..20 {
        let machine = world.machine(number).await;
        let store = world.store.clone();
        tasks.push((machine, tokio::spawn(async move { store.saw(machine, &own("one"), at(1)).await })));
    }
    let gone = world.store.saw(MachineId(uuid::Uuid::from_u128(7)), &own("one"), at(1)).await;
    assert!(gone.is_err(), "nobody knows that machine");
    for (machine, task) in tasks {
        assert!(task.await.unwrap().unwrap());
        assert_eq!(story(&world, machine).await, [own("one")]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_is_stored_also_when_whoever_said_it_goes_away() {
    let world = World::new().await;
    let machine = world.machine(1).await;
    let mut other = world.store.pool().begin().await.unwrap();
    let lock = "select 1 from machines where id = $1 for no key update";
    sqlx::query(lock).bind(machine.0).execute(&mut *other).await.unwrap();
    let store = world.store.clone();
    let said = tokio::spawn(async move { store.saw(machine, &own("one"), at(1)).await });
    let waits = "select exists (select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock')";
    until(async || sqlx::query_scalar(waits).fetch_one(world.store.pool()).await.unwrap()).await;
    said.abort();
    other.commit().await.unwrap();
    until(async || story(&world, machine).await == [own("one")]).await;
}
