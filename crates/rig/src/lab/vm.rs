//! A machine of the lab: power, serial line, control socket.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};

use super::{
    process::Process,
    qemu::{self, Files},
    qmp::Qmp,
    spec::{DirectBoot, MachineSpec},
};

/// How often a wait looks again: much finer than anything a machine does.
const LOOK_AGAIN: Duration = Duration::from_millis(100);

/// A machine. Cheap to clone; all clones are the same machine.
#[derive(Debug, Clone)]
pub struct Vm(Arc<Machine>);

#[derive(Debug)]
struct Machine {
    spec: MachineSpec,
    files: Files,
    tap: String,
    namespace: String,
    qemu: Mutex<Option<Process>>,
}

/// A place in the serial log: only what came after it counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mark(usize);

impl Vm {
    pub(crate) fn new(spec: MachineSpec, files: Files, tap: String, namespace: String) -> Self {
        Self(Arc::new(Machine { spec, files, tap, namespace, qemu: Mutex::new(None) }))
    }

    #[must_use]
    pub fn spec(&self) -> &MachineSpec {
        &self.0.spec
    }

    /// QEMU's control socket, for one client at a time. Only there while the machine is on.
    #[must_use]
    pub fn qmp_path(&self) -> &Path {
        &self.0.files.qmp
    }

    /// Where the serial line is written to; kept over restarts.
    #[must_use]
    pub fn serial_path(&self) -> &Path {
        &self.0.files.serial
    }

    /// Switches the machine on and waits until it runs; nothing happens when it is on already.
    pub async fn power_on(&self) -> Result<()> {
        self.power_on_with(&[]).await
    }

    /// Switches the machine on with a kernel of our choice instead of its firmware's.
    pub async fn power_on_directly(&self, boot: &DirectBoot) -> Result<()> {
        self.power_on_with(&qemu::direct(boot)).await
    }

    async fn power_on_with(&self, more: &[String]) -> Result<()> {
        if self.is_on() {
            return Ok(());
        }
        let machine = &self.0;
        let mut arguments = qemu::arguments(&machine.spec, &machine.files, &machine.tap);
        arguments.extend_from_slice(more);
        let log = machine.files.serial.with_extension("qemu.log");
        let process = Process::start(&machine.namespace, qemu::PROGRAM, &arguments, &log)?;
        *self.qemu() = Some(process);
        tracing::info!(machine = machine.spec.name, "the machine is switched on");
        let limit = Instant::now() + Duration::from_secs(20);
        while Qmp::connect(&machine.files.own_qmp).await.is_err() {
            self.check()?;
            if Instant::now() > limit {
                bail!("QEMU of {} does not answer on its control socket", machine.spec.name);
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        }
        Ok(())
    }

    /// Pulls the plug.
    pub fn power_off(&self) {
        if self.qemu().take().is_some() {
            tracing::info!(machine = self.0.spec.name, "the machine is switched off");
        }
    }

    /// Presses the reset button.
    pub async fn reset(&self) -> Result<()> {
        self.own_qmp().await?.execute("system_reset").await?;
        Ok(())
    }

    /// Presses the power button: the own system switches itself off in good order.
    pub async fn press_power_button(&self) -> Result<()> {
        self.own_qmp().await?.execute("system_powerdown").await?;
        Ok(())
    }

    /// QEMU's process, while the machine is on: who wants to can make it slow.
    #[must_use]
    pub fn process(&self) -> Option<u32> {
        self.qemu().as_ref().map(Process::id)
    }

    /// Whether it is on. A machine that switched itself off is off.
    #[must_use]
    pub fn is_on(&self) -> bool {
        self.qemu().as_ref().is_some_and(Process::is_running)
    }

    /// Waits until the machine has switched itself off.
    pub async fn wait_off(&self, limit: Duration) -> Result<()> {
        let end = Instant::now() + limit;
        while self.is_on() {
            if Instant::now() > end {
                bail!("{} did not switch itself off within {limit:?}", self.0.spec.name);
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        }
        Ok(())
    }

    /// All the machine ever wrote to its serial line.
    #[must_use]
    pub fn serial(&self) -> String {
        let bytes = std::fs::read(&self.0.files.serial).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// The present end of the serial log.
    #[must_use]
    pub fn mark(&self) -> Mark {
        Mark(self.serial().len())
    }

    /// Waits until the text stands in the serial log and returns the line with it.
    pub async fn wait_serial(&self, text: &str, limit: Duration) -> Result<String> {
        self.wait_serial_after(Mark(0), text, limit).await
    }

    /// As [`Vm::wait_serial`], for what comes after a mark.
    pub async fn wait_serial_after(&self, mark: Mark, text: &str, limit: Duration) -> Result<String> {
        let end = Instant::now() + limit;
        loop {
            let log = self.serial();
            let new = log.get(mark.0..).unwrap_or_default();
            if let Some(at) = new.find(text) {
                let start = new[..at].rfind('\n').map_or(0, |newline| newline + 1);
                let length = new[at..].find('\n').unwrap_or(new.len() - at);
                return Ok(new[start..at + length].trim_end().to_owned());
            }
            if Instant::now() > end {
                bail!(
                    "{} did not write {text:?} within {limit:?}; its last lines: {}",
                    self.0.spec.name,
                    tail(new)
                );
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    }

    async fn own_qmp(&self) -> Result<Qmp> {
        Qmp::connect(&self.0.files.own_qmp).await
    }

    fn check(&self) -> Result<()> {
        self.qemu().as_ref().context("the machine was switched off meanwhile")?.check()
    }

    fn qemu(&self) -> MutexGuard<'_, Option<Process>> {
        self.0.qemu.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The files of a machine: in the lab's folder, and its sockets where paths are short.
pub(crate) fn files(dir: &Path, sockets: &Path, name: &str) -> Files {
    let in_dir = |ending: &str| dir.join(format!("{name}.{ending}"));
    Files {
        disk: in_dir("disk.img"),
        nvram: in_dir("nvram.fd"),
        serial: in_dir("serial.log"),
        qmp: sockets.join(format!("{name}.qmp")),
        own_qmp: PathBuf::from(sockets).join(format!("{name}.lab.qmp")),
    }
}

/// The last lines, for an error message.
fn tail(text: &str) -> String {
    let mut lines: Vec<_> = text.lines().rev().take(12).collect();
    lines.reverse();
    lines.join("\n")
}
