//! The kernel's files.

use std::path::{Path, PathBuf};

/// Files below a root, `/` for the machine itself.
#[derive(Clone, Debug)]
pub struct Files {
    root: PathBuf,
}

impl Files {
    pub fn at(root: impl AsRef<Path>) -> Self {
        Self { root: root.as_ref().to_owned() }
    }

    pub fn path(&self, path: &str) -> PathBuf {
        self.root.join(path)
    }

    /// The text of a file without the blanks around it; `None` when it cannot be read or is empty.
    pub fn text(&self, path: &str) -> Option<String> {
        let path = self.path(path);
        // A pipe would be waited for, for ever: logind has one beside each session.
        if !std::fs::metadata(&path).ok()?.is_file() {
            return None;
        }
        let bytes = std::fs::read(path).ok()?;
        let text = String::from_utf8_lossy(&bytes);
        // Firmware and disks pad with NULs and blanks.
        let text = text.trim_matches(|c: char| c.is_whitespace() || c == '\0');
        (!text.is_empty()).then(|| text.to_owned())
    }

    pub fn number(&self, path: &str) -> Option<u64> {
        self.text(path)?.parse().ok()
    }

    pub fn exists(&self, path: &str) -> bool {
        self.path(path).exists()
    }

    /// The names in a folder, sorted.
    pub fn names(&self, path: &str) -> Vec<String> {
        let entries = std::fs::read_dir(self.path(path)).into_iter().flatten().flatten();
        let mut names: Vec<String> =
            entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A small machine, as files.
    pub(crate) fn machine() -> (tempfile::TempDir, Files) {
        let folder = tempfile::tempdir().unwrap();
        let write = |path: &str, text: &str| {
            let path = folder.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        };
        write("sys/class/dmi/id/sys_vendor", "QEMU\n");
        write("sys/class/dmi/id/product_name", "Standard PC (Q35 + ICH9, 2009)\n");
        write("sys/class/dmi/id/product_serial", "Not Specified\n");
        let core = |n| {
            format!("processor : {n}\nmodel name : Imaginary CPU @ 3 GHz\nphysical id : 0\ncore id : {n}\n\n")
        };
        write("proc/cpuinfo", &(core(0) + &core(1)));
        write("proc/meminfo", "MemTotal:  240000 kB\nMemFree: 1000 kB\nMemAvailable:  180000 kB\n");
        write("sys/devices/system/memory/block_size_bytes", "8000000\n");
        write("sys/devices/system/memory/memory0/state", "online\n");
        write("sys/devices/system/memory/memory1/state", "online\n");
        write("etc/os-release", "NAME=\"Debian\"\nPRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\n");
        write("sys/class/net/lo/address", "00:00:00:00:00:00\n");
        write("sys/class/net/docker0/address", "02:42:00:00:00:01\n");
        write("sys/class/net/eth0/address", "52:54:00:12:34:56\n");
        write("sys/class/net/eth0/carrier", "1\n");
        write("sys/class/net/eth0/device/vendor", "0x1af4\n");
        write("sys/block/loop0/size", "100\n");
        write("sys/block/sr0/size", "100\n");
        write("sys/block/sr0/device/vendor", "x\n");
        write("sys/block/vda/size", "131072\n");
        write("sys/block/vda/serial", "oak-disk\0\0\n");
        write("sys/block/vda/queue/rotational", "1\n");
        write("sys/block/vda/device/vendor", "0x1af4\n");
        let files = Files::at(folder.path());
        (folder, files)
    }
}
