//! Everything that is started, built.

use std::path::PathBuf;

use anyhow::Result;

use crate::{
    agent, bundle,
    cargo::{self, cargo},
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
    let mut arguments = vec!["build", "-p", "pitstop-server"];
    if demo {
        arguments.extend(["-p", "pitstop-rig"]);
    }
    if release {
        arguments.push("--release");
    }
    say::step("building the server", || process::run(&mut cargo(&arguments)))
}
