//! The trip of real machines: real firmware, real network, the real server as a process.
//! Needs root and the packages of the lab; `cargo xtask test` brings it all.

#![expect(clippy::unwrap_used, reason = "a test program: what is missing ends the test")]

mod support;

use pitstop_rig::lab::{AgentConfig, BootOrder, Firmware, Lab, LabConfig, MachineSpec, Vm};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;
use support::database::own_database;
use support::process::{Server, Setup};

/// A whole trip takes 20 s (BIOS) to 45 s (UEFI) on an idle machine, and UEFI firmware that asks the network in vain
/// a minute more; a loaded machine several times that.
const LIMIT: Duration = Duration::from_secs(400);

const ENROL: &str = "the lab's enrolment key";

/// A lab, a folder and a database for one test.
struct World {
    lab: Lab,
    setup: Setup,
    _folder: tempfile::TempDir,
}

impl World {
    async fn new(more: Vec<&'static str>) -> Self {
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
        Self { lab, setup, _folder: folder }
    }

    async fn machine(&mut self, name: &str, firmware: Firmware, boot_order: BootOrder) -> Vm {
        let agent = AgentConfig { server: "http://10.77.0.2:8080".to_owned(), enrol: ENROL.to_owned() };
        let spec = MachineSpec { boot_order, ..MachineSpec::new(name, firmware).with_agent(agent) };
        self.lab.machine(spec).await.unwrap()
    }
}

fn agent_program(root: &Path) -> PathBuf {
    let program = root.join("target/x86_64-unknown-linux-musl/agent/pitstop-agent");
    let fallback = root.join("target/x86_64-unknown-linux-gnu/agent/pitstop-agent");
    let found = [program, fallback].into_iter().find(|path| path.exists());
    found.expect("run `cargo xtask agent` first")
}

fn short_memory_test() -> Value {
    json!({ "kind": "memory_test", "mib": 16, "passes": 1 })
}

/// What every trip must have in the end, whatever way it took.
fn assert_proven_back(job: &Value) {
    assert_eq!(job["ended"]["outcome"], "succeeded", "{job:#}");
    assert_eq!(job["proof"], "agent", "{job:#}");
    let calls = job["calls"].as_array().unwrap();
    let restarts = |target: &str| calls.iter().filter(|call| call["target"] == target).count();
    assert_eq!((restarts("maintenance"), restarts("own_system")), (1, 1), "one restart each way: {job:#}");
}

fn fetched(job: &Value, step: &str) -> u64 {
    let sightings = job["sightings"].as_array().unwrap();
    let bytes = sightings.iter().filter(|s| s["sighting"]["step"] == step && s["sighting"]["done"] == true);
    bytes.map(|s| s["sighting"]["bytes"].as_u64().unwrap()).max().unwrap_or(0)
}

/// Times that a text stands in the machine's serial log.
fn times(vm: &Vm, text: &str) -> usize {
    vm.serial().matches(text).count()
}

#[tokio::test]
async fn bios_and_uefi_machines_make_the_trip_and_the_wire_agrees() {
    let mut world = World::new(vec![]).await;
    let oak = world.machine("oak", Firmware::Bios, BootOrder::NetworkFirst).await;
    let elm = world.machine("elm", Firmware::UefiPxe, BootOrder::DiskFirst).await;
    let capture = world.lab.capture("trip", "udp").await.unwrap();
    let server = Server::start(&world.setup);
    for vm in [&oak, &elm] {
        vm.power_on().await.unwrap();
        server.until_enrolled(&vm.spec().name, LIMIT).await;
    }
    let trips = [&oak, &elm].map(|vm| server.start_job(&vm.spec().name, "memory-test", &short_memory_test()));
    for trip in &trips {
        let job = server.until_phase(trip, "closed", LIMIT).await;
        assert_proven_back(&job);
        assert!(fetched(&job, "kernel") > 1 << 20 && fetched(&job, "initrd") > 1 << 20, "{job:#}");
        assert!(job["ended"]["because"].as_str().unwrap().contains("16 MiB"), "{job:#}");
    }
    assert!(fetched(&server.job(&trips[1]), "loader") > 0, "UEFI firmware fetches its loader by TFTP");
    for vm in [&oak, &elm] {
        assert_eq!(times(vm, "own system is up"), 2, "it started its own system before and after the trip");
        assert_eq!(times(vm, "maintenance agent is starting"), 1, "{}", vm.serial());
    }
    world.lab.stop().await.unwrap();
    let answers = offers(&capture);
    assert!(!answers.is_empty(), "the server's answers are on the wire");
    assert!(
        answers.iter().all(|answer| answer.starts_with("0.0.0.0")),
        "it never hands out an address: {answers:?}"
    );
}

/// The addresses that our server's DHCP answers hand out, read by a second implementation.
fn offers(capture: &Path) -> Vec<String> {
    let output = Command::new("tshark")
        .args(["-n", "-r"])
        .arg(capture)
        .args(["-Y", "dhcp.type == 2 && ip.src == 10.77.0.2", "-T", "fields", "-e", "dhcp.ip.your"])
        .output()
        .expect("tshark runs: apt-get install tshark");
    String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned).collect()
}

#[tokio::test]
async fn uefi_http_boot_makes_the_trip() {
    let mut world = World::new(vec!["--tftp-port", "0"]).await;
    let yew = world.machine("yew", Firmware::UefiHttp, BootOrder::NetworkFirst).await;
    let server = Server::start(&world.setup);
    yew.power_on().await.unwrap();
    server.until_enrolled("yew", LIMIT).await;
    let trip = server.start_job("yew", "inventory", &Value::Null);
    let job = server.until_phase(&trip, "closed", LIMIT).await;
    assert_proven_back(&job);
    let asked: Vec<_> =
        job["sightings"].as_array().unwrap().iter().filter_map(|s| s["sighting"]["by"].as_str()).collect();
    assert!(asked.contains(&"UEFI HTTP"), "{asked:?}");
    world.lab.stop().await.unwrap();
}

#[tokio::test]
async fn kexec_makes_the_trip_with_neither_pxe_nor_dhcp() {
    let mut world = World::new(vec!["--dhcp-port", "0", "--pxe-port", "0", "--tftp-port", "0"]).await;
    let fir = world.machine("fir", Firmware::Bios, BootOrder::DiskFirst).await;
    let server = Server::start(&world.setup);
    fir.power_on().await.unwrap();
    server.until_enrolled("fir", LIMIT).await;
    let trip = server.start_job("fir", "inventory", &Value::Null);
    let job = server.until_phase(&trip, "closed", LIMIT).await;
    assert_eq!((&job["ended"]["outcome"], &job["proof"]), (&json!("succeeded"), &json!("agent")), "{job:#}");
    let routes: Vec<_> =
        job["calls"].as_array().unwrap().iter().map(|call| call["route"].as_str().unwrap()).collect();
    assert_eq!(
        routes,
        ["agent", "agent-kexec", "agent"],
        "a plain restart missed, kexec did it, a restart brought it back"
    );
    world.lab.stop().await.unwrap();
}

#[tokio::test]
async fn a_killed_server_goes_on_where_it_was_and_restarts_nothing_twice() {
    let mut world = World::new(vec![]).await;
    let oak = world.machine("oak", Firmware::Bios, BootOrder::NetworkFirst).await;
    let mut server = Server::start(&world.setup);
    oak.power_on().await.unwrap();
    server.until_enrolled("oak", LIMIT).await;
    // Long enough that a server which takes its time to come up again finds the machine at work.
    let work = json!({ "kind": "memory_test", "mib": 16, "passes": 10 });
    let trip = server.start_job("oak", "memory-test", &work);
    for phase in ["switching", "running", "restoring"] {
        server.until(LIMIT, phase, || (server.job(&trip)["phase"] == phase).then_some(())).await;
        server.kill();
        server = Server::start(&world.setup);
    }
    let job = server.until_phase(&trip, "closed", LIMIT).await;
    assert_proven_back(&job);
    assert_eq!(times(&oak, "own system is up"), 2);
    assert_eq!(times(&oak, "maintenance agent is starting"), 1);
    world.lab.stop().await.unwrap();
}

#[tokio::test]
async fn without_an_agent_the_handoff_is_the_proof_and_without_a_server_machines_boot_by_themselves() {
    let mut world = World::new(vec!["--limits-percent", "5"]).await;
    let spec = MachineSpec::new("ash", Firmware::Bios);
    let ash = world.lab.machine(spec).await.unwrap();
    let line = json!({
        "name": "ash", "uuid": ash.spec().uuid, "mac": ash.spec().mac_text(), "firmware": "bios", "agent": false,
        "qmp": ash.qmp_path(),
    });
    let file = world.setup.data.join("lab.json");
    std::fs::write(&file, format!("{line}\n")).unwrap();
    let file: &'static str = Box::leak(file.display().to_string().into_boxed_str());
    world.setup.more.extend(["--lab-machines", file]);

    let server = Server::start(&world.setup);
    ash.power_on().await.unwrap();
    ash.wait_serial("own system is up", LIMIT).await.unwrap();
    let trip = server.start_job("ash", "inventory", &Value::Null);
    let job = server.until_phase(&trip, "closed", LIMIT).await;
    assert_eq!(
        (&job["ended"]["outcome"], &job["proof"]),
        (&json!("succeeded"), &json!("handoff")),
        "{job:#}"
    );

    server.kill();
    let mark = ash.mark();
    ash.reset().await.unwrap();
    ash.wait_serial_after(mark, "own system is up", LIMIT).await.unwrap();
    world.lab.stop().await.unwrap();
}
