//! The GUID partition table (UEFI 2.10, 5.3): which partitions it names, and the same table for a disk of another size,
//! where its second copy stands elsewhere.

use super::Piece;

/// What its header begins with.
const SIGNATURE: &[u8] = b"EFI PART";
/// Its first 92 bytes are defined.
const LEAST_HEADER: u32 = 92;

/// Bytes that the second copy takes at the disk's end, for the usual 128 entries of 128 bytes.
pub fn behind(sector: u32) -> u64 {
    let sector = u64::from(sector);
    (128 * 128_u64).div_ceil(sector) * sector + sector
}

/// Fields of a header, whose checksums were looked at.
struct Header {
    at: usize,
    size: usize,
    entries_at: usize,
    entries: usize,
    each: usize,
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    bytes.get(at..at + 4).and_then(|four| four.try_into().ok()).map_or(0, u32::from_le_bytes)
}

fn u64_at(bytes: &[u8], at: usize) -> u64 {
    bytes.get(at..at + 8).and_then(|eight| eight.try_into().ok()).map_or(0, u64::from_le_bytes)
}

fn header(head: &[u8], sector: u32) -> Result<Header, String> {
    let at = sector as usize;
    let broken = |what: &str| format!("its partition table (GPT) is damaged: {what}");
    if head.get(at..at + 8) != Some(SIGNATURE) {
        return Err(broken("there is no header"));
    }
    let size = u32_at(head, at + 12);
    let bytes = head.get(at..at + size as usize).filter(|_| (LEAST_HEADER..=sector).contains(&size));
    let mut bytes = bytes.ok_or_else(|| broken("its header has no size that one can have"))?.to_vec();
    bytes[16..20].fill(0);
    if crc32(&bytes) != u32_at(head, at + 16) {
        return Err(broken("its header's checksum is wrong"));
    }
    let (first, entries, each) = (u64_at(head, at + 72), u32_at(head, at + 80), u32_at(head, at + 84));
    let entries_at = usize::try_from(first.saturating_mul(u64::from(sector))).unwrap_or(usize::MAX);
    let header =
        Header { at, size: size as usize, entries_at, entries: entries as usize, each: each as usize };
    let array = array(head, &header).filter(|_| each >= 128);
    if crc32(array.ok_or_else(|| broken("its entries lie elsewhere"))?) != u32_at(head, at + 88) {
        return Err(broken("its entries' checksum is wrong"));
    }
    Ok(header)
}

fn array<'a>(head: &'a [u8], header: &Header) -> Option<&'a [u8]> {
    let length = header.entries.checked_mul(header.each)?;
    head.get(header.entries_at..header.entries_at.checked_add(length)?)
}

/// The last sector of each partition.
fn lasts(entries: &[u8], each: usize) -> impl Iterator<Item = u64> + '_ {
    used(entries, each).map(|(_, entry)| u64_at(entry, 40))
}

/// Entries that name a partition, with their numbers before 1 is added.
fn used(entries: &[u8], each: usize) -> impl Iterator<Item = (usize, &[u8])> {
    entries.chunks_exact(each).enumerate().filter(|(_, entry)| entry[..16].iter().any(|byte| *byte != 0))
}

/// Its partitions, in the order of their numbers.
///
/// # Errors
/// It is damaged, in words.
pub fn partitions(head: &[u8], sector: u32) -> Result<Vec<Piece>, String> {
    let header = header(head, sector)?;
    let piece = |(at, entry): (usize, &[u8])| {
        let (first, last) = (u64_at(entry, 32), u64_at(entry, 40));
        // One that ends before it begins has nothing, and is not believed.
        let sectors = last.checked_sub(first).map_or(0, |more| more.saturating_add(1));
        Piece {
            number: at as u32 + 1,
            start: first.saturating_mul(sector.into()),
            bytes: sectors.saturating_mul(sector.into()),
            kind: String::new(),
            label: String::new(),
            uuid: String::new(),
        }
    };
    Ok(used(array(head, &header).unwrap_or_default(), header.each).map(piece).collect())
}

/// Makes the table in `head` that of a disk of `bytes`. Gives what is to stand at the disk's end, and where that begins.
///
/// # Errors
/// It is damaged, or the disk is too small, in words.
pub fn moved(head: &mut [u8], sector: u32, bytes: u64) -> Result<(u64, Vec<u8>), String> {
    let header = header(head, sector)?;
    let entries = array(head, &header).unwrap_or_default().to_vec();
    let sectors = bytes / u64::from(sector);
    let of_entries = (entries.len() as u64).div_ceil(sector.into());
    let too_small = || "the disk is too small for its partition table".to_owned();
    let last = sectors.checked_sub(1).ok_or_else(too_small)?;
    let second_entries = last.checked_sub(of_entries).ok_or_else(too_small)?;
    let taken = lasts(&entries, header.each).chain([u64_at(head, header.at + 40)]).max().unwrap_or_default();
    if taken >= second_entries {
        return Err(format!(
            "the disk is too small: the second copy of its partition table would begin in sector {second_entries}, and \
             what is used goes to sector {taken}"
        ));
    }
    let mut first = head[header.at..header.at + header.size].to_vec();
    put(&mut first, 32, last);
    put(&mut first, 48, second_entries - 1);
    let mut second = first.clone();
    put(&mut second, 24, last);
    put(&mut second, 32, 1);
    put(&mut second, 72, second_entries);
    sign(&mut first);
    sign(&mut second);
    head[header.at..header.at + header.size].copy_from_slice(&first);
    protect(head, sectors);
    let mut behind = entries;
    behind.resize((of_entries * u64::from(sector)) as usize, 0);
    second.resize(sector as usize, 0);
    behind.extend(second);
    Ok((second_entries * u64::from(sector), behind))
}

fn put(header: &mut [u8], at: usize, value: u64) {
    header[at..at + 8].copy_from_slice(&value.to_le_bytes());
}

fn sign(header: &mut [u8]) {
    header[16..20].fill(0);
    let sum = crc32(header);
    header[16..20].copy_from_slice(&sum.to_le_bytes());
}

/// The entry of the MBR that keeps old programs away covers the disk, as far as it can count.
fn protect(head: &mut [u8], sectors: u64) {
    for at in (446..510).step_by(16).filter(|at| head[at + 4] == 0xee).collect::<Vec<_>>() {
        let start = u64::from(u32_at(head, at + 8));
        let covered = u32::try_from(sectors.saturating_sub(start)).unwrap_or(u32::MAX);
        // A hybrid of both tables is left as it is.
        if start == 1 {
            head[at + 12..at + 16].copy_from_slice(&covered.to_le_bytes());
        }
    }
}

/// CRC-32 as the table has it (ISO 3309). Over 16 KiB: a table of remainders would not be worth its lines.
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |sum, byte| {
        (0..8).fold(sum ^ u32::from(*byte), |sum, _| (sum >> 1) ^ (0xedb8_8320 & 0_u32.wrapping_sub(sum & 1)))
    })
}

#[cfg(test)]
mod tests {
    use super::super::table::{HEAD, Table, table};
    use super::*;

    /// A disk with partitions from and to these sectors.
    fn disk(sectors: u64, partitions: &[(u64, u64)]) -> Vec<u8> {
        let mut head = vec![0; HEAD];
        head[510..512].copy_from_slice(&[0x55, 0xaa]);
        head[450] = 0xee;
        head[454] = 1;
        head[512..520].copy_from_slice(SIGNATURE);
        head[524] = 92;
        for (at, value) in [(24, 1), (32, sectors - 1), (40, 34), (48, sectors - 34), (72, 2)] {
            put(&mut head[512..], at, value);
        }
        head[592] = 128;
        head[596] = 128;
        for (number, (first, last)) in partitions.iter().enumerate() {
            let at = 1024 + 128 * number;
            head[at] = 7;
            put(&mut head[at..], 32, *first);
            put(&mut head[at..], 40, *last);
        }
        let sum = crc32(&head[1024..1024 + 128 * 128]);
        head[600..604].copy_from_slice(&sum.to_le_bytes());
        sign(&mut head[512..604]);
        head
    }

    #[test]
    fn its_partitions_are_read_and_a_changed_byte_is_noticed() {
        assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
        let head = disk(131_072, &[(2048, 4095), (4096, 8191)]);
        let (kind, pieces) = table(&head, 512, 64 << 20).unwrap();
        let places: Vec<_> = pieces.iter().map(|piece| (piece.number, piece.start, piece.bytes)).collect();
        assert_eq!(
            (kind, places),
            (Table::Gpt, vec![(0, 0, 1 << 20), (1, 1 << 20, 1 << 20), (2, 2 << 20, 2 << 20)])
        );
        for changed in [570, 1060] {
            let mut head = head.clone();
            head[changed] ^= 1;
            assert!(partitions(&head, 512).unwrap_err().contains("checksum"));
        }
    }

    #[test]
    fn on_a_larger_disk_its_second_copy_stands_at_the_end_and_both_name_each_other() {
        let mut head = disk(131_072, &[(2048, 4095)]);
        let (at, behind) = moved(&mut head, 512, 128 << 20).unwrap();
        assert_eq!(at + behind.len() as u64, 128 << 20);
        assert_eq!(u64_at(&head, 512 + 32), 262_143);
        assert_eq!(u32_at(&head, 458), 262_143, "the whole disk is protected");
        assert_eq!(partitions(&head, 512).unwrap().len(), 1, "its checksums are right");
        let second = &behind[behind.len() - 512..];
        assert_eq!((u64_at(second, 24), u64_at(second, 32), u64_at(second, 72)), (262_143, 1, at / 512));
        let mut summed = second[..92].to_vec();
        sign(&mut summed);
        assert_eq!(summed, second[..92]);
    }

    #[test]
    fn its_second_copy_never_lies_over_a_partition() {
        let needed = (4096 + 33) * 512;
        for (bytes, fits) in
            [(needed, true), (needed - 512, false), (4096 * 512, false), (512, false), (0, false)]
        {
            let mut head = disk(131_072, &[(2048, 4095)]);
            assert_eq!(moved(&mut head, 512, bytes).is_ok(), fits, "{bytes}");
            assert_eq!(head == disk(131_072, &[(2048, 4095)]), !fits, "refused, it is as it was");
        }
        let beyond = moved(&mut disk(131_072, &[(2048, u64::MAX)]), 512, 64 << 20).unwrap_err();
        assert!(beyond.contains("too small"), "{beyond}");
        assert!(table(&disk(131_072, &[(4096, 2048)]), 512, 64 << 20).unwrap_err().contains("outside"));
    }
}
