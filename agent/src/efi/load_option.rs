//! Reading `Boot####`: `EFI_LOAD_OPTION` and its device path (UEFI 2.10, sections 3.1.3 and 10.3).

use pitstop_domain::net::Mac;

const ACTIVE: u32 = 1;
/// Device path nodes: type in the high byte, sub-type in the low one.
const NODE_DISK: u16 = 0x0401;
const NODE_FILE: u16 = 0x0404;
const NODE_MAC: u16 = 0x030b;
const NODE_IPV4: u16 = 0x030c;
const NODE_IPV6: u16 = 0x030d;
const NODE_URI: u16 = 0x0318;
const END_OF_PATH: u8 = 0x7f;

/// What a boot entry says, as far as we need it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LoadOption {
    pub active: bool,
    pub description: String,
    pub mac: Option<Mac>,
    pub ipv4: bool,
    pub ipv6: bool,
    /// UEFI HTTP Boot.
    pub uri: bool,
    /// The identifier of the GPT partition that it starts from, as it stands on the disk.
    pub partition: Option<[u8; 16]>,
    /// The program there, like `\EFI\debian\shimx64.efi`.
    pub file: Option<String>,
}

/// A partition, as a device path names it (UEFI 2.10, 10.3.5.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Partition {
    pub number: u32,
    /// In blocks of the disk.
    pub start: u64,
    pub size: u64,
    /// As it stands on the disk: the first three fields are little-endian.
    pub id: [u8; 16],
}

/// The content of a variable that starts a program of a partition. By the short form of a device path, which firmware
/// completes by itself (UEFI 2.10, 3.1.2): it holds wherever the disk is plugged in.
pub fn written(description: &str, partition: &Partition, file: &str) -> Vec<u8> {
    let mut path = vec![0x04, 0x01, 42, 0];
    path.extend(partition.number.to_le_bytes());
    path.extend(partition.start.to_le_bytes());
    path.extend(partition.size.to_le_bytes());
    path.extend(partition.id);
    // GPT, and an identifier of GPT's kind.
    path.extend([2, 2]);
    let name: Vec<u8> = file.encode_utf16().chain([0]).flat_map(u16::to_le_bytes).collect();
    path.extend([0x04, 0x04]);
    path.extend((name.len() as u16 + 4).to_le_bytes());
    path.extend(name);
    path.extend([END_OF_PATH, 0xff, 4, 0]);
    let mut all = ACTIVE.to_le_bytes().to_vec();
    all.extend((path.len() as u16).to_le_bytes());
    all.extend(description.encode_utf16().chain([0]).flat_map(u16::to_le_bytes));
    all.extend(path);
    all
}

/// Reads the content of a variable, without the attributes that efivarfs puts before it. `None` when it is cut short.
pub fn parse(bytes: &[u8]) -> Option<LoadOption> {
    let (attributes, rest) = bytes.split_first_chunk::<4>()?;
    let (path_length, rest) = rest.split_first_chunk::<2>()?;
    let (description, rest) = text(rest)?;
    let path = rest.get(..usize::from(u16::from_le_bytes(*path_length)))?;
    let active = u32::from_le_bytes(*attributes) & ACTIVE != 0;
    let mut option = LoadOption { active, description, ..LoadOption::default() };
    read_path(path, &mut option)?;
    Some(option)
}

/// UCS-2 up to its NUL, and what stands after it.
fn text(bytes: &[u8]) -> Option<(String, &[u8])> {
    let units: Vec<u16> = bytes.chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]])).collect();
    let end = units.iter().position(|unit| *unit == 0)?;
    Some((String::from_utf16_lossy(&units[..end]), &bytes[2 * (end + 1)..]))
}

fn read_path(mut path: &[u8], option: &mut LoadOption) -> Option<()> {
    while let Some(([kind, sub, low, high], _)) = path.split_first_chunk::<4>() {
        if *kind == END_OF_PATH {
            return Some(());
        }
        let length = usize::from(u16::from_le_bytes([*low, *high]));
        // A length below the header's would never end.
        let node = path.get(4..length)?;
        match u16::from_be_bytes([*kind, *sub]) {
            NODE_MAC => option.mac = node.first_chunk::<6>().map(|mac| Mac(*mac)),
            NODE_IPV4 => option.ipv4 = true,
            NODE_IPV6 => option.ipv6 = true,
            NODE_URI => option.uri = true,
            // Number, start and size stand before the identifier; 2 is GPT's kind of it.
            NODE_DISK if node.get(37) == Some(&2) => {
                option.partition = node.get(20..36).and_then(|id| id.try_into().ok());
            }
            NODE_FILE => option.file = text(node).map(|(name, _)| name),
            _ => {}
        }
        path = &path[length..];
    }
    Some(())
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A load option as firmware writes it: PCI root, MAC, and the nodes asked for.
    pub(crate) fn bytes(description: &str, mac: Option<Mac>, nodes: &[u16]) -> Vec<u8> {
        let mut path = vec![0x02, 0x01, 12, 0, 0xd0, 0x41, 0x03, 0x0a, 0, 0, 0, 0];
        if let Some(Mac(mac)) = mac {
            path.extend([0x03, 0x0b, 37, 0]);
            path.extend(mac);
            path.extend([0; 27]);
        }
        for node in nodes {
            path.extend([(node >> 8) as u8, *node as u8, 6, 0, 0, 0]);
        }
        path.extend([0x7f, 0xff, 4, 0]);
        let mut all = 1u32.to_le_bytes().to_vec();
        all.extend((path.len() as u16).to_le_bytes());
        all.extend(description.encode_utf16().chain([0]).flat_map(u16::to_le_bytes));
        all.extend(path);
        all.extend(b"optional data");
        all
    }

    pub(crate) const IPV4: u16 = NODE_IPV4;
    pub(crate) const IPV6: u16 = NODE_IPV6;
    pub(crate) const URI: u16 = NODE_URI;

    #[test]
    fn an_entry_of_ovmf_is_read() {
        let mac = Mac([0x52, 0x54, 0, 0x12, 0x34, 0x56]);
        let option = parse(&bytes("UEFI PXEv4 (MAC:525400123456)", Some(mac), &[IPV4])).unwrap();
        assert_eq!(option.description, "UEFI PXEv4 (MAC:525400123456)");
        assert_eq!(option.mac, Some(mac));
        assert!(option.active && option.ipv4 && !option.ipv6 && !option.uri);
    }

    #[test]
    fn an_entry_that_we_write_is_read_as_it_was_meant() {
        let partition = Partition { number: 1, start: 2048, size: 1 << 20, id: [7; 16] };
        let file = r"\EFI\debian\shimx64.efi".to_owned();
        let option = parse(&written("debian", &partition, &file)).unwrap();
        assert_eq!((option.description.as_str(), option.active), ("debian", true));
        assert_eq!((option.partition, option.file), (Some([7; 16]), Some(file)));
    }

    #[test]
    fn what_is_cut_short_is_no_entry() {
        let whole = bytes("UEFI PXEv4", Some(Mac([1; 6])), &[IPV4]);
        for length in 0..whole.len() - b"optional data".len() {
            assert_eq!(parse(&whole[..length]), None, "{length} bytes");
        }
    }

    #[test]
    fn a_node_of_length_zero_does_not_go_round_for_ever() {
        let mut all = 1u32.to_le_bytes().to_vec();
        all.extend(4u16.to_le_bytes());
        all.extend([0, 0, 0x02, 0x01, 0, 0]);
        assert_eq!(parse(&all), None);
    }

    #[test]
    fn whatever_the_firmware_left_there_is_read_without_a_panic() {
        let whole = bytes("UEFI PXEv4", Some(Mac([1; 6])), &[IPV4]);
        for at in 0..whole.len() {
            for value in [0, 1, 0x7f, 0xff] {
                let mut broken = whole.clone();
                broken[at] = value;
                let _ = parse(&broken);
            }
        }
    }
}
