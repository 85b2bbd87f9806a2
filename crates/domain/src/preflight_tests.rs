use super::*;
use crate::machine::{Disk, Inventory};
use serde_json::json;

fn machine(firmware: Firmware, routes: Vec<Route>, inventory: Option<Inventory>) -> Machine {
    let machine: Machine = serde_json::from_value(json!({
        "id": uuid::Uuid::nil(), "name": "pc", "smbios_uuid": null, "macs": [], "site": "main", "labels": [],
        "arch": "x86_64", "firmware": firmware, "has_agent": true, "routes": [], "probe": null, "inventory": null,
        "created_at": Time::UNIX_EPOCH, "version": 1,
    }))
    .unwrap();
    Machine { routes, inventory, ..machine }
}

/// 100 MiB to fetch.
fn image() -> ImageVersion {
    let digest = "0".repeat(64);
    serde_json::from_value(json!({
        "digest": digest, "name": "toolbox", "version": "1", "title": "", "kind": "maintenance", "format": "linux",
        "arch": "x86_64", "firmware": ["bios", "uefi"], "cmdline": "", "agent": true, "provenance": null,
        "parts": [{ "role": "initrd", "file": "initrd.img", "digest": digest, "bytes": 100 * MIB }],
        "created_at": Time::UNIX_EPOCH,
    }))
    .unwrap()
}

fn found(machine: &Machine, risk: Risk, name: &str) -> Option<Check> {
    let image = image();
    let checks = preflight(&Preflight { machine, image: &image, risk, last_netboot: None });
    checks.into_iter().find(|check| check.name == name)
}

fn finding(machine: &Machine, name: &str) -> Option<Finding> {
    found(machine, Risk::ReadsOnly, name).map(|check| check.finding)
}

fn inventory(mib: u64, secure_boot: Option<bool>, encryption: Option<Encryption>) -> Option<Inventory> {
    let disk = Disk {
        name: "sda".to_owned(),
        model: String::new(),
        serial: String::new(),
        bytes: 1,
        rotational: false,
        encryption,
    };
    Some(Inventory { memory_bytes: mib * MIB, secure_boot, disks: vec![disk], ..Inventory::default() })
}

#[test]
fn a_machine_that_cannot_hold_what_it_fetches_is_stopped_and_a_tight_one_is_noted() {
    let with = |mib| machine(Firmware::Bios, vec![], inventory(mib, None, None));
    assert_eq!(finding(&with(100), "memory"), Some(Finding::Stops));
    assert_eq!(finding(&with(300), "memory"), Some(Finding::Note));
    assert_eq!(finding(&with(4096), "memory"), Some(Finding::Good));
    assert_eq!(finding(&machine(Firmware::Bios, vec![], None), "memory"), Some(Finding::Note));
}

#[test]
fn without_a_route_that_returns_it_a_job_is_stopped() {
    let by = |routes| machine(Firmware::Bios, routes, None);
    assert_eq!(finding(&by(vec![]), "power"), Some(Finding::Stops));
    assert_eq!(finding(&by(vec![Route::AgentKexec]), "power"), Some(Finding::Stops));
    assert_eq!(finding(&by(vec![Route::Person]), "power"), Some(Finding::Note));
    assert_eq!(finding(&by(vec![Route::Agent, Route::Person]), "power"), Some(Finding::Good));
}

#[test]
fn secure_boot_is_asked_of_uefi_only_and_never_stops() {
    let uefi = |on| machine(Firmware::Uefi, vec![], inventory(4096, on, None));
    assert_eq!(finding(&uefi(Some(false)), "secure_boot"), Some(Finding::Good));
    assert_eq!(finding(&uefi(Some(true)), "secure_boot"), Some(Finding::Note));
    assert_eq!(finding(&uefi(None), "secure_boot"), Some(Finding::Note));
    assert_eq!(finding(&machine(Firmware::Bios, vec![], None), "secure_boot"), None);
}

#[test]
fn an_image_for_another_firmware_stops_and_the_first_stop_is_told() {
    let machine = machine(Firmware::Uefi, vec![Route::Agent], None);
    let image = ImageVersion { firmware: vec![Firmware::Bios], ..image() };
    let asked = Preflight { machine: &machine, image: &image, risk: Risk::ReadsOnly, last_netboot: None };
    let checks = preflight(&asked);
    assert_eq!(stops(&checks), Some("The image does not start here: it does not start from UEFI."));
}

#[test]
fn an_encrypted_disk_is_named_with_what_it_means() {
    let machine = machine(Firmware::Bios, vec![], inventory(4096, None, Some(Encryption::BitLocker)));
    let check = found(&machine, Risk::Repairs, "encryption").unwrap();
    assert_eq!(check.finding, Finding::Note);
    for words in ["sda (BitLocker)", "without its key", "recovery key"] {
        assert!(check.words.contains(words), "{}", check.words);
    }
}
