//! A PostgreSQL of the test's own, which is stopped, killed and started again.

use nix::sys::signal::{self, Signal};
use nix::unistd::Pid;
use pitstop_server::postgres::Private;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// The children of one that was killed end at once, and crash recovery takes a second or two.
const READY: Duration = Duration::from_secs(60);

/// PostgreSQL with the settings of production: what was committed stays committed.
pub struct Postgres {
    folder: PathBuf,
    running: Option<Private>,
}

impl Postgres {
    /// To be called from the test's own thread: PostgreSQL ends with it.
    pub fn start(folder: &Path) -> Self {
        // It runs as another user, which must come through.
        fs::set_permissions(folder, fs::Permissions::from_mode(0o755)).unwrap();
        let folder = folder.join("database");
        fs::create_dir_all(&folder).unwrap();
        let running = Some(Private::start(&folder).unwrap());
        Self { folder, running }
    }

    pub fn url(&self) -> String {
        self.running.as_ref().expect("it runs").url().to_owned()
    }

    pub fn socket(&self) -> PathBuf {
        let url = self.url();
        let (_, folder) = url.split_once("host=").expect("a socket in a folder");
        Path::new(folder).join(".s.PGSQL.5432")
    }

    /// Fast: clients are thrown out, everything is written.
    pub fn stop(&mut self) {
        self.running = None;
    }

    /// SIGKILL to the postmaster; its children see that it is gone and end.
    pub fn kill(&mut self) {
        let file = fs::read_to_string(self.folder.join("postgres/postmaster.pid")).unwrap();
        let pid = file.lines().next().unwrap().trim().parse().unwrap();
        signal::kill(Pid::from_raw(pid), Signal::SIGKILL).unwrap();
        self.running = None;
    }

    /// Its children may still hold the old memory: it is tried until they are gone.
    pub fn start_again(&mut self) {
        let since = Instant::now();
        while self.running.is_none() {
            match Private::start(&self.folder) {
                Ok(running) => self.running = Some(running),
                Err(error) => {
                    let words = format!("{error:#}");
                    assert!(words.contains("ended while it started") && since.elapsed() < READY, "{words}");
                }
            }
        }
    }
}
