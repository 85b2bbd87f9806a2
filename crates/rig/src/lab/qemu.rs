//! The command line of a machine.
//!
//! Packages: qemu-system-x86 (7.2 and 10.0 were tried), ipxe-qemu for BIOS network boot, ovmf.

use std::path::{Path, PathBuf};

use serde_json::json;

use super::spec::{BootOrder, DirectBoot, DiskBus, ExtraDisk, Firmware, MachineSpec};

pub(crate) const PROGRAM: &str = "qemu-system-x86_64";

/// Fixed places on the PCI bus, for the NVRAM names devices by them.
pub(crate) const NETWORK_SLOT: u8 = 2;
pub(crate) const DISK_SLOT: u8 = 3;

/// Debian's OVMF: code shared and read-only, variables a copy for each machine.
pub(crate) const OVMF_CODE: &str = "/usr/share/OVMF/OVMF_CODE_4M.fd";
pub(crate) const OVMF_VARS: &str = "/usr/share/OVMF/OVMF_VARS_4M.fd";

/// The files of one machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Files {
    pub disk: PathBuf,
    pub nvram: PathBuf,
    pub serial: PathBuf,
    /// For the world outside; a control socket has room for one client.
    pub qmp: PathBuf,
    /// For the lab itself.
    pub own_qmp: PathBuf,
}

/// QEMU's arguments for a machine on a tap.
pub(crate) fn arguments(spec: &MachineSpec, files: &Files, tap: &str) -> Vec<String> {
    let mut arguments = Arguments(Vec::new());
    arguments
        // /dev/kvm may open and still not work.
        .with("-accel", "tcg,thread=multi")
        .with("-cpu", "max")
        .with("-smp", "1")
        .with("-m", spec.memory_mib)
        .flag("-nodefaults")
        .with("-display", "none")
        .with("-vga", "none")
        .with("-name", &spec.name)
        .with("-uuid", spec.uuid)
        .with("-smbios", smbios(spec))
        .with("-chardev", format!("file,id=serial0,path={},append=on", escape(&files.serial)))
        .with("-serial", "chardev:serial0")
        .with("-qmp", format!("unix:{},server=on,wait=off", escape(&files.qmp)))
        .with("-qmp", format!("unix:{},server=on,wait=off", escape(&files.own_qmp)))
        .with("-netdev", format!("tap,id=net0,ifname={tap},script=no,downscript=no"))
        .with("-device", "virtio-rng-pci,addr=0x4");
    if spec.disk {
        arguments.with("-drive", format!("if=none,id=disk0,format=raw,file={}", escape(&files.disk)));
    }
    let network = format!("virtio-net-pci,netdev=net0,mac={},addr={NETWORK_SLOT:#x}", spec.mac_text());
    let disk = format!("virtio-blk-pci,drive=disk0,addr={DISK_SLOT:#x},serial={}", serial(spec));
    match spec.firmware {
        Firmware::Bios => arguments
            .with("-machine", "pc,graphics=off")
            .with("-device", format!("{network},bootindex={}", network_index(spec))),
        // No bootindex: it would override the NVRAM at each start. No ROM: the firmware's own
        // network stack is what real machines have.
        Firmware::UefiPxe | Firmware::UefiHttp => arguments
            .with("-machine", "q35")
            .with("-drive", format!("if=pflash,format=raw,unit=0,readonly=on,file={OVMF_CODE}"))
            .with("-drive", format!("if=pflash,format=raw,unit=1,file={}", escape(&files.nvram)))
            .with("-device", format!("{network},romfile=")),
    };
    match (spec.disk, spec.firmware) {
        (true, Firmware::Bios) => arguments.with("-device", format!("{disk},bootindex=2")),
        (true, _) => arguments.with("-device", disk),
        // As firmware of diskless machines does: having found nothing, it starts over. In milliseconds.
        (false, Firmware::Bios) => arguments.with("-boot", "reboot-timeout=5000"),
        (false, _) => &mut arguments,
    };
    for (number, disk) in spec.more_disks.iter().enumerate() {
        add_disk(&mut arguments, number, disk);
    }
    if spec.firmware == Firmware::UefiHttp {
        arguments
            .with("-fw_cfg", "name=opt/org.tianocore/IPv4PXESupport,string=n")
            .with("-fw_cfg", "name=opt/org.tianocore/IPv6PXESupport,string=n");
    }
    arguments.0
}

/// A disk beside the machine's own, with the faults that it is to have (QEMU, `blkdebug`: the event `none` is any
/// request, and the rule holds for those that touch the sector).
fn add_disk(arguments: &mut Arguments, number: usize, disk: &ExtraDisk) {
    let fault = |sector: &u64| json!({ "event": "none", "iotype": "read", "errno": EIO, "sector": sector, "once": false });
    let faults: Vec<_> = disk.bad_sectors.iter().map(fault).collect();
    let file = json!({ "driver": "file", "filename": disk.image });
    let file = if faults.is_empty() {
        file
    } else {
        json!({ "driver": "blkdebug", "image": file, "inject-error": faults })
    };
    let (node, slot) = (format!("more{number}"), MORE_DISKS_SLOT + number);
    let device = match disk.bus {
        DiskBus::Virtio => "virtio-blk-pci",
        DiskBus::Nvme => "nvme",
    };
    arguments
        .with("-blockdev", json!({ "driver": "raw", "node-name": node, "file": file }))
        .with("-device", format!("{device},drive={node},addr={slot:#x},serial=MORE-{number}"));
}

/// `errno` of a read that fails.
const EIO: i32 = 5;
/// The first place on the bus behind what every machine has.
const MORE_DISKS_SLOT: usize = 5;

/// The network card's place before or behind the disk's 2. Place 0 is that of a kernel
/// started directly.
fn network_index(spec: &MachineSpec) -> u8 {
    match spec.boot_order {
        BootOrder::NetworkFirst => 1,
        BootOrder::DiskFirst => 3,
    }
}

/// The arguments that start a kernel directly; at its restart QEMU ends.
pub(crate) fn direct(boot: &DirectBoot) -> Vec<String> {
    let mut arguments = Arguments(Vec::new());
    arguments
        .with("-kernel", boot.kernel.display())
        .with("-initrd", boot.initrd.display())
        .with("-append", &boot.command_line)
        .flag("-no-reboot");
    arguments.0
}

/// What the machine says it is; the model is what statistics are kept by.
fn smbios(spec: &MachineSpec) -> String {
    let model = match spec.firmware {
        Firmware::Bios => "Lab PC B1",
        Firmware::UefiPxe => "Lab PC U2",
        Firmware::UefiHttp => "Lab PC H3",
    };
    format!("type=1,manufacturer=Pitstop Lab,product={model},serial={}", serial(spec))
}

fn serial(spec: &MachineSpec) -> String {
    format!("LAB-{}", spec.name.to_uppercase())
}

/// QEMU's options are separated by commas; one in a value is doubled.
fn escape(path: &Path) -> String {
    path.display().to_string().replace(',', ",,")
}

struct Arguments(Vec<String>);

impl Arguments {
    fn with(&mut self, option: &str, value: impl ToString) -> &mut Self {
        self.0.extend([option.to_owned(), value.to_string()]);
        self
    }

    fn flag(&mut self, option: &str) -> &mut Self {
        self.0.push(option.to_owned());
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(firmware: Firmware) -> String {
        let files = Files {
            disk: "/lab/a,b.img".into(),
            nvram: "/lab/vars.fd".into(),
            serial: "/lab/serial.log".into(),
            qmp: "/run/a.qmp".into(),
            own_qmp: "/run/a.own.qmp".into(),
        };
        arguments(&MachineSpec::new("oak", firmware), &files, "tap0").join(" ")
    }

    #[test]
    fn machines_are_always_emulated() {
        assert!(line(Firmware::Bios).starts_with("-accel tcg"));
    }

    #[test]
    fn bios_boots_by_index_and_uefi_by_its_nvram() {
        assert!(line(Firmware::Bios).contains("bootindex=1"));
        for firmware in [Firmware::UefiPxe, Firmware::UefiHttp] {
            assert!(!line(firmware).contains("bootindex"));
            assert!(line(firmware).contains("unit=1,file=/lab/vars.fd"));
        }
    }

    #[test]
    fn only_the_http_machine_does_without_pxe() {
        assert!(!line(Firmware::UefiPxe).contains("PXESupport"));
        assert!(line(Firmware::UefiHttp).contains("IPv4PXESupport,string=n"));
    }

    #[test]
    fn a_machine_without_a_disk_has_none_and_starts_over() {
        let files = Files {
            disk: "/lab/oak.img".into(),
            nvram: "/lab/vars.fd".into(),
            serial: "/lab/serial.log".into(),
            qmp: "/run/a.qmp".into(),
            own_qmp: "/run/a.own.qmp".into(),
        };
        let spec = MachineSpec::new("oak", Firmware::Bios).diskless();
        let line = arguments(&spec, &files, "tap0").join(" ");
        assert!(!line.contains("virtio-blk") && !line.contains("oak.img"), "{line}");
        assert!(line.contains("-boot reboot-timeout=5000"), "{line}");
    }

    #[test]
    fn commas_in_paths_are_doubled() {
        assert!(line(Firmware::Bios).contains("file=/lab/a,,b.img"));
    }
}
