//! A file system that was not closed cleanly has changes in its journal that its own account of what is in use does not know
//! of. Partclone goes by that account and asks for the journal of none but a few: so we ask.

use super::window::Window;
use crate::maintenance::board::Board;
use crate::tasks::tool::Tool;
use std::fs::File;
use std::os::unix::fs::FileExt;

/// Why what is in use cannot be known; `None`: it can.
pub fn why(kind: &str, window: &Window, board: &Board) -> Result<Option<&'static str>, String> {
    Ok(match kind {
        // The feature RECOVER among those that must be understood (linux/Documentation/filesystems/ext4/super.rst).
        "ext2" | "ext3" | "ext4" if read(window, 1024 + 0x60)? & 4 != 0 => {
            Some("its journal was not written back")
        }
        // The root of the log tree (struct btrfs_super_block: log_root), which stands beside the others.
        "btrfs" if read(window, (64 << 10) + 0x60)? | read(window, (64 << 10) + 0x64)? != 0 => {
            Some("its log was not written back")
        }
        // ntfs-3g.probe(8): 14, Windows is hibernated on it; 15, it was not closed.
        "ntfs" => match probe("ntfs-3g.probe", &["--readwrite", window.path()], board)?.0 {
            Some(14) => Some("Windows is hibernated on it"),
            Some(15) => Some("it was not closed"),
            _ => None,
        },
        "xfs" => {
            let (_, said) = probe("xfs_repair", &["-n", window.path()], board)?;
            said.contains("valuable metadata changes").then_some("its log was not written back")
        }
        _ => None,
    })
}

fn read(window: &Window, at: u64) -> Result<u32, String> {
    let mut word = [0; 4];
    let read = File::open(window.path()).and_then(|file| file.read_exact_at(&mut word, at));
    read.map(|()| u32::from_le_bytes(word)).map_err(|error| format!("it cannot be read: {error}"))
}

fn probe(tool: &str, args: &[&str], board: &Board) -> Result<(Option<i32>, String), String> {
    let ran = Tool::new(tool).args(args).quiet().run(board)?;
    Ok((ran.code, ran.text))
}
