//! A server as a process: killed, frozen, its clock set wrong.

use super::line::{Backend, DatabaseLine};
use nix::sys::signal::{self, Signal};
use nix::unistd::Pid;
use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::net::{SocketAddr, TcpListener, UdpSocket};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Of the package `faketime`. Only the time of day is false: no correction of a clock changes CLOCK_MONOTONIC.
const FAKETIME: &str = "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1";
/// A debug build on a busy machine.
const READY: Duration = Duration::from_secs(60);

/// A server of the site, running or not.
pub struct Node {
    folder: PathBuf,
    number: usize,
    http: SocketAddr,
    dhcp: SocketAddr,
    pub tftp: SocketAddr,
    pub database: DatabaseLine,
    child: Option<Child>,
    /// The dashboard of the newest process.
    pub address: String,
}

impl Node {
    /// Chosen, not started.
    pub async fn new(folder: &Path, number: usize, socket: PathBuf) -> Self {
        let udp: Vec<_> = (0..2).map(|_| UdpSocket::bind("127.0.0.1:0").unwrap()).collect();
        let [dhcp, tftp] = [0, 1].map(|which| udp[which].local_addr().unwrap());
        let http = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let database = DatabaseLine::new(socket).await;
        let node = Self {
            folder: folder.to_owned(),
            number,
            http,
            dhcp,
            tftp,
            database,
            child: None,
            address: String::new(),
        };
        node.set_clock(0);
        node
    }

    pub fn backend(&self) -> Backend {
        Backend { http: self.http, dhcp: self.dhcp, well: true }
    }

    /// Starts it, again and again until it says that it is ready: as a service manager does.
    pub fn start(&mut self, boot_url: &str) {
        let since = Instant::now();
        while !self.try_start(boot_url) {
            assert!(since.elapsed() < READY, "server {} does not start: see {:?}", self.number, self.log());
            std::thread::sleep(Duration::from_millis(300));
        }
    }

    fn try_start(&mut self, boot_url: &str) -> bool {
        assert!(Path::new(FAKETIME).exists(), "install the package faketime: `cargo xtask setup` does");
        let log = File::options().create(true).append(true).open(self.log()).unwrap();
        let port = |address: SocketAddr| address.port().to_string();
        // It ends with this test, also where that is killed.
        let mut child = Command::new("setpriv")
            .args(["--pdeathsig", "KILL", env!("CARGO_BIN_EXE_pitstop-server")])
            .args(["--listen", "127.0.0.1:0", "--boot-address", "127.0.0.1", "--pxe-port", "0"])
            .args(["--boot-listen", &self.http.to_string(), "--boot-url", boot_url])
            .args(["--dhcp-port", &port(self.dhcp), "--tftp-port", &port(self.tftp)])
            .arg("--data")
            .arg(self.folder.join("data"))
            .arg("--image-drop")
            .arg(self.folder.join("drop"))
            .arg("--loaders")
            .arg(self.folder.join("loaders"))
            .arg("--lab-machines")
            .arg(self.folder.join("machines"))
            .env("DATABASE_URL", format!("postgres://pitstop@127.0.0.1:{}/pitstop", self.database.port))
            .env("LD_PRELOAD", FAKETIME)
            .env("FAKETIME_TIMESTAMP_FILE", self.clock())
            .env("FAKETIME_CACHE_DURATION", "1")
            .env("FAKETIME_DONT_FAKE_MONOTONIC", "1")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let ready =
            lines.find_map(|line| line.ok()?.strip_prefix("pitstop-server ready: ").map(str::to_owned));
        std::thread::spawn(move || lines.for_each(drop));
        self.child = Some(child);
        match ready {
            Some(address) => self.address = address,
            // It ended.
            None => self.kill(),
        }
        !self.address.is_empty() && self.child.is_some()
    }

    pub fn is_up(&self) -> bool {
        self.child.is_some()
    }

    /// SIGKILL: no last words.
    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }

    pub fn freeze(&self) {
        self.signal(Signal::SIGSTOP);
    }

    pub fn thaw(&self) {
        self.signal(Signal::SIGCONT);
    }

    fn signal(&self, signal: Signal) {
        let pid = self.child.as_ref().expect("it runs").id();
        signal::kill(Pid::from_raw(pid.try_into().unwrap()), signal).unwrap();
    }

    /// Its time of day is so far off, from now on.
    pub fn set_clock(&self, seconds: i64) {
        let new = self.folder.join(format!("clock-{}.new", self.number));
        fs::write(&new, format!("{seconds:+}\n")).unwrap();
        fs::rename(new, self.clock()).unwrap();
    }

    fn clock(&self) -> PathBuf {
        self.folder.join(format!("clock-{}", self.number))
    }

    pub fn log(&self) -> PathBuf {
        self.folder.join(format!("server-{}.log", self.number))
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        self.kill();
    }
}
