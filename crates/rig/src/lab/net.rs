//! The lab's network: three namespaces, told apart from those of other labs by a number, and
//! held by a file lock that dies with its owner. So leftovers of a dead lab can be told from
//! a living one, and are removed when the next lab starts.
//!
//! ```text
//! pitstop-lab-ID        bridge br0, a tap for each machine, the machines themselves
//! pitstop-lab-ID-site   10.77.0.1  the site's DHCP server
//! pitstop-lab-ID-boot   10.77.0.2  the boot server under test
//! ```

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, bail};
use nix::{
    fcntl::{Flock, FlockArg},
    sys::signal::{Signal, kill},
    unistd::Pid,
};

/// Sockets and locks. A short path: Unix socket names end at 107 bytes.
const RUN: &str = "/run/pitstop-lab";

/// A lab's namespaces; removed when dropped.
#[derive(Debug)]
pub(crate) struct Network {
    id: String,
    /// Held as long as the lab lives.
    _lock: Flock<File>,
}

impl Network {
    /// Removes what dead labs left, then makes the namespaces of a new one.
    pub(crate) fn create() -> Result<Self> {
        fs::create_dir_all(RUN).with_context(|| format!("cannot make {RUN}: the lab needs root"))?;
        // Between making a lock file and holding it, it would look like a leftover.
        let _all = lock(&Path::new(RUN).join("all"), FlockArg::LockExclusive)?;
        sweep()?;
        let id = format!("{:06x}", rand::random::<u32>() & 0x00ff_ffff);
        let lock = lock(&Path::new(RUN).join(format!("{id}.lock")), FlockArg::LockExclusiveNonblock)?;
        let network = Self { id, _lock: lock };
        network.build()?;
        Ok(network)
    }

    /// The namespace of the bridge and the machines.
    pub(crate) fn lab(&self) -> String {
        format!("pitstop-lab-{}", self.id)
    }

    pub(crate) fn site(&self) -> String {
        format!("pitstop-lab-{}-site", self.id)
    }

    pub(crate) fn boot(&self) -> String {
        format!("pitstop-lab-{}-boot", self.id)
    }

    /// The folder for sockets.
    pub(crate) fn run_dir(&self) -> PathBuf {
        Path::new(RUN).join(&self.id)
    }

    fn build(&self) -> Result<()> {
        fs::create_dir_all(self.run_dir())?;
        let lab = self.lab();
        ip(&["netns", "add", &lab])?;
        // No learning delay and no multicast filter: a machine's first packet must pass.
        ip(&[
            "-n",
            &lab,
            "link",
            "add",
            "br0",
            "type",
            "bridge",
            "stp_state",
            "0",
            "forward_delay",
            "0",
            "mcast_snooping",
            "0",
        ])?;
        ip(&["-n", &lab, "link", "set", "br0", "up"])?;
        self.attach(&self.site(), "site", &["10.77.0.1/24", "fd10:77::1/64"])?;
        self.attach(&self.boot(), "boot", &["10.77.0.2/24", "fd10:77::2/64"])
    }

    /// Makes a namespace whose `eth0` is on the bridge.
    fn attach(&self, namespace: &str, port: &str, addresses: &[&str]) -> Result<()> {
        let lab = self.lab();
        ip(&["netns", "add", namespace])?;
        ip(&["-n", &lab, "link", "add", port, "type", "veth", "peer", "name", "eth0", "netns", namespace])?;
        ip(&["-n", &lab, "link", "set", port, "master", "br0", "up"])?;
        for address in addresses {
            // Without duplicate detection an IPv6 address can be used at once.
            let detection: &[&str] = if address.contains(':') { &["nodad"] } else { &[] };
            ip(&[&["-n", namespace, "address", "add", address, "dev", "eth0"], detection].concat())?;
        }
        ip(&["-n", namespace, "link", "set", "lo", "up"])?;
        ip(&["-n", namespace, "link", "set", "eth0", "up"])
    }

    pub(crate) fn unplug_site(&self) -> Result<()> {
        ip(&["-n", &self.lab(), "link", "set", "site", "down"])
    }

    /// Adds a tap on the bridge and says its name.
    pub(crate) fn add_tap(&self, number: usize) -> Result<String> {
        let (lab, tap) = (self.lab(), format!("tap{number}"));
        ip(&["-n", &lab, "tuntap", "add", "dev", &tap, "mode", "tap"])?;
        ip(&["-n", &lab, "link", "set", &tap, "master", "br0", "up"])?;
        Ok(tap)
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        remove(&self.id);
    }
}

/// Removes the labs whose owner is gone.
fn sweep() -> Result<()> {
    for entry in fs::read_dir(RUN)? {
        let path = entry?.path();
        if path.extension().is_none_or(|extension| extension != "lock") {
            continue;
        }
        let Some(id) = path.file_stem().and_then(|stem| stem.to_str()) else { continue };
        if lock(&path, FlockArg::LockExclusiveNonblock).is_ok() {
            tracing::info!(lab = id, "removing what a lab left that ended without cleaning up");
            for namespace in [format!("pitstop-lab-{id}"), format!("pitstop-lab-{id}-site")] {
                kill_all_in(&namespace);
            }
            remove(id);
        }
    }
    Ok(())
}

/// Ends the programs a dead lab started, should the kernel not have done it. Who serves in the
/// boot server's namespace is no child of a lab and is left alone.
fn kill_all_in(namespace: &str) {
    let Ok(output) = Command::new("ip").args(["netns", "pids", namespace]).output() else { return };
    for pid in String::from_utf8_lossy(&output.stdout).lines().filter_map(|line| line.parse().ok()) {
        // Gone already is as good.
        let _ = kill(Pid::from_raw(pid), Signal::SIGKILL);
    }
}

/// Removes a lab's namespaces and files as far as they are there.
fn remove(id: &str) {
    for namespace in ["", "-site", "-boot"].map(|part| format!("pitstop-lab-{id}{part}")) {
        if Path::new("/run/netns").join(&namespace).exists()
            && let Err(error) = ip(&["netns", "delete", &namespace])
        {
            tracing::warn!(%error, namespace, "a namespace could not be removed");
        }
    }
    // Gone already is as good.
    let _ = fs::remove_dir_all(Path::new(RUN).join(id));
    let _ = fs::remove_file(Path::new(RUN).join(format!("{id}.lock")));
}

/// Opens, or makes, a file and locks it. The lock ends with the process at the latest.
pub(crate) fn lock(path: &Path, how: FlockArg) -> Result<Flock<File>> {
    let file = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(path)
        .with_context(|| format!("cannot open {}", path.display()))?;
    Flock::lock(file, how)
        .map_err(|(_, error)| error)
        .with_context(|| format!("cannot lock {}", path.display()))
}

fn ip(arguments: &[&str]) -> Result<()> {
    let output =
        Command::new("ip").args(arguments).output().context("cannot run ip: is iproute2 installed?")?;
    if !output.status.success() {
        let words = String::from_utf8_lossy(&output.stderr);
        bail!("`ip {}` failed: {}", arguments.join(" "), words.trim());
    }
    Ok(())
}
