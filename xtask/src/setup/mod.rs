//! What a machine needs: looked for first, installed when missing, with a word on what it is for.
//!
//! ```text
//! purpose    the packages by purpose       apt        what is missing, and installing it
//! backports  when the plain release cannot give a package
//! rust       compile targets               node       the browser tests' packages
//! python     programs of the power tests
//! ```

mod apt;
mod backports;
pub mod node;
pub mod promtool;
mod purpose;
pub mod python;
pub mod rust;

use anyhow::Result;
use clap::Args;

pub use purpose::Purpose;

use crate::say;

#[derive(Args)]
pub struct Options {
    /// Only what building and running need, without the lab and the tests
    #[arg(long)]
    run_only: bool,
}

pub fn run(options: &Options) -> Result<()> {
    let purposes = if options.run_only { &[Purpose::Run][..] } else { &Purpose::ALL };
    ensure(purposes)?;
    rust::ensure_wasm();
    rust::ensure_musl();
    if !options.run_only {
        node::ensure()?;
        python::ensure()?;
    }
    say::line("this machine has what it needs");
    Ok(())
}

/// Sees to it that apt can download what images are made of.
pub fn ensure_lists() -> Result<()> {
    apt::ensure_lists("busybox-static")
}

/// Sees to the packages of these purposes. Nothing is printed when nothing is missing.
pub fn ensure(purposes: &[Purpose]) -> Result<()> {
    for purpose in purposes {
        apt::ensure(*purpose)?;
    }
    Ok(())
}
