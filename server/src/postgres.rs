//! A private PostgreSQL below the data folder, for trying out and for small sites.
//!
//! It listens on a Unix socket in a folder of its own and nowhere else, ends when this process ends (also when
//! that is killed), and refuses nobody who may enter that folder: the server's user and root.
//! PostgreSQL will not run as root, so root starts it as `postgres` or `nobody`.

use anyhow::{Context, Result, bail};
use nix::sys::prctl;
use nix::sys::signal::{Signal, kill};
use nix::unistd::{Pid, User, chown, geteuid};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Crash recovery of a small database takes seconds; a minute means that something is wrong.
const START_LIMIT: Duration = Duration::from_secs(60);
/// How often the ready line is looked for while it starts.
const LOOK: Duration = Duration::from_millis(20);
/// Linux: a Unix socket's path holds at most 107 bytes, and PostgreSQL adds its own name to the folder's.
const LONGEST_SOCKET_FOLDER: usize = 85;

/// A running private PostgreSQL; dropping it shuts it down.
pub struct Private {
    child: Child,
    url: String,
}

struct Layout {
    programs: PathBuf,
    cluster: PathBuf,
    socket: PathBuf,
    /// What PostgreSQL says since it was started.
    log: PathBuf,
    user: Option<User>,
}

impl Private {
    /// Starts it, making the cluster when there is none. Call from the main thread: the child is told to end
    /// with the thread that started it.
    pub fn start(data: &Path) -> Result<Self> {
        let layout = Layout::choose(data)?;
        layout.make_folders()?;
        if !layout.cluster.join("PG_VERSION").exists() {
            layout.init()?;
        }
        layout.end_left_over()?;
        let mut child = layout.spawn()?;
        layout.until_ready(&mut child)?;
        let url = format!("postgres://pitstop@localhost/pitstop?host={}", layout.socket.display());
        let private = Self { child, url };
        layout.create_database()?;
        Ok(private)
    }

    pub fn url(&self) -> &str {
        &self.url
    }
}

impl Drop for Private {
    /// A fast shutdown: connections are ended, everything is written.
    fn drop(&mut self) {
        if let Ok(pid) = i32::try_from(self.child.id()) {
            let _ = kill(Pid::from_raw(pid), Signal::SIGINT);
        }
        let _ = self.child.wait();
    }
}

impl Layout {
    fn choose(data: &Path) -> Result<Self> {
        let programs = find_programs()?;
        let user = geteuid().is_root().then(unprivileged_user).transpose()?;
        let data = fs::canonicalize(data)?;
        let home = match &user {
            Some(user) if !may_enter(user, &data) => elsewhere(&data),
            _ => data,
        };
        let mut socket = home.join("postgres-socket");
        if socket.as_os_str().len() > LONGEST_SOCKET_FOLDER {
            socket = Path::new("/tmp").join(format!("pitstop-{}", short_hash(&home)));
        }
        Ok(Self { programs, cluster: home.join("postgres"), log: home.join("postgres.log"), socket, user })
    }

    fn make_folders(&self) -> Result<()> {
        for folder in [&self.cluster, &self.socket] {
            fs::create_dir_all(folder).with_context(|| format!("{} cannot be made", folder.display()))?;
            fs::set_permissions(folder, fs::Permissions::from_mode(0o700))?;
            if let Some(user) = &self.user {
                chown(folder, Some(user.uid), Some(user.gid))?;
            }
        }
        Ok(())
    }

    fn init(&self) -> Result<()> {
        let output = self
            .command("initdb")
            .args(["--username=pitstop", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "-D"])
            .arg(&self.cluster)
            .output()
            .context("initdb cannot be started")?;
        if !output.status.success() {
            bail!("initdb failed: {}", String::from_utf8_lossy(&output.stderr).trim());
        }
        Ok(())
    }

    /// A PostgreSQL that a killed server left behind is on its way out: it is told again and waited for.
    fn end_left_over(&self) -> Result<()> {
        let file = self.cluster.join("postmaster.pid");
        let started = Instant::now();
        while let Some(pid) = running_postmaster(&file) {
            if started.elapsed() > START_LIMIT {
                bail!(
                    "another PostgreSQL (process {pid}) uses {} and does not end: is a second server running?",
                    self.cluster.display()
                );
            }
            let _ = kill(pid, Signal::SIGINT);
            std::thread::sleep(LOOK);
        }
        Ok(())
    }

    fn spawn(&self) -> Result<Child> {
        let mut command = self.command("postgres");
        command
            .arg("-D")
            .arg(&self.cluster)
            .args([
                "-c",
                "listen_addresses=",
                "-c",
                "log_min_messages=warning",
                "-c",
                "max_connections=100",
                "-c",
            ])
            .arg(format!("unix_socket_directories={}", self.socket.display()))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(fs::File::create(&self.log)?)
            .process_group(0);
        end_with_parent(&mut command);
        command.spawn().context("PostgreSQL cannot be started")
    }

    /// The eighth line of postmaster.pid says how far it is (PostgreSQL, miscadmin.h, LOCK_FILE_LINE_PM_STATUS), the
    /// first whose file it is: one that was killed leaves its own behind, which says that it is ready.
    fn until_ready(&self, child: &mut Child) -> Result<()> {
        let started = Instant::now();
        let file = self.cluster.join("postmaster.pid");
        loop {
            if let Some(status) = child.try_wait()? {
                bail!("PostgreSQL ended while it started ({status}); {} says why", self.log.display());
            }
            let text = fs::read_to_string(&file).unwrap_or_default();
            if is_ready(&text, child.id()) {
                return Ok(());
            }
            if started.elapsed() > START_LIMIT {
                bail!("PostgreSQL was not ready within {} s", START_LIMIT.as_secs());
            }
            std::thread::sleep(LOOK);
        }
    }

    fn create_database(&self) -> Result<()> {
        let sql = "select 'create database pitstop' where not exists (select from pg_database where datname = 'pitstop') \\gexec\n";
        let mut child = self
            .command("psql")
            .args(["-X", "-q", "-v", "ON_ERROR_STOP=1", "-U", "pitstop", "-d", "postgres", "-h"])
            .arg(&self.socket)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .context("psql cannot be started")?;
        if let Some(mut stdin) = child.stdin.take() {
            std::io::Write::write_all(&mut stdin, sql.as_bytes())?;
        }
        if !child.wait()?.success() {
            bail!("the database could not be created");
        }
        Ok(())
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(self.programs.join(program));
        // Not this process's folder: the other user may not enter it.
        command.current_dir("/").env("LC_ALL", "C.UTF-8");
        if let Some(user) = &self.user {
            command.uid(user.uid.as_raw()).gid(user.gid.as_raw());
        }
        command
    }
}

/// The newest PostgreSQL that is installed.
fn find_programs() -> Result<PathBuf> {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let newest = versions
        .filter_map(|entry| {
            Some((entry.file_name().to_str()?.parse::<u32>().ok()?, entry.path().join("bin")))
        })
        .filter(|(_, bin)| bin.join("postgres").exists())
        .max();
    let on_path = || {
        let path = std::env::var_os("PATH")?;
        std::env::split_paths(&path).find(|dir| dir.join("postgres").exists() && dir.join("initdb").exists())
    };
    newest.map(|(_, bin)| bin).or_else(on_path).context(
        "PostgreSQL is not installed: `apt-get install postgresql` (or `cargo xtask up`, which does it), or set DATABASE_URL",
    )
}

fn unprivileged_user() -> Result<User> {
    for name in ["postgres", "nobody"] {
        if let Some(user) = User::from_name(name)? {
            return Ok(user);
        }
    }
    bail!(
        "PostgreSQL does not run as root, and there is neither a user `postgres` nor `nobody`: set DATABASE_URL"
    )
}

/// May this user reach the folder? Every folder above it must let others through.
fn may_enter(user: &User, folder: &Path) -> bool {
    folder.ancestors().all(|dir| {
        fs::metadata(dir).is_ok_and(|meta| {
            use std::os::unix::fs::MetadataExt;
            meta.mode() & 0o001 != 0 || (meta.uid() == user.uid.as_raw() && meta.mode() & 0o100 != 0)
        })
    })
}

/// Where the cluster goes when the data folder lies where PostgreSQL's user may not go (root's home).
fn elsewhere(data: &Path) -> PathBuf {
    let place = Path::new("/var/lib/pitstop").join(short_hash(data));
    tracing::warn!(
        place = %place.display(),
        "PostgreSQL's user may not enter the data folder; the database is kept elsewhere."
    );
    place
}

fn short_hash(path: &Path) -> String {
    use sha2::{Digest, Sha256};
    use std::os::unix::ffi::OsStrExt;
    hex::encode(&Sha256::digest(path.as_os_str().as_bytes())[..6])
}

/// Does this postmaster.pid say that this process is ready?
fn is_ready(file: &str, process: u32) -> bool {
    let mut lines = file.lines().map(str::trim);
    lines.next() == Some(process.to_string().as_str()) && lines.nth(6) == Some("ready")
}

fn running_postmaster(file: &Path) -> Option<Pid> {
    let pid = Pid::from_raw(fs::read_to_string(file).ok()?.lines().next()?.trim().parse().ok()?);
    let comm = fs::read_to_string(format!("/proc/{pid}/comm")).ok()?;
    (comm.trim() == "postgres").then_some(pid)
}

#[expect(unsafe_code, reason = "pre_exec is the only way to ask for a signal at the parent's death")]
fn end_with_parent(command: &mut Command) {
    // SAFETY: the closure runs between fork and exec and only makes the system call prctl, which is
    // async-signal-safe.
    unsafe {
        command.pre_exec(|| Ok(prctl::set_pdeathsig(Signal::SIGINT)?));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_of_a_postgresql_that_was_killed_says_nothing_of_the_next() {
        let file = "4711\n/data\n1795558307\n5432\n/run\n\n  1234 5678\nready   \n";
        assert!(is_ready(file, 4711));
        assert!(!is_ready(file, 4712));
        assert!(!is_ready("4711\n/data\n1\n5432\n/run\n\n1 2\nstarting\n", 4711));
    }
}
