//! The server against the TFTP clients people have.

#![expect(clippy::unwrap_used, reason = "a test ends at the first surprise")]

mod support;

use std::path::Path;

use support::{Running, folder_with, run, sample};
use tftp_server::{Config, End, Report, Root, Transfer};

/// Not a whole number of blocks of any size in use, and several windows long.
const LENGTH: usize = 1_234_567;

struct Scene {
    served: tempfile::TempDir,
    away: tempfile::TempDir,
    server: Running,
    bytes: Vec<u8>,
}

impl Scene {
    fn new(length: usize) -> Self {
        let bytes = sample(length);
        let served = folder_with(&bytes);
        let server = Running::new(Config::default(), Root::new(served.path()).unwrap());
        Self { served, away: tempfile::tempdir().unwrap(), server, bytes }
    }

    fn port(&self) -> String {
        self.server.address.port().to_string()
    }

    fn away(&self) -> &Path {
        self.away.path()
    }

    /// The client has the file, and the server knows it.
    fn expect_copy(&self) -> (Transfer, Report) {
        let copy = std::fs::read(self.away().join("copy")).unwrap();
        assert!(copy == self.bytes, "the copy differs");
        let (transfer, report) = self.server.next_end();
        assert_eq!(report.end, End::Done);
        assert_eq!(report.acknowledged, self.bytes.len() as u64);
        (transfer, report)
    }
}

#[test]
fn tftp_hpa_reads_a_file() {
    let scene = Scene::new(LENGTH);
    let arguments = ["-m", "binary", "127.0.0.1", &scene.port(), "-c", "get", "file", "copy"];
    let output = run("tftp", "tftp-hpa", &arguments, scene.away());
    assert!(output.status.success(), "{output:?}");
    assert_eq!(scene.expect_copy().0.blksize, 512);
}

#[test]
fn tftp_hpa_is_told_why_it_may_not_write() {
    let scene = Scene::new(10);
    std::fs::write(scene.away().join("mine"), b"mine").unwrap();
    let arguments = ["-m", "binary", "127.0.0.1", &scene.port(), "-c", "put", "mine", "mine"];
    let output = run("tftp", "tftp-hpa", &arguments, scene.away());
    let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    assert!(said.contains("read-only"), "{said}");
    assert!(!scene.served.path().join("mine").exists());
}

#[test]
fn curl_reads_a_file_in_blocks_of_its_choice() {
    for blksize in ["512", "1468", "8"] {
        let scene = Scene::new(100_000);
        let url = format!("tftp://{}/file", scene.server.address);
        let output =
            run("curl", "curl", &["-sS", "--tftp-blksize", blksize, "-o", "copy", &url], scene.away());
        assert!(output.status.success(), "{output:?}");
        assert_eq!(scene.expect_copy().0.blksize.to_string(), blksize);
    }
}

#[test]
fn curl_is_told_that_a_file_is_not_there() {
    let scene = Scene::new(10);
    let url = format!("tftp://{}/none", scene.server.address);
    let output = run("curl", "curl", &["-sS", "-o", "copy", &url], scene.away());
    assert_eq!(
        output.status.code(),
        Some(68),
        "curl's code for a file not found on a TFTP server: {output:?}"
    );
}

#[test]
fn atftp_reads_a_file_with_every_window() {
    for window in ["1", "4", "8", "16"] {
        let scene = Scene::new(LENGTH);
        let windowsize = format!("windowsize {window}");
        let port = scene.port();
        let mut arguments = vec!["--option", "blksize 1468", "--option", &windowsize];
        arguments.extend(["--get", "-r", "file", "-l", "copy", "127.0.0.1", &port]);
        let output = run("atftp", "atftp", &arguments, scene.away());
        assert!(output.status.success(), "{output:?}");
        let (transfer, _) = scene.expect_copy();
        let granted = window.parse::<u16>().unwrap().min(8);
        assert_eq!((transfer.blksize, transfer.windowsize), (1468, granted));
    }
}

#[test]
fn busybox_reads_a_file() {
    for blksize in ["512", "1468"] {
        let scene = Scene::new(LENGTH);
        let port = scene.port();
        let arguments = ["tftp", "-g", "-b", blksize, "-r", "file", "-l", "copy", "127.0.0.1", &port];
        let output = run("busybox", "busybox-static", &arguments, scene.away());
        assert!(output.status.success(), "{output:?}");
        assert_eq!(scene.expect_copy().0.blksize.to_string(), blksize);
    }
}

#[test]
fn a_file_beyond_65535_blocks_arrives_whole() {
    let scene = Scene::new(512 * 70_000 + 1);
    let url = format!("tftp://{}/file", scene.server.address);
    let output = run("curl", "curl", &["-sS", "-o", "copy", &url], scene.away());
    assert!(output.status.success(), "{output:?}");
    scene.expect_copy();
}

#[test]
fn the_program_serves_a_folder_and_stops_when_asked() {
    use std::io::{BufRead as _, BufReader};
    let bytes = sample(5000);
    let served = folder_with(&bytes);
    let mut program = std::process::Command::new(env!("CARGO_BIN_EXE_tftp-server"))
        .args(["--bind", "127.0.0.1:0", "--root"])
        .arg(served.path())
        .env("NO_COLOR", "1")
        .env_remove("RUST_LOG")
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut log = BufReader::new(program.stderr.take().unwrap()).lines().map(|line| line.unwrap());
    let line = log.find(|line| line.contains("Serving by TFTP")).unwrap();
    let address = line.split("bind=").nth(1).unwrap().split(' ').next().unwrap();
    let url = format!("tftp://{address}/file");
    let output = run("curl", "curl", &["-sS", &url], served.path());
    assert!(output.stdout == bytes, "the copy differs");
    assert!(log.any(|line| line.contains("Transfer ended: done")), "the log tells of the transfer");
    let pid = nix::unistd::Pid::from_raw(program.id().try_into().unwrap());
    nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGTERM).unwrap();
    assert!(log.any(|line| line.contains("Stopped")));
    assert!(program.wait().unwrap().success());
}
