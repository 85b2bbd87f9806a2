//! The maintenance image, registered by the server when it finds it in `target/images/`.

use std::path::{Path, PathBuf};

use anyhow::Result;
use pitstop_images::{Flavour, Recipe, build_maintenance};

use crate::{agent, paths, say, setup};

/// Builds the agent and the image, and says where the image lies.
pub fn run() -> Result<PathBuf> {
    setup::ensure(&[setup::Purpose::Run])?;
    build(&agent::build()?)
}

pub fn build(agent: &Path) -> Result<PathBuf> {
    setup::ensure_lists()?;
    let recipe = Recipe {
        cache: packages(),
        output: paths::images().join("pitstop-maintenance"),
        agent: agent.to_path_buf(),
        flavour: Flavour::Cloud,
    };
    let built = say::step("building the maintenance image", || build_maintenance(&recipe))?;
    if !built.unchanged {
        say::line(&format!("version {} in {}", built.version, built.folder.display()));
    }
    Ok(built.folder)
}

/// Debian packages, unpacked, which the images are made of: the same folder that the lab keeps them in.
fn packages() -> PathBuf {
    paths::lab().join("debian")
}
