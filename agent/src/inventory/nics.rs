//! Network cards.

use super::Files;
use nix::ifaddrs::getifaddrs;
use pitstop_domain::machine::Nic;
use pitstop_domain::net::Mac;
use std::net::IpAddr;

/// Cards that are hardware (or a hypervisor's): bridges, containers' cards and tunnels have no `device`.
pub fn nics(files: &Files) -> Vec<Nic> {
    let names = files.names("sys/class/net").into_iter();
    names
        .filter(|name| files.exists(&format!("sys/class/net/{name}/device")))
        .filter_map(|name| nic(files, name))
        .collect()
}

fn nic(files: &Files, name: String) -> Option<Nic> {
    let folder = format!("sys/class/net/{name}");
    // A card that is part of a bond shows the bond's address; firmware boots with its own.
    let own = files.text(&format!("{folder}/bonding_slave/perm_hwaddr"));
    let mac: Mac = own.or_else(|| files.text(&format!("{folder}/address")))?.parse().ok()?;
    let link = files.number(&format!("{folder}/carrier")) == Some(1);
    Some(Nic { link, addresses: addresses(&name), mac, name })
}

/// The card's addresses, without those of the link alone, which say nothing to anybody elsewhere.
fn addresses(name: &str) -> Vec<String> {
    let all = getifaddrs().into_iter().flatten().filter(|entry| entry.interface_name == name);
    let ips = all.filter_map(|entry| {
        let address = entry.address?;
        let v4 = address.as_sockaddr_in().map(|v4| IpAddr::V4(v4.ip()));
        v4.or_else(|| address.as_sockaddr_in6().map(|v6| IpAddr::V6(v6.ip())))
    });
    let mut ips: Vec<IpAddr> = ips.filter(|ip| !is_link_local(*ip)).collect();
    ips.sort();
    ips.iter().map(IpAddr::to_string).collect()
}

fn is_link_local(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => ip.is_link_local(),
        IpAddr::V6(ip) => ip.is_unicast_link_local(),
    }
}
