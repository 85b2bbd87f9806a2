//! Boards are asked one at a time, each in its turn; what they say becomes figures, and what they do not say becomes none.

use super::world::World;
use chrono::TimeDelta;
use pitstop_domain::health::board::{Entry, Level, Reading};
use pitstop_domain::health::rule::{Acts, Against, Term};
use pitstop_domain::health::sample::Figures;
use pitstop_domain::health::{Guard, Metric, Rule};
use pitstop_domain::id::{MachineId, RuleId, SecretId};
use pitstop_domain::route::{BootOverride, Redfish, Route, Trust};
use pitstop_domain::secret::Secret;
use pitstop_rig::board::{Board, Hang, Quirks, Sensing, Settings};
use pitstop_store::Keys;
use pitstop_store::health::alerts::AlertFilter;
use pitstop_store::health::boards::BoardRow;
use pitstop_store::health::measure::Batch;
use pitstop_worker::health::{boards, step_due};
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use uuid::Uuid;

const PASSWORD: &str = "correct horse battery";

fn keys() -> Keys {
    Keys::new([7; 32])
}

/// A board of the machine with this number.
async fn board(number: u8, sensing: Sensing) -> Board {
    let uuid = Uuid::from_u128(number.into());
    let born = Settings { sensing: Some(sensing), ..Settings::new(uuid, "admin", PASSWORD) };
    Board::start(born, |_| {}).await.unwrap()
}

/// A machine whose board is at this address.
async fn machine_at(world: &World, number: u8, url: &str, password: &str) -> MachineId {
    let machine = world.machine(number).await;
    let id = SecretId(Uuid::now_v7());
    let route = Redfish {
        url: url.parse().unwrap(),
        system: None,
        user: "admin".to_owned(),
        password: id,
        trust: Trust::SystemRoots,
        boot: BootOverride::Required,
    };
    let secrets = [(id, Secret::new(password))];
    world.store.set_routes_with_secrets(&keys(), machine, &[Route::Redfish(route)], &secrets).await.unwrap();
    world.store.find_boards(Some(TimeDelta::minutes(5)), world.store.now()).await.unwrap();
    machine
}

/// It is every board's turn.
async fn due(world: &World) {
    sqlx::query("update boards set due_at = now() - interval '1 s'")
        .execute(world.store.pool())
        .await
        .unwrap();
}

/// A round, and what it began.
async fn round(world: &World) {
    let tasks = TaskTracker::new();
    boards::round(&world.store, &keys(), false, &tasks, &Arc::default(), &CancellationToken::new())
        .await
        .unwrap();
    tasks.close();
    tasks.wait().await;
}

async fn ask(world: &World) {
    due(world).await;
    round(world).await;
}

async fn newest(world: &World, machine: MachineId) -> Vec<(Metric, f64)> {
    let known = world.store.known_of(&[machine]).await.unwrap().remove(&machine).unwrap_or_default();
    known.newest.into_iter().map(|(metric, (_, value))| (metric, value)).collect()
}

async fn figure(world: &World, machine: MachineId, metric: Metric) -> Option<f64> {
    newest(world, machine).await.into_iter().find(|(of, _)| *of == metric).map(|(_, value)| value)
}

async fn row(world: &World, machine: MachineId) -> BoardRow {
    world.store.board_of(machine).await.unwrap().unwrap()
}

#[tokio::test]
async fn what_a_board_measures_is_the_machines_and_rules_fire_on_it() {
    let world = World::new().await;
    let board = board(1, Sensing { power_health: "Critical", ..Sensing::well() }).await;
    let machine = machine_at(&world, 1, &board.url(), PASSWORD).await;
    let term = Term { metric: Metric::PowerBad, against: Against::Above(0.5) };
    let rule =
        Rule { acts: Acts::Tells, ..Rule::new(RuleId(Uuid::now_v7()), "power", vec![term], "inventory") };
    world.store.keep_health_rule(&rule, None, "anna", world.store.now()).await.unwrap();
    for _ in 0..3 {
        ask(&world).await;
        // As if five minutes had passed.
        sqlx::query("update measurements set at = at - interval '5 min'")
            .execute(world.store.pool())
            .await
            .unwrap();
    }
    ask(&world).await;
    assert_eq!(figure(&world, machine, Metric::PowerBad).await, Some(1.0));
    assert_eq!(figure(&world, machine, Metric::Temperature).await, Some(41.0));
    step_due(&world.store, 100).await.unwrap();
    let alerts =
        world.store.health_alerts(&AlertFilter { limit: 9, ..AlertFilter::default() }).await.unwrap();
    assert_eq!(alerts.len(), 1);
    assert!(alerts[0].alert.reason.starts_with("Power supplies that are not well is 1"), "{alerts:?}");
    world.store.judge_health(10, world.store.now()).await.unwrap();
    let health = world.store.health_of(machine).await.unwrap().unwrap().health;
    assert!(health.score.is_some_and(|score| score < 70), "{health:?}");
    let row = row(&world, machine).await;
    assert!(
        row.silent.is_none()
            && row.reading.unwrap().parts.iter().any(|part| part.level == Some(Level::Critical))
    );
    let wait = row.due_at - world.store.now();
    assert!(wait > TimeDelta::minutes(4) && wait < TimeDelta::minutes(6), "{wait}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_board_that_machines_share_is_asked_by_one_at_a_time_however_many_workers_there_are() {
    let world = World::new().await;
    let board = board(1, Sensing::well()).await;
    board.behave(Quirks { late: Duration::from_millis(20), ..Quirks::default() });
    for number in 1..=3 {
        machine_at(&world, number, &board.url(), PASSWORD).await;
    }
    let world = Arc::new(world);
    for _ in 0..4 {
        due(&world).await;
        let mut workers = tokio::task::JoinSet::new();
        for _ in 0..6 {
            let world = world.clone();
            workers.spawn(async move { round(&world).await });
        }
        workers.join_all().await;
    }
    let book = board.book();
    assert_eq!(book.most_at_once, 1, "{book:?}");
    assert!(book.logins >= 4, "it was asked: {book:?}");
}

#[tokio::test]
async fn a_board_that_is_silent_hinders_nobody_and_makes_no_figure() {
    let world = World::new().await;
    let (mute, talks) = (board(1, Sensing::well()).await, board(2, Sensing::well()).await);
    let silent = machine_at(&world, 1, &mute.url(), PASSWORD).await;
    ask(&world).await;
    let before = newest(&world, silent).await;
    let measured: i64 =
        sqlx::query_scalar("select count(*) from measurements").fetch_one(world.store.pool()).await.unwrap();
    mute.behave(Quirks { hangs: Some(Hang::Always), ..Quirks::default() });
    let other = machine_at(&world, 2, &talks.url(), PASSWORD).await;
    due(&world).await;
    let (stop, tasks) = (CancellationToken::new(), TaskTracker::new());
    boards::round(&world.store, &keys(), false, &tasks, &Arc::default(), &stop).await.unwrap();
    // Nobody is woken for a figure, so nothing but the figure is waited for.
    let heard = async {
        while figure(&world, other, Metric::Temperature).await.is_none() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(15), heard).await.expect("the other is heard while one hangs");
    // While it hangs it is nobody else's turn to ask it.
    due(&world).await;
    assert_eq!(world.store.claim_boards(9, world.store.now()).await.unwrap().len(), 1, "the other one only");
    drop(mute);
    tasks.close();
    tasks.wait().await;
    let first = row(&world, silent).await;
    let (since, times, why) = first.silent.unwrap();
    assert!(times == 1 && !why.is_empty() && first.answered_at.is_some(), "{why}");
    let wait = async || row(&world, silent).await.due_at - world.store.now();
    assert!(wait().await < TimeDelta::minutes(6));
    sqlx::query("update boards set due_at = now() - interval '1 s' where machine_id = $1")
        .bind(silent.0)
        .execute(world.store.pool())
        .await
        .unwrap();
    round(&world).await;
    let again = row(&world, silent).await.silent.unwrap();
    assert_eq!((again.0, again.1), (since, 2), "since when it is silent stays");
    assert!(wait().await > TimeDelta::minutes(8), "it is asked later and later");
    assert_eq!(newest(&world, silent).await, before);
    let now: i64 =
        sqlx::query_scalar("select count(*) from measurements").fetch_one(world.store.pool()).await.unwrap();
    assert_eq!(now, measured + 1, "the other's");
}

#[tokio::test]
async fn a_board_that_refuses_the_password_is_not_asked_until_it_locks_somebody_out() {
    let world = World::new().await;
    let board = board(1, Sensing::well()).await;
    let machine = machine_at(&world, 1, &board.url(), "a guess of mine").await;
    ask(&world).await;
    let row = row(&world, machine).await;
    let (_, _, why) = row.silent.unwrap();
    assert!(why.contains("user and password again"), "{why}");
    assert!(row.due_at > world.store.now() + TimeDelta::minutes(50));
    // Set again, it is tried at once.
    machine_again(&world, machine, &board.url()).await;
    round(&world).await;
    assert!(super::boards::row(&world, machine).await.silent.is_none());
}

#[tokio::test]
async fn a_password_that_a_board_refuses_is_not_tried_for_each_of_its_machines() {
    let world = World::new().await;
    let board = board(1, Sensing::well()).await;
    let other = super::boards::board(4, Sensing::well()).await;
    let mut machines = Vec::new();
    for number in 1..=3 {
        machines.push(machine_at(&world, number, &board.url(), "a guess of mine").await);
    }
    let elsewhere = machine_at(&world, 4, &other.url(), PASSWORD).await;
    due(&world).await;
    for _ in 0..4 {
        round(&world).await;
    }
    assert_eq!(board.book().refused_logins, 1);
    for machine in machines {
        assert!(row(&world, machine).await.due_at > world.store.now() + TimeDelta::minutes(50));
    }
    assert!(row(&world, elsewhere).await.silent.is_none());
}

#[tokio::test]
async fn one_machine_that_is_not_the_boards_puts_off_no_other() {
    let world = World::new().await;
    let board = board(1, Sensing::well()).await;
    let right = machine_at(&world, 1, &board.url(), PASSWORD).await;
    let wrong = machine_at(&world, 2, &board.url(), PASSWORD).await;
    due(&world).await;
    round(&world).await;
    round(&world).await;
    assert!(row(&world, wrong).await.silent.is_some());
    let right = row(&world, right).await;
    assert!(right.silent.is_none() && right.due_at < world.store.now() + TimeDelta::minutes(6));
}

/// A question with this answer.
async fn answered(world: &World, entries: &[(&str, &str, &str)]) {
    due(world).await;
    let claimed = world.store.claim_boards(9, world.store.now()).await.unwrap().remove(0);
    let entry = |(id, created, message): &(&str, &str, &str)| Entry {
        log: "/log".to_owned(),
        id: (*id).to_owned(),
        created: (*created).to_owned(),
        level: Level::Critical,
        message: (*message).to_owned(),
    };
    let entries = entries.iter().map(entry).collect();
    let reading = Reading { entries, logs: vec!["/log".to_owned()], ..Reading::default() };
    let every = TimeDelta::minutes(5);
    assert!(world.store.board_answered(&claimed, &reading, None, every, world.store.now()).await.unwrap());
}

#[tokio::test]
async fn a_log_that_is_written_anew_is_not_new() {
    let world = World::new().await;
    let machine = machine_at(&world, 1, "http://127.0.0.1:9", PASSWORD).await;
    let critical = async || figure(&world, machine, Metric::LogCritical).await.unwrap();
    answered(&world, &[("1", "2026-11-28T10:00:00+00:00", "a")]).await;
    answered(&world, &[("2", "2026-11-28T10:00:00+00:00", "a"), ("1", "2026-11-28T11:00:00+00:00", "b")])
        .await;
    assert_eq!(critical().await, 1.0, "ids are places in it");
    answered(&world, &[("2", "2026-11-28T12:00:00+02:00", "a"), ("1", "2026-11-28T13:00:00+02:00", "b")])
        .await;
    assert_eq!(critical().await, 1.0, "another time zone, and the same moments");
    answered(&world, &[("1", "28.11.2026 10:00", "A"), ("2", "28.11.2026 11:00", "B")]).await;
    assert_eq!(critical().await, 1.0, "other words for all of it");
    answered(&world, &[("2", "28.11.2026 11:00", "B"), ("3", "28.11.2026 12:00", "C")]).await;
    assert_eq!(critical().await, 2.0);
    answered(&world, &[]).await;
    answered(&world, &[("1", "28.11.2026 13:00", "D")]).await;
    assert_eq!(critical().await, 3.0, "the log was cleared, and this is new");
    answered(&world, &[("1", "", "D"), ("2", "", "D")]).await;
    assert_eq!(world.store.board_entries(machine, 20).await.unwrap().len(), 8, "without times ids tell");
}

#[tokio::test]
async fn a_log_that_was_not_read_for_longer_than_entries_are_kept_is_history() {
    let world = World::new().await;
    let machine = machine_at(&world, 1, "http://127.0.0.1:9", PASSWORD).await;
    answered(&world, &[("1", "2026-11-28T10:00:00Z", "a")]).await;
    let sql = "update boards set logs = jsonb_build_object('/log', now() - interval '90 d')";
    sqlx::query(sql).execute(world.store.pool()).await.unwrap();
    sqlx::query("delete from board_entries").execute(world.store.pool()).await.unwrap();
    answered(&world, &[("1", "2026-11-28T10:00:00Z", "a")]).await;
    assert_eq!(figure(&world, machine, Metric::LogCritical).await, Some(0.0));
    assert!(world.store.board_entries(machine, 9).await.unwrap()[0].is_history);
}

#[tokio::test]
async fn looking_for_boards_touches_only_those_that_changed() {
    let world = World::new().await;
    let machine = machine_at(&world, 1, "http://127.0.0.1:9", PASSWORD).await;
    let row = async || -> String {
        let sql =
            "select xmin::text || ' ' || xmax::text || ' ' || ctid::text from boards where machine_id = $1";
        sqlx::query_scalar(sql).bind(machine.0).fetch_one(world.store.pool()).await.unwrap()
    };
    let before = row().await;
    world.store.find_boards(Some(TimeDelta::minutes(5)), world.store.now()).await.unwrap();
    assert_eq!(row().await, before, "it is neither written nor locked");
    let due_at = super::boards::row(&world, machine).await.due_at;
    machine_again(&world, machine, "http://127.0.0.1:8").await;
    let found = super::boards::row(&world, machine).await;
    assert!(found.origin.ends_with(":8") && found.due_at != due_at);
}

#[tokio::test]
async fn a_board_that_waits_too_long_is_seen_and_one_on_a_trip_does_not_wait() {
    let world = World::new().await;
    let machine = machine_at(&world, 1, "http://127.0.0.1:9", PASSWORD).await;
    let wait = async || world.store.board_waits(world.store.now()).await.unwrap();
    sqlx::query("update boards set due_at = now() + interval '1 min'")
        .execute(world.store.pool())
        .await
        .unwrap();
    assert_eq!(wait().await, TimeDelta::zero());
    sqlx::query("update boards set due_at = now() - interval '7 min'")
        .execute(world.store.pool())
        .await
        .unwrap();
    assert!(wait().await >= TimeDelta::minutes(7));
    let job = world.job(machine, 0).await;
    let sql = "update jobs set phase = 'switching', attempt = 1, switching_since = now() where id = $1";
    sqlx::query(sql).bind(job.id.0).execute(world.store.pool()).await.unwrap();
    assert_eq!(wait().await, TimeDelta::zero());
}

#[tokio::test]
async fn the_next_board_is_asked_as_soon_as_there_is_room() {
    let world = World::new().await;
    let board = board(1, Sensing::well()).await;
    let mut machines = Vec::new();
    for number in 1..=4 {
        machines.push(machine_at(&world, number, &board.url(), PASSWORD).await);
    }
    due(&world).await;
    let (stop, began) = (CancellationToken::new(), std::time::Instant::now());
    let asking = tokio::spawn(boards::run(world.store.clone(), keys(), stop.clone()));
    let all = async {
        for machine in &machines {
            while {
                let row = row(&world, *machine).await;
                row.answered_at.is_none() && row.silent.is_none()
            } {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(30), all).await.unwrap();
    assert!(began.elapsed() < Duration::from_secs(8), "four turns of one board: {:?}", began.elapsed());
    stop.cancel();
    asking.await.unwrap();
}

async fn machine_again(world: &World, machine: MachineId, url: &str) {
    let id = SecretId(Uuid::now_v7());
    let route = Redfish {
        url: url.parse().unwrap(),
        system: None,
        user: "admin".to_owned(),
        password: id,
        trust: Trust::SystemRoots,
        boot: BootOverride::Required,
    };
    let secrets = [(id, Secret::new(PASSWORD))];
    world.store.set_routes_with_secrets(&keys(), machine, &[Route::Redfish(route)], &secrets).await.unwrap();
    world.store.find_boards(Some(TimeDelta::minutes(5)), world.store.now()).await.unwrap();
}

#[tokio::test]
async fn what_stood_in_a_log_before_is_history_and_what_is_new_counts_once() {
    let world = World::new().await;
    let mut sensing = Sensing::well();
    sensing.log("Critical", "three years ago");
    let board = board(1, sensing).await;
    let machine = machine_at(&world, 1, &board.url(), PASSWORD).await;
    ask(&world).await;
    assert_eq!(figure(&world, machine, Metric::LogCritical).await, Some(0.0));
    board.log("Critical", "uncorrectable memory error");
    board.log("Warning", "a fan is slow");
    board.log("OK", "somebody logged in");
    for _ in 0..3 {
        ask(&world).await;
    }
    assert_eq!(figure(&world, machine, Metric::LogCritical).await, Some(1.0));
    assert_eq!(figure(&world, machine, Metric::LogWarning).await, Some(1.0));
    let entries = world.store.board_entries(machine, 10).await.unwrap();
    let told: Vec<_> = entries.iter().map(|entry| (entry.message.as_str(), entry.is_history)).collect();
    assert_eq!(
        told,
        [("a fan is slow", false), ("uncorrectable memory error", false), ("three years ago", true)]
    );
    // Another board has another log, and all of it is history.
    let mut sensing = Sensing::well();
    sensing.log("Critical", "of a machine that stood here before");
    let other = super::boards::board(1, sensing).await;
    machine_again(&world, machine, &other.url()).await;
    round(&world).await;
    assert_eq!(figure(&world, machine, Metric::LogCritical).await, Some(1.0));
    assert_eq!(world.store.board_entries(machine, 10).await.unwrap().len(), 4);
    // A day later it is not of now any more, though it still stands there.
    sqlx::query("update board_entries set seen_at = seen_at - interval '25 h'")
        .execute(world.store.pool())
        .await
        .unwrap();
    ask(&world).await;
    assert_eq!(figure(&world, machine, Metric::LogCritical).await, Some(0.0));
}

#[tokio::test]
async fn where_the_agent_tells_how_warm_it_is_the_board_does_not() {
    let world = World::new().await;
    let board = board(1, Sensing { celsius: 80.0, ..Sensing::well() }).await;
    let machine = machine_at(&world, 1, &board.url(), PASSWORD).await;
    let now = world.store.now();
    let figures = Figures([(Metric::Temperature, 50.0)].into());
    let batch = Batch { machine, stream: 1, samples: vec![(1, now, figures)] };
    world.store.store_measurements(&[batch], now).await.unwrap();
    ask(&world).await;
    assert_eq!(figure(&world, machine, Metric::Temperature).await, Some(50.0));
    assert_eq!(figure(&world, machine, Metric::FanSpeed).await, Some(2100.0));
}

#[tokio::test]
async fn an_answer_that_comes_after_its_turn_is_not_stored() {
    let world = World::new().await;
    let machine = machine_at(&world, 1, "http://127.0.0.1:9", PASSWORD).await;
    due(&world).await;
    let claimed = world.store.claim_boards(9, world.store.now()).await.unwrap().remove(0);
    let late = world.store.now() + TimeDelta::minutes(4);
    let again = world.store.claim_boards(9, late).await.unwrap();
    assert_eq!(again.len(), 1, "its claim is over");
    let reading = Reading { health: Some(Level::Critical), ..Reading::default() };
    let every = TimeDelta::minutes(5);
    assert!(!world.store.board_answered(&claimed, &reading, None, every, late).await.unwrap());
    assert!(newest(&world, machine).await.is_empty());
    assert!(world.store.board_answered(&again[0], &reading, None, every, late).await.unwrap());
    assert_eq!(newest(&world, machine).await, [(Metric::BoardHealth, 2.0)]);
}

#[tokio::test]
async fn who_is_on_a_trip_is_left_alone() {
    let world = World::new().await;
    let board = board(1, Sensing::well()).await;
    let machine = machine_at(&world, 1, &board.url(), PASSWORD).await;
    let job = world.job(machine, 0).await;
    let phase = async |phase: &str| {
        let sql = "update jobs set phase = $2, attempt = case when $2 = 'queued' then 0 else 1 end, switching_since = now() where id = $1";
        let done = sqlx::query(sql).bind(job.id.0).bind(phase).execute(world.store.pool()).await.unwrap();
        assert_eq!(done.rows_affected(), 1);
    };
    phase("switching").await;
    ask(&world).await;
    assert_eq!(board.book().served, 0);
    phase("queued").await;
    ask(&world).await;
    assert!(board.book().served > 0);
}

#[tokio::test]
async fn when_none_is_asked_any_more_what_they_told_costs_nobody_health() {
    let world = World::new().await;
    let board = board(1, Sensing { power_health: "Critical", ..Sensing::well() }).await;
    let machine = machine_at(&world, 1, &board.url(), PASSWORD).await;
    ask(&world).await;
    let guard = Guard { boards_every_min: 0, ..Guard::default() };
    world.store.set_health_guard(&guard, world.store.now()).await.unwrap();
    boards::round(
        &world.store,
        &keys(),
        true,
        &TaskTracker::new(),
        &Arc::default(),
        &CancellationToken::new(),
    )
    .await
    .unwrap();
    assert_eq!(newest(&world, machine).await, [(Metric::Temperature, 41.0)]);
    assert_eq!(world.store.board_of(machine).await.unwrap(), None);
}
