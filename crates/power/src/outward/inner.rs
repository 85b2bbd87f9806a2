//! Addresses of one's own networks. An address that somebody types into a form is not asked there unless the server is
//! told that it may: boards, clouds' notes about a machine, and services that trust their neighbours listen on them.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Is it an address that only neighbours can reach?
pub(super) fn is_inner(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_inner_v4(address),
        IpAddr::V6(address) => match carried(address) {
            Some(within) => is_inner_v4(within),
            None => is_inner_v6(address),
        },
    }
}

fn is_inner_v4(address: Ipv4Addr) -> bool {
    let [a, b, ..] = address.octets();
    address.is_unspecified()
        || address.is_loopback()
        || address.is_private()
        || address.is_link_local()
        || address.is_multicast()
        || address.is_broadcast()
        // This network (RFC 791), providers' own (RFC 6598), protocols (RFC 6890), measuring (RFC 2544), reserved.
        || a == 0
        || (a == 100 && (64..128).contains(&b))
        || (a == 192 && b == 0 && address.octets()[2] == 0)
        || (a == 198 && (18..20).contains(&b))
        || a >= 240
}

fn is_inner_v6(address: Ipv6Addr) -> bool {
    let first = address.segments()[0];
    address.is_unspecified()
        || address.is_loopback()
        || address.is_multicast()
        // Unique local (RFC 4193), link-local, and site-local, which nobody should use any more.
        || first & 0xfe00 == 0xfc00
        || first & 0xffc0 == 0xfe80
        || first & 0xffc0 == 0xfec0
}

/// An address of the older kind within one of the newer: mapped, compatible, NAT64 (RFC 6052), 6to4 (RFC 3056).
fn carried(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let [a, b, c, d, e, f, g, h] = address.segments();
    let of = |high: u16, low: u16| Some(Ipv4Addr::from((u32::from(high) << 16) | u32::from(low)));
    match (a, b, c, d, e, f) {
        (0, 0, 0, 0, 0, 0xffff) => of(g, h),
        (0, 0, 0, 0, 0, 0) if g != 0 => of(g, h),
        (0x64, 0xff9b, 0, 0, 0, 0) => of(g, h),
        (0x2002, ..) => of(b, c),
        _ => None,
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
