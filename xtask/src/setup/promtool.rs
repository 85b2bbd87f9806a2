//! Prometheus' own check of metrics and rules. It comes with a whole Prometheus, which would be installed as a service that
//! starts at once: nobody wants that for a test, so the program alone is taken out of Debian's package.

use std::{fs, path::PathBuf, process::Command};

use anyhow::{Context, Result};

use super::apt;
use crate::{paths, process, say};

/// Where the package has it.
const PROGRAM: &str = "usr/bin/promtool";

/// Sees to it. Quick when it is there, beside the tests or on the PATH.
pub fn ensure() -> Result<()> {
    if folder().join(PROGRAM).is_file() || process::find("promtool").is_some() {
        return Ok(());
    }
    if process::find("apt-get").is_none() {
        say::warning("there is no apt-get here: put Prometheus' promtool on the PATH, or one test fails");
        return Ok(());
    }
    say::step("getting promtool, out of Debian's package of Prometheus", unpack)
}

fn unpack() -> Result<()> {
    fs::create_dir_all(folder())?;
    apt::ensure_lists("prometheus")?;
    // As root, apt would drop its rights and could not write here.
    let download = ["download", "-q", "-o", "APT::Sandbox::User=root", "prometheus"];
    process::run(Command::new("apt-get").args(download).current_dir(folder()))?;
    let package = fs::read_dir(folder())?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .find(|path| path.extension().is_some_and(|end| end == "deb"))
        .context("apt-get downloaded no package")?;
    let whole = folder().join("whole");
    process::run(Command::new("dpkg-deb").arg("-x").arg(&package).arg(&whole))?;
    let program = folder().join(PROGRAM);
    fs::create_dir_all(program.parent().context("a program lies in a folder")?)?;
    fs::rename(whole.join(PROGRAM), program)?;
    fs::remove_dir_all(whole)?;
    fs::remove_file(package)?;
    Ok(())
}

/// `server/src/api/metrics.rs` looks for it here.
fn folder() -> PathBuf {
    paths::notes().join("promtool")
}
