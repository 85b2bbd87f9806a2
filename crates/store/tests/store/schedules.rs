//! Occurrences are settled once, whoever decides, crashes or meddles.

use super::world::{World, at, digest, image, plan, simulated};
use pitstop_calendar::{
    Chosen, Held, Kind, OnMiss, Outcome, RecurrenceId, Schedule, Series, Times, Timing, Zone,
};
use pitstop_domain::Time;
use pitstop_domain::id::{JobId, MachineId, RunId, ScheduleId, TimesId};
use pitstop_domain::image::ImageVersion;
use pitstop_domain::job::{Initiator, Job, Phase};
use pitstop_domain::run::{Member, MemberState, Run, RunFacts, RunPlan, admit};
use pitstop_store::jobs::JobFilter;
use pitstop_store::runs::NewMember;
use pitstop_store::runs::admission::{First, Started};
use pitstop_store::schedules::ScheduleRow;
use pitstop_store::schedules::firing::Firing;
use pitstop_store::schedules::occurrences::Settled;
use pitstop_store::{Error, Store};
use uuid::Uuid;

fn daily(name: &str) -> Schedule {
    let series = Series::by(Zone::UTC, at(0).naive_utc(), "FREQ=DAILY".parse().unwrap());
    Schedule {
        id: ScheduleId(Uuid::now_v7()),
        name: name.to_owned(),
        chosen: Chosen::Search("label:lab".to_owned()),
        scopes: None,
        plan: RunPlan::plain("inventory"),
        timing: Timing { series, ready_by: None, on_miss: OnMiss::Skip },
        since: at(0),
        settled_through: None,
        paused_at: None,
    }
}

pub(super) async fn kept(world: &World, name: &str) -> ScheduleRow {
    let schedule = daily(name);
    world.store.keep_schedule(&schedule, None, "anna", at(0)).await.unwrap();
    world.store.schedule(schedule.id).await.unwrap().unwrap()
}

fn occurrence(day: i64) -> RecurrenceId {
    RecurrenceId(at(day * 86_400).naive_utc())
}

pub(super) fn started(day: i64) -> Settled {
    let due_at = at(day * 86_400);
    Settled {
        id: occurrence(day),
        due_at,
        outcome: Outcome::Started,
        reason: "started at its time".to_owned(),
    }
}

fn firing(machine: MachineId, now: Time) -> Firing {
    let run = Run::new(RunId(Uuid::now_v7()), RunPlan::plain("inventory"), now);
    Firing { run, members: vec![NewMember { machine, wave: 1, refused: None }], first: None }
}

/// A run whose machine is started with it, as a worker decides it.
pub(super) fn starting(machine: MachineId, now: Time) -> Firing {
    let bare = firing(machine, now);
    let (site, state) = ("berlin".to_owned(), MemberState::Waiting);
    let members = [Member { machine, site, wave: 1, state, forgiven: false }];
    let admission = admit(&bare.run, &members, &RunFacts::default(), now);
    let plan = plan(vec![simulated()]);
    let job = Job::new(JobId(Uuid::now_v7()), machine, "inventory", digest(), plan, now);
    let started = vec![Started { machine, job: Ok(job) }];
    Firing { first: Some(First { admission, started }), ..bare }
}

pub(super) async fn jobs(store: &Store) -> usize {
    store.jobs(&JobFilter { limit: 100, ..JobFilter::default() }).await.unwrap().len()
}

pub(super) async fn runs(store: &Store) -> usize {
    store.runs(false, None, None, 100).await.unwrap().len()
}

#[tokio::test]
async fn a_schedule_comes_back_as_it_was_kept_and_names_are_not_given_twice() {
    let world = World::new().await;
    let row = kept(&world, "nightly").await;
    assert_eq!(
        (row.schedule.clone(), row.wake_at),
        (Schedule { id: row.schedule.id, ..daily("nightly") }, at(0))
    );
    let refused = world.store.keep_schedule(&daily("nightly"), None, "bob", at(1)).await.unwrap_err();
    assert!(refused.to_string().contains("already"), "{refused}");
    let fixed = Schedule { chosen: Chosen::Machines(vec![world.machine(1).await]), ..row.schedule.clone() };
    world.store.keep_schedule(&fixed, Some(row.version), "bob", at(2)).await.unwrap();
    let again = world.store.schedule(fixed.id).await.unwrap().unwrap();
    assert_eq!((again.schedule, again.changed_by.as_str()), (fixed, "bob"));
    let stale = world.store.keep_schedule(&row.schedule, Some(row.version), "cleo", at(3)).await.unwrap_err();
    assert!(stale.to_string().contains("meanwhile"), "{stale}");
}

#[tokio::test]
async fn of_many_workers_that_fire_the_same_occurrence_one_starts_a_run() {
    let world = World::new().await;
    let (row, machine) = (kept(&world, "nightly").await, world.machine(1).await);
    let mut tries = tokio::task::JoinSet::new();
    for _ in 0..12 {
        let (store, row) = (world.store.clone(), row.clone());
        tries.spawn(async move {
            let settled = [(started(1), Some(starting(machine, at(86_400))))];
            store.settle(&row, &settled, at(86_400), at(90_000), at(86_400)).await.unwrap()
        });
    }
    let stored = tries.join_all().await.into_iter().filter(|stored| *stored).count();
    assert_eq!((stored, runs(&world.store).await, jobs(&world.store).await), (1, 1, 1));
    let settled = world.store.latest_settled(row.schedule.id, 10).await.unwrap();
    let run = world.store.run(settled[0].run.unwrap()).await.unwrap().unwrap();
    let by = Initiator::Schedule { id: row.schedule.id, name: "nightly".to_owned() };
    assert_eq!((settled.len(), run.initiator), (1, by));
    assert!(world.store.schedule_is_under_way(row.schedule.id).await.unwrap());
}

#[tokio::test]
async fn machines_that_start_with_their_run_have_their_jobs_and_are_not_started_again() {
    let world = World::new().await;
    let (row, machine) = (kept(&world, "nightly").await, world.machine(1).await);
    let settled = [(started(1), Some(starting(machine, at(86_400))))];
    assert!(world.store.settle(&row, &settled, at(86_400), at(90_000), at(86_400)).await.unwrap());
    let claimed = world.store.claim_due_runs("w", 10, at(86_400)).await.unwrap().remove(0);
    let members: Vec<_> =
        world.store.run_members(claimed.run.id).await.unwrap().into_iter().map(|row| row.member).collect();
    let MemberState::Job(job) = &members[0].state else { panic!("not started: {members:?}") };
    assert_eq!((job.phase, claimed.run.wave), (Phase::Queued, Some(1)));
    let again = admit(&claimed.run, &members, &RunFacts::default(), at(86_401));
    assert_eq!(again.start, []);
    let told = world.store.run_history(claimed.run.id).await.unwrap();
    assert_eq!(told.len(), 2, "made, and the wave begun: {told:?}");
}

#[tokio::test]
async fn of_a_firing_whose_image_is_gone_nothing_is_stored() {
    let world = World::new().await;
    let (row, machine) = (kept(&world, "nightly").await, world.machine(1).await);
    let newer = ImageVersion { digest: "b".repeat(64).parse().unwrap(), version: "2".to_owned(), ..image() };
    world.store.add_image(&newer).await.unwrap();
    world.store.remove_image(&digest(), "ann", "old").await.unwrap();
    let settled = [(started(1), Some(starting(machine, at(86_400))))];
    let refused = world.store.settle(&row, &settled, at(86_400), at(90_000), at(86_400)).await.unwrap_err();
    assert!(matches!(refused, Error::Refused(_)), "{refused}");
    assert_eq!((runs(&world.store).await, jobs(&world.store).await), (0, 0));
}

#[tokio::test]
async fn a_claim_puts_the_next_look_off_and_a_dead_worker_is_followed_by_another() {
    let world = World::new().await;
    let row = kept(&world, "nightly").await;
    assert_eq!(world.store.claim_due_schedules(8, at(0)).await.unwrap().len(), 1);
    assert_eq!(world.store.claim_due_schedules(8, at(29)).await.unwrap().len(), 0, "another has it");
    assert_eq!(world.store.next_schedule_wake().await.unwrap(), Some(at(30)));
    let claimed = world.store.claim_due_schedules(8, at(30)).await.unwrap();
    assert!(world.store.settle(&claimed[0], &[], at(30), at(500), at(30)).await.unwrap());
    assert_eq!(world.store.next_schedule_wake().await.unwrap(), Some(at(500)));
    assert_eq!(claimed[0].schedule.id, row.schedule.id);
}

#[tokio::test]
async fn what_a_person_changed_meanwhile_is_decided_on_anew() {
    let world = World::new().await;
    let (row, machine) = (kept(&world, "nightly").await, world.machine(1).await);
    let paused = Schedule { paused_at: Some(at(10)), ..row.schedule.clone() };
    world.store.keep_schedule(&paused, Some(row.version), "anna", at(10)).await.unwrap();
    let settled = [(started(1), Some(firing(machine, at(86_400))))];
    assert!(!world.store.settle(&row, &settled, at(86_400), at(90_000), at(86_400)).await.unwrap());
    assert_eq!(
        (runs(&world.store).await, world.store.next_schedule_wake().await.unwrap()),
        (0, Some(at(10)))
    );
}

#[tokio::test]
async fn one_that_a_person_left_out_is_not_started_and_can_be_wanted_back() {
    let world = World::new().await;
    let (row, machine) = (kept(&world, "nightly").await, world.machine(1).await);
    let (id, store) = (row.schedule.id, &world.store);
    store.skip_occurrence(id, occurrence(1), at(86_400), "anna", at(10)).await.unwrap();
    assert!(store.skip_occurrence(id, occurrence(1), at(86_400), "bob", at(11)).await.is_err());
    assert_eq!(store.settled_since(id, at(0)).await.unwrap(), [occurrence(1)].into());
    let settled = [(started(1), Some(firing(machine, at(86_400))))];
    assert!(!store.settle(&row, &settled, at(86_400), at(90_000), at(86_400)).await.unwrap());
    assert_eq!(runs(store).await, 0, "not even a part of it was stored");
    store.unskip_occurrence(id, occurrence(1), at(20)).await.unwrap();
    assert!(store.settle(&row, &settled, at(86_400), at(90_000), at(86_400)).await.unwrap());
    assert!(store.unskip_occurrence(id, occurrence(1), at(86_401)).await.is_err(), "it was started");
}

#[tokio::test]
async fn what_is_settled_through_never_goes_back_with_the_clock() {
    let world = World::new().await;
    let row = kept(&world, "nightly").await;
    for (through, expected) in [(500, 500), (200, 500), (900, 900)] {
        let row = world.store.schedule(row.schedule.id).await.unwrap().unwrap();
        assert!(world.store.settle(&row, &[], at(through), at(1000), at(through)).await.unwrap());
        let now = world.store.schedule(row.schedule.id).await.unwrap().unwrap();
        assert_eq!(now.schedule.settled_through, Some(at(expected)));
    }
}

#[tokio::test]
async fn a_started_occurrence_without_a_run_cannot_be_stored() {
    let world = World::new().await;
    let row = kept(&world, "nightly").await;
    assert!(world.store.settle(&row, &[(started(1), None)], at(1), at(2), at(1)).await.is_err());
    let skipped = Settled { outcome: Outcome::Skipped, ..started(1) };
    let machine = world.machine(1).await;
    let with_run = [(skipped, Some(firing(machine, at(1))))];
    assert!(world.store.settle(&row, &with_run, at(1), at(2), at(1)).await.is_err());
    assert_eq!(runs(&world.store).await, 0);
}

#[tokio::test]
async fn windows_are_kept_and_those_of_a_calendar_are_replaced_together() {
    let world = World::new().await;
    kept(&world, "nightly").await;
    let held = |title: &str, kind| Held {
        id: TimesId(Uuid::now_v7()),
        kind,
        title: title.to_owned(),
        query: "site:berlin".to_owned(),
        times: Times { starts: daily("x").timing.series, minutes: 480 },
    };
    let (night, store) = (held("Nights", Kind::Window), &world.store);
    store.add_times(std::slice::from_ref(&night), None, "anna", at(5)).await.unwrap();
    let holidays = [held("Easter", Kind::Blackout), held("Whitsun", Kind::Blackout)];
    store.add_times(&holidays, Some("holidays.ics"), "anna", at(6)).await.unwrap();
    store.add_times(&holidays[1..], Some("holidays.ics"), "anna", at(7)).await.unwrap();
    let rows = store.held_times().await.unwrap();
    assert_eq!(rows.iter().map(|row| row.held.title.as_str()).collect::<Vec<_>>(), ["Nights", "Whitsun"]);
    assert_eq!(rows[0].held, night);
    store.remove_times(rows[1].held.id, at(8)).await.unwrap();
    assert!(store.remove_times(rows[1].held.id, at(8)).await.is_err());
    assert_eq!(store.held_times().await.unwrap().len(), 1);
}
