//! Everything that is started, built.

use std::path::PathBuf;

use anyhow::Result;

use super::Options;
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

pub fn everything(options: &Options) -> Result<Built> {
    bundle::run(&bundle::Options { release: options.release })?;
    let agent = agent::build()?;
    image::build(&agent)?;
    programs(options)?;
    let folder = cargo::programs(options.release);
    Ok(Built { server: folder.join("pitstop-server"), lab: folder.join("pitstop-lab"), agent })
}

fn programs(options: &Options) -> Result<()> {
    let mut arguments = vec!["build", "-p", "pitstop-server"];
    if options.demo {
        arguments.extend(["-p", "pitstop-rig"]);
    }
    if options.release {
        arguments.push("--release");
    }
    say::step("building the server", || process::run(&mut cargo(&arguments)))
}
