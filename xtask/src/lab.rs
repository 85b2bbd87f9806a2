//! The lab by itself.

use std::os::unix::process::CommandExt;

use anyhow::{Result, anyhow};
use clap::Args;

use crate::{
    cargo::{self, CRATES, cargo},
    process, say,
    setup::{self, Purpose},
};

#[derive(Args)]
pub struct Options {
    /// For pitstop-lab; `--help` lists them
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    arguments: Vec<String>,
}

/// Builds the lab's program and becomes it.
pub fn run(options: &Options) -> Result<()> {
    setup::ensure(&[Purpose::Run, Purpose::Lab])?;
    say::step("building the lab", || {
        process::run(&mut cargo(&[&["build"], &CRATES[..], &["--bin", "pitstop-lab"]].concat()))
    })?;
    let program = cargo::programs(false).join("pitstop-lab");
    let error = std::process::Command::new(&program).args(&options.arguments).exec();
    Err(anyhow!(error).context(format!("{} could not be started", program.display())))
}
