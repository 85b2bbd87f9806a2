//! `cargo xtask`: builds, runs and proves everything.
//!
//! ```text
//! up      builds and starts it all; --demo with real virtual machines
//! test    proves everything      check   the layout's arrows and the files' habits
//! setup   what a machine needs   bundle  the dashboard for the browser
//! agent   the static agent       image   the images machines boot
//! package Debian packages of what is built
//! bench   figures: a trip hop by hop, TFTP, jobs, health, pages
//! lab     the virtual machines by themselves           pictures  those of README and docs
//! ```

mod agent;
mod bench;
mod bundle;
mod cargo;
mod check;
mod image;
mod lab;
mod package;
mod paths;
mod pictures;
mod process;
mod say;
mod setup;
mod sign;
mod test;
mod up;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(name = "cargo xtask", about = "Builds, runs and proves Pitstop")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Set up this machine, build everything and start it
    Up(up::Options),
    /// Prove everything: format, lints, layout, tests, virtual machines, browser
    Test(test::Options),
    /// Measure, never as part of the tests
    Bench(bench::Options),
    /// Verify the layout: which crate may know which, and the habits of the files
    Check,
    /// Install what is missing on this machine
    Setup(setup::Options),
    /// Build the dashboard for the browser
    Bundle(bundle::Options),
    /// Build the static agent
    Agent,
    /// Build the images: maintenance, and memtest86+
    Image(image::Options),
    /// Pack server, agent, command line and images for Debian
    Package(package::Options),
    /// Start the lab's virtual machines by themselves; arguments go to pitstop-lab
    Lab(lab::Options),
    /// Take the pictures of README and docs anew, of the preview's fake machines
    Pictures,
    /// Run a program until the end of input; used under sudo
    #[command(hide = true)]
    Hold(up::hold::Options),
}

fn main() -> ExitCode {
    let result = match Cli::parse().command {
        Command::Up(options) => up::run(&options),
        Command::Test(options) => test::run(&options),
        Command::Bench(options) => bench::run(&options),
        Command::Check => check::run(),
        Command::Setup(options) => setup::run(&options),
        Command::Bundle(options) => bundle::run(&options),
        Command::Agent => agent::run().map(|_| ()),
        Command::Image(options) => image::run(&options),
        Command::Package(options) => package::run(&options),
        Command::Lab(options) => lab::run(&options),
        Command::Pictures => pictures::run(),
        Command::Hold(options) => up::hold::run(&options),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say::failure(&error);
            ExitCode::FAILURE
        }
    }
}
