//! Which pieces a disk has, and what lies on each.

use super::window::{Mode, Window};
use crate::inventory::Files;
use crate::maintenance::board::Board;
use crate::tasks::in_use;
use crate::tasks::tool::Tool;
use pitstop_domain::capture::table::HEAD;
use pitstop_domain::capture::{Piece, Source, table};
use pitstop_domain::machine::Disk;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;

/// What is to be captured of a disk.
///
/// # Errors
/// It cannot be read, is in use, or its table is not to be trusted, in words.
pub fn source(disk: &Disk, device: &str, board: &Board) -> Result<Source, String> {
    // What is written to meanwhile is not one thing.
    in_use::free(device)?;
    let sector = sector(&disk.name);
    let (table, mut pieces) = table(&head(device)?, sector, disk.bytes)?;
    for piece in pieces.iter_mut().filter(|piece| piece.number > 0) {
        recognise(piece, device, board)?;
    }
    let (device, model, serial) = (device.to_owned(), disk.model.clone(), disk.serial.clone());
    let source = Source { device, model, serial, bytes: disk.bytes, sector, table, pieces };
    source.check()?;
    Ok(source)
}

/// Bytes of the disk's logical sectors.
pub fn sector(name: &str) -> u32 {
    let size = Files::at("/").number(&format!("sys/block/{name}/queue/logical_block_size"));
    size.and_then(|size| u32::try_from(size).ok()).filter(|size| *size >= 512).unwrap_or(512)
}

fn head(device: &str) -> Result<Vec<u8>, String> {
    let mut head = Vec::new();
    let read = File::open(device).and_then(|file| file.take(HEAD as u64).read_to_end(&mut head));
    read.map(|_| head).map_err(|error| format!("its beginning cannot be read: {error}"))
}

fn recognise(piece: &mut Piece, device: &str, board: &Board) -> Result<(), String> {
    let window = Window::open(device, piece.start, piece.bytes, Mode::Read, board)?;
    let ran = Tool::new("blkid").args(["-p", "-o", "export", window.path()]).quiet().run(board)?;
    let said: BTreeMap<_, _> = ran.text.lines().filter_map(|line| line.split_once('=')).collect();
    let text = |key: &str| said.get(key).map(|value| value.replace('\\', "")).unwrap_or_default();
    (piece.kind, piece.label, piece.uuid) = (text("TYPE"), text("LABEL"), text("UUID"));
    Ok(())
}
