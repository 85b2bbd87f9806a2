//! Writing to a disk what was kept of one.
//!
//! Before anything is written all is looked at: that it is this machine, that the disk is large enough, that every chunk is on
//! the server, that the partition table is whole. Then the disk's own table is erased, and the new one is written last: a disk that
//! was half restored has none, and is never taken for a whole one.

use super::Halt;
use super::link::{Link, Shelf};
use super::look::{not_mounted, sector};
use super::stream::{self, Far};
use super::window::{Mode, Restoring, Window};
use crate::maintenance::board::Board;
use crate::tasks::disks::about;
use crate::tasks::file_systems::looks_clean;
use crate::tasks::ground::Ground;
use crate::tasks::human;
use crate::tasks::paper::{self, Paper};
use crate::tasks::tool::{Tool, is_here};
use crate::tasks::volumes::{Volume, disks};
use pitstop_domain::capture::table::HEAD;
use pitstop_domain::capture::{Kept, Piece, Source, Table, ToRestore, Way, gpt};
use pitstop_domain::machine::Disk;
use pitstop_domain::wire::TaskEnded;
use serde_json::json;
use std::fs::File;
use std::os::unix::fs::FileExt;

/// The disk that is written to.
pub(super) struct Target<'a> {
    pub device: &'a str,
    pub bytes: u64,
    pub sector: u32,
}

pub fn run(capture: &str, device: &str, confirm: &str, ground: &Ground) -> TaskEnded {
    let nothing = |why: String| paper::failed(format!("nothing was written: {why}"));
    let disk = match permitted(confirm, device, ground.machine_name) {
        Ok(disk) => disk,
        Err(why) => return nothing(why),
    };
    let (link, about) = (Link::of(ground), about(&disk));
    let found: ToRestore = match link.get_json("") {
        Ok(found) => found,
        Err(Halt::Stopped) => return nothing("it was stopped before it began".to_owned()),
        Err(Halt::Failed(why)) => return nothing(why),
    };
    if found.capture.to_string() != capture {
        return nothing(format!("the server names another capture ({})", found.capture));
    }
    let target = Target { device, bytes: disk.bytes, sector: sector(&disk.name) };
    let mut kept = Kepts { link: &link, link_of: &|number| link.get_json(&format!("/pieces/{number}")) };
    let ready = match ready(&found.source, &target, &mut kept, ground.board) {
        Ok(ready) => ready,
        Err(Halt::Stopped) => return nothing("it was stopped before it began".to_owned()),
        Err(Halt::Failed(why)) => return nothing(why),
    };
    ground
        .board
        .log(format!("restoring {about} from the capture of {} ({})", found.machine_name, found.begun_at));
    let mut paper = Paper::default();
    paper.own(
        "capture",
        json!({ "id": found.capture, "machine": found.machine_name, "source": found.source }),
    );
    match written(&found.source, &target, ready, &kept, ground.board, &mut paper) {
        Ok(()) => {}
        Err(halt) => {
            let why = match halt {
                Halt::Stopped => "it was stopped".to_owned(),
                Halt::Failed(why) => why,
            };
            let says = format!("it is half restored and has no partition table: restore it again ({why})");
            return paper::failed(format!("{about}: {says}"));
        }
    }
    paper.ended(&format!("{about} was restored"))
}

/// What was kept, piece by piece.
pub(super) struct Kepts<'a> {
    pub link: &'a dyn Shelf,
    pub link_of: &'a dyn Fn(u32) -> Result<Kept, Halt>,
}

/// The one disk that is meant, and only with the machine's name.
fn permitted(confirm: &str, device: &str, machine: &str) -> Result<Disk, String> {
    if machine.is_empty() || confirm != machine {
        return Err(format!("`{confirm}` is not this machine's name"));
    }
    let disk = disks(Some(device)).into_iter().next().ok_or_else(|| format!("there is no disk {device}"))?;
    not_mounted(device)?;
    Ok(disk)
}

/// What is written last, made ready first: the disk's beginning, and what stands at its end.
pub(super) struct Ready {
    head: Vec<u8>,
    behind: Option<(u64, Vec<u8>)>,
}

/// Looks at all that could go wrong, and writes nothing.
pub(super) fn ready(
    source: &Source,
    target: &Target,
    kept: &mut Kepts,
    board: &Board,
) -> Result<Ready, Halt> {
    source.fits(target.bytes, target.sector)?;
    for tool in ["losetup", "zstd", "partclone.restore", "mkswap"] {
        if !is_here(tool) {
            return Err(Halt::Failed(format!("this image has no {tool}")));
        }
    }
    let (mut head, mut behind) = (Vec::new(), None);
    for piece in source.pieces.iter().filter(|piece| piece.way() != Way::Anew) {
        let found = (kept.link_of)(piece.number)?;
        found.check()?;
        if piece.number == 0 {
            stream::write(&found, &mut head, kept.link, board, &mut |_| {})?;
        }
    }
    if source.table == Table::Gpt {
        behind = Some(gpt::moved(&mut head, target.sector, target.bytes)?);
    }
    Ok(Ready { head, behind })
}

pub(super) fn written(
    source: &Source,
    target: &Target,
    ready: Ready,
    kept: &Kepts,
    board: &Board,
    paper: &mut Paper,
) -> Result<(), Halt> {
    let trouble = |error: std::io::Error| Halt::Failed(format!("the disk cannot be written: {error}"));
    let disk = File::options().read(true).write(true).open(target.device).map_err(trouble)?;
    erase(&disk, target).map_err(trouble)?;
    let whole: u64 = source.pieces.iter().map(|piece| piece.bytes).sum();
    let mut before = 0;
    for piece in source.pieces.iter().filter(|piece| piece.number > 0) {
        let about = piece.about();
        let mut tell = |far: &Far| {
            let permille = 1000 * (before + far.read.min(piece.bytes)) / whole.max(1);
            board.progress(permille as u16, format!("{about}: {} written", human(far.read)));
        };
        let says = one(piece, target, &disk, kept, board, &mut tell)?;
        paper.good(&about, says);
        before += piece.bytes;
    }
    if let Some((at, behind)) = &ready.behind {
        disk.write_all_at(behind, *at).map_err(trouble)?;
    }
    disk.sync_all().map_err(trouble)?;
    disk.write_all_at(&ready.head, 0).map_err(trouble)?;
    disk.sync_all().map_err(trouble)?;
    if !ready.head.is_empty() {
        paper.good("partition table and boot sectors", "written last, after all that they lead to");
    }
    board.progress(1000, "the disk is restored");
    Ok(())
}

/// Takes away both copies of the table that was there.
fn erase(disk: &File, target: &Target) -> std::io::Result<()> {
    let zeros = vec![0; HEAD.min(target.bytes as usize)];
    disk.write_all_at(&zeros, 0)?;
    let behind = gpt::behind(target.sector).min(target.bytes);
    disk.write_all_at(&zeros[..behind.min(zeros.len() as u64) as usize], target.bytes - behind)?;
    disk.sync_all()
}

fn one(
    piece: &Piece,
    target: &Target,
    disk: &File,
    kept: &Kepts,
    board: &Board,
    tell: &mut dyn FnMut(&Far),
) -> Result<String, Halt> {
    if piece.way() == Way::Anew {
        return swap(piece, target, board);
    }
    let found = (kept.link_of)(piece.number)?;
    if found.way == Way::Raw {
        let mut at = At { disk, at: piece.start, end: piece.start + piece.bytes };
        stream::write(&found, &mut at, kept.link, board, tell)?;
        return Ok(format!("all of its {} were written", human(found.bytes)));
    }
    let window = Window::open(target.device, piece.start, piece.bytes, Mode::Write, board)?;
    let mut restoring = Restoring::start(&window)?;
    let streamed = stream::write(&found, &mut restoring, kept.link, board, tell);
    match (restoring.ended()?, streamed) {
        (Err(why), _) => return Err(Halt::Failed(format!("{}: partclone.restore: {why}", piece.about()))),
        (Ok(()), streamed) => streamed?,
    }
    if piece.kind == "ntfs" {
        second_boot_sector(window.path())
            .map_err(|error| format!("{}: its second boot sector: {error}", piece.about()))?;
    }
    let (device, kind) = (window.path().to_owned(), piece.kind.clone());
    let clean = looks_clean(&Volume { device, kind, ..Volume::default() }, board);
    let used = human(found.bytes);
    Ok(match clean {
        Ok(()) => format!("{used} in use were written, and its file system is whole"),
        Err(why) => format!("{used} in use were written; its file system was looked at afterwards: {why}"),
    })
}

/// NTFS keeps a copy of its boot sector behind its last cluster, which partclone does not know of.
fn second_boot_sector(path: &str) -> std::io::Result<()> {
    let disk = File::options().read(true).write(true).open(path)?;
    let mut boot = [0; 512];
    disk.read_exact_at(&mut boot, 0)?;
    let sector = u64::from(u16::from_le_bytes([boot[11], boot[12]]));
    let sectors = boot[40..48].iter().rev().fold(0, |sum, byte| (sum << 8) | u64::from(*byte));
    let mut whole = vec![0; usize::try_from(sector).unwrap_or(512).clamp(512, 4096)];
    disk.read_exact_at(&mut whole, 0)?;
    disk.write_all_at(&whole, sectors.saturating_mul(sector))?;
    disk.sync_all()
}

fn swap(piece: &Piece, target: &Target, board: &Board) -> Result<String, Halt> {
    let window = Window::open(target.device, piece.start, piece.bytes, Mode::Write, board)?;
    let mut args = vec![];
    for (option, value) in [("-U", &piece.uuid), ("-L", &piece.label)] {
        if !value.is_empty() {
            args.extend([option, value.as_str()]);
        }
    }
    args.push(window.path());
    let ran = Tool::new("mkswap").args(args).quiet().to_its_end().run(board)?;
    match ran.code {
        Some(0) => Ok("made anew, with its label and UUID".to_owned()),
        _ => Err(Halt::Failed(format!("{} cannot be made: {}", piece.about(), ran.text.trim()))),
    }
}

/// A place on the disk, and no further than its piece.
struct At<'a> {
    disk: &'a File,
    at: u64,
    end: u64,
}

impl std::io::Write for At<'_> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let room = usize::try_from(self.end - self.at).unwrap_or(usize::MAX).min(bytes.len());
        self.disk.write_all_at(&bytes[..room], self.at)?;
        self.at += room as u64;
        Ok(room)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
