//! Redfish, against OpenStack's emulator (sushy-tools on PyPI, with its fake driver). It has no sessions and no boot
//! device for once: what is set stays.

use super::case::Case;
use super::conforms;
use super::redfish::{UUID, secrets, settings};
use pitstop_domain::health::Metric;
use pitstop_domain::health::board::{Counted, Level};
use pitstop_domain::route::{Redfish, Route, Target};
use pitstop_power::sense;
use std::fs;
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const PASSWORD: &str = "correct-horse";
/// bcrypt of it, at the lowest cost.
const HTPASSWD: &str = r"admin:$2b$04$zDhlH6EnqnQcJMY1hC62YOw52czvDYE0xWIRS19FfKtVu9l8hzv9K";

/// Killed with the test.
struct Emulator(Child);

impl Drop for Emulator {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn emulate(folder: &Path, port: u16) -> Emulator {
    let program = Path::new(env!("CARGO_TARGET_TMPDIR")).join("../xtask/python/bin/sushy-emulator");
    assert!(program.is_file(), "{} is not there: run `cargo xtask setup`", program.display());
    fs::write(folder.join("htpasswd"), HTPASSWD).unwrap();
    let config = format!(
        "SUSHY_EMULATOR_LISTEN_IP = '127.0.0.1'\nSUSHY_EMULATOR_LISTEN_PORT = {port}\n\
         SUSHY_EMULATOR_AUTH_FILE = '{folder}/htpasswd'\nSUSHY_EMULATOR_STATE_DIR = '{folder}'\n\
         SUSHY_EMULATOR_FAKE_DRIVER = True\nSUSHY_EMULATOR_FAKE_SYSTEMS = \
         [{{'uuid': '{UUID}', 'name': 'fake', 'power_state': 'On', 'nics': []}}]\n",
        folder = folder.display()
    );
    fs::write(folder.join("config"), config).unwrap();
    let log = fs::File::create(folder.join("log")).unwrap();
    let mut command = Command::new(program);
    command.arg("--config").arg(folder.join("config")).stdin(Stdio::null());
    command.stdout(log.try_clone().unwrap()).stderr(log).env("TMPDIR", folder);
    let emulator = Emulator(command.spawn().unwrap());
    let start = Instant::now();
    while TcpStream::connect(("127.0.0.1", port)).is_err() {
        assert!(start.elapsed() < Duration::from_secs(60), "the emulator does not listen");
        std::thread::sleep(Duration::from_millis(50));
    }
    emulator
}

/// Its log has a line for each request: those that it answered with "done".
fn done(folder: &Path, what: &str) -> usize {
    let log = fs::read_to_string(folder.join("log")).unwrap();
    log.lines().filter(|line| line.contains(what) && line.contains("\" 204")).count()
}

async fn start() -> Case {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().to_owned();
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let emulator = emulate(&path, port);
    let route = settings(&format!("http://127.0.0.1:{port}"));
    let (resets, patches) = (path.clone(), path);
    Case {
        route: Route::Redfish(Redfish { ..route }),
        secrets: secrets(PASSWORD),
        wrong: Some(secrets("a guess of mine")),
        unreachable: Some(Route::Redfish(settings("http://127.0.0.1:9"))),
        uuid: Some(UUID),
        restarts: Box::new(move || done(&resets, "ComputerSystem.Reset")),
        changes: Box::new(move || done(&patches, "\"PATCH ").to_string()),
        hang: None,
        hang_at_restart: None,
        world: Box::new((emulator, folder)),
    }
}

conforms!(start:
    a_look_changes_nothing,
    a_look_knows_the_machine,
    preparing_twice_is_harmless,
    wrong_credentials_are_refused_before_anything_is_touched,
    another_machines_board_is_not_touched,
    a_restart_restarts_once,
    no_secret_is_shown_or_logged,
);

#[tokio::test]
async fn it_keeps_the_network_for_every_start_until_that_is_taken_back() {
    let case = start().await;
    let there = case.board(Target::Maintenance).await.prepare().await.unwrap();
    assert!(there.contains("kept Pxe, though for every start"), "{there}");
    let home = case.board(Target::OwnSystem).await.prepare().await.unwrap();
    assert!(home.contains("took the network boot back"), "{home}");
}

#[tokio::test]
async fn its_sensors_are_read_as_far_as_it_has_some() {
    let case = start().await;
    let Route::Redfish(redfish) = &case.route else { panic!("it is a Redfish route") };
    let (reading, places) = sense(redfish, Some(UUID), &case.secrets, None).await.unwrap();
    assert_eq!(reading.troubles, [""; 0]);
    // It has no power supplies and no logs, and a processor of 41 °C.
    let expected = [
        (Metric::Temperature, 41.0),
        (Metric::FanSpeed, 2050.0),
        (Metric::FansBad, 0.0),
        (Metric::BoardHealth, 0.0),
    ];
    assert_eq!(reading.figures(Counted::default(), false).0, expected.into());
    assert_eq!(reading.health, Some(Level::Ok));
    let (again, _) = sense(redfish, Some(UUID), &case.secrets, places).await.unwrap();
    assert_eq!(again, reading);
}
