//! Children that die with us. The kernel kills them when the *thread* that started them ends
//! (`PR_SET_PDEATHSIG`), so one thread that lives as long as the process starts them all.

use std::{
    fs::File,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{LazyLock, Mutex, MutexGuard, PoisonError, mpsc},
    thread,
};

use anyhow::{Context, Result, bail};

/// A running program, killed when dropped.
#[derive(Debug)]
pub(crate) struct Process {
    name: String,
    child: Mutex<Child>,
    log: PathBuf,
}

impl Process {
    /// Starts a program in a network namespace. What it prints goes to `log`.
    pub(crate) fn start(namespace: &str, program: &str, arguments: &[String], log: &Path) -> Result<Self> {
        let output = File::create(log).with_context(|| format!("cannot write {}", log.display()))?;
        let mut command = Command::new("setpriv");
        command
            .args(["--pdeathsig", "KILL", "--", "ip", "netns", "exec", namespace, program])
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(output.try_clone()?)
            .stderr(output);
        let child = spawn(command).with_context(|| format!("cannot start {program}"))?;
        Ok(Self { name: program.to_owned(), child: Mutex::new(child), log: log.to_owned() })
    }

    pub(crate) fn is_running(&self) -> bool {
        matches!(self.child().try_wait(), Ok(None))
    }

    /// The program's own: each of those before it becomes the next.
    pub(crate) fn id(&self) -> u32 {
        self.child().id()
    }

    /// Fails, with the program's own words, when it has ended.
    pub(crate) fn check(&self) -> Result<()> {
        if self.is_running() {
            return Ok(());
        }
        let words = std::fs::read_to_string(&self.log).unwrap_or_default();
        bail!("{} ended by itself: {}", self.name, words.trim())
    }

    /// Ends it at once and waits until it is gone.
    pub(crate) fn kill(&self) {
        let mut child = self.child();
        // Both fail only for a child that is gone already, which is what is wanted.
        let _ = child.kill();
        let _ = child.wait();
    }

    fn child(&self) -> MutexGuard<'_, Child> {
        self.child.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

struct Request {
    command: Command,
    answer: mpsc::Sender<std::io::Result<Child>>,
}

static STARTER: LazyLock<Mutex<mpsc::Sender<Request>>> = LazyLock::new(|| {
    let (sender, requests) = mpsc::channel::<Request>();
    thread::spawn(move || {
        for mut request in requests {
            // The asker may have gone; the child is then dropped and dies with us.
            let _ = request.answer.send(request.command.spawn());
        }
    });
    Mutex::new(sender)
});

fn spawn(command: Command) -> Result<Child> {
    let (answer, child) = mpsc::channel();
    let starter = STARTER.lock().unwrap_or_else(PoisonError::into_inner);
    starter.send(Request { command, answer }).context("the thread that starts programs is gone")?;
    drop(starter);
    Ok(child.recv().context("the thread that starts programs is gone")??)
}
