//! Programs from the Python package index that tests talk to, in an environment of their own.

use std::{fs, path::PathBuf, process::Command};

use anyhow::Result;

use crate::{paths, process, say};

/// OpenStack's Redfish emulator.
const PACKAGE: &str = "sushy-tools==2.2.0";

/// Sees to the environment. Quick when it holds what is asked for.
pub fn ensure() -> Result<()> {
    let (folder, stamp) = (folder(), folder().join("pitstop-installed"));
    if fs::read_to_string(&stamp).is_ok_and(|installed| installed == PACKAGE) {
        return Ok(());
    }
    say::step(&format!("installing {PACKAGE} for the tests of power routes"), || {
        process::run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&folder))?;
        process::run(Command::new(folder.join("bin/pip")).args([
            "install",
            "--quiet",
            "--disable-pip-version-check",
            PACKAGE,
        ]))
    })?;
    fs::write(stamp, PACKAGE)?;
    Ok(())
}

/// `crates/power/tests/conformance/sushy.rs` looks for it here.
fn folder() -> PathBuf {
    paths::notes().join("python")
}
