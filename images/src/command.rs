//! Running a tool and saying clearly what went wrong with it.

use std::process::Command;

use anyhow::{Context, Result, bail};

/// Runs a command to its end and returns what it printed.
///
/// Fails when the tool is missing or ends badly; the error carries the tool's own words.
pub(crate) fn run(command: &mut Command) -> Result<String> {
    let bytes = run_bytes(command)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// As [`run`], for tools whose output is not text.
pub(crate) fn run_bytes(command: &mut Command) -> Result<Vec<u8>> {
    let name = command.get_program().to_string_lossy().into_owned();
    let output = command
        // Tools are read by their English words.
        .env("LC_ALL", "C")
        .output()
        .with_context(|| format!("cannot run `{name}`: is its package installed?"))?;
    if !output.status.success() {
        bail!("`{name}` failed ({}): {}", output.status, String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(output.stdout)
}
