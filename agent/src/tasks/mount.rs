//! Mounting a volume for as long as it is looked at.

use super::tool::Tool;
use super::volumes::Volume;
use crate::maintenance::board::Board;
use nix::mount::{MntFlags, MsFlags, mount, umount2};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

/// What may be done while it is mounted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Nothing is written, not even the journal.
    Read,
    Write,
}

/// A mounted volume; unmounted when dropped.
#[derive(Debug)]
pub struct Mounted {
    root: PathBuf,
}

impl Mounted {
    /// # Errors
    /// Why it cannot be mounted, in words.
    pub fn new(volume: &Volume, mode: Mode, board: &Board) -> Result<Self, String> {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let root = PathBuf::from(format!("/run/pitstop-volume-{}-{number}", std::process::id()));
        std::fs::create_dir_all(&root)
            .map_err(|error| format!("{} cannot be made: {error}", root.display()))?;
        let mounted = if volume.kind == "ntfs" {
            by_ntfs_3g(volume, mode, &root, board)
        } else {
            by_kernel(volume, mode, &root)
        };
        match mounted {
            Ok(()) => Ok(Self { root }),
            Err(why) => {
                let _ = std::fs::remove_dir(&root);
                Err(why)
            }
        }
    }

    pub fn root(&self) -> &Path {
        &self.root
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        nix::unistd::sync();
        if umount2(&self.root, MntFlags::empty()).is_err() {
            let _ = umount2(&self.root, MntFlags::MNT_DETACH);
        }
        let _ = std::fs::remove_dir(&self.root);
    }
}

fn by_kernel(volume: &Volume, mode: Mode, root: &Path) -> Result<(), String> {
    let safe = MsFlags::MS_NODEV | MsFlags::MS_NOEXEC | MsFlags::MS_NOSUID;
    let flags = if mode == Mode::Read { safe | MsFlags::MS_RDONLY } else { safe };
    // A journal would be written to the disk even for reading.
    let data = match (mode, volume.kind.as_str()) {
        (Mode::Read, "ext3" | "ext4") => Some("noload"),
        (Mode::Read, "xfs") => Some("norecovery"),
        (Mode::Read, "btrfs") => Some("rescue=nologreplay"),
        _ => None,
    };
    mount(Some(volume.device.as_str()), root, Some(volume.kind.as_str()), flags, data)
        .map_err(|error| format!("it cannot be mounted: {}", error.desc()))
}

fn by_ntfs_3g(volume: &Volume, mode: Mode, root: &Path, board: &Board) -> Result<(), String> {
    let mode = if mode == Mode::Read { "ro" } else { "rw" };
    let options = format!("{mode},nodev,noexec,nosuid");
    let root = root.display().to_string();
    let ran = Tool::new("ntfs-3g").args(["-o", &options, &volume.device, &root]).to_its_end().run(board)?;
    match ran.code {
        Some(0) => Ok(()),
        _ => Err(format!(
            "it cannot be mounted: {}",
            ran.text.lines().next().unwrap_or("ntfs-3g says nothing")
        )),
    }
}
