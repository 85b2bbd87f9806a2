//! Schedules are fired once, by several workers, some of which die in the middle of it.

use super::world::{World, simulated};
use super::{Working, until, within};
use chrono::TimeDelta;
use pitstop_calendar::{Chosen, Held, Kind, OnMiss, Outcome, Rule, Schedule, Series, Times, Timing, Zone};
use pitstop_domain::id::{ScheduleId, TimesId};
use pitstop_domain::presence::{Presence, Spare};
use pitstop_domain::run::{MemberState, RunPlan};
use pitstop_store::schedules::occurrences::SettledRow;
use pitstop_worker::schedules::ground::Ground;
use pitstop_worker::schedules::places::Places;
use uuid::Uuid;

/// `ahead_s` from now on, by this rule.
async fn schedule(world: &World, ahead_s: i64, rule: Option<&str>) -> Schedule {
    let machine = world.machine(1).await;
    world.store.set_routes(machine, &[simulated()]).await.unwrap();
    let now = world.store.now();
    let start = (now + TimeDelta::seconds(ahead_s)).naive_utc();
    let start = chrono::NaiveDateTime::new(start.date(), start.time());
    let start = start - TimeDelta::nanoseconds(i64::from(start.and_utc().timestamp_subsec_nanos()));
    let rule = rule.map(|rule| rule.parse::<Rule>().unwrap());
    let series = Series { rule, ..Series::once(Zone::UTC, start) };
    let schedule = Schedule {
        id: ScheduleId(Uuid::now_v7()),
        name: "soon".to_owned(),
        chosen: Chosen::Machines(vec![machine]),
        scopes: None,
        plan: RunPlan::plain("inventory"),
        timing: Timing { series, ready_by: None, on_miss: OnMiss::Skip },
        since: now,
        settled_through: None,
        paused_at: None,
    };
    world.store.keep_schedule(&schedule, None, "anna", now).await.unwrap();
    schedule
}

async fn settled(world: &World, schedule: &Schedule) -> Vec<SettledRow> {
    world.store.latest_settled(schedule.id, 100).await.unwrap()
}

#[tokio::test]
async fn an_occurrence_starts_one_run_however_many_workers_there_are_and_die() {
    let world = World::new().await;
    let schedule = schedule(&world, 2, Some("FREQ=SECONDLY;COUNT=6")).await;
    let worker =
        |name| pitstop_worker::Worker::new(world.store.clone(), pitstop_store::Keys::new([7; 32]), name);
    let working = Working::of([worker("one"), worker("two"), worker("three").beforehand_from(1)].into_iter());
    let mut doomed = tokio::task::JoinSet::new();
    for n in 0..40_u64 {
        let store = world.store.clone();
        doomed.spawn(async move {
            let name = format!("doomed {n}");
            let keys = pitstop_store::Keys::new([7; 32]);
            let worker = pitstop_worker::Worker::new(store, keys, name);
            // Some store it before its moment, however few machines it has.
            let worker = if n % 2 == 0 { worker.beforehand_from(1) } else { worker };
            // Dropped wherever it stands.
            let life = std::time::Duration::from_millis(100 + 200 * n);
            let _ = tokio::time::timeout(life, worker.run(tokio_util::sync::CancellationToken::new())).await;
        });
    }
    // Whoever dies between claim and commit has the schedule for half a minute; that may happen twice.
    let long = std::time::Duration::from_secs(90);
    within(long, &world, "all six are settled", async || settled(&world, &schedule).await.len() == 6).await;
    doomed.shutdown().await;
    working.stop().await;
    let rows = settled(&world, &schedule).await;
    let started: Vec<_> = rows.iter().filter(|row| row.settled.outcome == Outcome::Started).collect();
    let runs = world.store.runs(false, None, None, 100).await.unwrap();
    // A run is over as soon as its only machine cannot be restarted, so that the next may be started, too.
    let of_rows: std::collections::BTreeSet<_> =
        started.iter().filter_map(|row| row.run).map(|run| run.0).collect();
    let of_runs = runs.iter().map(|row| row.run.id.0).collect();
    assert_eq!(of_rows, of_runs, "each run is of one occurrence: {rows:?}");
    let jobs: i64 =
        sqlx::query_scalar("select count(*) from jobs").fetch_one(world.store.pool()).await.unwrap();
    // The last run may not have been looked at yet.
    assert!(usize::try_from(jobs).unwrap() <= started.len());
    assert!(!started.is_empty() && rows.len() == 6);
}

#[tokio::test]
async fn what_workers_stored_beforehand_starts_at_its_moment_by_itself() {
    // Three seconds may be too short where others work, too: then it is made as of a little later, and tried again.
    for _ in 0..5 {
        let world = World::new().await;
        let schedule = schedule(&world, 3, None).await;
        let worker =
            |name| pitstop_worker::Worker::new(world.store.clone(), pitstop_store::Keys::new([7; 32]), name);
        let working = Working::of(["one", "two"].into_iter().map(|name| worker(name).beforehand_from(1)));
        until(&world, "it is settled", async || !settled(&world, &schedule).await.is_empty()).await;
        working.stop().await;
        let row = settled(&world, &schedule).await.remove(0);
        assert_eq!(world.store.runs(false, None, None, 100).await.unwrap().len(), 1);
        let sql = "select created_at from jobs where run_id = $1";
        let made: Vec<pitstop_domain::Time> =
            sqlx::query_scalar(sql).bind(row.run.unwrap().0).fetch_all(world.store.pool()).await.unwrap();
        if made == [row.settled.due_at] {
            return;
        }
    }
    panic!("nothing is stored as of its moment");
}

#[tokio::test]
async fn in_a_blackout_nothing_is_started_and_the_row_says_so() {
    let world = World::new().await;
    let schedule = schedule(&world, 1, None).await;
    let now = world.store.now();
    let starts = Series::once(Zone::UTC, (now - TimeDelta::hours(1)).naive_utc());
    let held = Held {
        id: TimesId(Uuid::now_v7()),
        kind: Kind::Blackout,
        title: "Exams".to_owned(),
        query: String::new(),
        times: Times { starts, minutes: 600 },
    };
    world.store.add_times(&[held], None, "anna", now).await.unwrap();
    let working = Working::start(&world.store, &["one"]);
    until(&world, "it is settled", async || !settled(&world, &schedule).await.is_empty()).await;
    working.stop().await;
    let row = settled(&world, &schedule).await.remove(0).settled;
    assert_eq!((row.outcome, row.reason.as_str()), (Outcome::Skipped, "there was a blackout: Exams"));
    assert!(world.store.runs(false, None, None, 100).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_schedule_without_machines_says_that_it_failed() {
    let world = World::new().await;
    let schedule = schedule(&world, 1, None).await;
    let row = world.store.schedule(schedule.id).await.unwrap().unwrap();
    let nobody = Schedule { chosen: Chosen::Search("site:nowhere".to_owned()), ..schedule.clone() };
    world.store.keep_schedule(&nobody, Some(row.version), "anna", world.store.now()).await.unwrap();
    let working = Working::start(&world.store, &["one"]);
    until(&world, "it is settled", async || !settled(&world, &schedule).await.is_empty()).await;
    working.stop().await;
    let row = settled(&world, &schedule).await.remove(0).settled;
    assert_eq!((row.outcome, row.reason.as_str()), (Outcome::Failed, "no machine is found any more"));
}

#[tokio::test]
async fn a_machine_that_is_in_use_when_its_turn_comes_is_left_alone_and_its_run_says_why() {
    let world = World::new().await;
    let mut schedule = schedule(&world, 1, None).await;
    let Chosen::Machines(machines) = &schedule.chosen else { panic!("it has one machine") };
    let seen = Presence { people: 1, ..Presence::default() };
    world.store.saw_presence(machines[0], &seen, world.store.now()).await.unwrap();
    let row = world.store.schedule(schedule.id).await.unwrap().unwrap();
    schedule.plan.spare = Spare { logged_in: true, ..Spare::default() };
    world.store.keep_schedule(&schedule, Some(row.version), "anna", world.store.now()).await.unwrap();
    let working = Working::start(&world.store, &["one"]);
    until(&world, "its run is over", async || {
        let runs = world.store.runs(false, None, None, 100).await.unwrap();
        runs.first().is_some_and(|row| row.run.is_over())
    })
    .await;
    working.stop().await;
    let run = settled(&world, &schedule).await.remove(0).run.unwrap();
    let member = world.store.run_members(run).await.unwrap().remove(0).member;
    assert_eq!(member.state, MemberState::Refused { why: "somebody is logged in".to_owned() });
    let jobs: i64 =
        sqlx::query_scalar("select count(*) from jobs").fetch_one(world.store.pool()).await.unwrap();
    assert_eq!(jobs, 0);
}

#[tokio::test]
async fn many_schedules_at_once_are_told_the_same_as_each_alone() {
    let world = World::new().await;
    let kept = schedule(&world, 3600, None).await;
    for n in 2..6 {
        let machine = world.machine(n).await;
        let site = if n % 2 == 0 { "berlin" } else { "wien" };
        let sql = "update machines set site = $2, labels = array[$3] where id = $1";
        let label = if n > 3 { "lab" } else { "desk" };
        sqlx::query(sql).bind(machine.0).bind(site).bind(label).execute(world.store.pool()).await.unwrap();
    }
    let now = world.store.now();
    let held = |kind, query: &str, ahead_h: i64| {
        let starts = Series::once(Zone::UTC, (now + TimeDelta::hours(ahead_h)).naive_utc());
        let (title, query) = (format!("{kind:?} {query}"), query.to_owned());
        Held { id: TimesId(Uuid::now_v7()), kind, title, query, times: Times { starts, minutes: 120 } }
    };
    let times = [
        held(Kind::Window, "site:berlin", 2),
        held(Kind::Window, "label:lab", 5),
        held(Kind::Blackout, "", 6),
        held(Kind::Blackout, "site:wien", 3),
    ];
    world.store.add_times(&times, None, "anna", now).await.unwrap();
    let searches = ["", "site:berlin", "site:wien label:lab", "label:desk", "site:nowhere", "what:is this"];
    let searched =
        searches.map(|words| Schedule { chosen: Chosen::Search(words.to_owned()), ..kept.clone() });
    let all: Vec<&Schedule> = searched.iter().chain([&kept]).collect();
    let range = now - TimeDelta::days(1)..now + pitstop_calendar::due::HORIZON;
    let mut ground = Ground::of(&world.store, &all, range).await.unwrap();
    for schedule in all {
        let placed = ground.placed(schedule);
        let alone = match Places::of(&world.store, schedule, now).await {
            Ok(alone) => alone,
            Err(error) => {
                assert!(error.is_of_one_row() && placed.machines.is_empty(), "{error}");
                continue;
            }
        };
        let words = format!("{:?}", schedule.chosen);
        assert_eq!(placed.machines.count(), alone.chosen.len(), "{words}");
        for half_hours in 0..20 {
            let at = now + TimeDelta::minutes(30 * half_hours);
            let trip = TimeDelta::minutes(20);
            let (one, other) = (placed.allowed.at(at, trip), alone.allowed(now).at(at, trip));
            assert_eq!(
                one.is_ok(),
                other.is_ok(),
                "{words} after {half_hours} half hours: {one:?}, {other:?}"
            );
        }
    }
}
