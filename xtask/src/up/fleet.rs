//! Simulated machines on this host: no firmware, but every word on the wire.

use anyhow::Result;

use super::{
    Options,
    build::Built,
    household::{EndBy, Household},
    machines::{Machines, Place, read_until_ready},
};
use crate::{process, say};

pub const NAME: &str = "the simulated fleet";
/// Machines when nobody says how many: a page full.
pub const USUAL: usize = 24;
/// Where boot files are served, unless said otherwise.
pub const BOOT: &str = "127.0.0.1:8080";
/// Ports that need no rights: simulated machines ask where they are told to.
pub const DHCP_PORT: u16 = 6767;
pub const TFTP_PORT: u16 = 6969;

/// Starts them. They ask again until the server is there.
pub fn start(
    options: &Options,
    built: &Built,
    count: usize,
    key: &str,
    household: &mut Household,
) -> Result<Machines> {
    let boot = options.boot_listen.as_deref().unwrap_or(BOOT);
    let mut command = process::guarded(&built.fleet, "TERM");
    command.args(["--hold", "--light", "--count", &count.to_string(), "--server", &format!("http://{boot}")]);
    command.args(["--dhcp", &local(options.dhcp_port.unwrap_or(DHCP_PORT))]);
    command.args(["--tftp", &local(options.tftp_port.unwrap_or(TFTP_PORT))]).env("PITSTOP_ENROL_KEY", key);
    let file = options.data().join("fleet.jsonl");
    say::step(&format!("starting {count} simulated machines"), || {
        household.start(NAME, EndBy::Signal, &mut command)?;
        let (machines, _) = read_until_ready(household, NAME, &file)?;
        let description =
            format!("{} simulated machines: no firmware, but every word on the wire", machines.len());
        Ok(Machines { file, place: Place::Loopback, description })
    })
}

fn local(port: u16) -> String {
    format!("127.0.0.1:{port}")
}
