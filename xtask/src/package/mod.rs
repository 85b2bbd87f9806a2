//! `cargo xtask package`: Debian packages of what is built.
//!
//! ```text
//! contents  which packages there are, and what lies where     deb  how a package is put together
//! source    version and time, from the sources
//! ```

mod contents;
mod deb;
mod source;

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, bail};
use clap::Args;

use crate::{
    agent, bundle,
    cargo::{self, CRATES, cargo},
    image, paths, process, say,
};
use contents::Built;
use source::Source;

#[derive(Args, Default)]
pub struct Options {
    /// Folder with pitstop-server and pitstop; without it both are built for release, with dashboard and agent
    #[arg(long)]
    programs: Option<PathBuf>,
    /// The static agent; default: where `cargo xtask agent` puts it
    #[arg(long)]
    agent: Option<PathBuf>,
    /// The dashboard's files; default: where `cargo xtask bundle` puts them
    #[arg(long)]
    site: Option<PathBuf>,
    /// Images for the package pitstop-images; default: those for real machines, where they are built
    #[arg(long)]
    images: Option<PathBuf>,
    /// Where the packages are put; default: packages below the target folder
    #[arg(long)]
    output: Option<PathBuf>,
    /// Build the images for real machines first
    #[arg(long)]
    with_images: bool,
}

/// Builds what is not given, and packs it.
pub fn run(options: &Options) -> Result<()> {
    let built = built(options)?;
    let source = Source::of(&paths::root())?;
    let output = options.output.clone().unwrap_or_else(|| paths::target().join("packages"));
    fs::create_dir_all(&output).with_context(|| format!("{} cannot be made", output.display()))?;
    for package in contents::packages(&built) {
        let file =
            say::step(&format!("packing {}", package.name), || deb::build(&package, &source, &output))?;
        say::line(&file.display().to_string());
    }
    lint(&output)
}

fn built(options: &Options) -> Result<Built> {
    let (programs, agent) = match &options.programs {
        Some(folder) => (folder.clone(), agent::place()),
        None => build()?,
    };
    let hardware = paths::target().join("images-hardware");
    let agent = options.agent.clone().unwrap_or(agent);
    if options.with_images {
        image::build_for_hardware(&agent)?;
    }
    let images = options.images.clone().or_else(|| hardware.is_dir().then_some(hardware));
    let site = options.site.clone().unwrap_or_else(paths::site);
    for (what, place) in
        [("server", programs.join("pitstop-server")), ("agent", agent.clone()), ("dashboard", site.clone())]
    {
        if !place.exists() {
            bail!("the {what} is not built: {} is not there", place.display());
        }
    }
    Ok(Built { programs, agent, site, images })
}

fn build() -> Result<(PathBuf, PathBuf)> {
    bundle::run(&bundle::Options { release: true })?;
    let agent = agent::build()?;
    let chosen = ["--release", "--bin", "pitstop-server", "--bin", "pitstop"];
    let arguments = [&["build"], &CRATES[..], &chosen[..]].concat();
    say::step("building server and command line", || process::run(&mut cargo(&arguments)))?;
    Ok((cargo::programs(true), agent))
}

/// Debian's own opinion, where it is installed: only what is an error stops.
fn lint(output: &Path) -> Result<()> {
    if process::find("lintian").is_none() {
        say::warning("lintian is not on this machine: nobody has looked at the packages");
        return Ok(());
    }
    let files = fs::read_dir(output)?.flatten().map(|entry| entry.path());
    let files = files.filter(|path| path.extension().is_some_and(|end| end == "deb"));
    say::step("looking at the packages with lintian", || {
        process::run(Command::new("lintian").args(["--fail-on", "error", "--allow-root"]).args(files))
    })
}
