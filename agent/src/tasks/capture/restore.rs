//! Writing to a disk what was kept of one.
//!
//! Before anything is written all is looked at: that it is this machine, that the disk is large enough, that every chunk is on
//! the server, that the partition table is whole. Then the disk's own table is erased, and the new one is written last: a disk that
//! was half restored has none, and is never taken for a whole one ([`super::broke`] says what is left where it breaks off).

use super::Halt;
use super::broke::{Broke, Left, words};
use super::link::{Link, Shelf};
use super::look::sector;
use super::stream::{self, Far};
use super::window::{Mode, Restoring, Window};
use crate::maintenance::board::Board;
use crate::tasks::disks::about;
use crate::tasks::file_systems::{Look, look};
use crate::tasks::ground::Ground;
use crate::tasks::human;
use crate::tasks::paper::{self, Paper};
use crate::tasks::target::permitted;
use crate::tasks::tool::{Tool, is_here};
use crate::tasks::volumes::{Volume, disks};
use pitstop_domain::capture::meant::Meant;
use pitstop_domain::capture::table::HEAD;
use pitstop_domain::capture::{Kept, Piece, Source, Table, ToRestore, Way, gpt};
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

/// `asked`: the disk as it was named, and as it was known then.
pub fn run(capture: &str, asked: (&str, Option<&Meant>), confirm: &str, ground: &Ground) -> TaskEnded {
    let nothing = |halt: Halt| paper::failed(format!("nothing was written: {}", words(halt)));
    let disk = match permitted(confirm, asked, ground.machine_name, &disks(None)) {
        Ok(disk) => disk,
        Err(why) => return nothing(why.into()),
    };
    let link = Link::of(ground);
    let found: ToRestore = match link.get_json("") {
        Ok(found) => found,
        Err(halt) => return nothing(halt),
    };
    if found.capture.to_string() != capture {
        return nothing(Halt::Failed(format!("the server names another capture ({})", found.capture)));
    }
    let (about, board) = (about(&disk), ground.board);
    let device = format!("/dev/{}", disk.name);
    let target = Target { device: &device, bytes: disk.bytes, sector: sector(&disk.name) };
    let kept = Kepts { link: &link, link_of: &|number| link.get_json(&format!("/pieces/{number}")) };
    let ready = match ready(&found.source, &target, &kept, board) {
        Ok(ready) => ready,
        Err(halt) => return nothing(halt),
    };
    board.log(format!("restoring {about} from the capture of {} ({})", found.machine_name, found.begun_at));
    let mut paper = Paper::default();
    paper.own(
        "capture",
        json!({ "id": found.capture, "machine": found.machine_name, "source": found.source }),
    );
    match written(&found.source, &target, ready, &kept, board, &mut paper) {
        Ok(()) => paper.ended(&format!("{about} was restored")),
        Err(broke) => broke.ended(&about, paper),
    }
}

/// What was kept, piece by piece.
pub(super) struct Kepts<'a> {
    pub link: &'a dyn Shelf,
    pub link_of: &'a dyn Fn(u32) -> Result<Kept, Halt>,
}

impl Kepts<'_> {
    fn of(&self, piece: &Piece) -> Result<Kept, Halt> {
        let kept = (self.link_of)(piece.number)?;
        kept.check(piece)?;
        Ok(kept)
    }
}

/// What is written last, made ready first: the disk's beginning, and what stands at its end.
pub(super) struct Ready {
    head: Vec<u8>,
    behind: Option<(u64, Vec<u8>)>,
}

/// Looks at all that could go wrong, and writes nothing.
pub(super) fn ready(source: &Source, target: &Target, kept: &Kepts, board: &Board) -> Result<Ready, Halt> {
    source.check()?;
    source.fits(target.bytes, target.sector)?;
    for tool in ["losetup", "zstd", "partclone.restore", "mkswap"] {
        if !is_here(tool) {
            return Err(Halt::Failed(format!("this image has no {tool}")));
        }
    }
    let (mut head, mut behind) = (Vec::new(), None);
    for piece in source.pieces.iter().filter(|piece| piece.way() != Way::Anew) {
        let found = kept.of(piece)?;
        if piece.number == 0 {
            stream::write(&found, &mut head, kept.link, board, &mut |_| {})?;
        }
    }
    if source.table == Table::Gpt {
        behind = Some(gpt::moved(&mut head, target.sector, target.bytes)?);
    }
    Ok(Ready { head, behind })
}

/// # Errors
/// Why it broke off, and what that left.
pub(super) fn written(
    source: &Source,
    target: &Target,
    ready: Ready,
    kept: &Kepts,
    board: &Board,
    paper: &mut Paper,
) -> Result<(), Broke> {
    let disk = File::options().read(true).write(true).open(target.device);
    let disk = disk.map_err(|error| Broke { why: not_written(&error), left: Left::AsItWas })?;
    erase(&disk, target).map_err(|error| Broke { why: not_written(&error), left: Left::PerhapsErased })?;
    filled(source, target, &disk, ready, kept, board, paper).map_err(|why| {
        // What was written since may begin or end the disk.
        let left =
            erase(&disk, target).map_or_else(|error| Left::Dangerous(error.to_string()), |()| Left::Erased);
        Broke { why, left }
    })
}

fn not_written(error: &std::io::Error) -> Halt {
    Halt::Failed(format!("the disk cannot be written: {error}"))
}

fn filled(
    source: &Source,
    target: &Target,
    disk: &File,
    ready: Ready,
    kept: &Kepts,
    board: &Board,
    paper: &mut Paper,
) -> Result<(), Halt> {
    let whole: u64 = source.pieces.iter().map(|piece| piece.bytes).sum();
    let mut before = 0;
    for piece in source.pieces.iter().filter(|piece| piece.number > 0) {
        let about = piece.about();
        let mut tell = |far: &Far| {
            let permille = 1000 * (before + far.read.min(piece.bytes)) / whole.max(1);
            board.progress(permille as u16, format!("{about}: {} written", human(far.read)));
        };
        one(piece, target, disk, kept, board, &mut tell)?.onto(&about, paper);
        before += piece.bytes;
    }
    if let Some((at, behind)) = &ready.behind {
        disk.write_all_at(behind, *at).map_err(|error| not_written(&error))?;
    }
    disk.sync_all().map_err(|error| not_written(&error))?;
    disk.write_all_at(&ready.head, 0).map_err(|error| not_written(&error))?;
    disk.sync_all().map_err(|error| not_written(&error))?;
    if !ready.head.is_empty() {
        paper.good("partition table and boot sectors", "written last, after all that they lead to");
    }
    board.progress(1000, "the disk is restored");
    Ok(())
}

/// Takes away what a disk is known by and started from: its first and last MiB, where both copies of a table stand.
fn erase(disk: &File, target: &Target) -> std::io::Result<()> {
    let zeros = vec![0; HEAD.min(usize::try_from(target.bytes).unwrap_or(HEAD))];
    disk.write_all_at(&zeros, 0)?;
    disk.write_all_at(&zeros, target.bytes - zeros.len() as u64)?;
    disk.sync_all()
}

/// A piece that was written.
enum Wrote {
    Well(String),
    /// Its own checker finds it damaged.
    Damaged(String),
    /// Its own checker cannot say.
    Unknown(String),
}

impl Wrote {
    fn onto(self, about: &str, paper: &mut Paper) {
        match self {
            Self::Well(says) => paper.good(about, says),
            Self::Damaged(says) => paper.problem(about, says),
            Self::Unknown(says) => paper.unknown(about, says),
        }
    }
}

fn one(
    piece: &Piece,
    target: &Target,
    disk: &File,
    kept: &Kepts,
    board: &Board,
    tell: &mut dyn FnMut(&Far),
) -> Result<Wrote, Halt> {
    if piece.way() == Way::Anew {
        return swap(piece, target, board).map(Wrote::Well);
    }
    let found = kept.of(piece)?;
    if found.way == Way::Raw {
        let mut at = At { disk, at: piece.start, end: piece.start + piece.bytes };
        stream::write(&found, &mut at, kept.link, board, tell).map_err(|halt| halt.of(&piece.about()))?;
        return Ok(Wrote::Well(format!("all of its {} were written", human(found.bytes))));
    }
    let window = Window::open(target.device, piece.start, piece.bytes, Mode::Write, board)?;
    let mut restoring = Restoring::start(&window)?;
    let streamed = stream::write(&found, &mut restoring, kept.link, board, tell);
    first_cause(streamed, restoring.ended(), &piece.about())?;
    if piece.kind == "ntfs" {
        second_boot_sector(window.path())
            .map_err(|error| format!("{}: its second boot sector: {error}", piece.about()))?;
    }
    let (device, kind) = (window.path().to_owned(), piece.kind.clone());
    let used = format!("{} in use were written", human(found.bytes));
    Ok(match look(&Volume { device, kind, ..Volume::default() }, board) {
        Look::Clean => Wrote::Well(format!("{used}, and its file system is whole")),
        Look::Broken(why) => Wrote::Damaged(format!(
            "{used}, but its file system is damaged: {why}; it was so when it was captured, or the disk does not keep what \
             is written: *Disk health* and *Repair file systems* tell more"
        )),
        Look::Unable(why) => {
            Wrote::Unknown(format!("{used}; whether its file system is whole is not known: {why}"))
        }
        Look::Stopped => {
            Wrote::Unknown(format!("{used}; it was stopped before its file system was looked at"))
        }
    })
}

/// Of a stream and the program that it goes to, whose failure brought the other's with it? A program to which no more came fails;
/// a program that ended takes no more.
fn first_cause(
    streamed: Result<(), Halt>,
    ended: Result<Result<(), String>, String>,
    about: &str,
) -> Result<(), Halt> {
    let ended = ended.and_then(|ended| ended).map_err(|why| format!("{about}: partclone.restore: {why}"));
    match (streamed, ended) {
        (Err(Halt::Failed(why)), Err(tool)) if why.contains(stream::UNWRITTEN) => Err(Halt::Failed(tool)),
        (Err(halt), _) => Err(halt.of(about)),
        (Ok(()), ended) => Ok(ended?),
    }
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
