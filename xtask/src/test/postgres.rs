//! A PostgreSQL of the tests' own: a socket in a folder, no port, nothing kept.

use std::{
    fs,
    os::unix::{fs::chown, process::CommandExt},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::atomic::{AtomicU32, Ordering},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};
use nix::{
    sys::signal::{Signal, kill},
    unistd::{Pid, Uid, User},
};

use crate::{paths, process, say};

/// A running database, stopped and removed when dropped.
pub struct Database {
    folder: PathBuf,
    child: Child,
}

/// A cold start takes about a second; a busy machine several.
const LIMIT: Duration = Duration::from_secs(60);

/// Safe only for data nobody will miss: nothing waits for the disk.
const SETTINGS: [&str; 6] = [
    "listen_addresses=",
    "fsync=off",
    "synchronous_commit=off",
    "full_page_writes=off",
    "max_connections=200",
    "log_min_messages=fatal",
];

/// A socket's path may have 107 bytes, of which `/.s.PGSQL.5432` takes 14.
const LONGEST_FOLDER: usize = 90;

impl Database {
    pub fn start() -> Result<Self> {
        let programs = programs()?;
        let owner = Owner::find()?;
        let folder = folder_for(&owner)?;
        let mut initdb = owner.command(&programs.join("initdb"));
        let log = fs::File::create(folder.join("log"))?;
        initdb.args([
            "--no-sync",
            "--auth",
            "trust",
            "--username",
            "postgres",
            "--encoding",
            "UTF8",
            "--no-locale",
            "-D",
        ]);
        process::output(initdb.arg(folder.join("data")))?;
        let mut postgres = owner.command(&programs.join("postgres"));
        postgres.arg("-D").arg(folder.join("data")).arg("-k").arg(&folder);
        postgres.args(SETTINGS.iter().flat_map(|setting| ["-c", setting]));
        // A group of its own, so that Ctrl-C ends the tests first.
        let child =
            postgres.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log).process_group(0).spawn()?;
        let mut database = Self { folder, child };
        database.wait_until_ready(&programs)?;
        Ok(database)
    }

    pub fn url(&self) -> String {
        format!("postgres://postgres@localhost/postgres?host={}", self.folder.display())
    }

    fn wait_until_ready(&mut self, programs: &Path) -> Result<()> {
        let start = Instant::now();
        while start.elapsed() < LIMIT {
            if let Some(status) = self.child.try_wait()? {
                let log = fs::read_to_string(self.folder.join("log")).unwrap_or_default();
                bail!("PostgreSQL ended by itself ({status}): {}", log.trim());
            }
            let asked = process::captured(
                Command::new(programs.join("pg_isready")).args(["-q", "-h"]).arg(&self.folder),
            )?;
            if asked.status.success() {
                return Ok(());
            }
            thread::sleep(Duration::from_millis(50));
        }
        bail!("PostgreSQL was not ready within {}", say::seconds(LIMIT))
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        if let Ok(pid) = i32::try_from(self.child.id()) {
            // SIGINT is PostgreSQL's fast end: it throws its clients out.
            let _ = kill(Pid::from_raw(pid), Signal::SIGINT);
        }
        let _ = self.child.wait();
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// The newest version's programs.
fn programs() -> Result<PathBuf> {
    let versions = fs::read_dir("/usr/lib/postgresql").context("PostgreSQL is not installed")?;
    let number = |path: &PathBuf| path.file_name().and_then(|name| name.to_str()?.parse::<u32>().ok());
    let mut versions: Vec<_> = versions.filter_map(|entry| entry.ok().map(|entry| entry.path())).collect();
    versions.retain(|path| path.join("bin/initdb").is_file());
    versions.sort_by_key(number);
    Ok(versions.pop().context("PostgreSQL's programs are not in /usr/lib/postgresql")?.join("bin"))
}

/// Who runs it: PostgreSQL refuses to run as root.
enum Owner {
    Ourselves,
    Other(User),
}

impl Owner {
    fn find() -> Result<Self> {
        if !Uid::effective().is_root() {
            return Ok(Self::Ourselves);
        }
        for name in ["postgres", "nobody"] {
            if let Some(user) = User::from_name(name)? {
                return Ok(Self::Other(user));
            }
        }
        bail!("PostgreSQL refuses to run as root, and there is neither a user postgres nor nobody")
    }

    /// Ends with us, by SIGINT.
    fn command(&self, program: &Path) -> Command {
        let Self::Other(user) = self else { return process::guarded(program, "INT") };
        let mut command = Command::new("setpriv");
        command.args(["--reuid", &user.uid.to_string(), "--regid", &user.gid.to_string(), "--clear-groups"]);
        command.args(["--pdeathsig", "INT", "--"]).arg(program).current_dir("/");
        command
    }

    fn take(&self, folder: &Path) -> Result<()> {
        if let Self::Other(user) = self {
            chown(folder, Some(user.uid.as_raw()), Some(user.gid.as_raw()))?;
        }
        Ok(())
    }

    /// A folder below one that the user may not enter (root's home) is of no use.
    fn reaches(&self, folder: &Path) -> bool {
        process::captured(self.command(Path::new("test")).arg("-w").arg(folder))
            .is_ok_and(|done| done.status.success())
    }
}

/// Parts that run side by side have a database each.
static STARTED: AtomicU32 = AtomicU32::new(0);

fn folder_for(owner: &Owner) -> Result<PathBuf> {
    let nth = STARTED.fetch_add(1, Ordering::Relaxed);
    let name = format!("pitstop-test-{}-{nth}", std::process::id());
    for base in [paths::notes(), std::env::temp_dir()] {
        let folder = base.join(&name);
        // A process of this number left it behind.
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder)?;
        owner.take(&folder)?;
        if folder.as_os_str().len() <= LONGEST_FOLDER && owner.reaches(&folder) {
            return Ok(folder);
        }
        fs::remove_dir(&folder)?;
    }
    bail!(
        "the user that runs PostgreSQL can write neither below target/ nor in the folder for temporary files"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answers(database: &Database) -> bool {
        let psql = programs().unwrap().join("psql");
        let asked =
            process::output(Command::new(psql).args(["-At", "-c", "select 6 * 7"]).arg(database.url()));
        asked.unwrap().trim() == "42"
    }

    #[test]
    fn two_databases_start_side_by_side_answer_and_leave_nothing() {
        let (one, other) = (Database::start().unwrap(), Database::start().unwrap());
        let folders = [one.folder.clone(), other.folder.clone()];
        assert!(answers(&one) && answers(&other));
        drop(one);
        assert!(answers(&other), "the end of one is nothing to the other");
        drop(other);
        assert!(folders.iter().all(|folder| !folder.exists()));
    }
}
