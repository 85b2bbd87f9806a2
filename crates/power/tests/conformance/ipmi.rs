//! IPMI, against OpenIPMI's simulator (`ipmi_sim`, Debian's package openipmi).

use super::case::{Case, SECRET};
use super::conforms;
use pitstop_domain::route::{BootOverride, Ipmi, Privilege, Route, Target};
use pitstop_domain::secret::Secret;
use std::fs;
use std::net::UdpSocket;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use uuid::Uuid;

/// As the simulator shows the bytes of its GUID.
const UUID: Uuid = Uuid::from_u128(0x0011_2233_4455_6677_8899_aabb_ccdd_eeff);
const PASSWORD: &str = "correct horse";

/// Killed with the test.
struct Simulator(Child);

impl Drop for Simulator {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

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

/// A UDP port that was free a moment ago.
fn free_port() -> u16 {
    UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

fn simulate(folder: &Path, port: u16) -> Simulator {
    let write = |name: &str, text: &str| fs::write(folder.join(name), text).unwrap();
    write("chassis", CHASSIS);
    fs::set_permissions(folder.join("chassis"), fs::Permissions::from_mode(0o755)).unwrap();
    write("boot", "none\n");
    write("book", "");
    let auths = ["callback", "user", "operator", "admin"]
        .map(|who| format!("allowed_auths_{who} none md2 md5 straight\n"));
    write(
        "lan.conf",
        &format!(
            "name \"board\"\nset_working_mc 0x20\nstartlan 1\naddr 127.0.0.1 {port}\npriv_limit admin\n{}\
             guid {}\nendlan\nchassis_control \"{}\"\n\
             user 2 true \"admin\" \"{PASSWORD}\" admin 10 none md2 md5 straight\n",
            auths.concat(),
            UUID.simple(),
            folder.join("chassis").display(),
        ),
    );
    write(
        "sim.emu",
        "mc_setbmc 0x20\nmc_add 0x20 0 no-device-sdrs 0x23 9 8 0x9f 0x1291 0xf02 persist_sdr\nmc_enable 0x20\n",
    );
    let mut command = Command::new("ipmi_sim");
    command.arg("-c").arg(folder.join("lan.conf")).arg("-f").arg(folder.join("sim.emu"));
    command.arg("-s").arg(folder).arg("-n").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    Simulator(command.spawn().expect("ipmi_sim is there: `cargo xtask setup` installs the package openipmi"))
}

async fn start() -> Case {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().to_owned();
    let port = free_port();
    let simulator = simulate(&path, port);
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
    while case.board(Target::Maintenance).await.look().await.is_err() {
        assert!(start.elapsed() < Duration::from_secs(30), "the simulator does not answer");
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
