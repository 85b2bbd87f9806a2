//! A lab for people and for tests in other programs: JSON lines out, words in.
//!
//! Machines: `bios:2,uefi:1` by firmware; with `-noagent` or `-diskfirst` behind it, a machine
//! has no agent, or tries its disk before the network.
//! Out: one line a machine, then `{"ready":true,…}`; later an event for each word.
//! In: `go` switches all machines on; `on|off|reset|button NAME` is for one of them.
//! It ends at the end of its input, at SIGINT, SIGTERM or SIGHUP, and removes everything.

use std::path::PathBuf;

use anyhow::{Context, Result, bail, ensure};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt, BufReader, stdin},
    signal::unix::{SignalKind, signal},
};

use super::{AgentConfig, BootOrder, Lab, LabConfig, MachineSpec, Vm};

/// What to put up.
#[derive(Debug, Clone)]
pub struct Up {
    pub dir: PathBuf,
    pub cache: PathBuf,
    /// As in `bios:2,uefi:1,bios-noagent:1`.
    pub machines: String,
    pub server: String,
    pub enrol: String,
    pub agent: Option<PathBuf>,
    /// Whether to record all packets.
    pub capture: bool,
}

/// Names for machines; those after the last are numbered.
const TREES: &[&str] =
    &["oak", "elm", "ash", "fir", "yew", "bay", "fig", "box", "rowan", "maple", "larch", "alder"];

/// Puts up a lab, serves its input until the end, and removes it.
pub async fn run(up: Up) -> Result<()> {
    let mut ends = Ends::new()?;
    let agent = AgentConfig { server: up.server, enrol: up.enrol };
    let specs = machines(&up.machines, &agent)?;
    let config = LabConfig { dir: up.dir, cache: up.cache, agent: up.agent };
    tokio::select! {
        done = live(config, specs, up.capture) => done,
        () = ends.wait() => Ok(()),
    }
}

async fn live(config: LabConfig, specs: Vec<MachineSpec>, capture: bool) -> Result<()> {
    let mut lab = Lab::start(config).await?;
    for spec in specs {
        let vm = lab.machine(spec).await?;
        say(&describe(&vm));
    }
    let capture = if capture { Some(lab.capture("lab", "").await?) } else { None };
    say(&json!({
        "ready": true,
        "boot_netns": lab.boot_netns(),
        "boot_address": "10.77.0.2",
        "capture": capture,
    }));
    let mut words = BufReader::new(stdin()).lines();
    while let Some(line) = words.next_line().await? {
        match obey(&lab, &line).await {
            Ok(()) => say(&json!({ "done": line.trim() })),
            Err(error) => say(&json!({ "failed": line.trim(), "why": format!("{error:#}") })),
        }
    }
    lab.stop().await
}

async fn obey(lab: &Lab, line: &str) -> Result<()> {
    let words: Vec<_> = line.split_whitespace().collect();
    let find = |name: &str| {
        let vm = lab.machines().iter().find(|vm| vm.spec().name == name);
        vm.with_context(|| format!("there is no machine {name}"))
    };
    match words.as_slice() {
        [] => {}
        ["go"] => {
            for vm in lab.machines() {
                vm.power_on().await?;
            }
        }
        ["on", name] => find(name)?.power_on().await?,
        ["off", name] => find(name)?.power_off(),
        ["reset", name] => find(name)?.reset().await?,
        ["button", name] => find(name)?.press_power_button().await?,
        _ => bail!("use go, or on, off, reset, button with the name of a machine"),
    }
    Ok(())
}

/// Reads `bios:2,uefi:1,bios-noagent:1` into machines with names.
fn machines(text: &str, agent: &AgentConfig) -> Result<Vec<MachineSpec>> {
    let mut specs = Vec::new();
    for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
        let (kind, count) = part.split_once(':').unwrap_or((part, "1"));
        let count: usize = count.parse().with_context(|| format!("{count} is not a number of machines"))?;
        for _ in 0..count {
            specs.push(machine(&name(specs.len()), kind, agent)?);
        }
    }
    ensure!(!specs.is_empty(), "name at least one machine, as in bios:1");
    Ok(specs)
}

fn machine(name: &str, kind: &str, agent: &AgentConfig) -> Result<MachineSpec> {
    let (mut firmware, mut agent, mut boot_order) = (kind, Some(agent), BootOrder::NetworkFirst);
    loop {
        if let Some(rest) = firmware.strip_suffix("-noagent") {
            (firmware, agent) = (rest, None);
        } else if let Some(rest) = firmware.strip_suffix("-diskfirst") {
            (firmware, boot_order) = (rest, BootOrder::DiskFirst);
        } else {
            break;
        }
    }
    let spec = MachineSpec { boot_order, ..MachineSpec::new(name, firmware.parse()?) };
    Ok(MachineSpec { agent: agent.cloned(), ..spec })
}

fn name(number: usize) -> String {
    let tree = TREES[number % TREES.len()];
    match number / TREES.len() {
        0 => tree.to_owned(),
        round => format!("{tree}-{}", round + 1),
    }
}

fn describe(vm: &Vm) -> Value {
    let spec = vm.spec();
    json!({
        "name": spec.name,
        "uuid": spec.uuid,
        "mac": spec.mac_text(),
        "firmware": spec.firmware,
        "agent": spec.agent.is_some(),
        "qmp": vm.qmp_path(),
        "serial": vm.serial_path(),
    })
}

/// Standard output is this program's interface.
fn say(line: &Value) {
    println!("{line}");
}

/// The signals that end a lab.
struct Ends {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
    hangup: tokio::signal::unix::Signal,
}

impl Ends {
    fn new() -> Result<Self> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hangup: signal(SignalKind::hangup())?,
        })
    }

    async fn wait(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
            _ = self.hangup.recv() => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{super::Firmware, *};

    fn agent() -> AgentConfig {
        AgentConfig { server: "http://10.77.0.2:8080".to_owned(), enrol: "key".to_owned() }
    }

    #[test]
    fn list_of_machines_is_read() {
        let specs = machines("bios:2,uefi-http,bios-noagent:1", &agent()).unwrap();
        let kinds: Vec<_> =
            specs.iter().map(|spec| (spec.name.as_str(), spec.firmware, spec.agent.is_some())).collect();
        let (bios, http) = (Firmware::Bios, Firmware::UefiHttp);
        assert_eq!(
            kinds,
            [("oak", bios, true), ("elm", bios, true), ("ash", http, true), ("fir", bios, false)]
        );
    }

    #[test]
    fn machines_may_prefer_their_disk() {
        let specs = machines("uefi-noagent-diskfirst", &agent()).unwrap();
        assert_eq!(specs[0].boot_order, BootOrder::DiskFirst);
        assert_eq!((specs[0].firmware, &specs[0].agent), (Firmware::UefiPxe, &None));
    }

    #[test]
    fn unknown_machines_and_empty_lists_are_refused() {
        assert!(machines("mainframe:1", &agent()).is_err());
        assert!(machines("bios:some", &agent()).is_err());
        assert!(machines("", &agent()).is_err());
    }

    #[test]
    fn names_do_not_repeat() {
        let names: std::collections::BTreeSet<_> = (0..100).map(name).collect();
        assert_eq!(names.len(), 100);
    }
}
