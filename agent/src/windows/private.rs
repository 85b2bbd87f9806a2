//! Folders and files that nobody but the system and its administrators may read: what the agent keeps.

use std::fs::{File, OpenOptions};
use std::io::{Error, Result};
use std::path::Path;
use std::process::Command;

/// The system itself and the group of administrators, by the identifiers that they have in every language.
const MAY: [&str; 2] = ["*S-1-5-18:(OI)(CI)F", "*S-1-5-32-544:(OI)(CI)F"];

/// Makes this folder, with those above it, where it is not there, and closes it to all others: what lies in `ProgramData` is
/// for everybody to read, unless it is said otherwise.
///
/// # Errors
/// It cannot be made or closed; one that could not be closed is not left behind.
pub fn folder(path: &Path) -> Result<()> {
    if path.is_dir() {
        return Ok(());
    }
    std::fs::create_dir_all(path)?;
    close(path).inspect_err(|_| drop(std::fs::remove_dir(path)))
}

fn close(path: &Path) -> Result<()> {
    let mut icacls = Command::new("icacls");
    icacls.arg(path).args(["/inheritance:r", "/grant:r"]).args(MAY).arg("/q");
    let ended =
        icacls.output().map_err(|error| Error::other(format!("icacls cannot be started: {error}")))?;
    match ended.status.success() {
        true => Ok(()),
        false => Err(Error::other(format!("icacls could not close it to others ({})", ended.status))),
    }
}

/// Makes this file, in place of one that is there. It is as closed as its folder.
///
/// # Errors
/// It cannot be made.
pub fn file(path: &Path) -> Result<File> {
    let _ = std::fs::remove_file(path);
    OpenOptions::new().write(true).create_new(true).open(path)
}
