//! The pages of the timetable with many schedules, and its interface for programs, over a real PostgreSQL.
#![expect(clippy::unwrap_used, reason = "what a test cannot unwrap, it fails at")]

#[path = "support/database.rs"]
mod database;

use chrono::{NaiveDate, TimeDelta};
use pitstop_app::schedules::desk::{Asked, EntryState, Filled, Timetable, View};
use pitstop_calendar::{Chosen, Held, Kind, OnMiss, Schedule, Series, Times, Timing, Zone};
use pitstop_domain::id::{ScheduleId, TimesId};
use pitstop_domain::machine::{Arch, Firmware};
use pitstop_domain::net::Mac;
use pitstop_domain::people::{Grant, Kind as WhoKind, Role, Who};
use pitstop_domain::route::Route;
use pitstop_domain::run::RunPlan;
use pitstop_server::builtin;
use pitstop_server::people::Gate;
use pitstop_server::schedules::desk::StoreTimetable;
use pitstop_server::schedules::program::Answer;
use pitstop_server::schedules::wanted::Written;
use pitstop_store::Store;
use pitstop_store::machines::NewMachine;
use uuid::Uuid;

const DAY: &str = "2031-03-04";

async fn store() -> Store {
    let store = Store::open(&database::own_database().await).await.unwrap();
    for function in builtin::functions() {
        store.put_function(&function, 0).await.unwrap();
    }
    store
}

async fn machine(store: &Store, n: u8, site: &str) {
    let new = NewMachine {
        name: format!("pc-{n}"),
        smbios_uuid: None,
        macs: vec![Mac([0x52, 0x54, 0, 0, 2, n])],
        site: site.to_owned(),
        labels: vec![],
        arch: Arch::X86_64,
        firmware: Firmware::Bios,
        routes: vec![Route::Agent, Route::Person],
    };
    store.add_machine(&new).await.unwrap();
}

/// Every day at 22:00 in March 2031, on what the words find.
async fn schedule(store: &Store, name: &str, words: &str) -> ScheduleId {
    let start = format!("{DAY}T22:00:00").parse().unwrap();
    let rule = Some("FREQ=DAILY;COUNT=20".parse().unwrap());
    let schedule = Schedule {
        id: ScheduleId(Uuid::now_v7()),
        name: name.to_owned(),
        chosen: Chosen::Search(words.to_owned()),
        scopes: None,
        plan: RunPlan::plain("inventory"),
        timing: Timing {
            series: Series { rule, ..Series::once(Zone::UTC, start) },
            ready_by: None,
            on_miss: OnMiss::Skip,
        },
        since: store.now(),
        settled_through: None,
        paused_at: None,
    };
    store.keep_schedule(&schedule, None, "test", store.now()).await.unwrap();
    schedule.id
}

fn desk(store: &Store) -> StoreTimetable {
    let grants = vec![Grant::everywhere(Role::Administrator)];
    let who = Who { id: None, name: "ada".into(), title: "Ada".into(), kind: WhoKind::Person, grants };
    StoreTimetable::new(Gate::new(store.clone(), who, "test".to_owned()), 100)
}

fn asked(view: View) -> Asked {
    Asked { at: Some(DAY.parse().unwrap()), view, ..Asked::default() }
}

#[tokio::test]
async fn conflicts_are_found_in_the_last_of_many_schedules_and_a_year_counts_them() {
    let store = store().await;
    for (n, site) in [(1, "berlin"), (2, "wien")] {
        machine(&store, n, site).await;
    }
    for n in 0..150 {
        // One of two machines each; the names of the others sort before those that conflict.
        schedule(&store, &format!("a{n:03}"), &format!("name:pc-{}", 100 + n)).await;
    }
    schedule(&store, "y", "site:berlin").await;
    schedule(&store, "z", "pc-1").await;
    let days = desk(&store).days(&asked(View::Day)).await.unwrap().days;
    let of = |name: &str| days[0].entries.iter().find(|entry| entry.name == name).unwrap();
    assert_eq!((days[0].entries.len(), days[0].sum.times), (152, 152));
    assert_eq!(of("z").state, EntryState::Conflict);
    assert_eq!(of("z").notes, ["1 machine also wanted by y at 22:00"]);
    assert_eq!(of("a000").notes, ["no machine is found"]);
    let year = desk(&store).days(&asked(View::Year)).await.unwrap().days;
    let day: NaiveDate = DAY.parse().unwrap();
    let sum = year.iter().find(|line| line.date == day).unwrap().sum;
    assert_eq!((year.len(), sum.times, sum.conflicts, sum.failed), (365, 152, 152, 0));
    assert_eq!(year.iter().map(|line| line.sum.times).sum::<u32>(), 152 * 20);
    assert!(year.iter().all(|line| line.entries.is_empty()));
}

#[tokio::test]
async fn what_a_site_a_label_or_a_function_has_is_shown_alone() {
    let store = store().await;
    for (n, site) in [(1, "berlin"), (2, "wien")] {
        machine(&store, n, site).await;
    }
    schedule(&store, "all", "").await;
    schedule(&store, "berlin", "site:berlin").await;
    schedule(&store, "one", "name:pc-2").await;
    let shown = async |change: fn(&mut Asked)| {
        let mut asked = asked(View::Day);
        change(&mut asked);
        let days = desk(&store).days(&asked).await.unwrap();
        let names = days.days[0].entries.iter().map(|entry| entry.name.clone()).collect::<Vec<_>>();
        assert_eq!((days.shown, days.schedules), (names.len(), 3));
        (names.join(" "), days.not_understood)
    };
    assert_eq!(shown(|asked| asked.q = "site:wien".into()).await, ("all one".into(), None));
    assert_eq!(shown(|asked| asked.q = "site:berlin".into()).await, ("all berlin".into(), None));
    assert_eq!(shown(|asked| asked.q = "site:rome".into()).await, (String::new(), None));
    assert_eq!(shown(|asked| asked.function = "inventory".into()).await, ("all berlin one".into(), None));
    assert_eq!(shown(|asked| asked.function = "wipe".into()).await, (String::new(), None));
    let (names, why) = shown(|asked| asked.q = "sitte:wien".into()).await;
    assert!(names.is_empty() && why.unwrap().contains("sitte"));
}

#[tokio::test]
async fn what_begins_at_midnight_is_on_its_day_in_every_view() {
    let store = store().await;
    machine(&store, 1, "berlin").await;
    let body = serde_json::json!({
        "name": "midnight", "q": "", "function": "inventory", "start": format!("{DAY}T00:00:00"), "zone": "UTC",
    });
    desk(&store).write(None, serde_json::from_value(body).unwrap(), None, false).await.unwrap();
    for view in View::ALL {
        let days = desk(&store).days(&asked(view)).await.unwrap().days;
        let on: Vec<_> =
            days.iter().filter(|day| day.sum.times == 1).map(|day| day.date.to_string()).collect();
        assert_eq!(on, [DAY], "{view:?}");
    }
}

#[tokio::test]
async fn a_blackout_is_seen_in_a_year_and_can_be_stretched_over_more_days() {
    let store = store().await;
    machine(&store, 1, "berlin").await;
    schedule(&store, "y", "site:berlin").await;
    let starts = Series::once(Zone::UTC, format!("{DAY}T00:00:00").parse().unwrap());
    let id = TimesId(Uuid::now_v7());
    let held = Held {
        id,
        kind: Kind::Blackout,
        title: "Exams".to_owned(),
        query: String::new(),
        times: Times { starts, minutes: 24 * 60 },
    };
    store.add_times(&[held], None, "ada", store.now()).await.unwrap();
    let conflicts = async || {
        let year = desk(&store).days(&asked(View::Year)).await.unwrap().days;
        year.iter().map(|line| line.sum.conflicts).sum::<u32>()
    };
    assert_eq!(conflicts().await, 1);
    let until = Filled::from([("until".to_owned(), "2031-03-06".to_owned())]);
    desk(&store).stretch_times(&id.to_string(), &until).await.unwrap();
    assert_eq!(conflicts().await, 3);
    let line = desk(&store).times().await.unwrap().remove(0);
    assert_eq!(line.ends, Some("2031-03-06".parse().unwrap()));
    let week = desk(&store).days(&asked(View::Week)).await.unwrap().days;
    let edges: Vec<_> =
        week.iter().flat_map(|day| &day.blackouts).map(|line| line.stretched.is_some()).collect();
    assert_eq!(edges, [false, false, true], "it is stretched where it ends");
    let before = Filled::from([("until".to_owned(), "2031-03-01".to_owned())]);
    assert!(desk(&store).stretch_times(&id.to_string(), &before).await.is_err());
}

fn written(at: chrono::NaiveDateTime) -> Written {
    let body = serde_json::json!({
        "name": "new", "q": "site:berlin", "function": "inventory", "start": at, "zone": "UTC",
        "rule": "FREQ=DAILY;COUNT=3",
    });
    serde_json::from_value(body).unwrap()
}

#[tokio::test]
async fn what_a_new_schedule_would_collide_with_is_told_before_it_is_kept() {
    let store = store().await;
    for (n, site) in [(1, "berlin"), (2, "wien")] {
        machine(&store, n, site).await;
    }
    schedule(&store, "there", "site:berlin").await;
    schedule(&store, "elsewhere", "site:wien").await;
    let would = async |clock: &str| {
        let new = written(format!("2031-03-22T{clock}").parse().unwrap());
        match desk(&store).write(None, new, None, true).await.unwrap() {
            Answer::Would(would) => would,
            Answer::Kept(_) => panic!("it was only asked"),
        }
    };
    let told = would("22:30:00").await;
    let notes: Vec<_> = told.next.iter().map(|entry| entry.notes.join("; ")).collect();
    assert_eq!(
        notes,
        ["1 machine also wanted by there at 22:00", "1 machine also wanted by there at 22:00", ""]
    );
    assert_eq!(told.notes[0], "Something stands in the way of 2 of the next 3 times.");
    assert!(would("12:00:00").await.next.iter().all(|entry| entry.state == EntryState::Coming));
    assert_eq!(desk(&store).all().await.unwrap().len(), 2, "nothing was kept");
}

#[tokio::test]
async fn the_forecast_counts_times_and_trips_and_what_is_sent_to_each_site() {
    let store = store().await;
    for n in 1..4 {
        machine(&store, n, if n < 3 { "berlin" } else { "wien" }).await;
    }
    let at = (store.now() + TimeDelta::hours(2)).naive_utc();
    let kept = desk(&store).write(None, written(at), None, false).await.unwrap();
    assert!(matches!(kept, Answer::Kept(_)));
    let forecast = desk(&store).forecast().await.unwrap();
    let line = &forecast.lines[0];
    assert_eq!((line.times, line.machines, line.takes_s), (3, 2, None));
    assert_eq!((forecast.times, forecast.trips), (3, 6));
    // No image is in the catalog.
    let site = &forecast.sites[0];
    assert_eq!((site.site.as_str(), site.trips, site.bytes, site.without_image), ("berlin", 0, 0, 6));
    assert_eq!(forecast.sites.len(), 1);
}

#[tokio::test]
async fn a_program_changes_a_schedule_of_the_version_that_it_looked_at() {
    let store = store().await;
    machine(&store, 1, "berlin").await;
    let at = (store.now() + TimeDelta::days(2)).naive_utc();
    let Answer::Kept(id) = desk(&store).write(None, written(at), None, false).await.unwrap() else {
        panic!("it was to be kept");
    };
    let told = desk(&store).told(&id).await.unwrap();
    let again: Written = serde_json::from_value(told.clone()).unwrap();
    let version = told["version"].as_i64();
    let renamed = Written { name: "other".to_owned(), ..again };
    desk(&store).write(Some(&id), renamed.clone(), version, false).await.unwrap();
    assert_eq!(desk(&store).told(&id).await.unwrap()["name"], "other");
    let late = desk(&store).write(Some(&id), renamed, version, false).await;
    assert!(late.is_err(), "somebody else changed it meanwhile");
    // By the clocks of the zone that somebody looks at.
    let recurrence = told["next"][0]["recurrence"].as_str().unwrap().to_owned();
    let to = (at + TimeDelta::hours(3)).format("%Y-%m-%dT%H:%M:%S").to_string();
    let moved = Filled::from([
        ("recurrence".to_owned(), recurrence),
        ("to".to_owned(), to),
        ("zone".to_owned(), "Asia/Kathmandu".to_owned()),
    ]);
    desk(&store).act(&id, "move", &moved).await.unwrap();
    let told = desk(&store).told(&id).await.unwrap();
    let wanted = (at + TimeDelta::hours(3) - TimeDelta::minutes(345)).and_utc();
    assert_eq!(
        told["next"][0]["at"].as_str().unwrap().parse::<pitstop_domain::Time>().unwrap().timestamp(),
        wanted.timestamp()
    );
}
