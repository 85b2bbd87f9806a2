//! Brings an image in: a folder with its files and an `image.json`, as it would lie in the server's drop.

use super::{Context, print, remark, signing};
use crate::client::segment;
use crate::exit::Exit;
use crate::fault::Fault;
use serde::Deserialize;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::fs::{self, File};
use std::io::{IsTerminal, Read, Seek, SeekFrom, Write, stderr};
use std::path::Path;
use std::thread::sleep;
use std::time::Duration;

/// A piece arrives well within the time of a call on any line that images should be sent over.
const PIECE: u64 = 4 * 1024 * 1024;
/// A server that is restarted is back within these pauses: 1, 2, 4 … s, two minutes in all.
const TRIES: u32 = 7;
/// A server reads about half a GiB in this time.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

#[derive(Deserialize)]
struct Upload {
    id: String,
    parts: Vec<Come>,
}

#[derive(Deserialize)]
struct Come {
    file: String,
    bytes: u64,
    offset: u64,
}

pub fn push(context: &Context, folder: &Path) -> Result<Exit, Fault> {
    let mut announced = described(folder)?;
    if let Some(signature) = signing::beside(folder)? {
        announced["signature"] = json!(signature);
    }
    let upload: Upload = context.understood(&context.client.post("images/uploads", &announced)?)?;
    for part in &upload.parts {
        send(context, folder, &upload.id, part)?;
    }
    let finished = finished(context, &upload.id)?;
    if context.json {
        print(&format!("{finished}\n"))?;
    } else {
        let word = |name: &str| finished[name].as_str().unwrap_or_default().to_owned();
        remark(&whereabouts(
            &format!("{} {}", word("name"), word("version")),
            finished["standing"]["channel"].as_str().unwrap_or("candidate"),
        ));
        remark(&signing::vouched(&finished));
        print(&format!("{}\n", word("digest")))?;
    }
    Ok(Exit::Done)
}

/// The image, once the server has read all of it: of several GiB that takes minutes, in which it tells how far it is.
fn finished(context: &Context, id: &str) -> Result<Value, Fault> {
    let ask = || context.client.post(&format!("images/uploads/{id}/finish"), &json!({}));
    let (mut answer, mut failed) = (ask()?, 0);
    loop {
        if answer["image"].is_object() {
            return Ok(answer["image"].take());
        }
        if answer["digest"].is_string() {
            return Ok(answer);
        }
        let read = answer["reading"]["bytes"].as_u64();
        let bytes = answer["reading"]["of"].as_u64().unwrap_or_default();
        progress(
            &Come { file: "the server reads it".to_owned(), bytes, offset: 0 },
            read.unwrap_or_default(),
        );
        sleep(LOOK_AGAIN);
        // A server that was restarted meanwhile does not read any more, and is asked to begin again.
        let told = if read.is_some() { context.client.get(&format!("images/uploads/{id}")) } else { ask() };
        match told {
            Ok(told) => answer = told,
            Err(fault) if fault.may_pass() && failed < TRIES => {
                sleep(Duration::from_secs(1 << failed));
                failed += 1;
            }
            Err(fault) => return Err(fault),
        }
    }
}

/// The folder's `image.json`, with the size and SHA-256 of each part.
pub(super) fn described(folder: &Path) -> Result<Value, Fault> {
    let path = folder.join("image.json");
    let unusable = |why: &dyn std::fmt::Display| Fault::Usage(format!("{}: {why}", path.display()));
    let text = fs::read(&path).map_err(|error| unusable(&error))?;
    let mut image: Value = serde_json::from_slice(&text).map_err(|error| unusable(&error))?;
    let parts = image["parts"].as_array_mut().ok_or_else(|| unusable(&"it names no parts"))?;
    for part in parts {
        let file = part["file"].as_str().ok_or_else(|| unusable(&"a part names no file"))?.to_owned();
        let (digest, bytes) = digest(&folder.join(&file)).map_err(|error| {
            Fault::Usage(format!("{} cannot be read: {error}", folder.join(&file).display()))
        })?;
        part["digest"] = json!(digest);
        part["bytes"] = json!(bytes);
    }
    Ok(image)
}

fn digest(path: &Path) -> std::io::Result<(String, u64)> {
    let mut file = File::open(path)?;
    let (mut hash, mut bytes, mut buffer) = (Sha256::new(), 0, vec![0; 1 << 16]);
    loop {
        let read = file.read(&mut buffer)?;
        if read == 0 {
            return Ok((hex::encode(hash.finalize()), bytes));
        }
        hash.update(&buffer[..read]);
        bytes += read as u64;
    }
}

/// Piece by piece, from where the server is on. A line that is cut is tried again.
fn send(context: &Context, folder: &Path, id: &str, part: &Come) -> Result<(), Fault> {
    let mut file = File::open(folder.join(&part.file))?;
    let (mut offset, mut failed) = (part.offset, 0);
    while offset < part.bytes {
        progress(part, offset);
        file.seek(SeekFrom::Start(offset))?;
        let mut piece = Vec::new();
        Read::by_ref(&mut file).take(PIECE).read_to_end(&mut piece)?;
        if piece.is_empty() {
            return Err(Fault::Usage(format!("{} became shorter while it was sent", part.file)));
        }
        let path = format!("images/uploads/{id}/parts/{}?offset={offset}", segment(&part.file));
        match context.client.put(&path, &piece) {
            Ok(answer) => {
                let here = answer["offset"].as_u64();
                offset =
                    here.ok_or_else(|| context.client.not_understood("it does not say how much came"))?;
                failed = 0;
            }
            Err(fault) if fault.may_pass() && failed < TRIES => {
                sleep(Duration::from_secs(1 << failed));
                failed += 1;
                offset = offset_of(context, id, part).unwrap_or(offset);
            }
            Err(fault) => return Err(fault),
        }
    }
    progress(part, offset);
    if stderr().is_terminal() {
        eprintln!();
    }
    Ok(())
}

/// How far the server is: a piece whose answer was lost may be there.
fn offset_of(context: &Context, id: &str, part: &Come) -> Option<u64> {
    let upload: Upload =
        context.understood(&context.client.get(&format!("images/uploads/{id}")).ok()?).ok()?;
    upload.parts.iter().find(|come| come.file == part.file).map(|come| come.offset)
}

/// On a terminal only: in a log, lines that overwrite each other are rubbish.
fn progress(part: &Come, offset: u64) {
    if stderr().is_terminal() {
        let percent = (offset * 100).checked_div(part.bytes).unwrap_or(100);
        eprint!("\r{}: {percent} % of {} MiB", part.file, part.bytes.div_ceil(1024 * 1024));
        let _ = stderr().flush();
    }
}

/// Where it is now. Files that were there already stay what they were.
fn whereabouts(called: &str, channel: &str) -> String {
    match channel {
        "stable" => format!("{called} is in the catalog, and is stable"),
        channel => format!("{called} is in the catalog as a {channel}: promote it when it has proven itself"),
    }
}
