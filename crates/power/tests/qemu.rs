//! Real IPMI switches a real virtual machine on and restarts it: "PXE once" leads into the network, and without it the
//! machine starts from its disk. OpenIPMI's simulator is the board, and owns a QEMU process.
#![expect(clippy::unwrap_used, reason = "what a test cannot unwrap, it fails at")]

#[path = "conformance/ipmi_sim.rs"]
mod ipmi_sim;

use ipmi_sim::{PASSWORD, UUID, free_port, simulate};
use pitstop_domain::id::{CallId, JobId, MachineId, SecretId};
use pitstop_domain::machine::Firmware;
use pitstop_domain::route::{BootOverride, Ipmi, Privilege, Route, Target};
use pitstop_domain::secret::Secret;
use pitstop_power::{Board, PowerState, Subject, board};
use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use uuid::Uuid;

/// Firmware in emulation takes seconds; on a busy machine many.
const LIMIT: Duration = Duration::from_secs(120);

const SECRET: SecretId = SecretId(Uuid::from_u128(1));

/// The board's machine: one QEMU process, whose boot device is for one start only. What its firmware shows goes to the
/// serial line, since it has no screen. QEMU's own network answers DHCP and serves a script to iPXE. `OWNER` is the
/// process that the machine lives no longer than.
const CHASSIS: &str = r#"#!/bin/sh
cd "$(dirname "$0")"
is_on() { [ -e pid ] && kill -0 "$(cat pid)" 2>/dev/null; }
off() { is_on && kill -9 "$(cat pid)"; rm -f pid; }
on() {
  from=c; [ "$(cat boot)" = pxe ] && from=n
  echo none > boot
  echo "start $from" >> book
  qemu-system-x86_64 -machine pc,graphics=off -accel tcg -m 128 -display none -vga none -monitor none \
    -chardev file,id=line,path=serial,append=on -serial chardev:line \
    -drive file=disk,format=raw,if=ide -boot $from \
    -netdev user,id=net,restrict=on,tftp="$PWD/boot.d",bootfile=/script -device virtio-net-pci,netdev=net \
    -daemonize -pidfile pid >> qemu.log 2>&1
  # A test that is killed takes its machine along.
  machine=$(cat pid)
  ( while kill -0 OWNER && kill -0 "$machine"; do sleep 1; done; kill -9 "$machine" ) > /dev/null 2>&1 &
}
what=$1; shift
case $what in
get)
  for name in "$@"; do
    case $name in
      power) if is_on; then echo power:1; else echo power:0; fi ;;
      boot) echo "boot:$(cat boot)" ;;
    esac
  done ;;
check) for name in "$@"; do echo "$name:1"; done ;;
set)
  while [ $# -ge 2 ]; do
    case "$1 $2" in
      boot*) echo "$2" > boot ;;
      "power 1") is_on || on ;;
      "power 0") off ;;
      "reset 1") off; on ;;
    esac
    shift 2
  done ;;
esac
"#;

/// Writes its words to the first serial line and stops.
fn boot_sector(words: &str) -> Vec<u8> {
    // xor ax,ax; mov ds,ax; mov si,0x7c16; mov dx,0x3f8
    let mut sector = vec![0x31, 0xc0, 0x8e, 0xd8, 0xbe, 0x16, 0x7c, 0xba, 0xf8, 0x03];
    // lodsb; test al,al; jz +3; out dx,al; jmp -8; cli; hlt; jmp -3
    sector.extend([0xac, 0x84, 0xc0, 0x74, 0x03, 0xee, 0xeb, 0xf8, 0xfa, 0xf4, 0xeb, 0xfd]);
    sector.extend(words.bytes());
    sector.resize(510, 0);
    sector.extend([0x55, 0xaa]);
    // A disk needs more than a sector for some firmware to take it for one.
    sector.resize(1 << 20, 0);
    sector
}

/// Kills the machine, whatever becomes of the test.
struct Machine(PathBuf);

impl Machine {
    fn new(folder: &Path) -> Self {
        fs::create_dir(folder.join("boot.d")).unwrap();
        fs::write(folder.join("boot.d/script"), "#!ipxe\necho IN MAINTENANCE\nsleep 3600\n").unwrap();
        fs::write(folder.join("disk"), boot_sector("OWN SYSTEM\r\n")).unwrap();
        Self(folder.to_owned())
    }

    fn serial(&self) -> String {
        String::from_utf8_lossy(&fs::read(self.0.join("serial")).unwrap_or_default()).into_owned()
    }

    fn book(&self) -> String {
        fs::read_to_string(self.0.join("book")).unwrap()
    }

    fn wait_for(&self, words: &str) {
        let start = Instant::now();
        while !self.serial().contains(words) {
            let log = fs::read_to_string(self.0.join("qemu.log")).unwrap_or_default();
            assert!(start.elapsed() < LIMIT, "`{words}` is not on the serial line: {}{log}", self.serial());
            std::thread::sleep(Duration::from_millis(100));
        }
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        let pid = fs::read_to_string(self.0.join("pid")).unwrap_or_default();
        if let Ok(pid) = pid.trim().parse() {
            let _ = nix::sys::signal::kill(nix::unistd::Pid::from_raw(pid), nix::sys::signal::SIGKILL);
        }
    }
}

async fn by_ipmi(port: u16, target: Target) -> Box<dyn Board> {
    let route = Route::Ipmi(Ipmi {
        host: "127.0.0.1".parse().unwrap(),
        port,
        user: "admin".to_owned(),
        password: SECRET,
        cipher_suite: 3,
        privilege: Privilege::Administrator,
        boot: BootOverride::Required,
    });
    let subject = Subject {
        machine: MachineId(Uuid::nil()),
        uuid: Some(UUID),
        macs: vec![],
        firmware: Firmware::Bios,
        target,
        job: JobId(Uuid::nil()),
        call: CallId(Uuid::nil()),
    };
    let secrets: HashMap<_, _> = [(SECRET, Secret::new(PASSWORD))].into();
    board(&route, &subject, &secrets).await.unwrap()
}

#[tokio::test]
async fn ipmi_switches_a_machine_on_into_the_network_once_and_resets_it_into_its_own_system() {
    let folder = tempfile::tempdir().unwrap();
    let port = free_port();
    let _simulator =
        simulate(folder.path(), port, &CHASSIS.replace("OWNER", &std::process::id().to_string()));
    let machine = Machine::new(folder.path());
    let mut there = by_ipmi(port, Target::Maintenance).await;
    let start = Instant::now();
    let look = loop {
        match there.look().await {
            Ok(look) => break look,
            Err(fault) => assert!(start.elapsed() < LIMIT, "{fault}"),
        }
    };
    assert_eq!((look.power, look.uuid), (Some(PowerState::Off), Some(UUID)));

    there.prepare().await.unwrap();
    there.restart().await.unwrap();
    machine.wait_for("IN MAINTENANCE");
    assert_eq!(there.look().await.unwrap().power, Some(PowerState::On));
    assert!(!machine.serial().contains("OWN SYSTEM"));

    let mut home = by_ipmi(port, Target::OwnSystem).await;
    home.prepare().await.unwrap();
    home.restart().await.unwrap();
    machine.wait_for("OWN SYSTEM");
    assert_eq!(machine.book(), "start n\nstart c\n", "one restart there, one home");
}

#[tokio::test]
async fn pxe_that_was_used_is_used_up() {
    let folder = tempfile::tempdir().unwrap();
    let port = free_port();
    let _simulator =
        simulate(folder.path(), port, &CHASSIS.replace("OWNER", &std::process::id().to_string()));
    let machine = Machine::new(folder.path());
    let mut there = by_ipmi(port, Target::Maintenance).await;
    let start = Instant::now();
    while let Err(fault) = there.prepare().await {
        assert!(start.elapsed() < LIMIT, "{fault}");
    }
    there.restart().await.unwrap();
    machine.wait_for("IN MAINTENANCE");
    // A restart by other means, without a word about the boot device.
    by_ipmi(port, Target::Maintenance).await.restart().await.unwrap();
    machine.wait_for("OWN SYSTEM");
    assert_eq!(machine.book(), "start n\nstart c\n");
}
