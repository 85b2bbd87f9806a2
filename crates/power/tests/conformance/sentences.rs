//! What every route promises.

use super::case::{Case, all, log_everything, logged};
use pitstop_domain::route::Target;
use pitstop_power::{Effect, PATIENCE, board};
use std::time::{Duration, Instant};
use uuid::Uuid;

/// What a busy machine adds to a limit.
const SLACK: Duration = Duration::from_secs(10);

pub async fn a_look_changes_nothing(case: Case) {
    let before = (case.changes)();
    let mut board = case.board(Target::Maintenance).await;
    let first = board.look().await.unwrap();
    assert_eq!(board.look().await.unwrap(), first);
    assert_eq!(((case.changes)(), case.restarts()), (before, 0));
}

pub async fn a_look_knows_the_machine(case: Case) {
    let look = case.board(Target::Maintenance).await.look().await.unwrap();
    assert_eq!((look.uuid, look.power), (case.uuid, Some(pitstop_power::PowerState::On)), "{}", look.words);
}

pub async fn preparing_twice_is_harmless(case: Case) {
    let mut board = case.board(Target::Maintenance).await;
    board.prepare().await.unwrap();
    board.prepare().await.unwrap();
    // Another worker takes over.
    case.board(Target::Maintenance).await.prepare().await.unwrap();
    assert_eq!(case.restarts(), 0);
}

pub async fn a_restart_restarts_once(case: Case) {
    for (done, target) in [(1, Target::Maintenance), (2, Target::OwnSystem)] {
        let mut board = case.board(target).await;
        board.prepare().await.unwrap();
        board.restart().await.unwrap();
        drop(board);
        assert_eq!(case.restarts(), done, "{target:?}");
    }
}

pub async fn wrong_credentials_are_refused_before_anything_is_touched(case: Case) {
    let wrong = case.wrong.as_ref().unwrap();
    let before = (case.changes)();
    let fault = all(&case.route, &case.subject(Target::Maintenance), wrong).await.unwrap_err();
    assert_eq!((fault.effect, fault.worth_retrying), (Effect::None, false), "{fault}");
    assert!(fault.what.contains("ouched"), "it says that nothing was touched: {fault}");
    assert_eq!(((case.changes)(), case.restarts()), (before, 0));
}

pub async fn a_counterpart_that_is_not_there_is_worth_another_try(case: Case) {
    let route = case.unreachable.as_ref().unwrap();
    let fault = all(route, &case.subject(Target::Maintenance), &case.secrets).await.unwrap_err();
    assert_eq!((fault.effect, fault.worth_retrying), (Effect::None, true), "{fault}");
    assert_eq!(case.restarts(), 0);
}

pub async fn another_machines_board_is_not_touched(case: Case) {
    let mut subject = case.subject(Target::Maintenance);
    subject.uuid = Some(Uuid::from_u128(0xdead));
    let before = (case.changes)();
    let mut board = board(&case.route, &subject, &case.secrets).await.unwrap();
    for fault in [board.prepare().await.unwrap_err(), board.restart().await.unwrap_err()] {
        assert_eq!((fault.effect, fault.worth_retrying), (Effect::None, false), "{fault}");
        assert!(fault.what.contains("another machine's board"), "{fault}");
    }
    assert_eq!(((case.changes)(), case.restarts()), (before, 0));
}

pub async fn a_question_that_hangs_ends_in_time_and_without_effect(case: Case) {
    (case.hang.as_ref().unwrap())();
    let start = Instant::now();
    let fault = case.board(Target::Maintenance).await.prepare().await.unwrap_err();
    assert!(start.elapsed() < PATIENCE + SLACK, "{:?}", start.elapsed());
    assert_eq!((fault.effect, fault.worth_retrying), (Effect::None, true), "{fault}");
    assert_eq!(case.restarts(), 0);
}

pub async fn a_restart_that_hangs_ends_in_time_and_nobody_knows(case: Case) {
    let mut board = case.board(Target::Maintenance).await;
    board.prepare().await.unwrap();
    (case.hang_at_restart.as_ref().unwrap())();
    let start = Instant::now();
    let fault = board.restart().await.unwrap_err();
    assert!(start.elapsed() < PATIENCE + SLACK, "{:?}", start.elapsed());
    assert_eq!(fault.effect, Effect::Unknown, "{fault}");
    assert!(case.restarts() <= 1);
}

pub async fn no_secret_is_shown_or_logged(case: Case) {
    log_everything();
    let subject = case.subject(Target::Maintenance);
    let mut said = format!("{:?} {:?}", case.route, case.secrets);
    said += &format!("{:?}", all(&case.route, &subject, &case.secrets).await);
    if let Some(wrong) = &case.wrong {
        let fault = all(&case.route, &subject, wrong).await.unwrap_err();
        said += &format!("{fault} {fault:?}");
    }
    said += &logged();
    for secret in case.secret_texts() {
        assert!(!said.contains(&secret), "a secret was shown");
    }
}
