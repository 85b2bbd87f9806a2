//! QEMU as a child: with no rights of ours, a limit of memory, and dead when we are.

use super::laid::{Plan, lay};
use super::qmp::Qmp;
use super::tools::Tools;
use anyhow::{Context, Result};
use nix::unistd::{User, chown, geteuid};
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::fs;
use std::io::Read;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::{Child, Command};
use tokio::sync::Notify;
use tokio::time::timeout;
use uuid::Uuid;

/// What is kept of what it says: more than a serial line brings between two looks.
const KEPT: usize = 256 << 10;
/// A picture of a screen of text is ten kilobytes.
const LARGEST_SCREEN: u64 = 4 << 20;
/// What QEMU itself takes beside the machine's memory, in address space.
const QEMU_MIB: u64 = 3072;
/// Below the server, its database and machines in maintenance.
const NICE: &str = "10";
/// Where memory runs out, the kernel takes it before the server and its database (`proc_pid_oom_score_adj(5)`).
const TAKEN_FIRST: &str = "500";
/// Seconds of the processor's time, if all else that ends it should fail: more than the longest patience.
const CPU_LIMIT: &str = "--cpu=2400";
/// A pipe whose other end is closed is read empty in no time.
const HEARD_OUT: Duration = Duration::from_secs(2);
/// A cursor that blinks shows two pictures in turns, and neither is new.
const REMEMBERED: usize = 2;
const PREFIX: &str = "pitstop-test-boot-";

/// A virtual machine; dropping it ends it and leaves nothing.
pub(super) struct Guest {
    child: Child,
    folder: Folder,
    said: Tail,
    complained: Tail,
    qmp: Option<Qmp>,
    /// The last that were shown.
    pictures: VecDeque<Vec<u8>>,
}

impl Guest {
    /// `kvm`: with the processor's help, where that can be had.
    pub async fn start(plan: &Plan, images: &Path, tools: &Tools, kvm: bool) -> Result<Self> {
        let (plan, images, with, folder) = (plan.clone(), images.to_owned(), tools.clone(), Folder::new()?);
        let memory = plan.memory_mib;
        let laid = tokio::task::spawn_blocking(move || {
            let arguments = lay(&plan, &images, &with, &folder.0, kvm)?;
            folder.give_away()?;
            anyhow::Ok((arguments, folder))
        });
        let (arguments, folder) = laid.await??;
        let mut child = command(tools, memory)
            .args(&arguments)
            .current_dir("/")
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .context("QEMU cannot be started")?;
        let said = Tail::of(child.stdout.take());
        let complained = Tail::of(child.stderr.take());
        Ok(Self { child, folder, said, complained, qmp: None, pictures: VecDeque::new() })
    }

    /// The end of what it said.
    pub fn said(&self) -> String {
        self.said.text()
    }

    /// What QEMU itself has to say.
    pub fn complained(&self) -> String {
        self.complained.text()
    }

    /// Bytes that it said in all.
    pub fn said_bytes(&self) -> u64 {
        self.said.lock().1
    }

    pub fn has_ended(&mut self) -> bool {
        !matches!(self.child.try_wait(), Ok(None))
    }

    /// Reads what it said before it ended.
    pub async fn heard_out(&self) {
        let (said, complained) = (self.said.closed.notified(), self.complained.closed.notified());
        // Whoever it started may hold the pipe open: then what came has to do.
        let _ = timeout(HEARD_OUT, async { tokio::join!(said, complained) }).await;
    }

    /// Has the virtual machine come to an end that no real one knows (KVM's internal errors)?
    pub async fn broke(&mut self) -> bool {
        let status = self.ask("query-status", json!({})).await;
        status.is_some_and(|status| status["status"] == "internal-error")
    }

    /// Whether the processor helps; `None`: it does not say yet.
    pub async fn has_kvm(&mut self) -> Option<bool> {
        let answer = self.ask("query-kvm", json!({})).await?;
        answer["enabled"].as_bool()
    }

    /// A picture of its screen (PNG), where it is another than the last two.
    pub async fn new_screen(&mut self) -> Option<Vec<u8>> {
        let path = self.folder.0.join("screen");
        self.ask("screendump", json!({ "filename": path, "format": "png" })).await?;
        let picture = read_picture(&path)?;
        if self.pictures.contains(&picture) {
            return None;
        }
        self.pictures.push_back(picture.clone());
        if self.pictures.len() > REMEMBERED {
            self.pictures.pop_front();
        }
        Some(picture)
    }

    /// `None`: it cannot answer, now or at all. A test goes on without pictures.
    async fn ask(&mut self, command: &str, arguments: Value) -> Option<Value> {
        if self.qmp.is_none() {
            self.qmp = Qmp::connect(&self.folder.0.join("qmp")).await.ok();
        }
        let answer = self.qmp.as_mut()?.ask(command, arguments).await;
        if let Err(error) = &answer {
            tracing::debug!(%error, command, "A virtual machine does not answer.");
            self.qmp = None;
        }
        answer.ok()
    }

    /// Ends it, and waits until it is gone.
    pub async fn end(mut self) {
        // It fails only for a child that is gone already.
        let _ = self.child.kill().await;
    }
}

/// Whoever took QEMU over could put a link there: it is not followed.
fn read_picture(path: &Path) -> Option<Vec<u8>> {
    let file = fs::OpenOptions::new()
        .read(true)
        .custom_flags(nix::libc::O_NOFOLLOW | nix::libc::O_NONBLOCK)
        .open(path);
    let mut bytes = vec![];
    file.ok()?.take(LARGEST_SCREEN + 1).read_to_end(&mut bytes).ok()?;
    (bytes.len() as u64 <= LARGEST_SCREEN && bytes.starts_with(b"\x89PNG\r\n\x1a\n")).then_some(bytes)
}

/// Each program becomes the next: limits, then no rights, then QEMU. The signal at our death is asked for last, since a
/// change of the user forgets it.
fn command(tools: &Tools, memory_mib: u64) -> Command {
    let mut command = Command::new("nice");
    command.args(["-n", NICE, "choom", "-n", TAKEN_FIRST, "--", "prlimit"]);
    command.arg(format!("--as={}", (memory_mib + QEMU_MIB) << 20)).args([CPU_LIMIT, "--core=0"]);
    command.args(["setpriv", "--no-new-privs"]);
    if let Some(nobody) = nobody() {
        command.args([format!("--reuid={}", nobody.uid), format!("--regid={}", nobody.gid), groups()]);
        command.arg("setpriv");
    }
    command.args(["--pdeathsig", "KILL", "--"]).arg(&tools.qemu);
    command
}

/// Whom it runs as, where we are root.
fn nobody() -> Option<User> {
    geteuid().is_root().then(|| User::from_name("nobody").ok().flatten()).flatten()
}

/// Nobody is in no group but the one that may use KVM, where that is what opens it.
fn groups() -> String {
    let device = fs::metadata("/dev/kvm").ok();
    match device.and_then(|device| group_that_opens(device.mode(), device.gid())) {
        Some(group) => format!("--groups={group}"),
        None => "--clear-groups".to_owned(),
    }
}

/// Root's group opens more than this device: it is not given.
fn group_that_opens(mode: u32, group: u32) -> Option<u32> {
    let (by_group, by_all) = (mode & 0o060 == 0o060, mode & 0o006 == 0o006);
    (by_group && !by_all && group != 0).then_some(group)
}

/// The files of one; gone with it.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Result<Self> {
        let name = format!("{PREFIX}{}-{}", std::process::id(), &Uuid::new_v4().simple().to_string()[..8]);
        let path = std::env::temp_dir().join(name);
        fs::DirBuilder::new()
            .mode(0o700)
            .create(&path)
            .with_context(|| format!("{} cannot be made", path.display()))?;
        Ok(Self(path))
    }

    /// To whom QEMU runs as.
    fn give_away(&self) -> Result<()> {
        match nobody() {
            Some(nobody) => give(&self.0, &nobody),
            None => Ok(()),
        }
    }
}

fn give(path: &Path, to: &User) -> Result<()> {
    chown(path, Some(to.uid), Some(to.gid))?;
    if path.is_dir() {
        for entry in fs::read_dir(path)? {
            give(&entry?.path(), to)?;
        }
    }
    Ok(())
}

impl Drop for Folder {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir_all(&self.0) {
            tracing::warn!(folder = %self.0.display(), %error, "What a test boot needed stays: remove the folder.");
        }
    }
}

/// Removes what servers that were killed left behind.
pub(super) fn sweep() {
    let Ok(entries) = fs::read_dir(std::env::temp_dir()) else { return };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let process =
            name.to_str().and_then(|name| name.strip_prefix(PREFIX)?.split('-').next()?.parse::<u32>().ok());
        if process.is_some_and(|process| !Path::new(&format!("/proc/{process}")).exists()) {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

/// The end of what comes through a pipe, and how much came in all. It is read whoever listens: a full pipe would hold the
/// machine.
#[derive(Clone, Default)]
struct Tail {
    kept: Arc<Mutex<(Vec<u8>, u64)>>,
    /// Nothing comes any more.
    closed: Arc<Notify>,
}

impl Tail {
    fn of(pipe: Option<impl AsyncRead + Unpin + Send + 'static>) -> Self {
        let tail = Self::default();
        let Some(mut pipe) = pipe else { return tail };
        let kept = tail.clone();
        tokio::spawn(async move {
            let mut piece = vec![0; 8 << 10];
            while let Ok(read @ 1..) = pipe.read(&mut piece).await {
                kept.add(&piece[..read]);
            }
            // Kept for who asks later.
            kept.closed.notify_one();
        });
        tail
    }

    fn add(&self, piece: &[u8]) {
        let mut kept = self.lock();
        kept.0.extend_from_slice(piece);
        kept.1 += piece.len() as u64;
        let over = kept.0.len().saturating_sub(KEPT);
        kept.0.drain(..over);
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.lock().0).into_owned()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, (Vec<u8>, u64)> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_what_is_said_is_kept() {
        let tail = Tail::default();
        tail.add(&vec![b'a'; KEPT]);
        tail.add(b"login: ");
        assert_eq!(tail.lock().0.len(), KEPT);
        assert_eq!(tail.lock().1, KEPT as u64 + 7);
        assert!(tail.text().ends_with("alogin: "));
    }

    #[tokio::test]
    async fn what_was_said_before_the_end_is_heard() {
        let (mut said, pipe) = tokio::io::duplex(64);
        let tail = Tail::of(Some(pipe));
        tokio::io::AsyncWriteExt::write_all(&mut said, b"Kernel panic").await.unwrap();
        drop(said);
        tail.closed.notified().await;
        assert_eq!(tail.text(), "Kernel panic");
    }

    #[test]
    fn the_group_of_kvm_is_kept_where_it_is_what_opens_it() {
        assert_eq!(group_that_opens(0o20_660, 104), Some(104));
        assert_eq!(group_that_opens(0o20_666, 104), None, "everybody may");
        assert_eq!(group_that_opens(0o20_600, 104), None, "the group may not");
        assert_eq!(group_that_opens(0o20_660, 0), None, "root's group opens more");
    }

    #[test]
    fn a_picture_is_no_link_and_is_one() {
        let folder = tempfile::tempdir().unwrap();
        let (picture, link) = (folder.path().join("a"), folder.path().join("b"));
        fs::write(&picture, b"\x89PNG\r\n\x1a\nrest").unwrap();
        std::os::unix::fs::symlink(&picture, &link).unwrap();
        assert!(read_picture(&picture).is_some() && read_picture(&link).is_none());
        fs::write(&picture, b"secret").unwrap();
        assert!(read_picture(&picture).is_none());
    }
}
