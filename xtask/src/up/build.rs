//! Everything that is started, built.

use std::path::PathBuf;

use anyhow::Result;

use crate::{
    agent, bundle,
    cargo::{self, CRATES, cargo},
    image, process, say,
};

/// Where it lies.
pub struct Built {
    pub server: PathBuf,
    pub lab: PathBuf,
    pub agent: PathBuf,
}

pub fn everything(demo: bool, release: bool) -> Result<Built> {
    bundle::run(&bundle::Options { release })?;
    let agent = agent::build()?;
    image::build(&agent)?;
    programs(demo, release)?;
    let folder = cargo::programs(release);
    Ok(Built { server: folder.join("pitstop-server"), lab: folder.join("pitstop-lab"), agent })
}

fn programs(demo: bool, release: bool) -> Result<()> {
    // The crates are chosen as the tests choose them: the dependencies' features are then the same,
    // and what one has built serves the other.
    let mut arguments = [&["build"], &CRATES[..], &["--bin", "pitstop-server"]].concat();
    if demo {
        arguments.extend(["--bin", "pitstop-lab"]);
    }
    if release {
        arguments.push("--release");
    }
    say::step("building the server", || process::run(&mut cargo(&arguments)))
}
