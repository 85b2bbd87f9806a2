//! Which pieces a disk has, read from its first bytes: GPT (UEFI 2.10, 5.3), MBR, or no table at all.

use super::{Piece, gpt};
use serde::{Deserialize, Serialize};

/// What stands before the first partition is kept: boot loaders lie there. Where partitions begin late, not all of it:
/// none of the known loaders reaches beyond a megabyte, and this is sixteen times that.
pub const MOST_BEFORE: u64 = 16 << 20;
/// Where a table stands.
pub const HEAD: usize = 1 << 20;

/// How a disk says what its partitions are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = CaptureTable))]
#[serde(rename_all = "snake_case")]
pub enum Table {
    Gpt,
    Mbr,
    /// It has none: it is one piece.
    None,
}

/// The table and the pieces of a disk of which `head` is the beginning.
///
/// # Errors
/// Why its table cannot be trusted, in words.
pub fn table(head: &[u8], sector: u32, bytes: u64) -> Result<(Table, Vec<Piece>), String> {
    let signed = head.get(510..512) == Some(&[0x55, 0xaa]);
    let entries = if signed { mbr(head, sector) } else { vec![] };
    let (table, mut found) = if entries.iter().any(|entry| entry.kind == PROTECTIVE) {
        (Table::Gpt, gpt::partitions(head, sector)?)
    } else if is_file_system(head) || entries.is_empty() {
        return Ok((Table::None, vec![piece(1, 0, bytes)]));
    } else {
        // Logical partitions lie within the extended one, which is one piece.
        (Table::Mbr, entries.iter().map(|entry| piece(entry.number, entry.start, entry.bytes)).collect())
    };
    found.sort_by_key(|piece| piece.start);
    checked(&found, bytes)?;
    let first = found.first().map_or(bytes, |piece| piece.start);
    found.insert(0, piece(0, 0, first.min(MOST_BEFORE).min(bytes)));
    Ok((table, found))
}

fn piece(number: u32, start: u64, bytes: u64) -> Piece {
    Piece { number, start, bytes, kind: String::new(), label: String::new(), uuid: String::new() }
}

fn checked(found: &[Piece], bytes: u64) -> Result<(), String> {
    let ends = |piece: &Piece| piece.start.checked_add(piece.bytes).filter(|end| *end <= bytes);
    for (at, piece) in found.iter().enumerate() {
        let Some(end) = ends(piece).filter(|_| piece.start > 0 && piece.bytes > 0) else {
            return Err(format!(
                "its partition table says that partition {} lies outside the disk",
                piece.number
            ));
        };
        if found.get(at + 1).is_some_and(|next| next.start < end) {
            return Err(format!(
                "its partition table says that partition {} lies over the next one",
                piece.number
            ));
        }
    }
    Ok(())
}

/// The type of the one entry that keeps old programs away from a GPT.
const PROTECTIVE: u8 = 0xee;

struct Entry {
    number: u32,
    kind: u8,
    start: u64,
    bytes: u64,
}

fn mbr(head: &[u8], sector: u32) -> Vec<Entry> {
    let word =
        |at: usize| head.get(at..at + 4).and_then(|four| four.try_into().ok()).map_or(0, u32::from_le_bytes);
    let entry = |number: u32| {
        let at = 446 + 16 * (number as usize - 1);
        let (start, sectors) = (u64::from(word(at + 8)), u64::from(word(at + 12)));
        let (start, bytes) = (start * u64::from(sector), sectors * u64::from(sector));
        Entry { number, kind: head.get(at + 4).copied().unwrap_or_default(), start, bytes }
    };
    (1..=4).map(entry).filter(|entry| entry.kind != 0).collect()
}

/// FAT and NTFS on a disk without partitions carry the signature of an MBR, and code where its entries would be.
fn is_file_system(head: &[u8]) -> bool {
    let has = |at: usize, word: &[u8]| head.get(at..at + word.len()) == Some(word);
    has(3, b"NTFS    ") || has(3, b"-FVE-FS-") || has(54, b"FAT") || has(82, b"FAT32")
}

#[cfg(test)]
mod tests {
    use super::*;

    pub fn mbr_disk(entries: &[(u8, u32, u32)]) -> Vec<u8> {
        let mut head = vec![0; HEAD];
        head[510..512].copy_from_slice(&[0x55, 0xaa]);
        for (number, (kind, start, sectors)) in entries.iter().enumerate() {
            let at = 446 + 16 * number;
            head[at + 4] = *kind;
            head[at + 8..at + 12].copy_from_slice(&start.to_le_bytes());
            head[at + 12..at + 16].copy_from_slice(&sectors.to_le_bytes());
        }
        head
    }

    #[test]
    fn partitions_of_an_mbr_come_in_the_order_in_which_they_lie() {
        let head = mbr_disk(&[(0x83, 8192, 2048), (0x07, 2048, 4096)]);
        let (table, pieces) = table(&head, 512, 64 << 20).unwrap();
        assert_eq!(table, Table::Mbr);
        let places: Vec<_> = pieces.iter().map(|piece| (piece.number, piece.start, piece.bytes)).collect();
        assert_eq!(places, [(0, 0, 1 << 20), (2, 1 << 20, 2 << 20), (1, 4 << 20, 1 << 20)]);
    }

    #[test]
    fn a_disk_without_a_table_is_one_piece_whatever_its_boot_sector_looks_like() {
        assert_eq!(table(&vec![0; HEAD], 512, 64 << 20).unwrap().1.len(), 1);
        let mut ntfs = mbr_disk(&[(0x72, 77, 88)]);
        ntfs[3..11].copy_from_slice(b"NTFS    ");
        let (kind, pieces) = table(&ntfs, 512, 64 << 20).unwrap();
        assert_eq!((kind, pieces[0].number, pieces[0].bytes), (Table::None, 1, 64 << 20));
    }

    #[test]
    fn a_table_that_cannot_be_true_is_not_believed() {
        let beyond = table(&mbr_disk(&[(0x83, 2048, 1 << 20)]), 512, 64 << 20).unwrap_err();
        assert!(beyond.contains("outside the disk"), "{beyond}");
        let over = table(&mbr_disk(&[(0x83, 2048, 4096), (0x83, 4096, 4096)]), 512, 64 << 20).unwrap_err();
        assert!(over.contains("over the next"), "{over}");
        let no_gpt = table(&mbr_disk(&[(0xee, 1, 99)]), 512, 64 << 20).unwrap_err();
        assert!(no_gpt.contains("GPT"), "{no_gpt}");
    }
}
