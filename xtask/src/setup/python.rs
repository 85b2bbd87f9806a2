//! Programs from the Python package index that tests talk to, in an environment of their own.

use std::{fs, path::PathBuf, process::Command};

use anyhow::Result;

use crate::{paths, process, say};

/// What is asked, and what for.
const PACKAGES: &[&str] = &[
    // OpenStack's Redfish emulator: power routes.
    "sushy-tools==2.2.0",
    // A second opinion on what recurs when, with zones of its own; and readers of our iCalendar feed.
    "python-dateutil==2.9.0.post0",
    "tzdata==2025.2",
    "icalendar==6.3.1",
    "vobject==0.9.9",
    // Asks the interface for programs all that its description allows, and much that it does not.
    "schemathesis==4.32.5",
    // A server that speaks S3: boot images in a bucket.
    "moto[s3,server]==5.2.5",
    // Reads the collection of `packaging/ansible`, and does what it says.
    "ansible-core==2.19.14",
];

/// Sees to the environment. Quick when it holds what is asked for.
pub fn ensure() -> Result<()> {
    let (folder, stamp) = (folder(), folder().join("pitstop-installed"));
    let wanted = PACKAGES.join(" ");
    if fs::read_to_string(&stamp).is_ok_and(|installed| installed == wanted) {
        return Ok(());
    }
    say::step(&format!("installing {wanted} for the tests"), || {
        process::run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&folder))?;
        let pip = ["install", "--quiet", "--disable-pip-version-check"];
        process::run(Command::new(folder.join("bin/pip")).args(pip).args(PACKAGES))
    })?;
    fs::write(stamp, wanted)?;
    Ok(())
}

/// `server/tests/{ansible,bucket}.rs`, `crates/power/tests/conformance/sushy.rs` and `crates/calendar/tests/occurrences/python.rs` look for it here.
fn folder() -> PathBuf {
    paths::notes().join("python")
}
