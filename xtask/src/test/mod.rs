//! `cargo xtask test`: everything, the quick parts first.
//!
//! ```text
//! parts     what is proven, in order           tally     passed, failed, and times
//! programs  Rust's tests, run and counted      postgres  a database of the tests' own
//! browser   the dashboard in a real browser      windows   the agent for Windows, under Wine
//! packaging what others deploy with
//! ```

mod browser;
mod packaging;
mod parts;
mod postgres;
mod programs;
mod tally;
mod windows;

use anyhow::{Result, bail};
use clap::{Args, ValueEnum};

pub use postgres::Database;
use tally::Tally;

#[derive(Args)]
pub struct Options {
    /// One part instead of all
    #[arg(long)]
    only: Option<Part>,
    /// What takes minutes more, too: eight browsers for five minutes, a machine that becomes slow and is repaired,
    /// the agent for Windows, what others deploy with
    #[arg(long)]
    all: bool,
}

/// A part that can be asked for by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Part {
    /// Format, layout and lints
    Lint,
    /// All of Rust's tests but those with virtual machines, and chaos
    Unit,
    /// What is remembered, and the worker, on a real PostgreSQL
    Store,
    /// Trips while servers and database are killed, frozen and cut off
    Chaos,
    /// Real virtual machines
    Qemu,
    /// The dashboard in a browser
    Browser,
    /// The agent for Windows, built and run by Wine; with all others only by `--all`
    Windows,
    /// Chart, compose file and Containerfile, read by their own programs; with all others only by `--all`
    Packaging,
}

pub fn run(options: &Options) -> Result<()> {
    let mut tally = Tally::default();
    let outcome = parts::run(options, &mut tally);
    tally.print();
    outcome?;
    if tally.failed() > 0 {
        bail!("not everything is as it should be");
    }
    Ok(())
}
