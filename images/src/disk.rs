//! A disk that boots our own system, by BIOS and by UEFI: one active FAT partition of the EFI
//! system type. Made with mtools and syslinux, so neither root nor loop devices are needed.

use std::{
    fs,
    io::{Seek, SeekFrom, Write},
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result};

use crate::{
    PackageCache,
    command::run,
    own_system::BuiltOwnSystem,
    stamp::{self, Inputs},
};

/// Room for kernel and initrd (20–25 MiB) and what the agent remembers.
const DISK_MIB: u64 = 64;
const MIB: u64 = 1024 * 1024;
const SECTOR: u64 = 512;
/// Partitions start at 1 MiB, as partitioning tools do today.
const PARTITION_AT: u64 = MIB;
/// A fixed serial number: the same content gives the same bytes.
const VOLUME_ID: &str = "50495453";

/// Makes the disk of an own system in `folder`, or leaves it when nothing changed.
///
/// Fails when mkfs.vfat (dosfstools) or mcopy (mtools) is missing, or a file cannot be written.
pub fn build_disk(system: &BuiltOwnSystem, cache: &Path, folder: &Path) -> Result<PathBuf> {
    let packages = PackageCache::new(cache);
    let syslinux = packages.fetch("syslinux")?;
    let common = packages.fetch("syslinux-common")?;
    let efi_loader = packages.fetch("systemd-boot-efi")?;
    let disk = folder.join("disk.img");
    let digest = Inputs::default()
        .add(&system.digest)
        .add(&syslinux.version)
        .add(&efi_loader.version)
        .add(syslinux_config(system))
        .add(loader_entry(system))
        .add(DISK_MIB.to_le_bytes())
        .digest();
    if stamp::is_fresh(folder, &digest, &["disk.img"]) {
        return Ok(disk);
    }
    fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let work = folder.join("disk.part");
    let master_boot_code = fs::read(common.path("usr/lib/syslinux/mbr/mbr.bin"))?;
    write_partition_table(&work, &master_boot_code)?;
    run(Command::new("mkfs.vfat")
        .args(["--invariant", "-i", VOLUME_ID, "-n", "OWNSYSTEM"])
        .args(["--offset", &(PARTITION_AT / SECTOR).to_string()])
        .arg(&work)
        // mkfs takes the size of the file system in KiB.
        .arg(((DISK_MIB * MIB - PARTITION_AT) / 1024).to_string()))?;
    let volume = Volume { disk: &work };
    for name in ["EFI", "EFI/BOOT", "loader", "loader/entries", "pitstop", "state"] {
        volume.make_folder(name)?;
    }
    volume.copy(&system.kernel, "vmlinuz")?;
    volume.copy(&system.initrd, "initrd.img")?;
    volume.copy(&efi_loader.path("usr/lib/systemd/boot/efi/systemd-bootx64.efi"), "EFI/BOOT/BOOTX64.EFI")?;
    volume.write("loader/loader.conf", b"timeout 0\n")?;
    volume.write("loader/entries/own.conf", loader_entry(system).as_bytes())?;
    volume.write("syslinux.cfg", syslinux_config(system).as_bytes())?;
    run(Command::new(syslinux.path("usr/bin/syslinux"))
        .args(["--install", "--offset", &PARTITION_AT.to_string()])
        .arg(&work))?;
    fs::rename(&work, &disk)?;
    stamp::write(folder, &digest)?;
    Ok(disk)
}

/// What is told to one machine on its own disk.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Personality {
    pub hostname: String,
    /// Becomes `/etc/pitstop/agent.json`.
    pub agent_json: Option<String>,
}

/// Copies the disk for one machine (sparse, a few milliseconds) and tells it who it is.
pub fn clone_disk(disk: &Path, to: &Path, personality: &Personality) -> Result<()> {
    run(Command::new("cp").args(["--sparse=always", "--reflink=auto"]).arg(disk).arg(to))?;
    let volume = Volume { disk: to };
    volume.write("pitstop/hostname", personality.hostname.as_bytes())?;
    if let Some(agent_json) = &personality.agent_json {
        volume.write("pitstop/agent.json", agent_json.as_bytes())?;
    }
    Ok(())
}

fn syslinux_config(system: &BuiltOwnSystem) -> String {
    format!(
        "default own\nprompt 0\nlabel own\n  linux /vmlinuz\n  initrd /initrd.img\n  append {}\n",
        system.command_line
    )
}

fn loader_entry(system: &BuiltOwnSystem) -> String {
    format!("title Own system\nlinux /vmlinuz\ninitrd /initrd.img\noptions {}\n", system.command_line)
}

/// A master boot record with one active partition of type EF: SeaBIOS starts the boot code,
/// which looks for the active mark; UEFI looks at the type.
fn write_partition_table(path: &Path, boot_code: &[u8]) -> Result<()> {
    let mut file = fs::File::create(path).with_context(|| format!("cannot write {}", path.display()))?;
    file.set_len(DISK_MIB * MIB)?;
    file.write_all(boot_code)?;
    file.seek(SeekFrom::Start(440))?;
    file.write_all(&master_boot_record_tail())?;
    Ok(())
}

/// Bytes 440 to 512: disk signature, partition table, mark.
fn master_boot_record_tail() -> [u8; 72] {
    let first = u32::try_from(PARTITION_AT / SECTOR).unwrap_or(u32::MAX);
    let count = u32::try_from((DISK_MIB * MIB - PARTITION_AT) / SECTOR).unwrap_or(u32::MAX);
    let mut tail = [0; 72];
    tail[..4].copy_from_slice(b"PITS");
    let entry = &mut tail[6..22];
    entry[0] = 0x80; // active
    entry[1..4].copy_from_slice(&[0xfe, 0xff, 0xff]); // cylinders are of no use any more
    entry[4] = 0xef; // EFI system partition
    entry[5..8].copy_from_slice(&[0xfe, 0xff, 0xff]);
    entry[8..12].copy_from_slice(&first.to_le_bytes());
    entry[12..16].copy_from_slice(&count.to_le_bytes());
    tail[70..].copy_from_slice(&[0x55, 0xaa]);
    tail
}

/// The FAT file system in the disk's partition, written with mtools.
struct Volume<'a> {
    disk: &'a Path,
}

impl Volume<'_> {
    fn tool(&self, name: &str) -> Command {
        let mut command = Command::new(name);
        // Times in the file system are those of the epoch, so that builds agree.
        command.env("SOURCE_DATE_EPOCH", "315532800").env("TZ", "UTC");
        command.arg("-i").arg(format!("{}@@{PARTITION_AT}", self.disk.display()));
        command
    }

    fn make_folder(&self, name: &str) -> Result<()> {
        run(self.tool("mmd").arg(format!("::{name}")))?;
        Ok(())
    }

    fn copy(&self, from: &Path, to: &str) -> Result<()> {
        run(self.tool("mcopy").arg("-o").arg(from).arg(format!("::{to}")))?;
        Ok(())
    }

    fn write(&self, to: &str, content: &[u8]) -> Result<()> {
        let mut name = self.disk.as_os_str().to_owned();
        name.push(".text");
        let file = PathBuf::from(name);
        fs::write(&file, content)?;
        let copied = self.copy(&file, to);
        fs::remove_file(&file)?;
        copied
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn partition_is_active_and_an_efi_system_partition() {
        let tail = master_boot_record_tail();
        assert_eq!(tail[6], 0x80);
        assert_eq!(tail[10], 0xef);
        assert_eq!(tail[14..18], 2048u32.to_le_bytes());
        assert_eq!(tail[18..22], (63 * 2048u32).to_le_bytes());
        assert_eq!(tail[70..], [0x55, 0xaa]);
    }
}
