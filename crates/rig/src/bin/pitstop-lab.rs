//! `pitstop-lab up`: real virtual machines on a network of their own, until told to stop.

use std::path::PathBuf;

use anyhow::Result;
use clap::{Parser, Subcommand};
use pitstop_rig::lab::up::{Up, run};

#[derive(Parser)]
#[command(about = "A lab of real virtual machines for Pitstop")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Puts up a lab and keeps it until end of input or a signal
    Up {
        /// Folder for disks, serial logs and captures
        #[arg(long, default_value = "data/lab")]
        dir: PathBuf,
        /// Folder for Debian packages and base disks, kept between labs
        #[arg(long, default_value = "target/lab")]
        cache: PathBuf,
        /// Machines by firmware (bios, uefi, uefi-http), with -noagent or -diskfirst if wanted
        #[arg(long, default_value = "bios:1")]
        machines: String,
        /// The server the machines' agents speak to
        #[arg(long, default_value = "http://10.77.0.2:8080")]
        server: String,
        /// The key with which agents introduce themselves
        #[arg(long, default_value = "")]
        enrol: String,
        /// The static agent program; needed unless all machines are without
        #[arg(long)]
        agent: Option<PathBuf>,
        /// Record all packets into lab.pcap
        #[arg(long)]
        capture: bool,
    },
}

#[tokio::main]
async fn main() -> Result<()> {
    let Command::Up { dir, cache, machines, server, enrol, agent, capture } = Arguments::parse().command;
    run(Up { dir, cache, machines, server, enrol, agent, capture }).await?;
    // A read of standard input cannot be cancelled and would keep the runtime from ending.
    std::process::exit(0)
}
