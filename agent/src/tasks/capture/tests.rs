//! With real partclone, on files that hold disks. Windows to them take root.

use super::link::Shelf;
use super::restore::{Kepts, Target, ready, written};
use super::*;
use pitstop_domain::capture::Table;
use pitstop_domain::digest::Digest;
use sha2::{Digest as _, Sha256};
use std::cell::RefCell;
use std::collections::HashMap;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::process::Command;

/// A server in memory.
#[derive(Default)]
struct Memory {
    chunks: RefCell<HashMap<String, Vec<u8>>>,
    puts: RefCell<usize>,
    /// It breaks off after so many.
    most: Option<usize>,
}

impl Shelf for Memory {
    fn has(&self, digest: &Digest) -> Result<bool, Halt> {
        Ok(self.chunks.borrow().contains_key(digest.as_str()))
    }

    fn put(&self, digest: &Digest, bytes: &[u8]) -> Result<(), Halt> {
        if self.most.is_some_and(|most| *self.puts.borrow() >= most) {
            return Err(Halt::Failed("the server's disk has no room".to_owned()));
        }
        assert_eq!(hex::encode(Sha256::digest(bytes)), digest.as_str());
        *self.puts.borrow_mut() += 1;
        self.chunks.borrow_mut().insert(digest.to_string(), bytes.to_vec());
        Ok(())
    }

    fn get(&self, digest: &Digest, _: u64) -> Result<Vec<u8>, Halt> {
        Ok(self.chunks.borrow()[digest.as_str()].clone())
    }
}

/// What hardly compresses, and is the same each time.
fn noise(bytes: usize) -> Vec<u8> {
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state as u8
    };
    (0..bytes).map(|_| next()).collect()
}

#[test]
fn a_stream_that_broke_off_goes_on_without_sending_again_and_comes_back_as_it_was() {
    let bytes = noise(2 * pitstop_domain::capture::CHUNK as usize + 777);
    let keep = |shelf: &Memory| {
        stream::keep(3, Way::Raw, &mut bytes.as_slice(), shelf, &Board::default(), &mut |_| {})
    };
    let broken = Memory { most: Some(2), ..Memory::default() };
    assert!(matches!(keep(&broken), Err(Halt::Failed(why)) if why.contains("no room")));
    let shelf = Memory { most: None, ..broken };
    let (kept, far) = keep(&shelf).unwrap();
    assert_eq!((*shelf.puts.borrow(), kept.chunks.len()), (3, 3));
    assert!(far.skipped > 0 && far.skipped < far.stored);
    let mut back = Vec::new();
    stream::write(&kept, &mut back, &shelf, &Board::default(), &mut |_| {}).unwrap();
    assert!(back == bytes);
}

#[test]
fn a_chunk_that_was_changed_on_the_server_is_not_written() {
    let shelf = Memory::default();
    let (kept, _) =
        stream::keep(1, Way::Raw, &mut noise(5000).as_slice(), &shelf, &Board::default(), &mut |_| {})
            .unwrap();
    shelf.chunks.borrow_mut().values_mut().for_each(|chunk| chunk[100] ^= 1);
    let mut back = Vec::new();
    let halt = stream::write(&kept, &mut back, &shelf, &Board::default(), &mut |_| {}).unwrap_err();
    assert!(matches!(halt, Halt::Failed(why) if why.contains("is damaged on the server")));
    assert!(back.is_empty());
}

/// A test that cannot run does not pass.
fn as_root() {
    assert!(nix::unistd::geteuid().is_root(), "windows to a disk take root: run this test as root");
}

fn run(program: &str, args: &[&str]) -> String {
    let done = Command::new(program).args(args).output().unwrap();
    assert!(done.status.success(), "{program} {args:?}: {}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8_lossy(&done.stdout).into_owned()
}

fn place(disk: &Path, image: &Path, mib: u64) {
    let disk = File::options().write(true).open(disk).unwrap();
    disk.write_all_at(&std::fs::read(image).unwrap(), mib << 20).unwrap();
}

fn made(folder: &Path, name: &str, mib: u64, mkfs: &[&str]) -> std::path::PathBuf {
    let path = folder.join(name);
    File::create(&path).unwrap().set_len(mib << 20).unwrap();
    let args: Vec<_> = mkfs[1..].iter().copied().chain([path.to_str().unwrap()]).collect();
    run(mkfs[0], &args);
    path
}

/// An MBR with an ext4, an NTFS, a swap and something that nobody knows.
fn disk_of(folder: &Path) -> std::path::PathBuf {
    let disk = folder.join("disk.img");
    let file = File::create(&disk).unwrap();
    file.set_len(64 << 20).unwrap();
    file.write_all_at(b"boot loader", 0).unwrap();
    for (at, (kind, mib, size)) in
        [(0x83_u8, 1, 16), (7, 17, 16), (0x82, 33, 4), (0x83, 37, 2)].iter().enumerate()
    {
        let mut entry = [0; 16];
        entry[4] = *kind;
        entry[8..12].copy_from_slice(&(mib * 2048_u32).to_le_bytes());
        entry[12..16].copy_from_slice(&(size * 2048_u32).to_le_bytes());
        file.write_all_at(&entry, 446 + 16 * at as u64).unwrap();
    }
    file.write_all_at(&[0x55, 0xaa], 510).unwrap();
    let files = folder.join("files");
    std::fs::create_dir(&files).unwrap();
    std::fs::write(files.join("thesis.txt"), "Four years of work").unwrap();
    let root = files.to_str().unwrap();
    place(
        &disk,
        &made(folder, "ext4.img", 16, &["mke2fs", "-q", "-F", "-t", "ext4", "-L", "data", "-d", root]),
        1,
    );
    place(&disk, &made(folder, "ntfs.img", 16, &["mkntfs", "-q", "-F", "-L", "Windows"]), 17);
    let uuid = "0a0b0c0d-0000-4000-8000-000000000001";
    place(&disk, &made(folder, "swap.img", 4, &["mkswap", "-q", "-U", uuid, "-L", "swap"]), 33);
    file.write_all_at(&noise(2 << 20), 37 << 20).unwrap();
    disk
}

#[test]
fn a_disk_with_all_kinds_of_partitions_comes_back_on_a_larger_one() {
    as_root();
    let (folder, board, shelf) = (tempfile::tempdir().unwrap(), Board::default(), Memory::default());
    let path = disk_of(folder.path());
    let device = path.to_str().unwrap();
    let described: Disk = serde_json::from_value(
        json!({ "name": "none", "model": "", "serial": "1", "bytes": 64 << 20, "rotational": false }),
    )
    .unwrap();
    let source = look::source(&described, device, &board).unwrap();
    assert_eq!(source.table, Table::Mbr);
    let ways: Vec<_> = source.pieces.iter().map(|piece| (piece.kind.as_str(), piece.way())).collect();
    let expected =
        [("", Way::Raw), ("ext4", Way::Used), ("ntfs", Way::Used), ("swap", Way::Anew), ("", Way::Raw)];
    assert_eq!(ways, expected);

    let mut all = HashMap::new();
    for piece in source.pieces.iter().filter(|piece| piece.way() != Way::Anew) {
        let kept = stream_of(piece, &source, &shelf, &board);
        assert_eq!(kept.way, piece.way(), "{}", piece.about());
        all.insert(piece.number, kept);
    }

    let larger = folder.path().join("larger.img");
    std::fs::write(&larger, vec![0xee; 80 << 20]).unwrap();
    let target = Target { device: larger.to_str().unwrap(), bytes: 80 << 20, sector: 512 };
    let kept_of = |number: u32| Ok(all[&number].clone());
    let kept = Kepts { link: &shelf, link_of: &kept_of };
    let small = Target { bytes: 20 << 20, ..target };
    let refused = ready(&source, &small, &kept, &board).err().unwrap();
    assert!(matches!(refused, Halt::Failed(why) if why.contains("too small")));
    assert!(std::fs::read(&larger).unwrap().iter().all(|byte| *byte == 0xee), "nothing was written");

    let target = Target { bytes: 80 << 20, ..small };
    let (ready, mut paper) = (ready(&source, &target, &kept, &board).unwrap(), Paper::default());
    written(&source, &target, ready, &kept, &board, &mut paper).unwrap();
    let (before, after) = (std::fs::read(&path).unwrap(), std::fs::read(&larger).unwrap());
    assert!(before[..1 << 20] == after[..1 << 20], "the table and what starts it");
    assert!(before[37 << 20..39 << 20] == after[37 << 20..39 << 20], "what nobody knows, byte by byte");
    let part = |mib: usize, size: usize| {
        let path = folder.path().join("part.img");
        std::fs::write(&path, &after[mib << 20..(mib + size) << 20]).unwrap();
        path.display().to_string()
    };
    let ext4 = part(1, 16);
    run("e2fsck", &["-n", "-f", &ext4]);
    assert!(run("debugfs", &["-R", "cat /thesis.txt", &ext4]).contains("Four years of work"));
    run("ntfsfix", &["-n", &part(17, 16)]);
    assert!(
        run("blkid", &["-p", "-o", "export", &part(33, 4)]).contains("0a0b0c0d-0000-4000-8000-000000000001")
    );
    let ended = paper.ended("well");
    assert!(ended.report.to_string().contains("its file system is whole"), "{}", ended.report);
}

#[test]
fn a_file_system_that_was_not_closed_is_kept_whole() {
    as_root();
    let (folder, board, shelf) = (tempfile::tempdir().unwrap(), Board::default(), Memory::default());
    let path = made(folder.path(), "ext4.img", 8, &["mke2fs", "-q", "-F", "-t", "ext4"]);
    let device = path.to_str().unwrap();
    run("debugfs", &["-w", "-R", "feature needs_recovery", device]);
    let described: Disk = serde_json::from_value(
        json!({ "name": "none", "model": "", "serial": "1", "bytes": 8 << 20, "rotational": false }),
    )
    .unwrap();
    let source = look::source(&described, device, &board).unwrap();
    assert_eq!((source.table, source.pieces[0].way()), (Table::None, Way::Used));
    let kept = stream_of(&source.pieces[0], &source, &shelf, &board);
    assert_eq!((kept.way, kept.bytes), (Way::Raw, 8 << 20));
}

/// Two partitions, ext4 and what nobody knows, captured; and a disk that is full of something else.
struct Captured {
    folder: tempfile::TempDir,
    source: Source,
    shelf: Memory,
    kept: HashMap<u32, Kept>,
}

impl Captured {
    fn new() -> Self {
        let (folder, board, shelf) = (tempfile::tempdir().unwrap(), Board::default(), Memory::default());
        let path = disk_of(folder.path());
        let described: Disk = serde_json::from_value(
            json!({ "name": "none", "model": "", "serial": "1", "bytes": 64 << 20, "rotational": false }),
        )
        .unwrap();
        let source = look::source(&described, path.to_str().unwrap(), &board).unwrap();
        let pieces = source.pieces.iter().filter(|piece| piece.way() != Way::Anew);
        let kept = pieces.map(|piece| (piece.number, stream_of(piece, &source, &shelf, &board))).collect();
        let target = folder.path().join("target.img");
        std::fs::write(target, vec![0xee; 64 << 20]).unwrap();
        Self { folder, source, shelf, kept }
    }

    fn target(&self) -> std::path::PathBuf {
        self.folder.path().join("target.img")
    }

    fn restore(&self, board: &Board) -> (Result<(), broke::Broke>, Paper) {
        let path = self.target();
        let target = Target { device: path.to_str().unwrap(), bytes: 64 << 20, sector: 512 };
        let kept_of = |number: u32| Ok(self.kept[&number].clone());
        let kept = Kepts { link: &self.shelf, link_of: &kept_of };
        let (ready, mut paper) =
            (ready(&self.source, &target, &kept, &Board::default()).unwrap(), Paper::default());
        (written(&self.source, &target, ready, &kept, board, &mut paper), paper)
    }

    fn spoil(&self, number: u32) {
        let name = self.kept[&number].chunks[0].digest.to_string();
        self.shelf.chunks.borrow_mut().get_mut(&name).unwrap()[100] ^= 1;
    }
}

#[test]
fn what_breaks_off_says_its_own_cause_and_leaves_nothing_that_boots() {
    as_root();
    let captured = Captured::new();
    // The fourth partition comes after the file systems; partclone has the second when nothing more comes.
    for (spoilt, whose) in [(4, "partition 4"), (1, "partition 1 (ext4")] {
        captured.spoil(spoilt);
        let broke = captured.restore(&Board::default()).0.unwrap_err();
        assert_eq!(broke.left, broke::Left::Erased);
        let Halt::Failed(why) = broke.why else { panic!("nobody stopped it") };
        assert!(why.starts_with(whose) && why.contains("is damaged on the server"), "{why}");
        assert!(!why.contains("partclone"), "that follows from it: {why}");
        let left = std::fs::read(captured.target()).unwrap();
        for at in [0..1 << 20, (63 << 20)..(64 << 20)] {
            assert!(left[at].iter().all(|byte| *byte == 0));
        }
    }
    let board = Board::default();
    board.stop();
    assert_eq!(captured.restore(&board).0.unwrap_err().why, Halt::Stopped);
}

#[test]
fn a_disk_without_a_table_that_is_half_restored_does_not_begin_as_it_will() {
    as_root();
    let (folder, board, shelf) = (tempfile::tempdir().unwrap(), Board::default(), Memory::default());
    let path = folder.path().join("disk.img");
    std::fs::write(&path, noise(20 << 20)).unwrap();
    let described: Disk = serde_json::from_value(
        json!({ "name": "none", "model": "", "serial": "1", "bytes": 20 << 20, "rotational": false }),
    )
    .unwrap();
    let source = look::source(&described, path.to_str().unwrap(), &board).unwrap();
    let kept = stream_of(&source.pieces[0], &source, &shelf, &board);
    shelf.chunks.borrow_mut().get_mut(kept.chunks[2].digest.as_str()).unwrap()[100] ^= 1;
    let target = Target { device: path.to_str().unwrap(), bytes: 20 << 20, sector: 512 };
    let kept_of = |_| Ok(kept.clone());
    let kepts = Kepts { link: &shelf, link_of: &kept_of };
    let ready = ready(&source, &target, &kepts, &board).unwrap();
    let broke = written(&source, &target, ready, &kepts, &board, &mut Paper::default()).unwrap_err();
    assert_eq!(broke.left, broke::Left::Erased);
    assert!(
        std::fs::read(&path).unwrap()[..1 << 20].iter().all(|byte| *byte == 0),
        "its first chunks were written"
    );
}

#[test]
fn a_file_system_that_is_damaged_afterwards_is_a_problem() {
    as_root();
    let folder = tempfile::tempdir().unwrap();
    let path = made(folder.path(), "ext4.img", 8, &["mke2fs", "-q", "-F", "-t", "ext4"]);
    let device = path.to_str().unwrap();
    // A folder's inode is gone, which partclone does not look at.
    run("debugfs", &["-w", "-R", "clri <11>", device]);
    let described: Disk = serde_json::from_value(
        json!({ "name": "none", "model": "", "serial": "1", "bytes": 8 << 20, "rotational": false }),
    )
    .unwrap();
    let (board, shelf, mut paper) = (Board::default(), Memory::default(), Paper::default());
    let source = look::source(&described, device, &board).unwrap();
    let kept = stream_of(&source.pieces[0], &source, &shelf, &board);
    assert_eq!(kept.way, Way::Used);
    let target = Target { device, bytes: 8 << 20, sector: 512 };
    let kept_of = |_| Ok(kept.clone());
    let kepts = Kepts { link: &shelf, link_of: &kept_of };
    let ready = ready(&source, &target, &kepts, &board).unwrap();
    written(&source, &target, ready, &kepts, &board, &mut paper).unwrap();
    let ended = paper.ended("it was restored");
    assert_eq!(ended.outcome, pitstop_domain::job::Outcome::Found, "{}", ended.report);
    assert!(ended.summary.contains("its file system is damaged"), "{}", ended.summary);
}

fn stream_of(piece: &Piece, source: &Source, shelf: &Memory, board: &Board) -> Kept {
    keep(piece, source, shelf, board, &mut |_| {}).unwrap().0
}
