//! Fetching a file and making sure that it is the one that was meant.

use crate::client::Client;
use pitstop_domain::wire::File;
use sha2::{Digest, Sha256};
use std::io::{Read, Write};
use std::time::{Duration, Instant};

const BLOCK: usize = 64 * 1024;
/// How often progress is told: on slow lines a kernel and its initrd take minutes.
const TELL_EVERY: Duration = Duration::from_secs(5);

/// Fetches `file` into `target`. `tell` hears the bytes so far now and then. The error names `what` and not the
/// path, which carries the job's token.
pub fn fetch(
    client: &Client,
    file: &File,
    what: &str,
    target: &mut impl Write,
    tell: &mut dyn FnMut(u64),
) -> Result<(), String> {
    let mut source = client
        .open(&file.path)
        .map_err(|error| format!("the {what} cannot be fetched: {error}"))?
        .take(file.bytes.saturating_add(1));
    let (mut hash, mut bytes, mut told) = (Sha256::new(), 0u64, Instant::now());
    let mut block = vec![0; BLOCK];
    loop {
        let read = source.read(&mut block).map_err(|error| broken_off(what, bytes, file.bytes, &error))?;
        if read == 0 {
            break;
        }
        hash.update(&block[..read]);
        target.write_all(&block[..read]).map_err(|error| format!("no room for the {what}: {error}"))?;
        bytes += read as u64;
        if told.elapsed() >= TELL_EVERY {
            tell(bytes);
            told = Instant::now();
        }
    }
    if bytes != file.bytes {
        let more = if bytes > file.bytes { "more" } else { "fewer" };
        return Err(format!("the {what} has {more} bytes than the {} that were promised", file.bytes));
    }
    if hex::encode(hash.finalize()) != file.digest.as_str() {
        return Err(format!("the {what} is not what was meant: its SHA-256 is not {}…", file.digest.short()));
    }
    Ok(())
}

fn broken_off(what: &str, bytes: u64, of: u64, error: &std::io::Error) -> String {
    format!("fetching the {what} broke off after {bytes} of {of} bytes: {error}")
}
