//! Folders and files that nobody but this user may read: what the agent keeps.

use std::fs::{DirBuilder, File, OpenOptions};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;

/// Makes this folder, with those above it, where it is not there.
///
/// # Errors
/// It cannot be made.
pub fn folder(path: &Path) -> std::io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path)
}

/// Makes this file, in place of one that is there: a left-over could belong to others, and the mode counts only when the file
/// is made.
///
/// # Errors
/// It cannot be made.
pub fn file(path: &Path) -> std::io::Result<File> {
    let _ = std::fs::remove_file(path);
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)
}
