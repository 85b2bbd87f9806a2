//! Is a disk in use here? Asked before one is overwritten, and before one is read as a whole. What cannot be found out counts
//! as in use.

use super::volumes::partitions;
use crate::inventory::Files;
use std::io::ErrorKind;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// That nothing of this machine uses it.
///
/// # Errors
/// What does, or why that is not known, in words.
pub fn free(device: &str) -> Result<(), String> {
    free_at(&Files::at("/"), device)?;
    claimed(device)
}

/// Whoever mounts, maps or swaps claims a disk; what opens it for itself alone is told (open(2), `O_EXCL` on block devices). It
/// knows of what no file tells: the second disk of a btrfs, a journal on another disk.
fn claimed(device: &str) -> Result<(), String> {
    match std::fs::File::options().read(true).custom_flags(libc::O_EXCL).open(device) {
        Ok(_) => Ok(()),
        // What is not here is used by nobody, and cannot be written either.
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        Err(error) if error.raw_os_error() == Some(libc::EBUSY) => {
            Err(format!("{device} is in use: the kernel gives it to nobody else"))
        }
        Err(error) => Err(unknown(device.trim_start_matches('/'), &error)),
    }
}

fn free_at(files: &Files, device: &str) -> Result<(), String> {
    let parts = parts(files, device);
    let ours = |source: &str| parts.iter().find(|part| **part == source || leads_to(files, source, part));
    let numbers: Vec<_> = parts.iter().filter_map(|part| number(files, part)).collect();
    for mount in read(files, "proc/self/mountinfo")?.lines() {
        let (number, source) =
            mounted(mount).ok_or_else(|| format!("what is mounted is not understood: {mount}"))?;
        if let Some(part) = ours(source) {
            return Err(format!("{part} is mounted"));
        }
        if numbers.iter().any(|known| known == number) {
            return Err(format!("{device} is mounted"));
        }
    }
    // The first line has the columns' names.
    for swap in swaps(files)?.lines().skip(1) {
        if let Some(part) = swap.split_whitespace().next().and_then(ours) {
            return Err(format!("{part} is used as swap"));
        }
    }
    match parts.iter().find_map(|part| Some((part, holder(files, part)?))) {
        Some((part, holder)) => Err(format!("{part} is part of {holder}, which is put together here")),
        None => Ok(()),
    }
}

/// The disk and its partitions, as paths. A file that holds a disk has none.
fn parts(files: &Files, device: &str) -> Vec<String> {
    let name = device.strip_prefix("/dev/").unwrap_or_default();
    let parts = if name.is_empty() { vec![] } else { partitions(files, name) };
    std::iter::once(device.to_owned()).chain(parts.into_iter().map(|part| format!("/dev/{part}"))).collect()
}

/// Its folder in `sys`: `sys/class/block` has disks and partitions alike.
fn folder(part: &str) -> Option<String> {
    part.strip_prefix("/dev/").map(|name| format!("sys/class/block/{name}"))
}

/// `8:1`, by which the kernel knows it.
fn number(files: &Files, part: &str) -> Option<String> {
    files.text(&format!("{}/dev", folder(part)?))
}

/// A mapping or an array over it.
fn holder(files: &Files, part: &str) -> Option<String> {
    files.names(&format!("{}/holders", folder(part)?)).into_iter().next()
}

/// Whether a path like `/dev/disk/by-uuid/…` is another name of it.
fn leads_to(files: &Files, source: &str, part: &str) -> bool {
    let found = |path: &str| files.path(path.trim_start_matches('/')).canonicalize().ok();
    Path::new(source).is_absolute() && found(source).is_some_and(|source| Some(source) == found(part))
}

/// Number and source of a line of `mountinfo` (proc(5)): `36 35 8:1 / /mnt rw shared:1 - ext4 /dev/sda1 rw`.
fn mounted(line: &str) -> Option<(&str, &str)> {
    let (before, after) = line.split_once(" - ")?;
    Some((before.split(' ').nth(2)?, after.split(' ').nth(1)?))
}

/// A kernel that knows no swap has no file about it.
fn swaps(files: &Files) -> Result<String, String> {
    match std::fs::read_to_string(files.path("proc/swaps")) {
        Err(error) if error.kind() == ErrorKind::NotFound && files.exists("proc/self/mountinfo") => {
            Ok(String::new())
        }
        found => found.map_err(|error| unknown("proc/swaps", &error)),
    }
}

fn read(files: &Files, path: &str) -> Result<String, String> {
    std::fs::read_to_string(files.path(path)).map_err(|error| unknown(path, &error))
}

fn unknown(path: &str, error: &std::io::Error) -> String {
    format!("whether it is in use is not known: /{path} cannot be read ({error})")
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOUNTED: &str = "22 1 0:2 / /proc rw - proc proc rw\n";
    const SWAPS: &str = "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n";

    struct Machine {
        folder: tempfile::TempDir,
    }

    impl Machine {
        fn new() -> Self {
            let machine = Self { folder: tempfile::tempdir().unwrap() };
            for (disk, part, number) in [("sda", "sda1", "8:1"), ("sdaa", "sdaa1", "65:161")] {
                machine.write(&format!("sys/block/{disk}/{part}/partition"), "1\n");
                machine.write(&format!("sys/class/block/{part}/dev"), &format!("{number}\n"));
                machine.write(&format!("dev/{part}"), "");
            }
            machine.write("proc/self/mountinfo", MOUNTED);
            machine.write("proc/swaps", SWAPS);
            machine
        }

        fn write(&self, path: &str, text: &str) {
            let path = self.folder.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }

        fn mount(&self, line: &str) {
            self.write("proc/self/mountinfo", &format!("{MOUNTED}{line}\n"));
        }

        fn free(&self) -> Result<(), String> {
            free_at(&Files::at(self.folder.path()), "/dev/sda")
        }
    }

    #[test]
    fn a_disk_is_in_use_by_its_own_mounts_and_swap_and_not_by_those_of_its_longer_namesake() {
        let machine = Machine::new();
        assert_eq!(machine.free(), Ok(()));
        machine.mount("30 1 65:161 / /mnt rw - ext4 /dev/sdaa1 rw");
        machine.write("proc/swaps", &format!("{SWAPS}/dev/sdaa1\tpartition\t1\t0\t-2\n"));
        assert_eq!(machine.free(), Ok(()), "that is /dev/sdaa");
        machine.write("proc/swaps", &format!("{SWAPS}/dev/sda1\tpartition\t1\t0\t-2\n"));
        assert!(machine.free().unwrap_err().contains("/dev/sda1 is used as swap"));
        for line in [
            "30 1 8:1 / /mnt rw - ext4 /dev/sda1 rw",
            "30 1 0:40 /@ /mnt rw shared:1 - btrfs /dev/sda1 rw",
            "30 1 8:1 / / rw - ext4 /dev/root rw",
        ] {
            machine.mount(line);
            assert!(machine.free().unwrap_err().contains("is mounted"), "{line}");
        }
    }

    #[test]
    fn another_name_of_it_and_what_is_put_together_over_it_count_too() {
        let machine = Machine::new();
        std::fs::create_dir_all(machine.folder.path().join("dev/disk/by-uuid")).unwrap();
        let link = machine.folder.path().join("dev/disk/by-uuid/1234");
        std::os::unix::fs::symlink("../../sda1", link).unwrap();
        machine.mount("30 1 0:40 / /mnt rw - btrfs /dev/disk/by-uuid/1234 rw");
        assert!(machine.free().unwrap_err().contains("/dev/sda1 is mounted"));
        machine.write("proc/self/mountinfo", MOUNTED);
        machine.write("sys/class/block/sda1/holders/dm-0/dev", "253:0\n");
        assert!(machine.free().unwrap_err().contains("part of dm-0"));
    }

    #[test]
    fn what_cannot_be_found_out_counts_as_in_use() {
        let machine = Machine::new();
        machine.write("proc/self/mountinfo", "what nobody understands\n");
        assert!(machine.free().unwrap_err().contains("not understood"));
        std::fs::remove_file(machine.folder.path().join("proc/self/mountinfo")).unwrap();
        assert!(machine.free().unwrap_err().contains("not known"));
        machine.write("proc/self/mountinfo", MOUNTED);
        std::fs::remove_file(machine.folder.path().join("proc/swaps")).unwrap();
        assert_eq!(machine.free(), Ok(()), "this kernel has no swap");
        std::fs::create_dir(machine.folder.path().join("proc/swaps")).unwrap();
        assert!(machine.free().unwrap_err().contains("not known"));
    }
}
