//! What boards measure, and what stands in their logs.

use super::case::{log_everything, logged};
use super::redfish::{PASSWORD, UUID, secrets, settings};
use pitstop_domain::health::Metric;
use pitstop_domain::health::board::{Counted, Level, Reading, What};
use pitstop_power::{Fault, Places, sense};
use pitstop_rig::board::{Board, Hang, Quirks, Sensing, Settings};
use std::collections::BTreeMap;
use uuid::Uuid;

async fn start(sensing: Sensing) -> Board {
    let born = Settings { sensing: Some(sensing), ..Settings::new(UUID, "admin", PASSWORD) };
    Board::start(born, |_| {}).await.unwrap()
}

async fn ask(board: &Board, places: Option<Places>) -> Result<(Reading, Option<Places>), Fault> {
    sense(&settings(&board.url()), Some(UUID), &secrets(PASSWORD), places).await
}

fn figures(reading: &Reading) -> BTreeMap<Metric, f64> {
    reading.figures(Counted::default(), false).0
}

fn ids(reading: &Reading) -> Vec<&str> {
    reading.entries.iter().map(|entry| entry.id.as_str()).collect()
}

#[tokio::test]
async fn both_generations_of_schemas_say_the_same() {
    let mut told = Vec::new();
    for is_modern in [false, true] {
        let ill = Sensing { is_modern, fan_health: "Critical", health: "Warning", ..Sensing::well() };
        let board = start(ill).await;
        let (reading, _) = ask(&board, None).await.unwrap();
        assert_eq!(reading.troubles, [""; 0]);
        assert_eq!(reading.health, Some(Level::Warning));
        let fans: Vec<_> = reading.parts.iter().filter(|part| part.what == What::Fan).collect();
        assert_eq!((fans.len(), fans[0].level), (2, Some(Level::Critical)));
        told.push(figures(&reading));
    }
    let expected = [
        (Metric::Temperature, 41.0),
        (Metric::FanSpeed, 2100.0),
        (Metric::FansBad, 1.0),
        (Metric::PowerBad, 0.0),
        (Metric::BoardHealth, 1.0),
        (Metric::LogCritical, 0.0),
        (Metric::LogWarning, 0.0),
    ];
    assert_eq!(told, [expected.into(), expected.into()]);
}

#[tokio::test]
async fn a_board_that_is_known_is_asked_half_as_much_and_says_the_same() {
    let board = start(Sensing::well()).await;
    let (first, places) = ask(&board, None).await.unwrap();
    let asked = board.book().served;
    let stored = serde_json::to_string(&places.unwrap()).unwrap();
    let (again, places) = ask(&board, Some(serde_json::from_str(&stored).unwrap())).await.unwrap();
    assert_eq!(again, first);
    assert!(places.is_some());
    // A login, the system, Thermal, Power, the entries; and the goodbye of the first, whenever it came.
    assert!(board.book().served - asked <= 6, "{:?}", board.book());
    assert!(board.book().presses.is_empty() && board.book().boot_changes == 0);
}

#[tokio::test]
async fn of_a_long_log_the_newest_warnings_are_read_whatever_its_order() {
    for oldest_first in [true, false] {
        let mut sensing = Sensing { oldest_first, ..Sensing::well() };
        sensing.log("Critical", "long ago");
        (0..700).for_each(|_| sensing.log("OK", "somebody logged in"));
        sensing.log("Warning", "a fan is slow");
        sensing.log("Critical", "a fan stands still");
        // Its times are those of one day, and begin anew.
        sensing
            .log
            .iter_mut()
            .for_each(|logged| logged.created = format!("2026-11-28T10:00:00.{:06}", logged.id));
        let board = start(sensing).await;
        let (reading, _) = ask(&board, None).await.unwrap();
        assert_eq!(ids(&reading), ["703", "702"], "the newest first; oldest_first: {oldest_first}");
        assert_eq!(reading.entries[0].level, Level::Critical);
    }
}

#[tokio::test]
async fn what_is_broken_on_a_board_hides_nothing_else_and_is_told() {
    let board = start(Sensing { broken_thermal: true, power_health: "Critical", ..Sensing::well() }).await;
    let (reading, places) = ask(&board, None).await.unwrap();
    assert!(reading.troubles.len() == 1 && reading.troubles[0].contains("do not answer"), "{reading:?}");
    let figures = figures(&reading);
    assert_eq!(figures[&Metric::PowerBad], 1.0);
    assert!(!figures.contains_key(&Metric::Temperature) && !figures.contains_key(&Metric::FansBad));
    assert_eq!(places, None, "where things are is looked for anew");
}

#[tokio::test]
async fn where_not_all_fans_are_read_none_of_them_is_called_well() {
    let many = Sensing { is_modern: true, fans: 17, ..Sensing::well() };
    let broken = Sensing { broken_chassis: true, ..Sensing::well() };
    for sensing in [many, broken] {
        let (reading, _) = ask(&start(sensing.clone()).await, None).await.unwrap();
        let well = figures(&reading);
        assert!(!well.contains_key(&Metric::FansBad) && well.contains_key(&Metric::FanSpeed), "{well:?}");
        let ill = Sensing { fan_health: "Critical", ..sensing };
        let (reading, _) = ask(&start(ill).await, None).await.unwrap();
        assert_eq!(figures(&reading)[&Metric::FansBad], 1.0);
    }
}

#[tokio::test]
async fn a_log_whose_end_cannot_be_reached_is_told_and_is_no_clean_log() {
    let mut sensing = Sensing { knows_no_skip: true, ..Sensing::well() };
    (0..700).for_each(|_| sensing.log("OK", "somebody logged in"));
    sensing
        .log
        .iter_mut()
        .for_each(|logged| logged.created = format!("2026-11-28T10:00:00.{:06}", logged.id));
    let (reading, _) = ask(&start(sensing.clone()).await, None).await.unwrap();
    assert!(
        reading.troubles.len() == 1 && reading.troubles[0].contains("longer than can be read"),
        "{reading:?}"
    );
    assert!(!figures(&reading).contains_key(&Metric::LogCritical));
    sensing.oldest_first = false;
    let (reading, _) = ask(&start(sensing).await, None).await.unwrap();
    assert_eq!(reading.troubles, [""; 0], "the newest came first");
}

#[tokio::test]
async fn what_the_user_may_not_read_costs_one_more_login_and_leaves_no_session() {
    let board = start(Sensing::well()).await;
    board.behave(Quirks { forbids: Some("Chassis/1/"), ..Quirks::default() });
    let (reading, _) = ask(&board, None).await.unwrap();
    assert!(reading.troubles.len() == 2 && reading.troubles[0].contains("more rights"), "{reading:?}");
    assert!(reading.has_log, "the rest is read");
    let goodbyes = async {
        while board.book().logouts < board.book().logins {
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(10), goodbyes).await.expect("each session is closed");
    assert_eq!(board.book().logins, 2);
}

#[tokio::test]
async fn only_a_refused_account_is_a_matter_of_the_account() {
    let board = start(Sensing::well()).await;
    let wrong = sense(&settings(&board.url()), Some(UUID), &secrets("a guess"), None).await.unwrap_err();
    let other =
        sense(&settings(&board.url()), Some(Uuid::nil()), &secrets(PASSWORD), None).await.unwrap_err();
    board.behave(Quirks { forbids: Some("Systems"), ..Quirks::default() });
    let rights = ask(&board, None).await.unwrap_err();
    assert_eq!([wrong, other, rights].map(|fault| fault.is_of_account), [true, false, false]);
    board.behave(Quirks { basic_only: true, ..Quirks::default() });
    let basic = sense(&settings(&board.url()), Some(UUID), &secrets("a guess"), None).await.unwrap_err();
    assert!(basic.is_of_account);
}

#[tokio::test]
async fn a_board_without_sensors_tells_what_it_has() {
    let board = Board::start(Settings::new(UUID, "admin", PASSWORD), |_| {}).await.unwrap();
    let (reading, _) = ask(&board, None).await.unwrap();
    assert!(figures(&reading).is_empty(), "{reading:?}");
    assert_eq!(reading.on, Some(true));
}

#[tokio::test]
async fn another_machines_board_is_not_believed() {
    let board = start(Sensing::well()).await;
    let other = Some(Uuid::from_u128(5));
    let fault = sense(&settings(&board.url()), other, &secrets(PASSWORD), None).await.unwrap_err();
    assert!(fault.what.contains("another machine's board"), "{fault}");
}

#[tokio::test]
async fn a_board_that_hangs_is_given_up_in_time() {
    let board = start(Sensing::well()).await;
    board.behave(Quirks { hangs: Some(Hang::Always), ..Quirks::default() });
    let fault = ask(&board, None).await.unwrap_err();
    assert!(fault.worth_retrying && fault.what.contains("did not answer within"), "{fault}");
}

#[tokio::test]
async fn a_wrong_password_is_said_and_neither_it_nor_the_right_one_is_logged() {
    log_everything();
    let board = start(Sensing::well()).await;
    ask(&board, None).await.unwrap();
    let fault =
        sense(&settings(&board.url()), Some(UUID), &secrets("a guess of mine"), None).await.unwrap_err();
    assert!(!fault.worth_retrying && fault.what.contains("user and password"), "{fault}");
    for secret in [PASSWORD, "a guess of mine"] {
        assert!(!logged().contains(secret) && !fault.what.contains(secret));
    }
}
