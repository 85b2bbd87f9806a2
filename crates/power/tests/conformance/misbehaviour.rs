//! What boards do that nobody wrote down, against the rig's.

use super::case::Case;
use super::redfish::{settings, start_with};
use pitstop_domain::route::{BootOverride, Redfish, Route, Target};
use pitstop_power::{Effect, PowerState};
use pitstop_rig::board::{Hang, Press, Quirks};
use std::time::Duration;

fn press(kind: &str, boot: Option<&str>) -> Press {
    Press { kind: kind.to_owned(), boot: boot.map(str::to_owned) }
}

async fn trip(case: &Case, target: Target) -> (String, String) {
    let mut board = case.board(target).await;
    (board.prepare().await.unwrap(), board.restart().await.unwrap())
}

#[tokio::test]
async fn into_maintenance_the_network_is_booted_once_and_home_the_own_order() {
    let (case, board) = start_with(Quirks::default()).await;
    trip(&case, Target::Maintenance).await;
    trip(&case, Target::OwnSystem).await;
    assert_eq!(board.book().presses, [press("ForceRestart", Some("Pxe")), press("ForceRestart", None)]);
}

#[tokio::test]
async fn a_network_boot_that_was_not_used_is_taken_back_on_the_way_home() {
    let (case, board) = start_with(Quirks::default()).await;
    case.board(Target::Maintenance).await.prepare().await.unwrap();
    trip(&case, Target::OwnSystem).await;
    assert_eq!(board.book().presses, [press("ForceRestart", None)]);
}

#[tokio::test]
async fn a_board_that_reverts_is_told_again_until_it_keeps_the_boot_device() {
    let (case, board) = start_with(Quirks { reverts: 2, ..Quirks::default() }).await;
    trip(&case, Target::Maintenance).await;
    assert_eq!(board.book().boot_changes, 3);
    assert_eq!(board.book().presses, [press("ForceRestart", Some("Pxe"))]);
}

#[tokio::test]
async fn a_board_that_reverts_for_good_is_not_asked_to_restart() {
    let (case, board) = start_with(Quirks { reverts: u32::MAX, ..Quirks::default() }).await;
    let fault = case.board(Target::Maintenance).await.prepare().await.unwrap_err();
    assert_eq!((fault.effect, fault.worth_retrying), (Effect::None, false));
    assert!(fault.what.contains("does not keep it"), "{fault}");
    assert!(board.book().presses.is_empty());
}

#[tokio::test]
async fn where_the_boot_device_is_only_tried_the_machines_own_order_decides() {
    for quirks in [
        Quirks { reverts: u32::MAX, ..Quirks::default() },
        Quirks { no_boot_device: true, ..Quirks::default() },
    ] {
        let (mut case, board) = start_with(quirks).await;
        let tried = Redfish { boot: BootOverride::Try, ..settings(&board.url()) };
        case.route = Route::Redfish(tried);
        let (prepared, _) = trip(&case, Target::Maintenance).await;
        assert!(prepared.contains("own boot order decides"), "{prepared}");
        assert_eq!(board.book().presses.len(), 1);
    }
}

#[tokio::test]
async fn a_board_that_forgets_its_sessions_is_logged_in_to_again() {
    let (case, board) = start_with(Quirks::default()).await;
    let mut asked = case.board(Target::Maintenance).await;
    asked.prepare().await.unwrap();
    board.forget_sessions();
    asked.restart().await.unwrap();
    assert_eq!((board.book().logins, board.book().presses.len()), (2, 1));
}

#[tokio::test]
async fn sessions_are_closed_since_boards_have_few_places_for_them() {
    let (case, board) = start_with(Quirks::default()).await;
    trip(&case, Target::Maintenance).await;
    let closed = async {
        while board.book().logouts == 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), closed).await.unwrap();
    assert_eq!(board.book().logins, 1);
}

#[tokio::test]
async fn a_board_without_sessions_is_given_the_password_each_time() {
    let (case, board) = start_with(Quirks { basic_only: true, ..Quirks::default() }).await;
    trip(&case, Target::Maintenance).await;
    assert_eq!((board.book().logins, board.book().presses.len()), (0, 1));
}

#[tokio::test]
async fn a_board_that_wants_to_know_the_state_a_change_is_meant_for_is_told() {
    let (case, board) = start_with(Quirks { wants_etag: true, ..Quirks::default() }).await;
    trip(&case, Target::Maintenance).await;
    assert_eq!(board.book().presses, [press("ForceRestart", Some("Pxe"))]);
}

#[tokio::test]
async fn a_busy_board_was_not_touched_and_is_worth_another_try() {
    let (case, board) = start_with(Quirks { busy: 1, ..Quirks::default() }).await;
    let mut asked = case.board(Target::Maintenance).await;
    let fault = asked.prepare().await.unwrap_err();
    assert_eq!((fault.effect, fault.worth_retrying), (Effect::None, true), "{fault}");
    asked.prepare().await.unwrap();
    board.behave(Quirks { busy_for_resets: 1, ..Quirks::default() });
    let fault = asked.restart().await.unwrap_err();
    assert_eq!((fault.effect, fault.worth_retrying), (Effect::None, true), "{fault}");
    assert_eq!((board.book().resets_asked, board.book().presses.len()), (1, 0));
}

#[tokio::test]
async fn an_answer_that_is_lost_after_the_reset_leaves_it_unknown_and_is_asked_once() {
    for quirks in [
        Quirks { loses_answer: true, ..Quirks::default() },
        Quirks { hangs: Some(Hang::AfterReset), ..Quirks::default() },
    ] {
        let (case, board) = start_with(quirks).await;
        let mut asked = case.board(Target::Maintenance).await;
        asked.prepare().await.unwrap();
        let fault = asked.restart().await.unwrap_err();
        assert_eq!((fault.effect, fault.worth_retrying), (Effect::Unknown, false), "{fault}");
        assert_eq!((board.book().resets_asked, board.book().presses.len()), (1, 1));
    }
}

#[tokio::test]
async fn a_late_board_is_waited_for() {
    let (case, board) = start_with(Quirks { late: Duration::from_millis(300), ..Quirks::default() }).await;
    trip(&case, Target::Maintenance).await;
    assert_eq!(board.book().presses.len(), 1);
}

#[tokio::test]
async fn a_machine_that_is_off_is_switched_on() {
    let (case, board) = start_with(Quirks::default()).await;
    board.set_power(false);
    assert_eq!(case.board(Target::Maintenance).await.look().await.unwrap().power, Some(PowerState::Off));
    trip(&case, Target::Maintenance).await;
    assert_eq!(board.book().presses, [press("On", Some("Pxe"))]);
}

#[tokio::test]
async fn the_best_reset_that_a_board_allows_is_taken() {
    for (allows, taken) in [
        (vec!["On", "GracefulRestart", "PowerCycle"], Some("PowerCycle")),
        (vec!["On", "GracefulRestart"], Some("GracefulRestart")),
        (vec!["ForceOff"], None),
    ] {
        let (case, board) = start_with(Quirks { allows, ..Quirks::default() }).await;
        let mut asked = case.board(Target::Maintenance).await;
        match taken {
            Some(kind) => {
                asked.prepare().await.unwrap();
                asked.restart().await.unwrap();
                assert_eq!(board.book().presses, [press(kind, Some("Pxe"))]);
            }
            None => {
                let fault = asked.prepare().await.unwrap_err();
                assert!(!fault.worth_retrying && board.book().boot_changes == 0, "{fault}");
            }
        }
    }
}

#[tokio::test]
async fn a_system_that_the_board_does_not_have_is_refused_with_those_it_has() {
    let (mut case, board) = start_with(Quirks::default()).await;
    case.route = Route::Redfish(Redfish { system: Some("9".to_owned()), ..settings(&board.url()) });
    let fault = case.board(Target::Maintenance).await.prepare().await.unwrap_err();
    assert!(fault.what.contains("no system `9`; it has: 1") && !fault.worth_retrying, "{fault}");
    case.route = Route::Redfish(Redfish { system: Some("1".to_owned()), ..settings(&board.url()) });
    trip(&case, Target::Maintenance).await;
}
