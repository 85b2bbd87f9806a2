//! Whether what is announced has room on the server's disk.

use pitstop_store::{Error, Result};
use std::fs;
use std::path::Path;

/// The database lies on the same disk as a rule, and must go on: it needs room for days of history.
const KEPT_FREE: u64 = 256 << 20;
const MIB: u64 = 1 << 20;

/// Bytes that the disk below this folder has left for us.
fn free(folder: &Path) -> std::io::Result<u64> {
    let disk = nix::sys::statvfs::statvfs(folder)?;
    Ok(disk.blocks_available().saturating_mul(disk.fragment_size()))
}

/// Is there room for what comes in beside uploads?
///
/// # Errors
/// As [`check`].
pub fn room(folder: &Path, more: u64) -> Result<()> {
    check(folder, more, 0)
}

/// Is there room for so many more bytes, beside those that others have announced?
///
/// # Errors
/// In words, with what would be needed.
pub fn check(folder: &Path, more: u64, owed: u64) -> Result<()> {
    // A disk that does not say how full it is says so when it is written to.
    let Ok(free) = free(folder) else { return Ok(()) };
    let left = free.saturating_sub(KEPT_FREE).saturating_sub(owed);
    if more <= left {
        return Ok(());
    }
    let others = match owed {
        0 => String::new(),
        owed => format!(", {} MiB of it for what others have announced", owed.div_ceil(MIB)),
    };
    Err(Error::Refused(format!(
        "{} MiB are to come and the server's disk has room for {} MiB (free: {} MiB{others}, and {} MiB are kept for the \
         database): make room below its data folder, then begin again",
        more.div_ceil(MIB),
        left / MIB,
        free / MIB,
        KEPT_FREE / MIB
    )))
}

/// Bytes in the files of a folder.
pub fn here(folder: &Path, file: &str) -> u64 {
    fs::metadata(folder.join(file)).map(|found| found.len()).unwrap_or_default()
}
