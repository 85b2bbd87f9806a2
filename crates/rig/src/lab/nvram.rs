//! The boot order of a UEFI machine. Without QEMU's `bootindex` the machine's own NVRAM
//! decides, as on real machines; so its first content is written here: network and disk.
//!
//! The options are written exactly as OVMF writes those it finds by itself, so OVMF knows
//! them again and makes no second set.
//!
//! Format: UEFI Platform Initialization 1.8, volume 3, 3.2 (firmware volume) and the
//! authenticated variable store of EDK II (`VariableFormat.h`). Options: UEFI 2.10, 3.1.3.

use anyhow::{Result, bail, ensure};

use super::{
    qemu,
    spec::{BootOrder, Firmware},
};

/// Where the header of the firmware volume says how long it is.
const HEADER_LENGTH_AT: usize = 48;
/// GUID 16, size 4, format 1, state 1, reserved 6.
const STORE_HEADER: usize = 28;
/// `AUTHENTICATED_VARIABLE_HEADER`.
const VARIABLE_HEADER: usize = 60;
const START_ID: u16 = 0x55aa;
const VARIABLE_ADDED: u8 = 0x3f;
/// Non-volatile, for boot services and at run time.
const ATTRIBUTES: u32 = 7;

/// `8be4df61-93ca-11d2-aa0d-00e098032b8c`, as it lies in memory.
const GLOBAL_VARIABLE: [u8; 16] =
    [0x61, 0xdf, 0xe4, 0x8b, 0xca, 0x93, 0xd2, 0x11, 0xaa, 0x0d, 0x00, 0xe0, 0x98, 0x03, 0x2b, 0x8c];
/// EDK II's mark on options that it made by itself: `8108ac4e-9f11-4d59-850e-e21a522c59b2`.
const MADE_BY_FIRMWARE: [u8; 16] =
    [0x4e, 0xac, 0x08, 0x81, 0x11, 0x9f, 0x59, 0x4d, 0x85, 0x0e, 0xe2, 0x1a, 0x52, 0x2c, 0x59, 0xb2];

/// Puts the boot order for a machine into an empty variable store.
///
/// Fails when the store is not one of OVMF's or has no room.
pub(crate) fn prepare(store: &mut [u8], firmware: Firmware, order: BootOrder, mac: [u8; 6]) -> Result<()> {
    let name: String = mac.iter().map(|byte| format!("{byte:02X}")).collect();
    let network = match firmware {
        Firmware::UefiHttp => option(&format!("UEFI HTTPv4 (MAC:{name})"), &[&card(mac), IPV4, URI]),
        Firmware::UefiPxe => option(&format!("UEFI PXEv4 (MAC:{name})"), &[&card(mac), IPV4]),
        Firmware::Bios => bail!("a BIOS machine has no EFI variables"),
    };
    let disk = option("UEFI Misc Device", &[&pci(qemu::DISK_SLOT)]);
    append(store, "Boot0000", &network)?;
    append(store, "Boot0001", &disk)?;
    append(
        store,
        "BootOrder",
        match order {
            BootOrder::NetworkFirst => &[0, 0, 1, 0],
            BootOrder::DiskFirst => &[1, 0, 0, 0],
        },
    )
}

const PCI_ROOT: [u8; 12] = [2, 1, 12, 0, 0xd0, 0x41, 0x03, 0x0a, 0, 0, 0, 0];
/// Any address, by DHCP.
const IPV4: &[u8] = &[3, 12, 27, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
/// No address: DHCP tells it.
const URI: &[u8] = &[3, 24, 4, 0];
const END: &[u8] = &[0x7f, 0xff, 4, 0];

fn pci(slot: u8) -> Vec<u8> {
    [PCI_ROOT.as_slice(), &[1, 1, 6, 0, 0, slot]].concat()
}

fn card(mac: [u8; 6]) -> Vec<u8> {
    let mut node = vec![3, 11, 37, 0];
    node.extend(mac);
    node.resize(4 + 32, 0);
    node.push(1); // Ethernet
    [pci(qemu::NETWORK_SLOT), node].concat()
}

/// An `EFI_LOAD_OPTION`.
fn option(description: &str, path: &[&[u8]]) -> Vec<u8> {
    const ACTIVE: u32 = 1;
    let path = [path.concat(), END.to_vec()].concat();
    let length = u16::try_from(path.len()).unwrap_or(u16::MAX);
    let mut option = ACTIVE.to_le_bytes().to_vec();
    option.extend(length.to_le_bytes());
    option.extend(utf16(description));
    option.extend(path);
    option.extend(MADE_BY_FIRMWARE);
    option
}

fn utf16(text: &str) -> Vec<u8> {
    text.encode_utf16().chain([0]).flat_map(u16::to_le_bytes).collect()
}

fn append(store: &mut [u8], name: &str, data: &[u8]) -> Result<()> {
    let name = utf16(name);
    let mut variable = START_ID.to_le_bytes().to_vec();
    variable.extend([VARIABLE_ADDED, 0]);
    variable.extend(ATTRIBUTES.to_le_bytes());
    variable.extend([0; 8 + 16 + 4]); // counter, time, key: of authenticated variables only
    variable.extend(u32::try_from(name.len())?.to_le_bytes());
    variable.extend(u32::try_from(data.len())?.to_le_bytes());
    variable.extend(GLOBAL_VARIABLE);
    variable.extend(name);
    variable.extend(data);
    let start = end_of_variables(store)?;
    let Some(room) = store.get_mut(start..start + variable.len()) else {
        bail!("the variable store is full")
    };
    ensure!(room.iter().all(|byte| *byte == 0xff), "the variable store is not empty where it should be");
    room.copy_from_slice(&variable);
    Ok(())
}

/// Where the next variable goes.
fn end_of_variables(store: &[u8]) -> Result<usize> {
    ensure!(store.get(40..44) == Some(b"_FVH"), "this is not a firmware volume: is it OVMF_VARS?");
    let mut at = usize::from(u16_at(store, HEADER_LENGTH_AT)) + STORE_HEADER;
    while u16_at(store, at) == START_ID {
        let size = u32_at(store, at + 36) + u32_at(store, at + 40);
        at = (at + VARIABLE_HEADER + size).next_multiple_of(4);
    }
    Ok(at)
}

fn u16_at(store: &[u8], at: usize) -> u16 {
    store.get(at..at + 2).map_or(u16::MAX, |bytes| u16::from_le_bytes([bytes[0], bytes[1]]))
}

fn u32_at(store: &[u8], at: usize) -> usize {
    usize::from(u16_at(store, at)) | usize::from(u16_at(store, at + 2)) << 16
}

#[cfg(test)]
mod tests {
    use super::*;

    fn empty_store() -> Vec<u8> {
        let mut store = vec![0xff; 4096];
        store[40..44].copy_from_slice(b"_FVH");
        store[48..50].copy_from_slice(&72u16.to_le_bytes());
        store
    }

    #[test]
    fn variables_follow_each_other_on_four_byte_borders() {
        let mut store = empty_store();
        append(&mut store, "A", &[1]).unwrap();
        append(&mut store, "B", &[2]).unwrap();
        let (first, second) = (100, 168);
        assert_eq!(u16_at(&store, first), START_ID);
        assert_eq!(store[first + VARIABLE_HEADER..first + 65], [b'A', 0, 0, 0, 1]);
        assert_eq!(u16_at(&store, second), START_ID);
        assert_eq!(end_of_variables(&store).unwrap(), 236);
    }

    #[test]
    fn network_comes_before_the_disk() {
        let mut store = empty_store();
        prepare(&mut store, Firmware::UefiPxe, BootOrder::NetworkFirst, [0x52, 0x54, 0, 1, 2, 0xab]).unwrap();
        let text = String::from_utf8_lossy(&store).replace('\0', "");
        assert!(text.contains("UEFI PXEv4 (MAC:5254000102AB)"));
        assert!(text.contains("BootOrder"));
        let end = end_of_variables(&store).unwrap();
        assert_eq!(store[end - 4..end], [0, 0, 1, 0]);
    }

    #[test]
    fn something_else_is_refused() {
        assert!(prepare(&mut [0; 100], Firmware::UefiPxe, BootOrder::NetworkFirst, [0; 6]).is_err());
    }
}
