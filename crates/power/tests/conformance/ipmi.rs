//! IPMI, against OpenIPMI's simulator.

use super::case::{Case, SECRET};
use super::conforms;
use super::ipmi_sim::{PASSWORD, UUID, free_port, simulate};
use pitstop_domain::route::{BootOverride, Ipmi, Privilege, Route, Target};
use pitstop_domain::secret::Secret;
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

/// The machine behind the board, as a script that the simulator asks: `get power`, `set boot pxe`, `set reset 1`.
const CHASSIS: &str = r#"#!/bin/sh
cd "$(dirname "$0")"
what=$1; shift
case $what in
get|check)
  for name in "$@"; do
    case $name in
      power) echo "power:1" ;;
      boot) echo "boot:$(cat boot)" ;;
      *) echo "$name:0" ;;
    esac
  done ;;
set)
  while [ $# -ge 2 ]; do
    case $1 in
      boot) echo "$2" > boot; echo "boot $2" >> book ;;
      *) if [ -e hang ]; then sleep 60; fi; echo "$1 $2" >> book ;;
    esac
    shift 2
  done ;;
esac
"#;

async fn start() -> Case {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().to_owned();
    let port = free_port();
    let mut simulator = simulate(&path, port, CHASSIS);
    // It needs a moment to read its configuration, and ends at once when it does not like it.
    std::thread::sleep(Duration::from_millis(200));
    let gone = simulator.0.try_wait().unwrap();
    let pid = nix::unistd::Pid::from_raw(i32::try_from(simulator.0.id()).unwrap());
    let route = |port| {
        Route::Ipmi(Ipmi {
            host: "127.0.0.1".parse().unwrap(),
            port,
            user: "admin".to_owned(),
            password: SECRET,
            cipher_suite: 3,
            privilege: Privilege::Administrator,
            boot: BootOverride::Required,
        })
    };
    let (book, changes, hangs) = (path.clone(), path.clone(), path);
    let count = |book: &Path| fs::read_to_string(book.join("book")).unwrap();
    let case = Case {
        route: route(port),
        secrets: [(SECRET, Secret::new(PASSWORD))].into(),
        wrong: Some([(SECRET, Secret::new("a guess of mine"))].into()),
        unreachable: Some(route(free_port())),
        uuid: Some(UUID),
        restarts: Box::new(move || count(&book).lines().filter(|line| !line.starts_with("boot")).count()),
        changes: Box::new(move || count(&changes)),
        hang: Some(Box::new(move || nix::sys::signal::kill(pid, nix::sys::signal::SIGSTOP).unwrap())),
        hang_at_restart: Some(Box::new(move || fs::write(hangs.join("hang"), "").unwrap())),
        world: Box::new((simulator, folder)),
    };
    let start = Instant::now();
    assert!(gone.is_none(), "the simulator ended: {gone:?}");
    while case.board(Target::Maintenance).await.look().await.is_err() {
        assert!(start.elapsed() < Duration::from_secs(60), "the simulator does not answer");
    }
    case
}

conforms!(start:
    a_look_changes_nothing,
    a_look_knows_the_machine,
    preparing_twice_is_harmless,
    a_restart_restarts_once,
    wrong_credentials_are_refused_before_anything_is_touched,
    a_counterpart_that_is_not_there_is_worth_another_try,
    another_machines_board_is_not_touched,
    a_question_that_hangs_ends_in_time_and_without_effect,
    a_restart_that_hangs_ends_in_time_and_nobody_knows,
    no_secret_is_shown_or_logged,
);

#[tokio::test]
async fn pxe_is_set_for_the_way_there_and_taken_back_for_the_way_home() {
    let case = start().await;
    case.board(Target::Maintenance).await.prepare().await.unwrap();
    assert_eq!((case.changes)().lines().last(), Some("boot pxe"));
    case.board(Target::OwnSystem).await.prepare().await.unwrap();
    assert_eq!((case.changes)().lines().last(), Some("boot none"));
}

#[tokio::test]
async fn a_cipher_suite_that_the_board_does_not_have_is_told_as_such() {
    let mut case = start().await;
    let Route::Ipmi(ipmi) = &mut case.route else { unreachable!() };
    ipmi.cipher_suite = 17;
    let fault = case.board(Target::Maintenance).await.prepare().await.unwrap_err();
    assert!(fault.what.contains("cipher suite") && !fault.worth_retrying, "{fault}");
}
