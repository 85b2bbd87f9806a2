//! What can be asked of `cargo xtask up`.

use std::path::{Path, PathBuf};

use clap::Args;

use crate::paths;

#[derive(Args)]
pub struct Options {
    /// With real virtual machines on a network of their own
    #[arg(long)]
    pub demo: bool,
    /// The demo's machines by firmware: bios, uefi, uefi-http, each with -noagent if it is to have none
    #[arg(long, default_value = "bios:2,uefi-diskfirst:1")]
    pub machines: String,
    /// So many simulated machines on this host; real protocols, no firmware
    #[arg(long, value_name = "MACHINES", conflicts_with = "demo")]
    pub fleet: Option<usize>,
    /// Optimised: slow to build, fast to use
    #[arg(long)]
    pub release: bool,
    /// The dashboard's port
    #[arg(long, default_value_t = 3000)]
    pub port: u16,
    /// The address the dashboard listens on; everybody who reaches it may restart machines
    #[arg(long, default_value = "127.0.0.1")]
    pub address: String,
    /// What is remembered: the private database, keys, images
    #[arg(long, default_value = "data")]
    data: PathBuf,
    /// The address machines boot from; the server's own choice when left out
    #[arg(long)]
    pub boot_listen: Option<String>,
    /// The port of DHCP answers: 67, and with --fleet one that needs no rights
    #[arg(long)]
    pub dhcp_port: Option<u16>,
    /// The port of TFTP: 69, and with --fleet one that needs no rights
    #[arg(long)]
    pub tftp_port: Option<u16>,
    /// What else the server is to be told, after `--`
    #[arg(last = true)]
    pub server_arguments: Vec<String>,
}

impl Options {
    /// In the workspace unless given in full.
    pub fn data(&self) -> PathBuf {
        Path::new(&paths::root()).join(&self.data)
    }
}
