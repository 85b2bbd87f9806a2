//! From the name a client sends to a path below a root.

use std::path::PathBuf;

use crate::refusal::Refusal;

/// Makes a relative path of a name as firmware writes it.
///
/// Leading slashes, doubled slashes, backslashes and `.` mean nothing and are dropped.
///
/// # Errors
/// An access violation for `..`, even where it would stay inside: no honest client needs it.
/// Not found for an empty name.
pub fn relative_path(name: &str) -> Result<PathBuf, Refusal> {
    let mut path = PathBuf::new();
    for part in name.split(['/', '\\']) {
        match part {
            "" | "." => {}
            ".." => return Err(Refusal::access_violation("The name leaves the served folder")),
            part => path.push(part),
        }
    }
    if path.as_os_str().is_empty() { Err(Refusal::not_found()) } else { Ok(path) }
}
