//! `pitstop-fleet`: simulated machines that speak the real protocols to a server on this host.

use anyhow::{Context, Result, ensure};
use clap::Parser;
use pitstop_rig::fleet::{FleetConfig, Mix, Profile, up};
use std::io::IsTerminal;
use std::net::SocketAddr;
use std::process::ExitCode;
use std::time::Duration;
use tracing_subscriber::EnvFilter;

#[derive(Parser)]
#[command(about = "Simulated machines for Pitstop, over loopback")]
struct Arguments {
    /// The server's boot and agent service
    #[arg(long, default_value = "http://127.0.0.1:8080")]
    server: String,
    /// Where the server's proxyDHCP listens
    #[arg(long, default_value = "127.0.0.1:67")]
    dhcp: SocketAddr,
    /// Where its TFTP listens
    #[arg(long, default_value = "127.0.0.1:69")]
    tftp: SocketAddr,
    /// The key with which agents introduce themselves
    #[arg(long, env = "PITSTOP_ENROL_KEY", hide_env_values = true)]
    enrol: String,
    #[arg(long, default_value_t = 24)]
    count: usize,
    /// The same seed makes the same machines with the same faults
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How much faster than real machines they boot and work
    #[arg(long, default_value_t = 1.0)]
    speed: f64,
    /// Faults: none, ordinary, or shares like hangs=0.1,lossy=0.2
    #[arg(long, default_value = "none")]
    mix: Mix,
    /// Where the machines' management listens; port 0 takes a free one
    #[arg(long, default_value = "127.0.0.1:0")]
    manage: SocketAddr,
    /// Fetch only the first and last bytes of image parts
    #[arg(long)]
    light: bool,
    /// Seconds within which the machines are switched on, one by one
    #[arg(long, default_value_t = 3.0)]
    spread: f64,
    /// Live only until the end of standard input
    #[arg(long)]
    hold: bool,
}

#[tokio::main]
async fn main() -> ExitCode {
    tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("warn")))
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr)
        .init();
    match run(Arguments::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!("The fleet cannot run: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: Arguments) -> Result<()> {
    let Arguments { server, dhcp, tftp, enrol, count, seed, speed, mix, manage, light, spread, hold } =
        arguments;
    ensure!(speed > 0.0 && speed.is_finite(), "--speed must be a number above 0, like 10");
    let spread =
        Duration::try_from_secs_f64(spread).context("--spread must be a number of seconds, 0 or more")?;
    let machines = Profile::fleet(count, seed, speed, &mix);
    up::run(FleetConfig { server, dhcp, tftp, enrol, manage, light, spread, machines }, hold).await
}
