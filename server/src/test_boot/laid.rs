//! What of an image is started in a virtual machine, and how.
//!
//! Its own kernel and initial RAM disks are handed over by QEMU (`-kernel`, `-initrd`), through the firmware; a program
//! for UEFI lies on a disk as `EFI/BOOT/BOOTX64.EFI`. So it is tried whether the image runs, and not whether a network
//! hands it over, which the lab and real machines show.

use super::tools::Tools;
use crate::catalog::path_of;
use anyhow::{Context, Result};
use pitstop_domain::image::{ImageFormat, ImageVersion, Part, PartRole};
use pitstop_domain::machine::{Arch, Firmware};
use pitstop_domain::wire::cmdline::{JOB, SERVER, TOKEN};
use std::fs::{self, File};
use std::io;
use std::path::Path;

const MIB: u64 = 1 << 20;
/// A small system of today starts with it.
const LEAST_MIB: u64 = 1024;
/// More is not taken from a server; images of a gigabyte and more unpack to it.
const MOST_MIB: u64 = 4096;
/// Compressed, unpacked and read: a RAM disk takes four times its size at worst.
const UNPACKED: u64 = 4;

/// What will be started.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Plan {
    pub firmware: Firmware,
    pub memory_mib: u64,
    /// What is copied for it.
    pub bytes: u64,
    start: Start,
    /// In words, for people.
    pub way: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Start {
    Kernel { kernel: Part, initrds: Vec<Part>, cmdline: String },
    Disk(Part),
}

impl Start {
    fn parts(&self) -> impl Iterator<Item = &Part> {
        let (first, more) = match self {
            Self::Kernel { kernel, initrds, .. } => (kernel, initrds.as_slice()),
            Self::Disk(program) => (program, &[][..]),
        };
        std::iter::once(first).chain(more)
    }
}

/// What will be started from this firmware.
///
/// # Errors
/// Why such an image cannot be tried, in words.
pub(super) fn plan(image: &ImageVersion, firmware: Firmware) -> std::result::Result<Plan, String> {
    if image.arch != Arch::X86_64 {
        return Err(format!("images for {} cannot be tried out here yet: only those for x86-64", image.arch));
    }
    let part = |role: PartRole| image.parts.iter().find(|part| part.role == role).cloned();
    let (start, way) = match (image.format, firmware) {
        (ImageFormat::Linux, _) => linux(image, part(PartRole::Kernel))?,
        (ImageFormat::Program, Firmware::Bios) => {
            let kernel = part(PartRole::BiosProgram).ok_or("it has no program for BIOS")?;
            let way = format!("{} as a kernel, {}", kernel.file, words(&image.cmdline));
            (Start::Kernel { kernel, initrds: vec![], cmdline: image.cmdline.clone() }, way)
        }
        (ImageFormat::Program, Firmware::Uefi) => {
            let program = part(PartRole::EfiProgram).ok_or("it has no program for UEFI")?;
            let way = format!("{} from a disk, without a command line", program.file);
            (Start::Disk(program), way)
        }
        (ImageFormat::Script, _) => {
            return Err("a script of iPXE loads what it wants over the network, and a test has none: try it on a machine \
                        with the label `candidates`"
                .to_owned());
        }
        (ImageFormat::Wim, _) => {
            return Err("Windows images cannot be tried out here yet: try one on a machine with the label `candidates`"
                .to_owned());
        }
    };
    let unpacked = |part: &&Part| part.role == PartRole::Initrd;
    let bytes: u64 = start.parts().filter(unpacked).map(|part| part.bytes).sum();
    let memory_mib = (512 + bytes.div_ceil(MIB) * UNPACKED).clamp(LEAST_MIB, MOST_MIB);
    let bytes = start.parts().map(|part| part.bytes).sum();
    Ok(Plan { firmware, memory_mib, bytes, start, way })
}

fn linux(image: &ImageVersion, kernel: Option<Part>) -> std::result::Result<(Start, String), String> {
    let kernel = kernel.ok_or("it has no kernel")?;
    let initrds: Vec<_> = image.parts.iter().filter(|part| part.role == PartRole::Initrd).cloned().collect();
    let cmdline = cmdline(image);
    let disks = match initrds.len() {
        1 => "1 initial RAM disk".to_owned(),
        n => format!("{n} initial RAM disks"),
    };
    let mut way = format!("{} and {disks}, {}", kernel.file, words(&cmdline));
    if image.parts.iter().any(|part| part.role == PartRole::File) {
        way.push_str("; what it fetches over the network when it runs is not reached in a test");
    }
    Ok((Start::Kernel { kernel, initrds, cmdline }, way))
}

fn words(cmdline: &str) -> String {
    if cmdline.is_empty() {
        "without a command line".to_owned()
    } else {
        format!("with the words “{cmdline}”")
    }
}

/// Speaks on the serial line too, last so that it is `/dev/console`. Our agent is told of a job that there is not, at a
/// server that nobody reaches: it says hello and goes on asking.
fn cmdline(image: &ImageVersion) -> String {
    let mut words: Vec<String> = vec![image.cmdline_in("http://192.0.2.1", "")];
    if !image.cmdline.split_whitespace().any(|word| word.starts_with("console=ttyS0")) {
        words.push("console=tty0 console=ttyS0,115200".to_owned());
    }
    if image.agent {
        let none = uuid::Uuid::nil();
        words.push(format!("{SERVER}=http://192.0.2.1 {JOB}={none} {TOKEN}=test"));
    }
    words.join(" ").trim().to_owned()
}

/// Puts what is needed into the folder, for whoever QEMU runs as; gives QEMU's arguments.
pub(super) fn lay(
    plan: &Plan,
    images: &Path,
    tools: &Tools,
    folder: &Path,
    kvm: bool,
) -> Result<Vec<String>> {
    let mut arguments = machine(plan, kvm);
    let path = |name: &str| folder.join(name).display().to_string();
    let mut with = |option: &str, value: String| arguments.extend([option.to_owned(), value]);
    if plan.firmware == Firmware::Uefi {
        let (code, vars) = tools.ovmf.as_ref().context("OVMF is not installed")?;
        fs::copy(vars, folder.join("vars")).context("OVMF's variables cannot be copied")?;
        with("-drive", format!("if=pflash,format=raw,unit=0,readonly=on,file={}", code.display()));
        with("-drive", format!("if=pflash,format=raw,unit=1,file={}", path("vars")));
    }
    match &plan.start {
        Start::Kernel { kernel, initrds, cmdline } => {
            copy(images, std::slice::from_ref(kernel), &folder.join("kernel"))?;
            with("-kernel", path("kernel"));
            if !initrds.is_empty() {
                copy(images, initrds, &folder.join("initrd"))?;
                with("-initrd", path("initrd"));
            }
            if !cmdline.is_empty() {
                with("-append", cmdline.clone());
            }
        }
        Start::Disk(program) => {
            let boot = folder.join("disk/EFI/BOOT");
            fs::create_dir_all(&boot)?;
            copy(images, std::slice::from_ref(program), &boot.join("BOOTX64.EFI"))?;
            with("-drive", format!("if=virtio,format=raw,readonly=on,file=fat:{}", path("disk")));
        }
    }
    with("-qmp", format!("unix:{},server=on,wait=off", path("qmp")));
    Ok(arguments)
}

/// What each of them is. The network card is there, and reaches nothing but the address that QEMU gives it.
fn machine(plan: &Plan, kvm: bool) -> Vec<String> {
    let memory = plan.memory_mib.to_string();
    let board = if plan.firmware == Firmware::Bios { "pc" } else { "q35" };
    let options = [
        ("-accel", "tcg,thread=multi,tb-size=256"),
        ("-machine", board),
        ("-cpu", "max"),
        ("-smp", "1"),
        ("-m", &memory),
        ("-display", "none"),
        ("-vga", "std"),
        ("-serial", "stdio"),
        ("-netdev", "user,id=net0,restrict=on"),
        ("-device", "virtio-net-pci,netdev=net0,romfile="),
        ("-device", "virtio-rng-pci"),
        ("-sandbox", "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny"),
        ("-name", "pitstop-test-boot"),
    ];
    let mut arguments = vec!["-nodefaults".to_owned(), "-no-user-config".to_owned(), "-no-reboot".to_owned()];
    if kvm {
        // The first that can be had.
        arguments.extend(["-accel".to_owned(), "kvm".to_owned()]);
    }
    arguments.extend(options.iter().flat_map(|(option, value)| [(*option).to_owned(), (*value).to_owned()]));
    arguments
}

/// One behind the other, each from a border of four bytes: Linux unpacks initial RAM disks so
/// (`Documentation/driver-api/early-userspace/buffer-format.rst`).
fn copy(images: &Path, parts: &[Part], to: &Path) -> Result<()> {
    let mut out = File::create(to)?;
    for part in parts {
        let mut from = File::open(path_of(images, &part.digest))
            .with_context(|| format!("the bytes of {} are not there", part.file))?;
        let copied =
            io::copy(&mut from, &mut out).with_context(|| format!("{} cannot be copied", part.file))?;
        let rest = (4 - copied % 4) % 4;
        io::copy(&mut io::Read::take(io::repeat(0), rest), &mut out)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn image(format: &str, parts: &[(&str, &str, char, u64)]) -> ImageVersion {
        let parts: Vec<_> = parts
            .iter()
            .map(|(role, file, digit, bytes)| {
                serde_json::json!({ "role": role, "file": file, "digest": digit.to_string().repeat(64), "bytes": bytes })
            })
            .collect();
        serde_json::from_value(serde_json::json!({
            "digest": "a".repeat(64), "name": "rescue", "version": "1", "title": "Rescue", "kind": "maintenance",
            "format": format, "arch": "x86_64", "firmware": ["bios", "uefi"], "parts": parts, "cmdline": "quiet",
            "agent": true, "provenance": null, "created_at": "2026-01-01T00:00:00Z",
        }))
        .unwrap()
    }

    #[test]
    fn initial_ram_disks_lie_behind_each_other_on_borders_of_four_bytes() {
        let image = image(
            "linux",
            &[("kernel", "vmlinuz", 'b', 6), ("initrd", "one", 'c', 5), ("initrd", "two", 'd', 4)],
        );
        let (images, folder) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        for (digit, bytes) in [("b", "kernel"), ("c", "first"), ("d", "next")] {
            fs::write(images.path().join(digit.repeat(64)), bytes).unwrap();
        }
        let plan = plan(&image, Firmware::Bios).unwrap();
        let tools = Tools { ovmf: None, ..Tools::default() };
        let line = lay(&plan, images.path(), &tools, folder.path(), true).unwrap().join(" ");
        assert_eq!(fs::read(folder.path().join("initrd")).unwrap(), b"first\0\0\0next");
        assert!(
            line.contains("restrict=on") && line.contains("-no-reboot") && line.contains("-m 1024 "),
            "{line}"
        );
        assert!(line.contains("-append quiet console=tty0 console=ttyS0,115200 pitstop.server="), "{line}");
    }

    #[test]
    fn a_program_for_uefi_lies_on_a_disk_and_one_for_bios_is_a_kernel() {
        let image = image("program", &[("bios_program", "m.bin", 'b', 1), ("efi_program", "m.efi", 'c', 1)]);
        let start = |firmware| plan(&image, firmware).unwrap().start;
        assert!(matches!(start(Firmware::Bios), Start::Kernel { kernel, .. } if kernel.file == "m.bin"));
        assert!(matches!(start(Firmware::Uefi), Start::Disk(program) if program.file == "m.efi"));
    }

    #[test]
    fn what_cannot_be_tried_is_said_with_what_to_do_instead() {
        let why = plan(&image("script", &[("script", "a.ipxe", 'b', 1)]), Firmware::Bios).unwrap_err();
        assert!(why.contains("label `candidates`"), "{why}");
    }

    #[test]
    fn large_initial_ram_disks_get_more_memory_to_a_limit() {
        let of = |mib: u64| {
            let parts = [("kernel", "k", 'b', 1), ("initrd", "i", 'c', mib << 20)];
            plan(&image("linux", &parts), Firmware::Bios).unwrap().memory_mib
        };
        assert_eq!((of(10), of(300), of(3000)), (1024, 1712, 4096));
    }
}
