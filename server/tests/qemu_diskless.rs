//! Machines without a disk, real firmware: their own system is an image of ours, and they are switched and returned
//! like any other. Needs root and the packages of the lab; `cargo xtask test` brings it all.

#![expect(clippy::unwrap_used, reason = "a test program: what is missing ends the test")]

#[path = "support/lab.rs"]
mod lab;
mod support;

// The lab's own words for these two.
use support::{database, process};

use lab::{LIMIT, World, assert_proven_back, calls, times};
use pitstop_rig::lab::{Firmware, MachineSpec};
use serde_json::{Value, json};

/// What `cargo xtask image` builds from the lab's own system.
const IMAGE: &str = "pitstop-lab-system";

fn short_memory_test() -> Value {
    json!({ "kind": "memory_test", "mib": 16, "passes": 1 })
}

/// Sightings of a kind, in the job's story.
fn seen<'a>(job: &'a Value, kind: &str) -> Vec<&'a Value> {
    let all = job["sightings"].as_array().unwrap().iter().map(|seen| &seen["sighting"]);
    all.filter(|seen| seen["kind"] == kind).collect()
}

#[tokio::test]
async fn bios_and_uefi_machines_without_a_disk_make_the_trip() {
    let mut world = World::new(vec![]).await;
    let oak = world.diskless(MachineSpec::new("oak", Firmware::Bios), IMAGE).await;
    let elm = world.diskless(MachineSpec::new("elm", Firmware::UefiPxe), IMAGE).await;
    let server = world.serve();
    for vm in [&oak, &elm] {
        vm.power_on().await.unwrap();
        server.until_enrolled(&vm.spec().name, LIMIT).await;
        assert!(vm.serial().contains("own system is up: diskless"), "{}", vm.serial());
    }
    assert_eq!(server.get("/api/v1/machines").as_array().unwrap().len(), 2, "nobody became another machine");
    let trips = [&oak, &elm].map(|vm| server.start_job(&vm.spec().name, "memory-test", &short_memory_test()));
    for trip in &trips {
        let job = server.until_phase(trip, "closed", LIMIT).await;
        assert_proven_back(&job);
        assert_eq!((calls(&job, "maintenance"), calls(&job, "own_system")), (1, 1), "{job:#}");
        let parts = seen(&job, "fetched_own");
        assert!(parts.iter().any(|part| part["step"] == "initrd" && part["done"] == true), "{job:#}");
    }
    for vm in [&oak, &elm] {
        assert_eq!(times(vm, "own system is up"), 2, "before and after the trip");
        assert_eq!(times(vm, "maintenance agent is starting"), 1, "{}", vm.serial());
        assert_eq!(times(vm, "pitstop: enrolled as "), 2, "once a boot: it keeps nothing\n{}", vm.serial());
    }
    world.lab.stop().await.unwrap();
}

#[tokio::test]
async fn a_machine_without_a_disk_comes_home_although_the_server_is_killed_while_it_loads() {
    let mut world = World::new(vec![]).await;
    let oak = world.diskless(MachineSpec::new("oak", Firmware::Bios), IMAGE).await;
    let mut server = world.serve();
    oak.power_on().await.unwrap();
    server.until_enrolled("oak", LIMIT).await;
    let trip = server.start_job("oak", "memory-test", &short_memory_test());
    server.until_phase(&trip, "running", LIMIT).await;
    let mark = oak.mark();
    server.kill();
    server = world.serve();

    oak.wait_serial_after(mark, "own system comes from the network", LIMIT).await.unwrap();
    server.kill();
    oak.wait_serial_after(mark, "The own system could not be loaded", LIMIT).await.unwrap();
    for pause in ["in 5 seconds", "in 10 seconds"] {
        let words = format!("The server does not answer. Asking again {pause}");
        oak.wait_serial_after(mark, &words, LIMIT).await.unwrap();
    }
    assert_eq!(times(&oak, "own system is up"), 1, "it has nothing else to start, and waits");
    server = world.serve();
    let job = server.until_phase(&trip, "closed", LIMIT).await;
    assert_proven_back(&job);
    assert_eq!((calls(&job, "maintenance"), calls(&job, "own_system")), (1, 1), "{job:#}");
    assert_eq!(times(&oak, "own system is up"), 2);
    world.lab.stop().await.unwrap();
}
