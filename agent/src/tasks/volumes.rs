//! Disks and what lies on them: which file systems, and which of them may be touched.

use crate::inventory::Files;
use crate::inventory::disks::disks as all_disks;
use crate::maintenance::board::Board;
use crate::tasks::tool::Tool;
use pitstop_domain::machine::Disk;
use std::collections::BTreeMap;
use std::path::Path;

/// Something that can hold a file system: a partition, or a disk without partitions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Volume {
    /// `/dev/sda2`.
    pub device: String,
    /// As blkid says it: `ext4`, `ntfs`, `crypto_LUKS`; empty when it recognises nothing.
    pub kind: String,
    pub label: String,
    pub mounted: bool,
}

impl Volume {
    /// `/dev/sda2 (ntfs, Windows)`.
    pub fn about(&self) -> String {
        let words: Vec<_> =
            [&self.kind, &self.label].into_iter().filter(|word| !word.is_empty()).cloned().collect();
        if words.is_empty() { self.device.clone() } else { format!("{} ({})", self.device, words.join(", ")) }
    }

    /// Why it is left alone; `None` when it can be looked at.
    pub fn out_of_reach(&self) -> Option<&'static str> {
        match self.kind.as_str() {
            _ if self.mounted => Some("it is mounted here, so it is left alone"),
            "crypto_LUKS" => Some("it is encrypted with LUKS, and its key is not here"),
            "BitLocker" => Some("it is encrypted with BitLocker, and its key is not here"),
            "LVM2_member" => Some("it belongs to a volume group (LVM), which is not put together here"),
            "linux_raid_member" => Some("it belongs to an array, which is not put together here"),
            "zfs_member" => Some("it belongs to a ZFS pool, which is not put together here"),
            "apfs" | "hfsplus" | "ReFS" => Some("there is no tool for this file system in this image"),
            "" => Some("no file system is recognised on it"),
            _ => None,
        }
    }

    /// Nothing on it can be broken or infected.
    pub fn is_of_no_interest(&self) -> bool {
        self.kind == "swap"
    }
}

/// The disks of the machine, or the one that was asked for.
pub fn disks(only: Option<&str>) -> Vec<Disk> {
    let all = all_disks(&Files::at("/"));
    all.into_iter().filter(|disk| only.is_none_or(|only| only == format!("/dev/{}", disk.name))).collect()
}

/// All volumes, or those on the device that was asked for.
pub fn volumes(only: Option<&str>, board: &Board) -> Result<Vec<Volume>, String> {
    let files = Files::at("/");
    let mounts = files.text("proc/mounts").unwrap_or_default();
    let mut devices = Vec::new();
    for disk in all_disks(&files) {
        let parts = partitions(&files, &disk.name);
        let names = if parts.is_empty() { vec![disk.name.clone()] } else { parts };
        let wanted = |name: &String| {
            only.is_none_or(|only| only == format!("/dev/{name}") || only == format!("/dev/{}", disk.name))
        };
        devices.extend(names.into_iter().filter(wanted).map(|name| format!("/dev/{name}")));
    }
    // A file that holds a file system is as good as a device.
    devices.extend(only.filter(|only| Path::new(only).is_file()).map(str::to_owned));
    devices.iter().map(|device| identify(device, &mounts, board)).collect()
}

/// Partitions are the folders of a disk's that have a file `partition`.
pub(super) fn partitions(files: &Files, disk: &str) -> Vec<String> {
    let names = files.names(&format!("sys/block/{disk}")).into_iter();
    names.filter(|name| files.exists(&format!("sys/block/{disk}/{name}/partition"))).collect()
}

/// Asks blkid, which reads the device and not what somebody remembers of it.
pub fn identify(device: &str, mounts: &str, board: &Board) -> Result<Volume, String> {
    let ran = Tool::new("blkid").args(["-p", "-o", "export", device]).quiet().run(board)?;
    let said: BTreeMap<_, _> = ran.text.lines().filter_map(|line| line.split_once('=')).collect();
    let text = |key: &str| said.get(key).map(|value| value.replace('\\', "")).unwrap_or_default();
    let mounted = mounts.lines().any(|line| line.split(' ').next() == Some(device));
    Ok(Volume { device: device.to_owned(), kind: text("TYPE"), label: text("LABEL"), mounted })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(kind: &str) -> Volume {
        Volume { device: "/dev/sda2".to_owned(), kind: kind.to_owned(), ..Volume::default() }
    }

    #[test]
    fn what_is_encrypted_or_mounted_is_out_of_reach() {
        assert!(of("crypto_LUKS").out_of_reach().is_some_and(|why| why.contains("LUKS")));
        assert!(of("BitLocker").out_of_reach().is_some_and(|why| why.contains("BitLocker")));
        assert!(Volume { mounted: true, ..of("ext4") }.out_of_reach().is_some());
        assert_eq!(of("ext4").out_of_reach(), None);
    }

    #[test]
    fn a_volume_is_told_by_its_device_kind_and_label() {
        let windows = Volume { label: "Windows".to_owned(), ..of("ntfs") };
        assert_eq!(windows.about(), "/dev/sda2 (ntfs, Windows)");
        assert_eq!(of("").about(), "/dev/sda2");
    }
}
