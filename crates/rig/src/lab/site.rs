//! The site's own DHCP server: addresses only, as at a customer's whose server nobody may touch.

use std::path::Path;

use anyhow::Result;

use super::process::Process;

/// Starts dnsmasq in the site's namespace; ready at once, for it answers broadcasts.
pub(crate) fn start(namespace: &str, dir: &Path) -> Result<Process> {
    Process::start(namespace, "dnsmasq", &arguments(dir), &dir.join("site-dhcp.log"))
}

fn arguments(dir: &Path) -> Vec<String> {
    let leases = format!("--dhcp-leasefile={}", dir.join("site-dhcp.leases").display());
    [
        // Debug mode keeps the user and its rights as they are: a process that changes them
        // would no longer die with us.
        "--no-daemon",
        "--conf-file=/dev/null",
        "--log-dhcp",
        // No DNS.
        "--port=0",
        "--interface=eth0",
        "--bind-interfaces",
        "--dhcp-authoritative",
        "--dhcp-range=10.77.0.100,10.77.0.250,255.255.255.0,1h",
        // A ping before each offer costs three seconds.
        "--no-ping",
        // Without a router's announcement iPXE waits 16 s for one.
        "--enable-ra",
        "--dhcp-range=fd10:77::,ra-only",
    ]
    .map(str::to_owned)
    .into_iter()
    .chain([leases])
    .collect()
}
