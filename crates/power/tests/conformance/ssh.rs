//! SSH, against OpenSSH's server with a configuration of its own.

use super::case::{Case, SECRET};
use super::conforms;
use pitstop_domain::route::{Route, Ssh, Target};
use pitstop_domain::secret::Secret;
use pitstop_power::Effect;
use std::fs;
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Killed with the test.
struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn keygen(path: &Path) {
    let mut command = Command::new("ssh-keygen");
    command.args(["-q", "-t", "ed25519", "-N", "", "-C", "test", "-f"]).arg(path);
    assert!(command.status().expect("ssh-keygen is there").success());
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap()
}

fn serve(folder: &Path, port: u16) -> Server {
    if nix::unistd::Uid::effective().is_root() {
        // Debian's service makes it at its start, and the server refuses to run as root without.
        fs::create_dir_all("/run/sshd").unwrap();
    }
    fs::copy(folder.join("user.pub"), folder.join("authorized_keys")).unwrap();
    let config = format!(
        "ListenAddress 127.0.0.1:{port}\nHostKey {folder}/host\nPidFile none\nUsePAM no\nStrictModes no\n\
         AuthorizedKeysFile {folder}/authorized_keys\nPasswordAuthentication no\nKbdInteractiveAuthentication no\n\
         PermitRootLogin prohibit-password\nAcceptEnv PITSTOP_CALL\n",
        folder = folder.display()
    );
    fs::write(folder.join("config"), config).unwrap();
    let mut command = Command::new("/usr/sbin/sshd");
    command.args(["-D", "-e", "-f"]).arg(folder.join("config"));
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let server =
        command.spawn().expect("sshd is there: `cargo xtask setup` installs the package openssh-server");
    let start = Instant::now();
    while TcpStream::connect(("127.0.0.1", port)).is_err() {
        assert!(start.elapsed() < Duration::from_secs(30), "sshd does not listen");
        std::thread::sleep(Duration::from_millis(20));
    }
    Server(server)
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

fn settings(case: &mut Case) -> &mut Ssh {
    match &mut case.route {
        Route::Ssh(ssh) => ssh,
        _ => unreachable!(),
    }
}

async fn start() -> Case {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().to_owned();
    for name in ["host", "user", "stranger"] {
        keygen(&path.join(name));
    }
    let (port, nowhere) = (free_port(), free_port());
    let server = serve(&path, port);
    let book = path.join("book");
    let user = nix::unistd::User::from_uid(nix::unistd::Uid::effective()).unwrap().unwrap().name;
    let route = |port| {
        Route::Ssh(Ssh {
            host: "127.0.0.1".parse().unwrap(),
            port,
            user: user.clone(),
            private_key: SECRET,
            host_key: read(&path.join("host.pub")).trim().to_owned(),
            into_maintenance: format!("echo there $PITSTOP_CALL >> {}", book.display()),
            home: Some(format!("echo home $PITSTOP_CALL >> {}", book.display())),
        })
    };
    let key = |name: &str| [(SECRET, Secret::new(read(&path.join(name))))].into();
    let (restarts, changes) = (book.clone(), book.clone());
    let counted = |book: &Path| fs::read_to_string(book).unwrap_or_default();
    Case {
        route: route(port),
        secrets: key("user"),
        wrong: Some(key("stranger")),
        unreachable: Some(route(nowhere)),
        uuid: None,
        restarts: Box::new(move || counted(&restarts).lines().count()),
        changes: Box::new(move || counted(&changes)),
        hang: None,
        hang_at_restart: None,
        world: Box::new((server, folder)),
    }
}

conforms!(start:
    a_look_changes_nothing,
    preparing_twice_is_harmless,
    a_restart_restarts_once,
    wrong_credentials_are_refused_before_anything_is_touched,
    a_counterpart_that_is_not_there_is_worth_another_try,
    no_secret_is_shown_or_logged,
);

#[tokio::test]
async fn the_command_is_told_which_call_it_is_for() {
    let case = start().await;
    case.board(Target::Maintenance).await.restart().await.unwrap();
    case.board(Target::OwnSystem).await.restart().await.unwrap();
    let call = "00000000-0000-0000-0000-000000000009";
    assert_eq!((case.changes)(), format!("there {call}\nhome {call}\n"));
}

#[tokio::test]
async fn another_host_key_is_refused_before_the_key_is_shown() {
    let mut case = start().await;
    let other = tempfile::tempdir().unwrap();
    keygen(&other.path().join("other"));
    settings(&mut case).host_key = read(&other.path().join("other.pub"));
    let fault = case.board(Target::Maintenance).await.prepare().await.unwrap_err();
    assert_eq!((fault.effect, fault.worth_retrying), (Effect::None, false), "{fault}");
    assert!(fault.what.contains("another host key"), "{fault}");
}

#[tokio::test]
async fn what_the_command_answers_tells_whether_it_acted() {
    for (command, effect, words) in [
        ("no-such-program-at-all", Effect::None, "could not start"),
        ("echo out of paper >&2; exit 3", Effect::Unknown, "ended with 3: out of paper"),
        ("kill -9 $$", Effect::Unknown, "did not say"),
    ] {
        let mut case = start().await;
        settings(&mut case).into_maintenance = command.to_owned();
        let fault = case.board(Target::Maintenance).await.restart().await.unwrap_err();
        assert!(fault.effect == effect && fault.what.contains(words), "{command}: {fault:?}");
    }
}

#[tokio::test]
async fn without_a_command_home_nothing_is_run_on_the_way_home() {
    let mut case = start().await;
    settings(&mut case).home = None;
    let mut board = case.board(Target::OwnSystem).await;
    for fault in [board.prepare().await.unwrap_err(), board.restart().await.unwrap_err()] {
        assert!(fault.what.contains("no command home") && fault.effect == Effect::None, "{fault}");
    }
    assert_eq!(case.restarts(), 0);
}
