//! On files that hold real file systems, broken on purpose.

use super::*;
use crate::tasks::volumes::identify;
use pitstop_domain::job::Outcome;
use pitstop_domain::report::{Findings, Level};
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::process::Command;

fn made(folder: &Path, mib: u64, mkfs: &[&str]) -> PathBuf {
    let path = folder.join("disk.img");
    File::create(&path).unwrap().set_len(mib << 20).unwrap();
    let made = Command::new(mkfs[0]).args(&mkfs[1..]).arg(&path).output().unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    path
}

fn overwrite(path: &Path, at: u64, bytes: &[u8]) {
    File::options().write(true).open(path).unwrap().write_all_at(bytes, at).unwrap();
}

fn checked(path: &Path, repair: bool) -> (Outcome, String, Option<Level>) {
    let board = Board::default();
    let volume = identify(path.to_str().unwrap(), "", &board).unwrap();
    let mut paper = Paper::default();
    look_after(&volume, repair, &board, &mut paper);
    let ended = paper.ended("all file systems are clean");
    (ended.outcome, ended.summary, Findings::of(&ended.report).worst())
}

/// Whole, found without a change, repaired, whole again.
fn goes_the_whole_way(path: &Path, damage: impl FnOnce(&Path)) {
    assert_eq!(checked(path, true).2, Some(Level::Good), "as it was made");
    damage(path);
    let before = std::fs::read(path).unwrap();
    let (outcome, summary, _) = checked(path, false);
    assert_eq!(outcome, Outcome::Found, "{summary}");
    assert!(std::fs::read(path).unwrap() == before, "a look changes nothing");
    let (outcome, summary, worst) = checked(path, true);
    assert_eq!((outcome, worst), (Outcome::Succeeded, Some(Level::Repaired)), "{summary}");
    assert_eq!(checked(path, true).2, Some(Level::Good), "once more");
}

#[test]
fn an_ext4_without_its_root_is_repaired() {
    let folder = tempfile::tempdir().unwrap();
    let path = made(folder.path(), 16, &["mke2fs", "-q", "-F", "-t", "ext4", "-L", "data"]);
    goes_the_whole_way(&path, |path| {
        let made = Command::new("debugfs").args(["-w", "-R", "clri <2>"]).arg(path).output().unwrap();
        assert!(made.status.success());
    });
}

#[test]
fn an_ntfs_whose_second_file_table_is_gone_is_repaired() {
    let folder = tempfile::tempdir().unwrap();
    let path = made(folder.path(), 32, &["mkntfs", "-q", "-F", "-L", "Windows"]);
    goes_the_whole_way(&path, |path| {
        let boot = std::fs::read(path).unwrap();
        let cluster = u64::from(boot[13]) * u64::from(u16::from_le_bytes([boot[11], boot[12]]));
        let mirror = u64::from_le_bytes(boot[56..64].try_into().unwrap());
        overwrite(path, mirror * cluster, &[0xaa; 1024]);
    });
}

#[test]
fn a_fat_with_chains_that_lead_nowhere_is_repaired() {
    let folder = tempfile::tempdir().unwrap();
    let path = made(folder.path(), 16, &["mkfs.vfat", "-n", "STICK"]);
    goes_the_whole_way(&path, |path| overwrite(path, 2060, &[0x37; 40]));
}

#[test]
fn an_xfs_with_a_bad_root_folder_is_repaired() {
    let folder = tempfile::tempdir().unwrap();
    let path = made(folder.path(), 320, &["mkfs.xfs", "-q", "-f"]);
    goes_the_whole_way(&path, |path| {
        let db = ["-x", "-c", "sb 0", "-c", "addr rootino", "-c", "write core.nlinkv2 77"];
        let made = Command::new("xfs_db").args(db).arg(path).output().unwrap();
        assert!(made.status.success(), "{made:?}");
    });
}

#[test]
fn what_is_encrypted_is_left_alone_and_said_not_to_be_looked_at() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("locked.img");
    File::create(&path).unwrap().set_len(4 << 20).unwrap();
    // The boot sector of BitLocker: jump, name, and its identifier (libbde, "BitLocker Drive Encryption format").
    overwrite(&path, 0, b"\xeb\x58\x90-FVE-FS-");
    let volume =
        Volume { device: path.display().to_string(), kind: "BitLocker".to_owned(), ..Volume::default() };
    let mut paper = Paper::default();
    look_after(&volume, true, &Board::default(), &mut paper);
    let ended = paper.ended("");
    assert_eq!(ended.outcome, Outcome::Failed);
    assert!(ended.summary.starts_with("not looked at: "), "{}", ended.summary);
}
