//! Keeping what is on a disk, and writing it back ([`restore`]).
//!
//! [`look`] says which pieces a disk has; [`window`] shows one of them to programs as a device of its own; [`stream`] cuts
//! what they give into chunks and puts chunks together again; [`link`] brings these to the server and fetches them, however
//! often it is away.

mod broke;
mod link;
mod look;
pub mod restore;
mod stream;
#[cfg(test)]
mod tests;
mod unclean;
mod window;

use super::disks::about;
use super::ground::Ground;
use super::human;
use super::paper::{self, Paper};
use super::volumes::disks;
use crate::maintenance::board::Board;
use link::{Link, Shelf};
use pitstop_domain::capture::{Begun, Kept, Piece, Source, Way, cloner};
use pitstop_domain::machine::Disk;
use pitstop_domain::report::Better;
use pitstop_domain::wire::TaskEnded;
use serde_json::json;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use stream::Far;
use window::{Mode, Window};

/// Why it goes no further.
#[derive(Debug, PartialEq, Eq)]
enum Halt {
    /// Somebody asked to stop.
    Stopped,
    /// In words.
    Failed(String),
}

impl Halt {
    /// With where it was.
    fn of(self, about: &str) -> Self {
        match self {
            Self::Failed(why) => Self::Failed(format!("{about}: {why}")),
            Self::Stopped => Self::Stopped,
        }
    }
}

impl From<String> for Halt {
    fn from(why: String) -> Self {
        Self::Failed(why)
    }
}

/// Keeps one disk.
pub fn run(device: Option<&str>, ground: &Ground) -> TaskEnded {
    let disk = match chosen(device) {
        Ok(disk) => disk,
        Err(why) => return paper::failed(why),
    };
    let (device, about) = (format!("/dev/{}", disk.name), about(&disk));
    let source = match look::source(&disk, &device, ground.board) {
        Ok(source) => source,
        Err(why) => return paper::failed(format!("{about} is not captured: {why}")),
    };
    let mut paper = Paper::default();
    match all(&source, &Link::of(ground), ground.board, &mut paper) {
        Ok(()) => {}
        Err(Halt::Stopped) => paper.stopped(),
        Err(Halt::Failed(why)) => return paper::failed(format!("{about} is not captured: {why}")),
    }
    paper.ended(&format!("{about} was captured"))
}

/// The one that was asked for, or the only one.
fn chosen(device: Option<&str>) -> Result<Disk, String> {
    let mut found = disks(device);
    let names: Vec<_> = found.iter().map(|disk| format!("/dev/{}", disk.name)).collect();
    match (found.pop(), device) {
        (Some(disk), _) if found.is_empty() => Ok(disk),
        (None, Some(device)) => Err(format!("there is no disk {device}")),
        (None, None) => Err("there is no disk".to_owned()),
        (Some(_), _) => Err(format!("there are several disks, {}: say which one", names.join(", "))),
    }
}

fn all(source: &Source, link: &Link, board: &Board, paper: &mut Paper) -> Result<(), Halt> {
    let begun: Begun = link.post("", source)?;
    if begun.goes_on {
        board.log("an earlier attempt broke off: what is on the server already is not sent again");
    }
    let whole: u64 = source.pieces.iter().map(|piece| piece.bytes).sum();
    let (mut before, mut stored, mut skipped) = (0, 0, 0);
    for piece in &source.pieces {
        let about = piece.about();
        let mut tell = |far: &Far| {
            let permille = 1000 * (before + far.read.min(piece.bytes)) / whole.max(1);
            let says = format!("{about}: {} read, {} stored", human(far.read), human(far.stored));
            board.progress(permille as u16, says);
        };
        if piece.way() == Way::Anew {
            paper.note(&about, "nothing of it is kept: it is made anew, with its label and UUID");
        } else if begun.here.contains(&piece.number) {
            paper.good(&about, "it was captured before the agent was started again");
        } else {
            let (kept, far) = keep(piece, source, link, board, &mut tell)?;
            link.post::<()>("/pieces", &kept)?;
            paper.good(&about, words(piece, &kept, &far));
            (stored, skipped) = (stored + far.stored, skipped + far.skipped);
        }
        before += piece.bytes;
    }
    link.post::<()>("/whole", &json!({}))?;
    if skipped > 0 {
        paper.note(
            "the line",
            format!("{} were on the server already and were not sent again", human(skipped)),
        );
    }
    paper.own("capture", json!({ "id": begun.capture, "source": source }));
    paper.measure("capture.disk", "Captured disk", mib(source.bytes), "MiB", Better::Neither);
    paper.measure("capture.stored", "Stored of it", mib(stored), "MiB", Better::Neither);
    board.progress(1000, "the disk is captured");
    Ok(())
}

fn mib(bytes: u64) -> f64 {
    bytes as f64 / f64::from(1 << 20)
}

fn words(piece: &Piece, kept: &Kept, far: &Far) -> String {
    let (read, stored) = (human(kept.bytes), human(far.stored));
    match (kept.way, piece.kind.as_str()) {
        (Way::Used, _) => format!("{read} in use of {} were kept, {stored} stored", human(piece.bytes)),
        (_, "crypto_LUKS" | "BitLocker") => {
            format!("it is encrypted, so all of its {read} were kept, {stored} stored")
        }
        (_, kind) if cloner(kind).is_some() => format!(
            "its file system was not closed cleanly, so all of its {read} were kept, {stored} stored: restored, it is as it \
             is now"
        ),
        _ => format!("all of its {read} were kept, {stored} stored"),
    }
}

fn keep(
    piece: &Piece,
    source: &Source,
    link: &dyn Shelf,
    board: &Board,
    tell: &mut dyn FnMut(&Far),
) -> Result<(Kept, Far), Halt> {
    if let Some(program) = cloner(&piece.kind).filter(|_| piece.way() == Way::Used) {
        let window = Window::open(&source.device, piece.start, piece.bytes, Mode::Read, board)?;
        let unclean = match unclean::why(&piece.kind, &window, board)? {
            Some(why) => why.to_owned(),
            None => match cloned(piece, program, &window, link, board, tell)? {
                Ok(kept) => return Ok(kept),
                Err(why) => why,
            },
        };
        board.log(format!("{}: {unclean}: all of it is kept", piece.about()));
    }
    let mut disk = File::open(&source.device).map_err(|error| not_read(piece, &error.to_string()))?;
    disk.seek(SeekFrom::Start(piece.start)).map_err(|error| not_read(piece, &error.to_string()))?;
    stream::keep(piece.number, Way::Raw, &mut disk.take(piece.bytes), link, board, tell).map_err(|halt| {
        match halt {
            Halt::Failed(why) if why.contains(stream::UNREAD) => Halt::Failed(not_read(piece, &why)),
            halt => halt,
        }
    })
}

/// What is in use; or why its program does not begin.
fn cloned(
    piece: &Piece,
    program: &str,
    window: &Window,
    link: &dyn Shelf,
    board: &Board,
    tell: &mut dyn FnMut(&Far),
) -> Result<Result<(Kept, Far), String>, Halt> {
    let mut cloning = window::Cloning::start(program, window)?;
    let kept = stream::keep(piece.number, Way::Used, &mut cloning, link, board, tell);
    match (cloning.ended()?, kept) {
        (Ok(()), kept) => kept.map(Ok),
        (Err(why), Ok((kept, _))) if kept.bytes == 0 => Ok(Err(why)),
        (Err(_), Err(halt)) => Err(halt),
        (Err(why), Ok(_)) => Err(Halt::Failed(not_read(piece, &why))),
    }
}

fn not_read(piece: &Piece, why: &str) -> String {
    format!("{} cannot be read ({why}); *Disk health* shows which places of the disk are bad", piece.about())
}
