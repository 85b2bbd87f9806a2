//! A capture: what was kept of a disk, so that it can be written to this disk or another. The words that agent, server and
//! pages share, and the rules that are decided before anything is written.
//!
//! A disk is kept in *pieces*: what precedes its first partition (piece 0), and each partition. What is in a piece is a
//! stream (partclone's, or the bytes themselves), cut into [`CHUNK`]s of which each is compressed and stored under the
//! SHA-256 of what is stored.
//!
//! - [`table`]: which pieces a disk has; [`gpt`]: its partition table on a disk of another size
//! - [`meant`]: which disk is written to

pub mod gpt;
pub mod meant;
pub mod table;

use crate::digest::Digest;
use crate::id::{CaptureId, JobId, MachineId};
use crate::job::Initiator;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
pub use table::{Table, table};

/// Bytes of a stream in one chunk, before it is compressed. Two are in the agent's memory at once, which cannot be
/// swapped out; a slow line carries one in seconds, and no more than that is lost where it breaks.
pub const CHUNK: u64 = 8 << 20;
/// Chunks of a piece: 4.5 TiB. Its description is then 60 MB, which agent and server have in memory as a whole.
pub const MOST_CHUNKS: usize = 600_000;
/// What does not compress grows by a little.
pub const LARGEST_CHUNK: u64 = CHUNK + (1 << 20);

/// Why more is not kept.
pub const TOO_LARGE: &str = "no more than 4.5 TiB of one piece are kept";
/// A table of partitions that lies in a disk's first MiB has no more entries of 128 bytes.
const MOST_NUMBER: u32 = (1 << 20) / 128;
const MOST_PIECES: usize = MOST_NUMBER as usize + 1;

/// How far a capture is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = CaptureState))]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Not all of it is here yet.
    Arriving,
    /// All of it is here.
    Whole,
    /// It cannot be restored, and never will.
    Broken,
}

impl State {
    pub const ALL: [Self; 3] = [Self::Arriving, Self::Whole, Self::Broken];

    pub fn name(self) -> &'static str {
        match self {
            Self::Arriving => "arriving",
            Self::Whole => "whole",
            Self::Broken => "broken",
        }
    }
}

/// How a piece is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = CaptureWay))]
#[serde(rename_all = "snake_case")]
pub enum Way {
    /// What its file system uses, by partclone.
    Used,
    /// All of its bytes.
    Raw,
    /// Nothing of it: it is made anew, with its label and UUID (swap).
    Anew,
}

/// A part of a disk that is kept for itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = CapturePiece))]
pub struct Piece {
    /// 0: what precedes the first partition.
    pub number: u32,
    /// Bytes from the disk's beginning.
    pub start: u64,
    pub bytes: u64,
    /// As blkid says it: `ext4`, `ntfs`, `crypto_LUKS`; empty where it recognises nothing.
    #[serde(default)]
    pub kind: String,
    #[serde(default)]
    pub label: String,
    #[serde(default)]
    pub uuid: String,
}

impl Piece {
    /// How it is kept, as far as its kind tells.
    pub fn way(&self) -> Way {
        match self.kind.as_str() {
            _ if self.number == 0 => Way::Raw,
            "swap" => Way::Anew,
            kind if cloner(kind).is_some() => Way::Used,
            _ => Way::Raw,
        }
    }

    /// `partition 2 (ntfs, Windows)`.
    pub fn about(&self) -> String {
        if self.number == 0 {
            return "partition table and boot sectors".to_owned();
        }
        let words = [self.kind.as_str(), self.label.as_str()].into_iter().filter(|word| !word.is_empty());
        let words: Vec<_> = words.collect();
        if words.is_empty() {
            format!("partition {}", self.number)
        } else {
            format!("partition {} ({})", self.number, words.join(", "))
        }
    }
}

/// The program that knows which blocks of this file system are in use.
pub fn cloner(kind: &str) -> Option<&'static str> {
    Some(match kind {
        "ext2" | "ext3" | "ext4" => "partclone.extfs",
        "vfat" => "partclone.fat",
        "ntfs" => "partclone.ntfs",
        "xfs" => "partclone.xfs",
        "btrfs" => "partclone.btrfs",
        _ => return None,
    })
}

/// The disk that was captured.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = CaptureSource))]
pub struct Source {
    pub device: String,
    pub model: String,
    pub serial: String,
    pub bytes: u64,
    /// Of its logical sectors, in which its partition table counts.
    pub sector: u32,
    pub table: Table,
    pub pieces: Vec<Piece>,
}

impl Source {
    /// Bytes of the smallest disk that all of it fits on.
    pub fn needs(&self) -> u64 {
        let ends = self.pieces.iter().map(|piece| piece.start.saturating_add(piece.bytes));
        let end = ends.max().unwrap_or_default();
        match self.table {
            // Behind the last partition stands the second table: its entries and its header (UEFI 2.10, 5.3.1).
            Table::Gpt => end.saturating_add(gpt::behind(self.sector)),
            Table::Mbr | Table::None => end,
        }
    }

    /// Whether a disk can be like this.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    pub fn check(&self) -> Result<(), String> {
        if !self.sector.is_power_of_two() || !(512..=1 << 16).contains(&self.sector) {
            return Err(format!("no disk has sectors of {} bytes", self.sector));
        }
        if self.pieces.is_empty() || self.pieces.len() > MOST_PIECES {
            return Err(format!("no disk has {} pieces", self.pieces.len()));
        }
        for (at, piece) in self.pieces.iter().enumerate() {
            let end = piece.start.checked_add(piece.bytes).filter(|end| *end <= self.bytes);
            if piece.bytes == 0 || end.is_none() {
                return Err(format!("{} does not lie on the disk", piece.about()));
            }
            if piece.way() == Way::Raw && piece.bytes.div_ceil(CHUNK) > MOST_CHUNKS as u64 {
                return Err(format!("{} is too large: {TOO_LARGE}", piece.about()));
            }
            if piece.number > MOST_NUMBER
                || self.pieces[..at].iter().any(|other| other.number == piece.number)
            {
                return Err(format!("{} has a number that it cannot have", piece.about()));
            }
        }
        Ok(())
    }

    /// Whether it can be what was kept of a piece of this disk.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    pub fn check_kept(&self, kept: &Kept) -> Result<(), String> {
        let piece = self.pieces.iter().find(|piece| piece.number == kept.number);
        kept.check(piece.ok_or_else(|| format!("this disk has no piece {}", kept.number))?)
    }

    /// Whether it can be written to such a disk.
    ///
    /// # Errors
    /// Why not, in words.
    pub fn fits(&self, bytes: u64, sector: u32) -> Result<(), String> {
        if self.table != Table::None && sector != self.sector {
            return Err(format!(
                "it was captured from a disk with sectors of {} bytes, and this disk has sectors of {sector}: its partition \
                 table would mean other places here",
                self.sector
            ));
        }
        let needs = self.needs();
        if bytes < needs {
            return Err(format!("the disk is too small: it has {bytes} bytes, and {needs} are needed"));
        }
        Ok(())
    }
}

/// What is stored of a stream of [`CHUNK`] bytes, or fewer at its end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Chunk {
    /// Of what is stored, which is compressed (zstd).
    pub digest: Digest,
    /// So many are stored.
    pub stored: u64,
}

/// How a piece was kept, all of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    pub number: u32,
    pub way: Way,
    /// Of the stream, before it was compressed.
    pub bytes: u64,
    /// SHA-256 of the stream.
    pub digest: Digest,
    pub chunks: Vec<Chunk>,
}

impl Kept {
    pub fn stored(&self) -> u64 {
        self.chunks.iter().map(|chunk| chunk.stored).sum()
    }

    /// Whether it can be what was kept of this piece.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    pub fn check(&self, of: &Piece) -> Result<(), String> {
        let wrong = |what: String| Err(format!("{}: {what}", of.about()));
        if self.number != of.number {
            return wrong(format!("this is piece {}", self.number));
        }
        match (self.way, of.way()) {
            (Way::Raw, Way::Raw | Way::Used) if self.bytes != of.bytes => {
                return wrong(format!("all of its {} bytes are kept, and not {}", of.bytes, self.bytes));
            }
            (Way::Raw, Way::Raw | Way::Used) => {}
            // Partclone adds a map of the blocks and checksums, a hundredth at most.
            (Way::Used, Way::Used) if self.bytes <= of.bytes.saturating_add(of.bytes / 8 + CHUNK) => {}
            (Way::Used, Way::Used) => {
                return wrong(format!("{} bytes in use are more than it has", self.bytes));
            }
            _ => return wrong(format!("it is not kept as `{:?}`", self.way)),
        }
        if self.bytes == 0 {
            return wrong("nothing of it was kept".to_owned());
        }
        if self.chunks.len() as u64 != self.bytes.div_ceil(CHUNK) {
            return wrong(format!("{} bytes do not make {} chunks", self.bytes, self.chunks.len()));
        }
        if self.chunks.len() > MOST_CHUNKS {
            return wrong(TOO_LARGE.to_owned());
        }
        if self.chunks.iter().any(|chunk| chunk.stored == 0 || chunk.stored > LARGEST_CHUNK) {
            return wrong("a chunk has a size that none can have".to_owned());
        }
        Ok(())
    }
}

/// A capture as people and programs see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Capture {
    pub id: CaptureId,
    pub machine: MachineId,
    pub machine_name: String,
    /// The job that worked on it last.
    pub job: JobId,
    /// Who asked for that.
    pub by: Initiator,
    pub begun_at: DateTime<Utc>,
    /// When the last of it came.
    pub changed_at: DateTime<Utc>,
    pub state: State,
    /// Why it is broken.
    pub why: Option<String>,
    pub source: Source,
    /// Bytes that are stored of the pieces that are here.
    pub stored: u64,
    /// Pieces that are here.
    pub pieces: u32,
    /// How each of them was kept, which is not always as its kind tells.
    #[serde(default)]
    pub kept: Vec<PieceKept>,
}

impl Capture {
    /// How this piece was kept; `None`: it is not here, or nothing of it is kept.
    pub fn way_of(&self, piece: &Piece) -> Option<Way> {
        self.kept.iter().find(|kept| kept.number == piece.number).map(|kept| kept.way)
    }
}

/// A piece that is here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct PieceKept {
    pub number: u32,
    pub way: Way,
    /// Bytes that are stored of it.
    pub stored: u64,
}

/// `POST /agent/v1/jobs/{job}/capture` (job token): the agent begins, or goes on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Begun {
    pub capture: CaptureId,
    /// Numbers of the pieces that are here already.
    pub here: Vec<u32>,
    /// It was begun by an earlier attempt.
    pub goes_on: bool,
}

/// `GET /agent/v1/jobs/{job}/capture`: what is to be restored. Its pieces are asked for one by one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToRestore {
    pub capture: CaptureId,
    pub machine_name: String,
    pub begun_at: DateTime<Utc>,
    pub source: Source,
    pub stored: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn piece(number: u32, start: u64, bytes: u64, kind: &str) -> Piece {
        Piece { number, start, bytes, kind: kind.to_owned(), label: String::new(), uuid: String::new() }
    }

    fn source(table: Table, bytes: u64) -> Source {
        let pieces = vec![piece(0, 0, 1 << 20, ""), piece(1, 1 << 20, 8 << 20, "ext4")];
        let (device, model, serial) = ("/dev/sda".to_owned(), String::new(), String::new());
        Source { device, model, serial, bytes, sector: 512, table, pieces }
    }

    #[test]
    fn what_is_known_is_cloned_swap_is_made_anew_and_all_else_is_kept_raw() {
        for kind in ["ext4", "xfs", "btrfs", "ntfs", "vfat"] {
            assert_eq!(piece(1, 0, 1, kind).way(), Way::Used, "{kind}");
        }
        for kind in ["", "crypto_LUKS", "BitLocker", "LVM2_member", "exfat"] {
            assert_eq!(piece(1, 0, 1, kind).way(), Way::Raw, "{kind}");
        }
        assert_eq!(piece(2, 0, 1, "swap").way(), Way::Anew);
        assert_eq!(piece(0, 0, 1, "dos").way(), Way::Raw);
    }

    #[test]
    fn a_disk_may_be_smaller_where_the_end_is_not_used_but_not_smaller_than_what_is() {
        let needs = source(Table::Mbr, 1 << 30).needs();
        assert_eq!(needs, 9 << 20);
        assert!(source(Table::Mbr, 1 << 30).fits(needs, 512).is_ok());
        let why = source(Table::Mbr, 1 << 30).fits(needs - 512, 512).unwrap_err();
        assert!(why.contains("too small"), "{why}");
        assert_eq!(source(Table::Gpt, 1 << 30).needs(), (9 << 20) + 33 * 512);
        let full = source(Table::Gpt, 9 << 20);
        assert!(full.fits(9 << 20, 512).unwrap_err().contains("too small"), "its second table has no place");
    }

    #[test]
    fn a_table_that_counts_in_other_sectors_is_refused_and_without_one_they_do_not_matter() {
        let why = source(Table::Gpt, 1 << 30).fits(1 << 30, 4096).unwrap_err();
        assert!(why.contains("512") && why.contains("4096"), "{why}");
        assert!(source(Table::None, 1 << 30).fits(1 << 30, 4096).is_ok());
    }

    #[test]
    fn what_is_kept_of_a_piece_has_its_number_its_length_and_as_many_chunks_as_that_makes() {
        let chunk = Chunk { digest: "a".repeat(64).parse().unwrap(), stored: 10 };
        let kept = |number, way, bytes, chunks: usize| Kept {
            number,
            way,
            bytes,
            digest: chunk.digest.clone(),
            chunks: vec![chunk.clone(); chunks],
        };
        let two = kept(1, Way::Raw, CHUNK + 1, 2);
        assert_eq!((two.check(&piece(1, 0, CHUNK + 1, "")), two.stored()), (Ok(()), 20));
        assert!(two.check(&piece(1, 0, CHUNK, "")).unwrap_err().contains("all of its"));
        assert!(two.check(&piece(2, 0, CHUNK + 1, "")).unwrap_err().contains("piece 1"));
        assert!(two.check(&piece(1, 0, CHUNK + 1, "swap")).is_err(), "nothing of it is kept");
        assert!(kept(1, Way::Raw, CHUNK, 2).check(&piece(1, 0, CHUNK, "")).is_err());
        assert!(kept(1, Way::Raw, 0, 0).check(&piece(1, 0, 0, "")).is_err());
        assert!(kept(1, Way::Used, 0, 0).check(&piece(1, 0, CHUNK, "ext4")).is_err());
        assert_eq!(kept(1, Way::Used, 100, 1).check(&piece(1, 0, CHUNK, "ext4")), Ok(()));
        assert!(
            kept(1, Way::Used, 100, 1).check(&piece(1, 0, CHUNK, "")).is_err(),
            "nobody knows what is in use"
        );
        assert!(kept(1, Way::Used, 9 * CHUNK, 9).check(&piece(1, 0, CHUNK, "ext4")).is_err());
        let disk = source(Table::Mbr, 1 << 30);
        assert!(disk.check_kept(&kept(7, Way::Raw, 100, 1)).unwrap_err().contains("no piece 7"));
    }

    #[test]
    fn a_disk_whose_pieces_lie_elsewhere_or_are_there_twice_is_not_believed() {
        let whole = source(Table::Gpt, 1 << 30);
        assert_eq!(whole.check(), Ok(()));
        for pieces in [
            vec![],
            vec![piece(1, u64::MAX, 8 << 20, "")],
            vec![piece(1, 0, 2 << 30, "")],
            vec![piece(1, 0, 0, "")],
            vec![piece(1, 0, 1, ""), piece(1, 1, 1, "")],
            vec![piece(u32::MAX, 0, 1, "")],
        ] {
            let disk = Source { pieces, ..whole.clone() };
            assert!(disk.check().is_err(), "{:?}", disk.pieces);
            assert!(disk.needs() >= 33 * 512, "no sum goes over");
        }
        let many =
            |kind| Source { bytes: 5 << 40, pieces: vec![piece(1, 0, 5 << 40, kind)], ..whole.clone() };
        assert!(many("crypto_LUKS").check().unwrap_err().contains("too large"), "before all of it is read");
        assert_eq!(many("ext4").check(), Ok(()), "it may not be full");
        assert!(Source { sector: 0, ..whole }.check().is_err());
    }
}
