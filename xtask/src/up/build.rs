//! Everything that is started, built.

use std::path::PathBuf;

use anyhow::Result;

use crate::{
    agent, bundle,
    cargo::{self, CRATES, cargo},
    image, process, say,
};

/// Which machines are started beside the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Beside {
    Nothing,
    /// Virtual machines, and simulated ones where those cannot run.
    Demo,
    Fleet,
}

/// Where it lies.
pub struct Built {
    pub server: PathBuf,
    pub lab: PathBuf,
    pub fleet: PathBuf,
    pub agent: PathBuf,
    /// The drop: images for the machines that are expected.
    pub images: PathBuf,
}

pub fn everything(beside: Beside, release: bool) -> Result<Built> {
    bundle::run(&bundle::Options { release })?;
    let agent = agent::build()?;
    let images = match beside {
        Beside::Nothing => image::build_for_hardware(&agent)?,
        Beside::Demo | Beside::Fleet => image::build(&agent)?,
    };
    programs(beside, release)?;
    let folder = cargo::programs(release);
    Ok(Built {
        server: folder.join("pitstop-server"),
        lab: folder.join("pitstop-lab"),
        fleet: folder.join("pitstop-fleet"),
        agent,
        images,
    })
}

fn programs(beside: Beside, release: bool) -> Result<()> {
    // The crates are chosen as the tests choose them: the dependencies' features are then the same,
    // and what one has built serves the other.
    let mut arguments = [&["build"], &CRATES[..], &["--bin", "pitstop-server"]].concat();
    if beside == Beside::Demo {
        arguments.extend(["--bin", "pitstop-lab"]);
    }
    if beside != Beside::Nothing {
        arguments.extend(["--bin", "pitstop-fleet"]);
    }
    if release {
        arguments.push("--release");
    }
    say::step("building the server", || process::run(&mut cargo(&arguments)))
}
