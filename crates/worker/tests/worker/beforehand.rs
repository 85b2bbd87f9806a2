//! What is stored before its moment is started at it, or nothing of it is: as if it had not been stored before.

use super::world::{World, function, image, simulated};
use super::{Working, until};
use chrono::TimeDelta;
use pitstop_calendar::{
    Chosen, Held, Kind, OnMiss, Outcome, RecurrenceId, Schedule, Series, Times, Timing, Zone,
};
use pitstop_domain::Time;
use pitstop_domain::digest::Digest;
use pitstop_domain::id::{MachineId, ScheduleId, TimesId};
use pitstop_domain::image::ImageVersion;
use pitstop_domain::job::{Job, Phase};
use pitstop_domain::run::RunPlan;
use pitstop_store::jobs::JobFilter;
use pitstop_store::schedules::ScheduleRow;
use pitstop_worker::Worker;
use pitstop_worker::schedules::beforehand::{Ready, Seen, comes};
use tokio::task::JoinSet;
use uuid::Uuid;

const MACHINES: u8 = 3;

/// Three machines of a laboratory, and a schedule that will be looked at in an hour: the tests say when it is.
struct Storm {
    world: World,
    machines: Vec<MachineId>,
    id: ScheduleId,
    at: Time,
}

impl Storm {
    async fn new() -> Self {
        Self::within(3600).await
    }

    /// Whose moment comes so many whole seconds after the present one.
    async fn within(seconds: i64) -> Self {
        let world = World::new().await;
        let mut machines = vec![];
        for number in 1..=MACHINES {
            let machine = world.machine(number).await;
            world.store.set_routes(machine, &[simulated()]).await.unwrap();
            machines.push(machine);
        }
        let at = Time::from_timestamp(world.store.now().timestamp() + seconds, 0).unwrap();
        let mut storm = Self { world, machines, id: ScheduleId(Uuid::nil()), at };
        storm.schedule().await;
        storm
    }

    /// A new schedule, as if there had been none.
    async fn schedule(&mut self) {
        let (store, now) = (&self.world.store, self.world.store.now());
        if store.schedule(self.id).await.unwrap().is_some() {
            store.remove_schedule(self.id).await.unwrap();
        }
        self.id = ScheduleId(Uuid::now_v7());
        let series = Series::once(Zone::UTC, self.at.naive_utc());
        let schedule = Schedule {
            id: self.id,
            name: "storm".to_owned(),
            chosen: Chosen::Search("site:main".to_owned()),
            scopes: None,
            plan: RunPlan::plain("inventory"),
            timing: Timing { series, ready_by: None, on_miss: OnMiss::Skip },
            since: now,
            settled_through: None,
            paused_at: None,
        };
        store.keep_schedule(&schedule, None, "anna", now).await.unwrap();
        self.sql("update schedules set wake_at = $1").await;
    }

    /// A statement about its moment, `$1`.
    async fn sql(&self, sql: &'static str) {
        sqlx::query(sql).bind(self.at).execute(self.world.store.pool()).await.unwrap();
    }

    async fn row(&self) -> ScheduleRow {
        self.world.store.schedule(self.id).await.unwrap().unwrap()
    }

    async fn ready(&self) -> Option<Ready> {
        Ready::of(&self.world.store, self.row().await, 2).await.unwrap()
    }

    async fn keep(&self, change: impl FnOnce(&mut Schedule)) {
        let ScheduleRow { mut schedule, version, .. } = self.row().await;
        change(&mut schedule);
        self.world
            .store
            .keep_schedule(&schedule, Some(version), "anna", self.world.store.now())
            .await
            .unwrap();
    }

    /// Another schedule, due at the same moment.
    async fn another(&self, name: &str, machines: &[MachineId]) {
        let (id, chosen) = (ScheduleId(Uuid::now_v7()), Chosen::Machines(machines.to_vec()));
        let another = Schedule { id, name: name.to_owned(), chosen, ..self.row().await.schedule };
        self.world.store.keep_schedule(&another, None, "anna", self.world.store.now()).await.unwrap();
        self.sql("update schedules set wake_at = $1").await;
    }

    async fn jobs(&self) -> Vec<Job> {
        let filter = JobFilter { limit: 100, ..JobFilter::default() };
        self.world.store.jobs(&filter).await.unwrap().into_iter().map(|row| row.job).collect()
    }

    /// Runs, jobs, and occurrences with a row.
    async fn stored(&self) -> (usize, usize, usize) {
        let runs = self.world.store.runs(false, None, None, 100).await.unwrap().len();
        let settled = self.world.store.latest_settled(self.id, 100).await.unwrap().len();
        (runs, self.jobs().await.len(), settled)
    }
}

#[tokio::test]
async fn what_is_stored_beforehand_is_seen_by_nobody_and_at_its_moment_by_all() {
    let storm = Storm::new().await;
    let ready = storm.ready().await.unwrap();
    assert_eq!(storm.stored().await, (0, 0, 0), "its moment has not come");
    assert!(ready.fire(&storm.world.store, storm.at + TimeDelta::milliseconds(20)).await.unwrap());
    assert_eq!(storm.stored().await, (1, usize::from(MACHINES), 1));
    let settled = storm.world.store.latest_settled(storm.id, 1).await.unwrap().remove(0);
    assert_eq!((settled.settled.outcome, settled.settled.due_at), (Outcome::Started, storm.at));
    let members = storm.world.store.run_members(settled.run.unwrap()).await.unwrap();
    assert_eq!(members.len(), usize::from(MACHINES));
    for job in storm.jobs().await {
        assert_eq!((job.phase, job.phase_since), (Phase::Queued, storm.at), "as of its moment");
    }
    let again = storm.world.store.claim_due_schedules(8, storm.at + TimeDelta::seconds(3)).await.unwrap();
    assert!(again.is_empty(), "nobody looks at it again for it: {again:?}");
}

#[tokio::test]
async fn one_stores_it_and_if_that_one_dies_another_looks_at_the_schedule_soon() {
    let storm = Storm::new().await;
    let row = storm.row().await;
    let ready = storm.ready().await.unwrap();
    let store = &storm.world.store;
    assert!(Ready::of(store, row, 1).await.unwrap().is_none(), "another has it");
    assert!(store.claim_due_schedules(8, storm.at).await.unwrap().is_empty(), "and will start it");
    drop(ready);
    assert_eq!(storm.stored().await, (0, 0, 0));
    let soon = storm.at + TimeDelta::seconds(2);
    assert_eq!(store.claim_due_schedules(8, soon).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_worker_that_wakes_after_another_has_started_it_starts_nothing() {
    let storm = Storm::new().await;
    let frozen = storm.ready().await.unwrap();
    // Another decides as ever, since it has waited long enough.
    let store = &storm.world.store;
    let later = storm.at + TimeDelta::seconds(2);
    let claimed = store.claim_due_schedules(8, later).await.unwrap().remove(0);
    let settled = pitstop_store::schedules::occurrences::Settled {
        id: RecurrenceId(storm.at.naive_utc()),
        due_at: storm.at,
        outcome: Outcome::Skipped,
        reason: "another decided".to_owned(),
    };
    let next = later + TimeDelta::hours(1);
    assert!(store.settle(&claimed, &[(settled, None)], later, next, later).await.unwrap());
    assert!(!frozen.fire(store, later).await.unwrap());
    assert_eq!(storm.stored().await, (0, 0, 1));
    assert_eq!(storm.row().await.wake_at, next, "what the other said stands");
}

#[tokio::test]
async fn few_machines_are_not_stored_beforehand() {
    let storm = Storm::new().await;
    let few = Ready::of(&storm.world.store, storm.row().await, usize::from(MACHINES) + 1).await.unwrap();
    assert!(few.is_none());
    assert_eq!(storm.row().await.wake_at, storm.at, "it is looked at at its moment");
}

fn newer() -> Digest {
    "b".repeat(64).parse().unwrap()
}

/// What may happen between storing and starting, after which another run is to be made, or none.
async fn happens(storm: &Storm, what: &str) {
    let (store, machine) = (&storm.world.store, storm.machines[1]);
    match what {
        "a machine loses its routes" => store.set_routes(machine, &[]).await.unwrap(),
        "a machine gets another route" => {
            let person = pitstop_domain::route::Route::Person;
            store.set_routes(machine, &[simulated(), person]).await.unwrap();
        }
        "a machine is moved to another site" => {
            storm.sql("update machines set site = 'elsewhere' where name = 'm2' and $1 is not null").await;
        }
        "a machine is found that was not there" => {
            let machine = storm.world.machine(9).await;
            store.set_routes(machine, &[simulated()]).await.unwrap();
        }
        "a newer image is there" => {
            let newer =
                ImageVersion { digest: newer(), version: "2".to_owned(), created_at: store.now(), ..image() };
            store.add_image(&newer).await.unwrap();
        }
        "the image is removed" => drop(store.remove_image(&newer(), "ann", "it hangs").await.unwrap()),
        "the function is another" => {
            let other = pitstop_domain::function::Function { title: "Another".to_owned(), ..function() };
            store.put_function(&other, 1).await.unwrap();
        }
        "a blackout is added" => {
            let starts = Series::once(Zone::UTC, (storm.at - TimeDelta::hours(1)).naive_utc());
            let held = Held {
                id: TimesId(Uuid::now_v7()),
                kind: Kind::Blackout,
                title: "Exams".to_owned(),
                query: String::new(),
                times: Times { starts, minutes: 600 },
            };
            store.add_times(&[held], None, "anna", store.now()).await.unwrap();
        }
        "a window that closes is added" => {
            let starts = Series::once(Zone::UTC, (storm.at - TimeDelta::hours(1)).naive_utc());
            let held = Held {
                id: TimesId(Uuid::now_v7()),
                kind: Kind::Window,
                title: "Night".to_owned(),
                query: String::new(),
                times: Times { starts, minutes: 600 },
            };
            store.add_times(&[held], None, "anna", store.now()).await.unwrap();
        }
        "it is paused" => storm.keep(|schedule| schedule.paused_at = Some(storm.at)).await,
        "it is moved" => {
            let later = Series::once(Zone::UTC, (storm.at + TimeDelta::hours(1)).naive_utc());
            storm.keep(|schedule| schedule.timing.series = later).await;
        }
        "its plan is another" => storm.keep(|schedule| schedule.plan.off_again = true).await,
        "it means other machines" => {
            storm.keep(|schedule| schedule.chosen = Chosen::Machines(vec![machine])).await;
        }
        "it is left out" => {
            let (id, at) = (RecurrenceId(storm.at.naive_utc()), storm.at);
            store.skip_occurrence(storm.id, id, at, "anna", store.now()).await.unwrap();
        }
        "it is forgotten" => store.remove_schedule(storm.id).await.unwrap(),
        other => panic!("what is {other}?"),
    }
}

#[tokio::test]
async fn whatever_changes_the_run_before_its_moment_nothing_is_stored_of_the_old_one() {
    let mut storm = Storm::new().await;
    // What is changed stays so, and the next is stored as it is by then. What stands in everybody's way comes last.
    for what in [
        "a machine gets another route",
        "a machine loses its routes",
        "a machine is moved to another site",
        "a machine is found that was not there",
        "a newer image is there",
        "the image is removed",
        "the function is another",
        "it is paused",
        "it is moved",
        "its plan is another",
        "it means other machines",
        "it is left out",
        "it is forgotten",
        "a window that closes is added",
        "a blackout is added",
    ] {
        storm.schedule().await;
        let Some(ready) = storm.ready().await else { panic!("{what}: it is not stored beforehand") };
        // Nobody waits for what is stored beforehand.
        let soon = std::time::Duration::from_secs(5);
        tokio::time::timeout(soon, happens(&storm, what))
            .await
            .unwrap_or_else(|_| panic!("{what}: it waits"));
        let before = storm.stored().await;
        assert!(!ready.fire(&storm.world.store, storm.at).await.unwrap(), "{what}");
        assert_eq!(storm.stored().await, before, "{what}");
        let due = storm.world.store.claim_due_schedules(8, storm.at).await.unwrap();
        let looked_at = usize::from(what != "it is forgotten");
        assert_eq!(due.len(), looked_at, "{what}: it is looked at as ever");
    }
    assert_eq!(storm.stored().await, (0, 0, 0));
}

#[tokio::test]
async fn what_changes_nothing_of_the_run_does_not_hold_it_up() {
    let storm = Storm::new().await;
    let ready = storm.ready().await.unwrap();
    let (store, machine) = (&storm.world.store, storm.machines[1]);
    storm.sql("update machines set used_by = 'bob', version = version + 1 where $1 is not null").await;
    // A run never asked whether somebody has the machine: its job waits for that.
    storm.world.job(machine, 0).await;
    storm.world.work(1).await;
    assert!(ready.fire(store, storm.at).await.unwrap());
    assert_eq!(storm.stored().await, (1, usize::from(MACHINES) + 1, 1));
}

#[tokio::test]
async fn a_clock_that_was_set_starts_nothing_before_its_time_and_nothing_too_late() {
    for (by, what) in [(-TimeDelta::hours(1), "before"), (TimeDelta::hours(1), "long after")] {
        let storm = Storm::new().await;
        let ready = storm.ready().await.unwrap();
        assert!(!ready.fire(&storm.world.store, storm.at + by).await.unwrap(), "{what}");
        assert_eq!(storm.stored().await, (0, 0, 0), "{what}");
    }
}

#[tokio::test]
async fn a_machine_without_a_route_is_refused_in_its_run_as_ever() {
    let storm = Storm::new().await;
    storm.world.store.set_routes(storm.machines[0], &[]).await.unwrap();
    let ready = storm.ready().await.unwrap();
    assert!(ready.fire(&storm.world.store, storm.at).await.unwrap());
    assert_eq!(storm.stored().await, (1, usize::from(MACHINES) - 1, 1));
}

#[tokio::test]
async fn a_machine_that_was_saved_as_it_was_does_not_hold_its_run_up() {
    let storm = Storm::new().await;
    let ready = storm.ready().await.unwrap();
    let (store, machine) = (&storm.world.store, storm.machines[1]);
    let marks = store.marks(&[machine]).await.unwrap();
    store.set_routes(machine, &[simulated()]).await.unwrap();
    assert_ne!(store.marks(&[machine]).await.unwrap(), marks, "its job is made once more, and compared");
    assert!(ready.fire(store, storm.at).await.unwrap());
    assert_eq!(storm.stored().await, (1, usize::from(MACHINES), 1));
}

#[tokio::test]
async fn the_largest_that_come_are_stored_first_and_small_ones_take_no_place() {
    let storm = Storm::new().await;
    let (store, machines) = (&storm.world.store, storm.machines.clone());
    for n in 1..=5 {
        storm.another(&format!("small {n}"), &machines[..1]).await;
    }
    storm.another("middle", &machines[1..]).await;
    let gone = MachineId(Uuid::now_v7());
    storm.another("of machines that are gone", &[gone, machines[0]]).await;
    let (now, mut seen) = (storm.at - TimeDelta::seconds(3), Seen::default());
    let names = |rows: Vec<ScheduleRow>| rows.into_iter().map(|row| row.schedule.name).collect::<Vec<_>>();
    let large = comes(store, now, 2, &mut seen).await.unwrap();
    assert_eq!(names(large), ["storm", "middle"]);
    let again = names(comes(store, now, 2, &mut seen).await.unwrap());
    assert_eq!(again, ["storm", "middle"], "what has no place yet may have one later");
    let all = names(comes(store, now, 1, &mut seen).await.unwrap());
    assert_eq!(
        (all.len(), &all[..2]),
        (7, &again[..]),
        "what was counted, and is small, is not counted again: {all:?}"
    );
    let barely = storm.at - TimeDelta::microseconds(500);
    let large = comes(store, barely, 2, &mut Seen::default()).await.unwrap();
    assert_eq!(names(large), ["middle"], "what would not be stored in time is not begun");
}

#[tokio::test]
async fn when_the_claim_of_a_dead_worker_ends_is_no_moment_of_its_schedule() {
    let storm = Storm::new().await;
    storm.sql("update schedules set wake_at = $1 + interval '30 seconds'").await;
    let row = storm.row().await;
    assert!(storm.ready().await.is_none());
    assert_eq!(storm.row().await.wake_at, row.wake_at);
}

#[tokio::test]
async fn a_run_that_must_be_ready_is_stored_before_its_beginning_as_long_as_that_is_the_same() {
    let mut storm = Storm::new().await;
    for (took_s, fires) in [(None, true), (Some(60), true), (Some(3600), false)] {
        storm.schedule().await;
        let ready_at = Series::once(Zone::UTC, (storm.at + TimeDelta::minutes(10)).naive_utc());
        storm
            .keep(|it| it.timing = Timing { series: ready_at, ready_by: Some(600), ..it.timing.clone() })
            .await;
        storm.sql("update schedules set wake_at = $1").await;
        let ready = storm.ready().await.unwrap();
        let before = storm.stored().await;
        if let Some(took_s) = took_s {
            ran_for(&storm, took_s).await;
        }
        assert_eq!(ready.fire(&storm.world.store, storm.at).await.unwrap(), fires, "{took_s:?}");
        let after = storm.stored().await;
        assert_eq!(after.1 - before.1, if fires { usize::from(MACHINES) } else { 0 }, "{took_s:?}");
        let settled = storm.world.store.latest_settled(storm.id, 1).await.unwrap();
        assert_eq!(settled.first().is_some_and(|row| row.settled.due_at == storm.at), fires, "{took_s:?}");
    }
}

/// The schedule has run for so long, a month ago.
async fn ran_for(storm: &Storm, seconds: i64) {
    let run = Uuid::now_v7();
    let began = storm.at - TimeDelta::days(30);
    let sql = "insert into runs (id, function, initiator, plan, state, since, because, created_at, over_at) \
               select $1, function, jsonb_build_object('kind', 'schedule', 'id', id, 'name', name), plan, 'closed', $2, \
                   'over', $2, $3 from schedules where id = $4";
    let pool = storm.world.store.pool();
    let over = began + TimeDelta::seconds(seconds);
    sqlx::query(sql).bind(run).bind(began).bind(over).bind(storm.id.0).execute(pool).await.unwrap();
    let sql = "insert into schedule_occurrences (schedule_id, recurrence, due_at, outcome, reason, run_id, settled_at) \
               values ($1, $2, $3, 'started', 'a month ago', $4, $3)";
    let id = RecurrenceId(began.naive_utc()).to_string();
    sqlx::query(sql).bind(storm.id.0).bind(id).bind(began).bind(run).execute(pool).await.unwrap();
}

#[tokio::test]
async fn of_many_workers_at_one_moment_one_starts_it_once() {
    let storm = Storm::new().await;
    let row = storm.row().await;
    let mut workers = JoinSet::new();
    for n in 0..8 {
        let (store, stale, id, at) = (storm.world.store.clone(), row.clone(), storm.id, storm.at);
        workers.spawn(async move {
            let mut started = 0;
            for _ in 0..3 {
                // Some have read it long ago, and some give it up again.
                let row = if n % 2 == 0 { stale.clone() } else { store.schedule(id).await.unwrap().unwrap() };
                let Some(ready) = Ready::of(&store, row, 2).await.unwrap() else { continue };
                let now = if n < 6 { at } else { at - TimeDelta::hours(1) };
                started += usize::from(ready.fire(&store, now).await.unwrap());
            }
            started
        });
    }
    let started: usize = workers.join_all().await.into_iter().sum();
    let last = match storm.ready().await {
        Some(ready) => usize::from(ready.fire(&storm.world.store, storm.at).await.unwrap()),
        None => 0,
    };
    assert_eq!((started + last, storm.stored().await), (1, (1, usize::from(MACHINES), 1)));
}

/// Another worker starts it once, at the moment or when that one has been waited for.
async fn started_by_another(storm: &Storm) {
    let keys = pitstop_store::Keys::new([7; 32]);
    let working = Working::of([Worker::new(storm.world.store.clone(), keys, "another")].into_iter());
    until(&storm.world, "it is started", async || storm.stored().await.2 == 1).await;
    working.stop().await;
    assert_eq!(storm.stored().await, (1, usize::from(MACHINES), 1));
}

#[tokio::test]
async fn what_a_killed_worker_had_stored_is_started_once_by_another() {
    let storm = Storm::within(1).await;
    // Neither committed nor rolled back: its connection and its locks are there, and nobody has them.
    std::mem::forget(storm.ready().await.unwrap());
    started_by_another(&storm).await;
    assert_eq!(ended(&storm).await, 0, "the database has given it up before");
}

#[tokio::test]
async fn when_the_database_ends_what_was_stored_it_is_due_at_once_and_started_once() {
    let storm = Storm::within(1).await;
    let ready = storm.ready().await.unwrap();
    assert_eq!(ended(&storm).await, 1);
    assert!(ready.fire(&storm.world.store, storm.at).await.is_err());
    assert_eq!((storm.stored().await, storm.row().await.wake_at), ((0, 0, 0), storm.at));
    started_by_another(&storm).await;
}

/// Ends transactions that stand still.
async fn ended(storm: &Storm) -> usize {
    let sql = "select pg_terminate_backend(pid) from pg_stat_activity \
               where datname = current_database() and state = 'idle in transaction'";
    let ended: Vec<bool> = sqlx::query_scalar(sql).fetch_all(storm.world.store.pool()).await.unwrap();
    ended.into_iter().filter(|ended| *ended).count()
}
