//! The images of the catalog, registered by the server when it finds them in the drop.

use std::path::{Path, PathBuf};

use anyhow::Result;
use clap::Args;
use pitstop_images::own_system::{OwnSystem, build_diskless};
use pitstop_images::{
    Built, Flavour, Recipe, build_maintenance, build_memtest, build_toolbox, build_virus_scan,
};

use crate::{agent, paths, say, setup, sign};

#[derive(Args)]
pub struct Options {
    /// For real machines: the standard kernel with its drivers, into target/images-hardware
    #[arg(long)]
    hardware: bool,
}

/// Builds the agent and the images.
pub fn run(options: &Options) -> Result<()> {
    setup::ensure(&[setup::Purpose::Run])?;
    let agent = agent::build()?;
    if options.hardware { build_for_hardware(&agent) } else { build(&agent) }.map(|_| ())
}

/// The images for virtual machines: their kernel starts sooner. Returns the drop they lie in.
pub fn build(agent: &Path) -> Result<PathBuf> {
    let drop = into(paths::images(), agent, Flavour::Cloud)?;
    let diskless = OwnSystem {
        cache: packages(),
        output: drop.join("pitstop-lab-system"),
        agent: Some(agent.to_path_buf()),
        flavour: Flavour::Cloud,
    };
    tell(&say::step("building the own system of machines without a disk", || build_diskless(&diskless))?);
    sign::all(&drop)?;
    Ok(drop)
}

/// The images for real machines, in a drop of their own: functions name one image, and of a name the version that
/// was added last is taken.
pub fn build_for_hardware(agent: &Path) -> Result<PathBuf> {
    into(paths::target().join("images-hardware"), agent, Flavour::Standard)
}

fn into(drop: PathBuf, agent: &Path, flavour: Flavour) -> Result<PathBuf> {
    setup::ensure_lists()?;
    let output = drop.join("pitstop-maintenance");
    let recipe = Recipe { cache: packages(), output, agent: agent.to_path_buf(), flavour };
    let core = say::step("building the maintenance image", || build_maintenance(&recipe))?;
    tell(&core);
    let named = |name: &str| Recipe { output: drop.join(name), ..recipe.clone() };
    let toolbox = named("pitstop-toolbox");
    tell(&say::step("building the toolbox", || build_toolbox(&toolbox, &core))?);
    let virus_scan = named("pitstop-virus-scan");
    tell(&say::step("building the virus scanner", || build_virus_scan(&virus_scan, &core))?);
    // One function of several needs it, and nothing of ours: no reason to stop.
    match build_memtest(&packages(), &drop.join("memtest86plus")) {
        Ok(built) => tell(&built),
        Err(error) => say::warning(&format!("memtest86+ will not be offered: {error:#}")),
    }
    sign::all(&drop)?;
    Ok(drop)
}

fn tell(built: &Built) {
    if !built.unchanged {
        say::line(&format!("version {} in {}", built.version, built.folder.display()));
    }
}

/// Debian packages, unpacked, which the images are made of: the same folder that the lab keeps them in.
fn packages() -> PathBuf {
    paths::lab().join("debian")
}
