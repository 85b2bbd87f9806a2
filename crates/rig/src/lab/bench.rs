//! The lab: network, site and machines, put up together and removed together.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, ensure};
use nix::fcntl::FlockArg;
use pitstop_images::{
    Flavour,
    disk::{Personality, build_disk, clone_disk},
    own_system::{OwnSystem, build_own_system},
};

use super::{
    capture::{self, Capture},
    net::{self, Network},
    nvram,
    process::Process,
    qemu, site,
    spec::{Firmware, LabConfig, MachineSpec},
    vm::{self, Vm},
};

/// A running lab. Dropping it removes everything; the files in its folder stay to be read.
///
/// The order of the fields is the order in which they go: programs first, then the network.
#[derive(Debug)]
pub struct Lab {
    config: LabConfig,
    machines: Vec<Vm>,
    captures: Vec<Capture>,
    _site: Process,
    network: Network,
}

impl Lab {
    /// Puts up the network and the site's DHCP server. Fails without root or `/dev/net/tun`.
    pub async fn start(mut config: LabConfig) -> Result<Self> {
        fs::create_dir_all(&config.dir).with_context(|| format!("cannot make {}", config.dir.display()))?;
        // Programs in other namespaces keep our folder, but a path must mean the same everywhere.
        config.dir = config.dir.canonicalize()?;
        let network = tokio::task::spawn_blocking(Network::create).await??;
        let site = site::start(&network.site(), &config.dir)?;
        Ok(Self { config, machines: Vec::new(), captures: Vec::new(), _site: site, network })
    }

    /// Adds a machine with a fresh disk, if it is to have one, switched off.
    pub async fn machine(&mut self, spec: MachineSpec) -> Result<Vm> {
        ensure!(
            self.machines.iter().all(|other| other.spec().name != spec.name),
            "the lab has a machine {} already",
            spec.name
        );
        let tap = self.network.add_tap(self.machines.len())?;
        let files = vm::files(&self.config.dir, &self.network.run_dir(), &spec.name);
        let (config, wanted, machine_files) = (self.config.clone(), spec.clone(), files.clone());
        tokio::task::spawn_blocking(move || prepare(&config, &wanted, &machine_files)).await??;
        let vm = Vm::new(spec, files, tap, self.network.lab());
        self.machines.push(vm.clone());
        Ok(vm)
    }

    /// Pulls the cable of the site's DHCP server.
    pub async fn unplug_site(&self) -> Result<()> {
        self.network.unplug_site()
    }

    #[must_use]
    pub fn machines(&self) -> &[Vm] {
        &self.machines
    }

    /// Records packets from now on, all or those of a tcpdump filter; says where to.
    pub async fn capture(&mut self, name: &str, filter: &str) -> Result<PathBuf> {
        let path = self.config.dir.join(format!("{name}.pcap"));
        let capture = capture::start(&self.network.lab(), &path, filter).await?;
        let path = capture.path.clone();
        self.captures.push(capture);
        Ok(path)
    }

    /// The namespace of the boot server, as a name for `ip netns exec`.
    #[must_use]
    pub fn boot_netns_name(&self) -> String {
        self.network.boot()
    }

    /// The namespace of the boot server, as a file for `setns`. Its address is 10.77.0.2.
    #[must_use]
    pub fn boot_netns(&self) -> PathBuf {
        Path::new("/run/netns").join(self.network.boot())
    }

    /// Switches everything off and removes it.
    pub async fn stop(self) -> Result<()> {
        tokio::task::spawn_blocking(move || drop(self)).await.context("the lab could not be removed")
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.machines.iter().for_each(last_words);
        }
        // Somebody may still hold a clone of a machine.
        self.machines.iter().for_each(Vm::power_off);
    }
}

/// What a machine wrote last on its serial line: a failed test says where its machines were.
fn last_words(machine: &Vm) {
    let serial = machine.serial();
    let skipped = serial.lines().count().saturating_sub(LAST_WORDS);
    eprintln!(
        "--- {} ({}), its last lines:",
        machine.spec().name,
        if machine.is_on() { "on" } else { "off" }
    );
    serial.lines().skip(skipped).for_each(|line| eprintln!("{}", line.trim_end()));
}

/// Lines of a serial log that are told of a failed test.
const LAST_WORDS: usize = 60;

/// Lays out a machine's files: disk, NVRAM, an empty serial log.
fn prepare(config: &LabConfig, spec: &MachineSpec, files: &qemu::Files) -> Result<()> {
    let personality = Personality {
        hostname: spec.name.clone(),
        agent_json: spec.agent.as_ref().map(super::AgentConfig::to_json),
    };
    if spec.disk {
        clone_disk(&base_disk(config, spec.agent.is_some())?, &files.disk, &personality)?;
    }
    fs::write(&files.serial, "")?;
    if spec.firmware != Firmware::Bios {
        let mut store = fs::read(qemu::OVMF_VARS)
            .with_context(|| format!("cannot read {}: is ovmf installed?", qemu::OVMF_VARS))?;
        nvram::prepare(&mut store, spec.firmware, spec.boot_order, spec.mac)?;
        fs::write(&files.nvram, store)?;
    }
    Ok(())
}

/// The disk all machines of a kind start from; built once, and by one lab at a time.
fn base_disk(config: &LabConfig, with_agent: bool) -> Result<PathBuf> {
    let agent = match (&config.agent, with_agent) {
        (_, false) => None,
        (Some(agent), true) => Some(agent.clone()),
        (None, true) => anyhow::bail!("a machine is to have an agent, but the lab was given none"),
    };
    let base = config.cache.join(if with_agent { "own-system" } else { "own-system-without-agent" });
    fs::create_dir_all(&base).with_context(|| format!("cannot make {}", base.display()))?;
    let _lock = net::lock(&base.join("lock"), FlockArg::LockExclusive)?;
    let packages = config.cache.join("debian");
    let system = build_own_system(&OwnSystem {
        cache: packages.clone(),
        output: base.clone(),
        agent,
        flavour: Flavour::Cloud,
    })?;
    build_disk(&system, &packages, &base.join("disk"))
}
