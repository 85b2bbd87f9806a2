//! Where the time of a trip goes, hop by hop, on a real virtual machine, beside the same machine started with
//! the same kernel and initrd directly. Run by `cargo xtask bench trip`; needs what the trip's tests need.
//!
//! A hop is *ours* when a faster Pitstop would make it shorter: taking the order, answering, moving bytes,
//! deciding. What firmware, kernel and the systems themselves take is theirs.

#![expect(clippy::unwrap_used, reason = "a benchmark: what is missing ends it")]

#[path = "../tests/support/mod.rs"]
mod support;

use chrono::{DateTime, Utc};
use pitstop_rig::lab::{AgentConfig, BootOrder, DirectBoot, Firmware, Lab, LabConfig, MachineSpec, Mark, Vm};
use serde_json::{Value, json};
use std::path::Path;
use std::time::{Duration, Instant};
use support::database::own_database;
use support::process::{Server, Setup};

const ENROL: &str = "the lab's enrolment key";
const LIMIT: Duration = Duration::from_secs(400);
/// Trips of each machine: the median of three is not moved by one that was disturbed.
const TRIPS: usize = 3;

struct Hop {
    name: &'static str,
    ours: bool,
    seconds: f64,
}

#[tokio::main]
async fn main() {
    let folder = tempfile::tempdir().unwrap();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let config = LabConfig {
        dir: folder.path().join("lab"),
        cache: root.join("target/lab"),
        agent: Some(root.join("target/x86_64-unknown-linux-musl/agent/pitstop-agent")),
    };
    let mut lab = Lab::start(config).await.unwrap();
    let data = folder.path().join("data");
    std::fs::create_dir_all(&data).unwrap();
    std::fs::write(data.join("enrol.key"), ENROL).unwrap();
    let setup = Setup { database: own_database().await, data, boot_netns: lab.boot_netns(), more: vec![] };
    let server = Server::start(&setup);
    for (name, firmware, order) in
        [("oak", Firmware::Bios, BootOrder::NetworkFirst), ("elm", Firmware::UefiPxe, BootOrder::DiskFirst)]
    {
        let agent = AgentConfig { server: "http://10.77.0.2:8080".to_owned(), enrol: ENROL.to_owned() };
        let spec = MachineSpec { boot_order: order, ..MachineSpec::new(name, firmware).with_agent(agent) };
        let vm = lab.machine(spec).await.unwrap();
        measure(&server, &vm, &root).await;
    }
    drop(server);
    lab.stop().await.unwrap();
}

async fn measure(server: &Server, vm: &Vm, root: &Path) {
    vm.power_on().await.unwrap();
    server.until_enrolled(&vm.spec().name, LIMIT).await;
    let mut trips = Vec::new();
    for _ in 0..TRIPS {
        trips.push(trip(server, vm).await);
    }
    vm.power_off();
    let (kernel, init) = direct(vm, root).await;
    report(vm, &trips, kernel, init);
}

/// One trip, from the request to the closed job.
async fn trip(server: &Server, vm: &Vm) -> Vec<Hop> {
    let mark = vm.mark();
    let id = server.start_job(&vm.spec().name, "inventory", &Value::Null);
    let image_at = when(vm, mark, "maintenance image is starting").await;
    let agent_at = when(vm, mark, "maintenance agent is starting").await;
    let job = server.until_phase(&id, "closed", LIMIT).await;
    hops(&job, image_at, agent_at)
}

/// The moment a text stands on the serial line, as closely as it can be looked at.
async fn when(vm: &Vm, mark: Mark, text: &str) -> DateTime<Utc> {
    vm.wait_serial_after(mark, text, LIMIT).await.unwrap();
    Utc::now()
}

fn hops(job: &Value, image_at: DateTime<Utc>, agent_at: DateTime<Utc>) -> Vec<Hop> {
    let asked = at(&job["created_at"]);
    let calls = job["calls"].as_array().unwrap();
    let accepted =
        |target: &str| at(&calls.iter().find(|call| call["target"] == target).unwrap()["changed_at"]);
    let sightings = job["sightings"].as_array().unwrap();
    let seen =
        |test: &dyn Fn(&Value) -> bool| at(&sightings.iter().find(|s| test(&s["sighting"])).unwrap()["at"]);
    let fetched = |step: &str| seen(&|s| s["kind"] == "fetched" && s["step"] == step);
    let boot_asked = seen(&|s| s["kind"] == "asked_to_boot");
    let here = seen(&|s| s["kind"] == "maintenance_agent");
    let ended = seen(&|s| s["kind"] == "reported");
    let home = at(&sightings.iter().rev().find(|s| s["sighting"]["kind"] == "own_agent").unwrap()["at"]);
    let closed = at(&job["closed_at"]);
    let back = accepted("own_system");
    let points = [
        ("asked for → order taken", true, asked, accepted("maintenance")),
        ("shutdown, firmware, its DHCP → asked to boot", false, accepted("maintenance"), boot_asked),
        ("firmware and loader → script fetched", false, boot_asked, fetched("script")),
        ("script → kernel and initrd fetched", true, fetched("script"), fetched("initrd")),
        ("kernel → image's init", false, fetched("initrd"), image_at),
        ("image's init, its DHCP → agent", false, image_at, agent_at),
        ("agent → first report stored", true, agent_at, here),
        ("the work (inventory) → reported", false, here, ended),
        ("reported → order home taken", true, ended, back),
        ("shutdown, firmware, own system → its agent", false, back, home),
        ("own agent seen → proven and closed", true, home, closed),
    ];
    points.map(|(name, ours, from, to)| Hop { name, ours, seconds: (to - from).as_seconds_f64() }).into()
}

fn at(value: &Value) -> DateTime<Utc> {
    value.as_str().unwrap().parse().unwrap()
}

/// The same machine with the same kernel and initrd, put into memory by QEMU: no firmware boot, no network.
async fn direct(vm: &Vm, root: &Path) -> (f64, f64) {
    let image = root.join("target/images/pitstop-maintenance");
    let manifest: Value = serde_json::from_slice(&std::fs::read(image.join("image.json")).unwrap()).unwrap();
    let boot = DirectBoot {
        kernel: image.join("vmlinuz"),
        initrd: image.join("initrd.img"),
        command_line: manifest["cmdline"].as_str().unwrap().to_owned(),
    };
    let mark = vm.mark();
    let started = Instant::now();
    vm.power_on_directly(&boot).await.unwrap();
    vm.wait_serial_after(mark, "maintenance image is starting", LIMIT).await.unwrap();
    let kernel = started.elapsed().as_secs_f64();
    vm.wait_serial_after(mark, "maintenance agent is starting", LIMIT).await.unwrap();
    let init = started.elapsed().as_secs_f64() - kernel;
    vm.power_off();
    (kernel, init)
}

fn report(vm: &Vm, trips: &[Vec<Hop>], kernel: f64, init: f64) {
    let spec = vm.spec();
    println!("\n{} ({}), median of {} trips, seconds", spec.name, spec.firmware, trips.len());
    let (mut ours, mut theirs) = (0.0, 0.0);
    for (index, hop) in trips[0].iter().enumerate() {
        let median = median(trips.iter().map(|trip| trip[index].seconds).collect());
        *(if hop.ours { &mut ours } else { &mut theirs }) += median;
        println!("  {:<48} {:>7.3}  {}", hop.name, median, if hop.ours { "ours" } else { "" });
    }
    println!("  {:<48} {ours:>7.3}", "ours in all");
    println!("  {:<48} {theirs:>7.3}", "firmware, kernel and systems in all");
    println!("  started directly with -kernel -initrd: to init {kernel:.3}, init to agent {init:.3}");
    println!(
        "{}",
        json!({ "machine": spec.name, "ours_s": ours, "theirs_s": theirs, "direct_s": kernel + init })
    );
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
