//! Which boot entry brings this machine to the network.

use super::load_option::LoadOption;
use pitstop_domain::net::Mac;

/// The entry to point BootNext at, if the machine has one. `macs` are the machine's own, those with a link first.
///
/// Entries whose device path names one of our MACs come first: IPv4 PXE before HTTP Boot, since everything is served
/// for both and PXE needs no URI from the DHCP server. IPv6 is left: our answers are IPv4's. Some makers hide the card
/// behind an application of their own; such an entry is known by its name only, and is the last choice.
pub fn choose<'a>(entries: &'a [(u16, LoadOption)], macs: &[Mac]) -> Option<&'a (u16, LoadOption)> {
    let ranked = entries.iter().filter_map(|entry| rank(&entry.1, macs).map(|rank| (rank, entry.0, entry)));
    ranked.min_by_key(|(rank, number, _)| (*rank, *number)).map(|(_, _, entry)| entry)
}

/// Lower is better: how sure it is to be network boot, then active before inactive, then the MACs' order.
fn rank(option: &LoadOption, macs: &[Mac]) -> Option<(u8, bool, usize)> {
    if option.ipv6 {
        return None;
    }
    let Some(mac) = option.mac else {
        return has_network_name(&option.description).then_some((3, !option.active, 0));
    };
    let place = macs.iter().position(|own| *own == mac)?;
    let kind = match (option.ipv4, option.uri) {
        (true, false) => 0,
        (true, true) => 1,
        // Older firmware writes no protocol into the path.
        (false, _) => 2,
    };
    Some((kind, !option.active, place))
}

fn has_network_name(description: &str) -> bool {
    let name = description.to_ascii_lowercase();
    ["pxe", "pci lan", "network boot"].iter().any(|word| name.contains(word)) && !name.contains("ipv6")
}

#[cfg(test)]
mod tests {
    use super::super::load_option::parse;
    use super::super::load_option::tests::{IPV4, IPV6, URI, bytes};
    use super::*;

    const FIRST: Mac = Mac([0x52, 0x54, 0, 0, 0, 1]);
    const SECOND: Mac = Mac([0x52, 0x54, 0, 0, 0, 2]);
    const FOREIGN: Mac = Mac([0x52, 0x54, 0, 0, 0, 9]);

    fn entry(number: u16, description: &str, mac: Option<Mac>, nodes: &[u16]) -> (u16, LoadOption) {
        (number, parse(&bytes(description, mac, nodes)).unwrap())
    }

    fn chosen(entries: &[(u16, LoadOption)]) -> Option<u16> {
        choose(entries, &[FIRST, SECOND]).map(|entry| entry.0)
    }

    #[test]
    fn ipv4_pxe_of_an_own_card_is_chosen_among_what_ovmf_offers() {
        let entries = [
            entry(0, "UiApp", None, &[]),
            entry(1, "UEFI Misc Device", None, &[]),
            entry(2, "UEFI PXEv6", Some(FIRST), &[IPV6]),
            entry(3, "UEFI HTTPv4", Some(FIRST), &[IPV4, URI]),
            entry(4, "UEFI PXEv4", Some(SECOND), &[IPV4]),
            entry(5, "UEFI PXEv4", Some(FIRST), &[IPV4]),
        ];
        assert_eq!(chosen(&entries), Some(5));
    }

    #[test]
    fn http_boot_is_taken_where_pxe_is_switched_off() {
        let entries = [
            entry(2, "UEFI HTTPv6", Some(FIRST), &[IPV6, URI]),
            entry(3, "UEFI HTTPv4", Some(FIRST), &[IPV4, URI]),
        ];
        assert_eq!(chosen(&entries), Some(3));
    }

    #[test]
    fn the_card_of_another_machine_is_not_chosen() {
        // A disk that was moved brings no NVRAM, but a board that was swapped leaves it.
        assert_eq!(chosen(&[entry(1, "UEFI PXEv4", Some(FOREIGN), &[IPV4])]), None);
    }

    #[test]
    fn a_name_is_the_last_choice() {
        let lan = entry(9, "PCI LAN", None, &[]);
        assert_eq!(chosen(std::slice::from_ref(&lan)), Some(9));
        assert_eq!(chosen(&[lan, entry(0x1a, "UEFI PXEv4", Some(SECOND), &[])]), Some(0x1a));
    }

    #[test]
    fn a_machine_without_network_entries_has_none() {
        assert_eq!(
            chosen(&[entry(0, "debian", None, &[]), entry(1, "UEFI PXEv6", Some(FIRST), &[IPV6])]),
            None
        );
    }
}
