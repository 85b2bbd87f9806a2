//! Real machines start their own system when nothing answers them on the network.
//! Needs root, /dev/net/tun and the packages of the lab.

use std::time::Duration;

use pitstop_rig::lab::{BootOrder, Firmware, Lab, LabConfig, MachineSpec};

/// An idle machine needs 4 s (BIOS) or 8 s (UEFI); a loaded one several
/// times that.
const LIMIT: Duration = Duration::from_secs(180);

/// With the network first, UEFI firmware would wait a minute for a boot server.
fn disk_first(name: &str) -> MachineSpec {
    MachineSpec { boot_order: BootOrder::DiskFirst, ..MachineSpec::new(name, Firmware::UefiPxe) }
}

#[tokio::test]
async fn machines_start_their_own_system_when_no_boot_server_answers() {
    let folder = tempfile::tempdir().unwrap();
    let cache = concat!(env!("CARGO_MANIFEST_DIR"), "/../../target/lab").into();
    let mut lab = Lab::start(LabConfig { dir: folder.path().into(), cache, agent: None }).await.unwrap();
    let bios = lab.machine(MachineSpec::new("oak", Firmware::Bios)).await.unwrap();
    let uefi = lab.machine(disk_first("elm")).await.unwrap();
    assert!(!bios.is_on(), "machines stay off until they are switched on");

    bios.power_on().await.unwrap();
    uefi.power_on().await.unwrap();
    for vm in [&bios, &uefi] {
        let line = vm.wait_serial("own system is up", LIMIT).await.unwrap();
        assert!(line.contains(&vm.spec().name), "{line}");
    }

    bios.press_power_button().await.unwrap();
    bios.wait_off(LIMIT).await.unwrap();
    bios.wait_serial("power button pressed", LIMIT).await.unwrap();
    let mark = bios.mark();
    bios.power_on().await.unwrap();
    bios.wait_serial_after(mark, "own system is up", LIMIT).await.unwrap();

    let namespace = lab.boot_netns();
    let qmp = bios.qmp_path().to_owned();
    assert!(namespace.exists() && qmp.exists());
    lab.stop().await.unwrap();
    assert!(!bios.is_on() && !namespace.exists() && !qmp.exists(), "nothing is left");
}
