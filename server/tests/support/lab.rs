//! A lab, a folder and a database for one test with real machines.

#![allow(dead_code, reason = "each test is a crate of its own and uses a part")]

use super::database::own_database;
use super::process::{Server, Setup};
use pitstop_rig::lab::{AgentConfig, BootOrder, Firmware, Lab, LabConfig, MachineSpec, Vm};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// A whole trip takes 20 s (BIOS) to 45 s (UEFI) on an idle machine; a loaded machine several times that.
pub const LIMIT: Duration = Duration::from_secs(400);

const ENROL: &str = "the lab's enrolment key";

/// Dropped from the first to the last: the lab before its folder.
pub struct World {
    pub lab: Lab,
    pub setup: Setup,
    lines: Vec<String>,
    _folder: tempfile::TempDir,
}

impl World {
    pub async fn new(more: Vec<&'static str>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let lab = Lab::start(LabConfig {
            dir: folder.path().join("lab"),
            cache: root.join("target/lab"),
            agent: Some(agent_program(&root)),
        })
        .await
        .unwrap();
        let data = folder.path().join("data");
        std::fs::create_dir_all(&data).unwrap();
        std::fs::write(data.join("enrol.key"), ENROL).unwrap();
        let setup = Setup { database: own_database().await, data, boot_netns: lab.boot_netns(), more };
        Self { lab, setup, lines: vec![], _folder: folder }
    }

    /// A machine with a disk, whose own system has an agent that enrols.
    pub async fn machine(&mut self, name: &str, firmware: Firmware, boot_order: BootOrder) -> Vm {
        self.with_agent(MachineSpec { boot_order, ..MachineSpec::new(name, firmware) }).await
    }

    /// As [`World::machine`], with whatever else is asked for.
    pub async fn with_agent(&mut self, spec: MachineSpec) -> Vm {
        let agent = AgentConfig { server: "http://10.77.0.2:8080".to_owned(), enrol: ENROL.to_owned() };
        self.lab.machine(spec.with_agent(agent)).await.unwrap()
    }

    /// A machine that the server knows from its start, with this image as its own system.
    pub async fn diskless(&mut self, spec: MachineSpec, image: &str) -> Vm {
        let vm = self.lab.machine(spec.diskless()).await.unwrap();
        let (spec, qmp) = (vm.spec(), vm.qmp_path());
        let line = json!({
            "name": spec.name, "uuid": spec.uuid, "mac": spec.mac_text(), "firmware": spec.firmware.to_string(),
            "agent": true, "qmp": qmp, "own_image": image,
        });
        self.lines.push(line.to_string());
        vm
    }

    /// Makes the machines known and starts the server.
    pub fn serve(&mut self) -> Server {
        if !self.lines.is_empty() {
            let file = self.setup.data.join("lab.json");
            std::fs::write(&file, self.lines.join("\n")).unwrap();
            self.lines.clear();
            let file: &'static str = Box::leak(file.display().to_string().into_boxed_str());
            self.setup.more.extend(["--lab-machines", file]);
        }
        Server::start(&self.setup)
    }
}

fn agent_program(root: &Path) -> PathBuf {
    let program = root.join("target/x86_64-unknown-linux-musl/agent/pitstop-agent");
    let fallback = root.join("target/x86_64-unknown-linux-gnu/agent/pitstop-agent");
    let found = [program, fallback].into_iter().find(|path| path.exists());
    found.expect("run `cargo xtask agent` first")
}

/// What every trip must have in the end, whatever way it took.
pub fn assert_proven_back(job: &Value) {
    assert_eq!(job["ended"]["outcome"], "succeeded", "{job:#}");
    assert_eq!(job["proof"], "agent", "{job:#}");
}

/// Restarts that were asked for on the way to a target.
pub fn calls(job: &Value, target: &str) -> usize {
    job["calls"].as_array().unwrap().iter().filter(|call| call["target"] == target).count()
}

/// Times that a text stands in the machine's serial log.
pub fn times(vm: &Vm, text: &str) -> usize {
    vm.serial().matches(text).count()
}
