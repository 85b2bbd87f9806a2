//! Whatever hangs or dies in maintenance, the machine goes home by itself: the image's guard, its start script and the
//! kernel's watchdog stand outside the agent. The image is started directly, without firmware, so a machine that
//! restarts goes off. Needs what the lab needs, and the agent (`cargo xtask agent`).
#![expect(clippy::unwrap_used, reason = "what a test cannot unwrap, it fails at")]

use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
    time::Duration,
};

use pitstop_images::{Flavour, Recipe, build_maintenance, cpio, tree::Tree};
use pitstop_rig::lab::{DirectBoot, Firmware, Lab, LabConfig, MachineSpec, Vm};

/// Starting takes 4 s on an idle machine and several times that on a loaded one; the kernel's watchdog bites after a
/// minute of the guest's time.
const LIMIT: Duration = Duration::from_secs(400);

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");

/// The real agent, or a stand-in.
enum Agent {
    Real,
    Script(&'static str),
}

struct Bench {
    lab: Lab,
    vm: Vm,
    boot: DirectBoot,
    _folder: tempfile::TempDir,
}

impl Bench {
    /// `saboteur`: what a program of the test's does in the image, beside what belongs there.
    async fn new(agent: Agent, saboteur: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let program = match agent {
            Agent::Real => Path::new(ROOT).join("target/x86_64-unknown-linux-musl/agent/pitstop-agent"),
            Agent::Script(text) => {
                let stand_in = folder.path().join("agent");
                fs::write(&stand_in, text).unwrap();
                stand_in
            }
        };
        assert!(program.exists(), "run `cargo xtask agent` first");
        let cache = Path::new(ROOT).join("target/lab");
        let recipe = Recipe {
            cache: cache.join("debian"),
            output: folder.path().join("image"),
            agent: program,
            flavour: Flavour::Cloud,
        };
        let image = tokio::task::spawn_blocking(move || build_maintenance(&recipe)).await.unwrap().unwrap();
        let config = LabConfig { dir: folder.path().join("lab"), cache, agent: None };
        let mut lab = Lab::start(config).await.unwrap();
        let vm = lab.machine(MachineSpec::new("oak", Firmware::Bios)).await.unwrap();
        // A job of a server that does not answer.
        let id = "00000000-0000-4000-8000-000000000001";
        let boot = DirectBoot {
            kernel: image.folder.join("vmlinuz"),
            initrd: with_saboteur(&image.folder.join("initrd.img"), saboteur),
            command_line: format!(
                "console=tty0 console=ttyS0,115200 panic=30 quiet pitstop.server=http://10.77.0.2:8080 \
                 pitstop.job={id} pitstop.token=none pitstop.machine={id}"
            ),
        };
        Self { lab, vm, boot, _folder: folder }
    }
}

/// The image with a second archive behind it, whose files take the place of the first's.
fn with_saboteur(initrd: &Path, saboteur: &str) -> PathBuf {
    let inittab = include_str!("../../../images/maintenance/inittab");
    let mut tree = Tree::new();
    tree.file("etc/inittab", format!("{inittab}::once:/etc/pitstop/saboteur\n"));
    tree.program("etc/pitstop/saboteur", format!("#!/bin/sh\n. /etc/pitstop/functions\n{saboteur}\n"));
    let mut bytes = fs::read(initrd).unwrap();
    // The kernel wants each archive at a multiple of four.
    bytes.resize(bytes.len().next_multiple_of(4), 0);
    let path = initrd.with_extension("sabotaged");
    let mut file = fs::File::create(&path).unwrap();
    file.write_all(&bytes).unwrap();
    cpio::write(&tree, &mut file).unwrap();
    path
}

/// Waits for the real agent's word that its dead man watches.
const ONCE_IT_RUNS: &str =
    "until [ -s /run/pitstop.alive ] && grep -q agent /run/pitstop.alive; do usleep 200000; done";

#[tokio::test]
async fn an_agent_that_never_stirs_is_noticed_by_the_guard() {
    let bench = Bench::new(Agent::Script("#!/bin/sh\nexec sleep 1000000\n"), "true").await;
    let (vm, mut boot) = (bench.vm, bench.boot);
    boot.command_line += " pitstop.guard_limit=40";
    vm.power_on_directly(&boot).await.unwrap();
    vm.wait_serial("maintenance agent is starting", LIMIT).await.unwrap();
    vm.wait_serial("nothing stirred for 40 seconds; this machine restarts", LIMIT).await.unwrap();
    vm.wait_off(LIMIT).await.unwrap();
    bench.lab.stop().await.unwrap();
}

#[tokio::test]
async fn an_agent_that_is_frozen_is_noticed_by_the_watchdog() {
    let freeze = format!("{ONCE_IT_RUNS}\nkill -STOP $(pidof pitstop-agent)\nsay 'the agent is frozen'");
    let bench = Bench::new(Agent::Real, &freeze).await;
    bench.vm.power_on_directly(&bench.boot).await.unwrap();
    bench.vm.wait_serial("the agent is frozen", LIMIT).await.unwrap();
    bench.vm.wait_off(LIMIT).await.unwrap();
    let serial = bench.vm.serial();
    assert!(serial.contains("softdog"), "the kernel's watchdog did it: {serial}");
    assert!(!serial.contains("nothing stirred"), "{serial}");
    bench.lab.stop().await.unwrap();
}

#[tokio::test]
async fn an_agent_that_is_killed_is_started_again_and_at_last_the_machine_goes_home() {
    let kill = "while usleep 500000; do killall -9 pitstop-agent && say 'the agent is killed'; done";
    let bench = Bench::new(Agent::Real, kill).await;
    bench.vm.power_on_directly(&bench.boot).await.unwrap();
    bench.vm.wait_serial("the agent is killed", LIMIT).await.unwrap();
    bench
        .vm
        .wait_serial("the maintenance agent does not stay up; this machine restarts", LIMIT)
        .await
        .unwrap();
    bench.vm.wait_off(LIMIT).await.unwrap();
    bench.lab.stop().await.unwrap();
}
