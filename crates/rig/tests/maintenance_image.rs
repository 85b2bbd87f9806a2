//! The maintenance image gives a machine back when it cannot do its work.
//! The image is started directly, without firmware; network boot is proven with the server.

use std::{fs, path::Path, time::Duration};

use anyhow::Result;
use pitstop_images::{Flavour, Recipe, build_maintenance};
use pitstop_rig::lab::{DirectBoot, Firmware, Lab, LabConfig, MachineSpec, Vm};

/// Starting takes 4 s on an idle machine and several times that on a loaded one.
const LIMIT: Duration = Duration::from_secs(180);

const CACHE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../target/lab");

/// A lab with one machine, and the image with a stand-in for the agent.
async fn set_up(folder: &Path, agent: &str) -> Result<(Lab, Vm, DirectBoot)> {
    let program = folder.join("agent");
    fs::write(&program, agent)?;
    let recipe = Recipe {
        cache: Path::new(CACHE).join("debian"),
        output: folder.join("image"),
        agent: program,
        flavour: Flavour::Cloud,
    };
    let image = tokio::task::spawn_blocking(move || build_maintenance(&recipe)).await??;
    let config = LabConfig { dir: folder.join("lab"), cache: CACHE.into(), agent: None };
    let mut lab = Lab::start(config).await?;
    let vm = lab.machine(MachineSpec::new("oak", Firmware::Bios)).await?;
    let boot = DirectBoot {
        kernel: image.folder.join("vmlinuz"),
        initrd: image.folder.join("initrd.img"),
        command_line: "console=tty0 console=ttyS0,115200 panic=30 quiet".to_owned(),
    };
    Ok((lab, vm, boot))
}

#[tokio::test]
async fn agent_gets_the_card_it_booted_from_and_is_restarted_until_the_machine_is_given_back() {
    let folder = tempfile::tempdir().unwrap();
    let agent = "#!/bin/sh\necho \"agent was told $1\" >/dev/console\nexit 3\n";
    let (lab, vm, mut boot) = set_up(folder.path(), agent).await.unwrap();
    boot.command_line += &format!(" BOOTIF=01-{}", vm.spec().mac_text().replace(':', "-"));

    vm.power_on_directly(&boot).await.unwrap();

    let network = vm.wait_serial("network is up on eth0", LIMIT).await.unwrap();
    assert!(network.contains("10.77.0."), "{network}");
    vm.wait_serial("agent was told maintenance", LIMIT).await.unwrap();
    vm.wait_serial("ended with code 3 (start 5 of 5)", LIMIT).await.unwrap();
    vm.wait_serial("restarts into its own system", LIMIT).await.unwrap();
    vm.wait_off(LIMIT).await.unwrap();
    lab.stop().await.unwrap();
}

#[tokio::test]
async fn machine_without_network_is_given_back() {
    let folder = tempfile::tempdir().unwrap();
    let (lab, vm, mut boot) = set_up(folder.path(), "#!/bin/sh\n").await.unwrap();
    // A card that is not there, so the one with a link is tried; its DHCP server is unplugged.
    boot.command_line += " BOOTIF=01-00-11-22-33-44-55 pitstop.network_limit=10";
    lab.unplug_site().await.unwrap();

    vm.power_on_directly(&boot).await.unwrap();

    vm.wait_serial("no address from DHCP on eth0", LIMIT).await.unwrap();
    vm.wait_serial("no network within 10 seconds", LIMIT).await.unwrap();
    vm.wait_off(LIMIT).await.unwrap();
    lab.stop().await.unwrap();
}
