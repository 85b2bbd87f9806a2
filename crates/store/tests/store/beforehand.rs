//! What is stored before its moment is there at it or never was, and holds nobody up for longer than is said.

use super::schedules::{jobs, kept, runs, started, starting};
use super::world::{World, at, digest, image, simulated};
use pitstop_domain::image::ImageVersion;
use pitstop_store::Store;
use pitstop_store::schedules::beforehand::Longest;
use std::time::Duration;

/// Longer than any of these tests.
const LONG: Longest = Longest { takes: Duration::from_secs(60), stands: Duration::from_secs(60) };

/// Far longer than anything takes that does not wait for another.
const SOON: Duration = Duration::from_secs(20);

/// Until a statement that begins so waits for somebody's lock.
async fn until_it_waits(store: &Store, statement: &str) {
    let sql = "select count(*) from pg_stat_activity where datname = current_database() \
               and wait_event_type = 'Lock' and query like $1 || '%'";
    let waits = async {
        let count = || sqlx::query_scalar::<_, i64>(sql).bind(statement).fetch_one(store.pool());
        while count().await.unwrap() == 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    assert!(tokio::time::timeout(SOON, waits).await.is_ok(), "nobody waits: {statement}");
}

#[tokio::test]
async fn what_is_stored_beforehand_is_nothing_until_it_is_settled_and_has_one_row_then() {
    let world = World::new().await;
    let (row, machine) = (kept(&world, "nightly").await, world.machine(1).await);
    let mut beforehand = world.store.beforehand(&row).await.unwrap().unwrap();
    assert!(world.store.beforehand(&row).await.unwrap().is_none(), "one at a time");
    let put_off = world.store.put_off(&row, at(86_402)).await.unwrap().unwrap();
    assert!(world.store.put_off(&row, at(86_403)).await.unwrap().is_none(), "it is another by now");
    beforehand.store(&put_off, &starting(machine, at(86_400)), LONG).await.unwrap();
    assert_eq!((runs(&world.store).await, jobs(&world.store).await), (0, 0));
    assert!(beforehand.settle(&put_off, &started(1), at(86_400), at(90_000), at(86_400)).await.unwrap());
    assert_eq!((runs(&world.store).await, jobs(&world.store).await), (1, 1));
    let kept = world.store.schedule(row.schedule.id).await.unwrap().unwrap();
    assert_eq!((kept.wake_at, kept.schedule.settled_through), (at(90_000), Some(at(86_400))));
    // Whoever decided the same meanwhile comes too late, and the other way round.
    let again = [(started(1), Some(starting(machine, at(86_400))))];
    assert!(!world.store.settle(&kept, &again, at(86_400), at(90_000), at(86_400)).await.unwrap());
    let mut late = world.store.beforehand(&kept).await.unwrap().unwrap();
    late.store(&kept, &starting(machine, at(86_400)), LONG).await.unwrap();
    assert!(!late.settle(&kept, &started(1), at(86_400), at(90_000), at(86_400)).await.unwrap());
    assert_eq!((runs(&world.store).await, jobs(&world.store).await), (1, 1));
}

#[tokio::test]
async fn what_is_stored_beforehand_holds_nobody_up_and_its_image_may_go_meanwhile() {
    let world = World::new().await;
    let (row, machine) = (kept(&world, "nightly").await, world.machine(1).await);
    let newer = ImageVersion { digest: "b".repeat(64).parse().unwrap(), version: "2".to_owned(), ..image() };
    world.store.add_image(&newer).await.unwrap();
    let mut beforehand = world.store.beforehand(&row).await.unwrap().unwrap();
    beforehand.store(&row, &starting(machine, at(86_400)), LONG).await.unwrap();
    let others = async {
        world.store.set_routes(machine, &[simulated()]).await.unwrap();
        world.saw(machine, super::world::own("boot"), 10).await;
        world.store.note_image(&digest(), "", "slow").await.unwrap();
        world.store.remove_image(&digest(), "ann", "old").await.unwrap();
    };
    let soon = std::time::Duration::from_secs(5);
    assert!(tokio::time::timeout(soon, others).await.is_ok(), "they wait for what is stored beforehand");
    assert!(!beforehand.settle(&row, &started(1), at(86_400), at(90_000), at(86_400)).await.unwrap());
    assert_eq!((runs(&world.store).await, jobs(&world.store).await), (0, 0));
}

#[tokio::test]
async fn a_machine_has_another_mark_when_anything_of_it_or_its_nics_is_changed() {
    let world = World::new().await;
    let (one, two) = (world.machine(1).await, world.machine(2).await);
    let marked = world.store.marked_machines(&[one, two]).await.unwrap();
    let first: std::collections::HashMap<_, _> =
        marked.into_iter().map(|(machine, mark)| (machine.id, mark)).collect();
    assert_eq!(world.store.marks(&[one, two]).await.unwrap(), first);
    for change in [
        "update machines set used_by = used_by where id = $1",
        "insert into nics (mac, machine_id) values ('52:54:00:00:09:09', $1)",
        "delete from nics where machine_id = $1",
    ] {
        let before = world.store.marks(&[one, two]).await.unwrap();
        sqlx::query(change).bind(one.0).execute(world.store.pool()).await.unwrap();
        let now = world.store.marks(&[one, two]).await.unwrap();
        assert_ne!(now[&one], before[&one], "{change}");
        assert_eq!(now[&two], before[&two], "{change}");
    }
}

#[tokio::test]
async fn nobody_else_stores_it_beforehand_until_whoever_gave_it_up_has_put_the_look_back() {
    let world = World::new().await;
    let (row, machine) = (kept(&world, "nightly").await, world.machine(1).await);
    let mut beforehand = world.store.beforehand(&row).await.unwrap().unwrap();
    let put_off = world.store.put_off(&row, at(86_402)).await.unwrap().unwrap();
    beforehand.store(&put_off, &starting(machine, at(86_400)), LONG).await.unwrap();
    let mut person = world.store.pool().begin().await.unwrap();
    sqlx::query("select 1 from schedules for update").execute(&mut *person).await.unwrap();
    let put_off_too = put_off.clone();
    let giving_up = tokio::spawn(async move { beforehand.put_back(&put_off_too).await });
    until_it_waits(&world.store, "update schedules").await;
    assert!(world.store.beforehand(&put_off).await.unwrap().is_none(), "it is not put back yet");
    person.commit().await.unwrap();
    giving_up.await.unwrap().unwrap();
    let back = world.store.schedule(row.schedule.id).await.unwrap().unwrap();
    assert_eq!(back.wake_at, row.wake_at);
    assert!(world.store.beforehand(&back).await.unwrap().is_some(), "the next may");
    assert_eq!((runs(&world.store).await, jobs(&world.store).await), (0, 0));
}

#[tokio::test]
async fn what_does_not_hold_at_its_moment_is_put_back_with_the_same_commit() {
    let world = World::new().await;
    let (row, machine) = (kept(&world, "nightly").await, world.machine(1).await);
    let mut beforehand = world.store.beforehand(&row).await.unwrap().unwrap();
    let put_off = world.store.put_off(&row, at(86_402)).await.unwrap().unwrap();
    beforehand.store(&put_off, &starting(machine, at(86_400)), LONG).await.unwrap();
    // As if somebody had settled the occurrence and not moved the schedule on.
    let sql = "insert into schedule_occurrences (schedule_id, recurrence, due_at, outcome, reason, settled_at) \
               values ($1, $2, $3, 'skipped', 'by hand', $3)";
    let id = started(1).id.to_string();
    let by_hand = sqlx::query(sql).bind(row.schedule.id.0).bind(id).bind(at(86_400));
    by_hand.execute(world.store.pool()).await.unwrap();
    assert!(!beforehand.settle(&put_off, &started(1), at(86_400), at(90_000), at(86_400)).await.unwrap());
    let back = world.store.schedule(row.schedule.id).await.unwrap().unwrap();
    assert_eq!((back.wake_at, back.schedule.settled_through), (row.wake_at, None));
    assert_eq!((runs(&world.store).await, jobs(&world.store).await), (0, 0));
}

#[tokio::test]
async fn whoever_renames_a_machine_waits_until_the_moment_and_then_has_it() {
    let world = World::new().await;
    let (row, machine) = (kept(&world, "nightly").await, world.machine(1).await);
    let mut beforehand = world.store.beforehand(&row).await.unwrap().unwrap();
    beforehand.store(&row, &starting(machine, at(86_400)), LONG).await.unwrap();
    let pool = world.store.pool().clone();
    let sql = "update machines set name = 'another'";
    let renaming = tokio::spawn(async move { sqlx::query(sql).execute(&pool).await });
    until_it_waits(&world.store, sql).await;
    assert!(beforehand.settle(&row, &started(1), at(86_400), at(90_000), at(86_400)).await.unwrap());
    renaming.await.unwrap().unwrap();
    assert_eq!((runs(&world.store).await, jobs(&world.store).await), (1, 1));
}

#[tokio::test]
async fn a_worker_that_freezes_is_waited_for_no_longer_than_what_it_stored_may_stand() {
    let world = World::new().await;
    let (row, machine) = (kept(&world, "nightly").await, world.machine(1).await);
    let mut frozen = world.store.beforehand(&row).await.unwrap().unwrap();
    let short = Longest { stands: Duration::from_millis(50), ..LONG };
    frozen.store(&row, &starting(machine, at(86_400)), short).await.unwrap();
    let rename = sqlx::query("update machines set name = 'another'").execute(world.store.pool());
    let renamed = tokio::time::timeout(Duration::from_secs(8), rename).await;
    renamed.expect("sooner than any transaction is ended that stands still").unwrap();
    let another = async { while world.store.beforehand(&row).await.unwrap().is_none() {} };
    assert!(tokio::time::timeout(SOON, another).await.is_ok(), "the next may store it");
    let late = frozen.settle(&row, &started(1), at(86_400), at(90_000), at(86_400)).await;
    assert!(late.is_err(), "whoever wakes has lost: {late:?}");
    assert_eq!((runs(&world.store).await, jobs(&world.store).await), (0, 0));
}

#[tokio::test]
async fn whoever_changes_machines_already_goes_first_and_what_waits_for_them_is_given_up() {
    let world = World::new().await;
    let (row, machine) = (kept(&world, "nightly").await, world.machine(1).await);
    let mut beforehand = world.store.beforehand(&row).await.unwrap().unwrap();
    let put_off = world.store.put_off(&row, at(86_402)).await.unwrap().unwrap();
    let mut person = world.store.pool().begin().await.unwrap();
    sqlx::query("update machines set name = 'another'").execute(&mut *person).await.unwrap();
    let firing = starting(machine, at(86_400));
    let stored = tokio::time::timeout(SOON, beforehand.store(&put_off, &firing, LONG))
        .await
        .expect("it does not wait for ever");
    assert!(stored.is_err());
    beforehand.put_back(&put_off).await.unwrap();
    person.commit().await.unwrap();
    assert_eq!(world.store.schedule(row.schedule.id).await.unwrap().unwrap().wake_at, row.wake_at);
    assert_eq!((runs(&world.store).await, jobs(&world.store).await), (0, 0));
}
