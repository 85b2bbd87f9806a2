//! What people read: logs, histories, how long it usually takes, the fleet at a glance.

use super::world::{World, at, boot, in_maintenance, own};
use pitstop_domain::job::{Job, Phase};
use pitstop_domain::machine::Inventory;
use pitstop_domain::sighting::{Sighting, Told};
use pitstop_domain::wire::LogLine;
use std::collections::HashMap;

fn lines(seqs: std::ops::RangeInclusive<u64>) -> Vec<LogLine> {
    seqs.map(|seq| LogLine { seq, text: format!("line {seq}") }).collect()
}

#[tokio::test]
async fn a_log_line_is_stored_once_in_each_boot() {
    let world = World::new().await;
    let job = world.job(world.machine(1).await, 0).await.id;
    let store = &world.store;
    assert_eq!(store.add_log(job, &boot("one"), &[], at(0)).await.unwrap(), 0);
    assert_eq!(store.add_log(job, &boot("one"), &lines(1..=3), at(1)).await.unwrap(), 3);
    assert_eq!(store.add_log(job, &boot("one"), &lines(2..=5), at(2)).await.unwrap(), 5);
    assert_eq!(store.add_log(job, &boot("one"), &lines(1..=2), at(3)).await.unwrap(), 5, "late and known");
    let doubled = [lines(1..=2), lines(1..=2)].concat();
    assert_eq!(store.add_log(job, &boot("two"), &doubled, at(4)).await.unwrap(), 2);
    assert_eq!(store.log_length(job).await.unwrap(), 7);
    let newest: Vec<_> = store.log(job, 3).await.unwrap().iter().map(|line| line.seq).collect();
    assert_eq!(newest, [5, 1, 2]);
}

/// Closes a job by hand, so many seconds after it began.
async fn took(world: &World, job: &Job, seconds: i64, outcome: &str) {
    let sql = format!(
        "update jobs set phase = 'closed', outcome = '{outcome}', closed_at = created_at + interval '{seconds} s', \
         switching_since = created_at where id = $1"
    );
    world.sql(&sql, job).await.unwrap();
}

#[tokio::test]
async fn a_trip_usually_takes_the_median_of_those_that_succeeded() {
    let world = World::new().await;
    let (first, second) = (world.machine(1).await, world.machine(2).await);
    assert_eq!(world.store.usual_seconds("inventory", None).await.unwrap(), None);
    let inventory = Inventory { model: "X1".to_owned(), ..Inventory::default() };
    world.store.set_inventory(first, &inventory).await.unwrap();
    for seconds in [900, 40, 60] {
        took(&world, &world.job(first, seconds).await, seconds, "succeeded").await;
    }
    took(&world, &world.job(first, 5).await, 1, "cancelled").await;
    took(&world, &world.job(first, 6).await, 1, "failed").await;
    for seconds in [100, 110] {
        took(&world, &world.job(second, seconds).await, seconds, "found").await;
    }
    assert_eq!(world.store.usual_seconds("inventory", Some("X1")).await.unwrap(), Some(60.0));
    assert_eq!(world.store.usual_seconds("inventory", None).await.unwrap(), Some(100.0));
    assert_eq!(world.store.usual_seconds("memory-test", None).await.unwrap(), None);
    let by_model = world.store.usual_seconds_by_model("inventory", &["X1", "X2"]).await.unwrap();
    assert_eq!(by_model, HashMap::from([("X1".to_owned(), 60.0)]));
    let asked = &["inventory", "memory-test"];
    let on_any = world.store.usual_seconds_by_function(asked, None).await.unwrap();
    assert_eq!(on_any, HashMap::from([("inventory".to_owned(), 100.0)]));
    let here = world.store.usual_seconds_by_function(asked, Some("X1")).await.unwrap();
    assert_eq!(here, HashMap::from([("inventory".to_owned(), 60.0)]));
}

#[tokio::test]
async fn a_phase_usually_takes_the_median_of_its_attempts_together() {
    let world = World::new().await;
    let machine = world.machine(1).await;
    let phase = async |phase| world.store.usual_phase_seconds("inventory", None, phase).await.unwrap();
    assert_eq!(phase(Phase::Switching).await, None);
    for (first, second) in [(10, 20), (1, 4), (400, 500)] {
        let job = world.job(machine, first).await;
        let restoring = first + second;
        let sql = format!(
            "insert into job_history (job_id, at, \"from\", \"to\", attempt, reason) \
             select $1, timestamptz 'epoch' + s * interval '1 s', \"from\", \"to\", 1, '' from (values \
             (0, 'queued', 'switching'), ({first}, 'switching', 'switching'), ({restoring}, 'switching', 'restoring'), \
             ({restoring} + 7, 'restoring', 'closed')) as line (s, \"from\", \"to\")"
        );
        world.sql(&sql, &job).await.unwrap();
        took(&world, &job, restoring + 7, "succeeded").await;
    }
    assert_eq!(phase(Phase::Switching).await, Some(30.0), "both attempts");
    assert_eq!(phase(Phase::Restoring).await, Some(7.0));
    assert_eq!(phase(Phase::Held).await, None, "none was held");
}

#[tokio::test]
async fn the_overview_shows_each_machine_once_with_the_job_that_holds_it() {
    let world = World::new().await;
    let (busy, idle) = (world.machine(1).await, world.machine(2).await);
    let earlier = world.job(busy, 0).await;
    world.store.cancel_job(earlier.id, "no", at(0)).await.unwrap();
    let (holding, _queued) = (world.job(busy, 1).await, world.job(busy, 2).await);
    world.saw(busy, own("before"), 3).await;
    world.work(3).await;
    world.saw(busy, Sighting::Progress { job: earlier.id, permille: 900, text: String::new() }, 4).await;
    world.saw(idle, Sighting::AskedToBoot { by: "UEFI PXE".to_owned(), told: Told::OwnSystem }, 5).await;
    let mut rows = world.store.overview(None).await.unwrap();
    rows.sort_by(|a, b| a.name.cmp(&b.name));
    assert_eq!(rows.iter().map(|row| row.id).collect::<Vec<_>>(), [busy, idle]);
    let job = rows[0].job.as_ref().unwrap();
    assert_eq!((job.id, job.phase), (holding.id, Phase::Switching));
    assert_eq!(job.permille, None, "another job's progress is not this one's");
    assert_eq!((rows[0].own_agent_seen, rows[0].last_seen), (Some(at(3)), Some(at(4))));
    assert_eq!((rows[1].sent_home, rows[1].job.is_none()), (Some(at(5)), true));
    world.saw(busy, in_maintenance(holding.id), 6).await;
    world.saw(busy, Sighting::Progress { job: holding.id, permille: 10, text: String::new() }, 7).await;
    world.work(7).await;
    let row = world.store.overview(Some(busy)).await.unwrap().remove(0);
    let job = row.job.unwrap();
    assert_eq!((job.phase, job.permille), (Phase::Running, Some(10)));
    assert_eq!(world.store.open_and_held().await.unwrap(), (2, 0));
}

#[tokio::test]
async fn an_intent_about_a_job_that_moved_on_is_refused() {
    let world = World::new().await;
    let job = world.job(world.machine(1).await, 0).await;
    let decision = pitstop_domain::facts::Decision::GiveUp;
    assert!(world.decide(job.id, decision, 1).await.is_err(), "it is not held");
    world.store.cancel_job(job.id, "first", at(1)).await.unwrap();
    world.store.cancel_job(job.id, "second", at(2)).await.unwrap();
    world.work(2).await;
    assert_eq!(world.now(&job).await.ended.unwrap().because, "first", "the first wish stands");
    assert!(world.store.cancel_job(job.id, "third", at(3)).await.is_err(), "it is closed");
}
