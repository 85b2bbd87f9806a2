//! Streams, cut into chunks that are compressed, and put together again.

use super::Halt;
use super::link::Shelf;
use crate::maintenance::board::Board;
use crate::tasks::tool::command;
use pitstop_domain::capture::{CHUNK, Chunk, Kept, MOST_CHUNKS, TOO_LARGE, Way};
use sha2::{Digest as _, Sha256};
use std::io::{self, Read, Write};
use std::process::Stdio;
use std::thread::{Builder, scope};

/// What is said where it is the disk that fails.
pub const UNREAD: &str = "reading broke off";
/// What is said where whoever is written to takes no more.
pub const UNWRITTEN: &str = "writing broke off";

/// How far a stream is, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Far {
    pub read: u64,
    pub stored: u64,
    /// Of these, what was on the server already.
    pub skipped: u64,
}

/// Brings a stream to the shelf.
pub fn keep(
    number: u32,
    way: Way,
    from: &mut dyn Read,
    shelf: &dyn Shelf,
    board: &Board,
    tell: &mut dyn FnMut(&Far),
) -> Result<(Kept, Far), Halt> {
    let (mut far, mut whole, mut chunks) = (Far::default(), Sha256::new(), Vec::new());
    let mut plain = Vec::with_capacity(CHUNK as usize);
    loop {
        if board.is_stopped() {
            return Err(Halt::Stopped);
        }
        plain.clear();
        let read = from.take(CHUNK).read_to_end(&mut plain);
        read.map_err(|error| format!("{UNREAD} after {} bytes: {error}", far.read))?;
        if plain.is_empty() {
            break;
        }
        if chunks.len() == MOST_CHUNKS {
            return Err(Halt::Failed(TOO_LARGE.to_owned()));
        }
        whole.update(&plain);
        // Its fastest level: disks and lines are slower still, and processors in maintenance have little else to do.
        let stored = zstd(&["-1"], &plain)?;
        let digest = hex::encode(Sha256::digest(&stored)).parse().map_err(|error| format!("{error}"))?;
        let here = shelf.has(&digest)?;
        if !here {
            shelf.put(&digest, &stored)?;
        }
        far.read += plain.len() as u64;
        far.stored += stored.len() as u64;
        far.skipped += if here { stored.len() as u64 } else { 0 };
        chunks.push(Chunk { digest, stored: stored.len() as u64 });
        tell(&far);
    }
    let digest = hex::encode(whole.finalize()).parse().map_err(|error| format!("{error}"))?;
    Ok((Kept { number, way, bytes: far.read, digest, chunks }, far))
}

/// Times that a chunk is fetched before it is believed that the server has no better one.
const ATTEMPTS: u32 = 3;

/// Writes what was kept; every chunk is what its name says, and all together what was read then.
pub fn write(
    kept: &Kept,
    to: &mut dyn Write,
    shelf: &dyn Shelf,
    board: &Board,
    tell: &mut dyn FnMut(&Far),
) -> Result<(), Halt> {
    let (mut far, mut whole) = (Far::default(), Sha256::new());
    for chunk in &kept.chunks {
        if board.is_stopped() {
            return Err(Halt::Stopped);
        }
        let plain = zstd(&["-d"], &fetched(chunk, shelf, board)?)?;
        whole.update(&plain);
        to.write_all(&plain).map_err(|error| format!("{UNWRITTEN} after {} bytes: {error}", far.read))?;
        far.read += plain.len() as u64;
        far.stored += chunk.stored;
        tell(&far);
    }
    if far.read != kept.bytes || hex::encode(whole.finalize()) != kept.digest.as_str() {
        return Err(Halt::Failed(
            "what was put together is not what was captured: its SHA-256 is another".to_owned(),
        ));
    }
    Ok(())
}

fn fetched(chunk: &Chunk, shelf: &dyn Shelf, board: &Board) -> Result<Vec<u8>, Halt> {
    for attempt in 1..=ATTEMPTS {
        let bytes = shelf.get(&chunk.digest, chunk.stored)?;
        if hex::encode(Sha256::digest(&bytes)) == chunk.digest.as_str() {
            return Ok(bytes);
        }
        board.log(format!("chunk {}… came damaged (attempt {attempt} of {ATTEMPTS})", chunk.digest.short()));
    }
    Err(Halt::Failed(format!(
        "chunk {}… is damaged on the server: its SHA-256 is another, {ATTEMPTS} times",
        chunk.digest.short()
    )))
}

/// What zstd makes of it.
fn zstd(args: &[&str], input: &[u8]) -> Result<Vec<u8>, String> {
    let mut command = command("zstd");
    command.args(["-q", "-c"]).args(args).stdin(Stdio::piped()).stderr(Stdio::null());
    let child = command.spawn();
    let mut child =
        child.map_err(|error| format!("zstd cannot be started: {error}; is it in this image?"))?;
    let (to, from) = (child.stdin.take(), child.stdout.take());
    let mut made = Vec::new();
    let piped: io::Result<()> = scope(|threads| {
        let feed = move || to.map_or(Ok(()), |mut to| to.write_all(input));
        let fed = Builder::new().name("zstd".to_owned()).stack_size(128 << 10).spawn_scoped(threads, feed)?;
        // A chunk that was made to grow without end makes no more than a chunk.
        from.map_or(Ok(0), |from| from.take(2 * CHUNK).read_to_end(&mut made))?;
        fed.join().unwrap_or(Ok(()))
    });
    let status = child.wait().map_err(|error| format!("zstd was lost: {error}"))?;
    match (piped, status.success()) {
        (Ok(()), true) => Ok(made),
        (Err(error), _) => Err(format!("zstd broke off: {error}")),
        (Ok(()), false) => Err("zstd cannot make sense of a chunk".to_owned()),
    }
}
