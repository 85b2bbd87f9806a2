//! Addresses of one's own networks. An address that somebody types into a form is not asked there unless the server is
//! told that it may: boards, clouds' notes about a machine, and services that trust their neighbours listen on them.

use pitstop_domain::route::HttpUrl;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use tokio::net::lookup_host;

/// Where it is: all that its name means. All of it must be allowed: which of them is asked is up to whoever owns the name.
///
/// `is_let`: it may be asked although it is an inner one; `how`: by which switch of the server that would be.
///
/// # Errors
/// In words, when it is nowhere, or where nothing is asked.
pub(super) async fn places(url: &HttpUrl, is_let: bool, how: &str) -> Result<Vec<SocketAddr>, String> {
    let host = url.host();
    let found = lookup_host((host, url.port())).await;
    let places: Vec<_> = found.map_err(|error| format!("{host} is not found: {error}"))?.collect();
    if !is_let && let Some(place) = places.iter().find(|place| is_inner(place.ip())) {
        return Err(format!(
            "{host} is {}, an address of your own networks, which this server does not ask unless it is started with {how}",
            place.ip()
        ));
    }
    match places.is_empty() {
        true => Err(format!("{host} has no address")),
        false => Ok(places),
    }
}

/// Is it not on the public internet?
pub(crate) fn is_inner(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_inner_v4(address),
        IpAddr::V6(address) => is_inner_v6(address),
    }
}

/// The special-purpose addresses of RFC 6890 and those that have come since.
fn is_inner_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    address.is_loopback()
        || address.is_private()
        || address.is_link_local()
        || address.is_broadcast()
        || address.is_multicast()
        || address.is_documentation()
        // This network (RFC 791), providers' own (RFC 6598), protocols (RFC 6890), measuring (RFC 2544), reserved.
        || a == 0
        || (a == 100 && b & 0xc0 == 64)
        || (a == 192 && b == 0 && c == 0)
        || (a == 198 && b & 0xfe == 18)
        || a >= 240
}

/// Also those that lead to an inner address of version 4: mapped ones, and by translators (RFC 6052, RFC 3056).
fn is_inner_v6(address: Ipv6Addr) -> bool {
    let v4 = |high: u16, low: u16| is_inner_v4(Ipv4Addr::from((u32::from(high) << 16) | u32::from(low)));
    match address.segments() {
        [0, 0, 0, 0, 0, 0xffff | 0, high, low] => v4(high, low),
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] => v4(high, low),
        [0x64, 0xff9b, 1, ..] => true,
        [0x2002, high, low, ..] => v4(high, low),
        // 2000::/3 is what is given out; the rest is local, multicast, or nobody's.
        [first, second, ..] => {
            first & 0xe000 != 0x2000 || (first == 0x2001 && (second < 0x200 || second == 0xdb8))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ones_own_networks_are_inner_however_they_are_written() {
        let inner = [
            "127.0.0.1",
            "10.1.2.3",
            "172.16.0.1",
            "192.168.7.7",
            "169.254.169.254",
            "100.64.0.1",
            "0.0.0.0",
            "224.0.0.1",
            "255.255.255.255",
            "240.0.0.1",
            "198.18.0.1",
            "::1",
            "::",
            "fd00::1",
            "fe80::1",
            "ff02::1",
            "::ffff:10.0.0.1",
            "::127.0.0.1",
            "64:ff9b::a00:1",
            "2002:a00:1::",
            "fec0::1",
            "64:ff9b::a9fe:a9fe",
            "2001:db8::1",
        ];
        for address in inner {
            assert!(is_inner(address.parse().unwrap()), "{address}");
        }
        for address in
            ["9.9.9.9", "172.32.0.1", "100.128.0.1", "2620:fe::fe", "::ffff:9.9.9.9", "64:ff9b::909:909"]
        {
            assert!(!is_inner(address.parse().unwrap()), "{address}");
        }
    }
}
