//! Writing zeros over a whole disk, past the system's memory, and reading them back.

use crate::tasks::disks::surface::Aligned;
use libc::O_DIRECT;
use std::fs::File;
use std::io;
use std::os::unix::fs::{FileExt, OpenOptionsExt};

const BLOCK: u64 = 1 << 20;

/// What was done, in bytes.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Wiped {
    pub written: u64,
    pub read_back: u64,
    /// Of what was read back.
    pub different: u64,
    pub stopped: bool,
}

/// Overwrites and reads back. `go_on` hears how far it is in a thousand, and says whether to go on.
///
/// # Errors
/// It cannot be opened, written to or read.
pub fn wipe(path: &str, bytes: u64, go_on: &mut dyn FnMut(u64, &str) -> bool) -> io::Result<Wiped> {
    let file = File::options().read(true).write(true).custom_flags(O_DIRECT).open(path)?;
    let (mut buffer, mut wiped) = (Aligned::new(), Wiped::default());
    while wiped.written < bytes {
        if !go_on(500 * wiped.written / bytes, "overwriting") {
            return Ok(Wiped { stopped: true, ..wiped });
        }
        let zeros = buffer.part(BLOCK.min(bytes - wiped.written));
        file.write_all_at(zeros, wiped.written)?;
        wiped.written += zeros.len() as u64;
    }
    file.sync_all()?;
    while wiped.read_back < bytes {
        if !go_on(500 + 500 * wiped.read_back / bytes, "reading back") {
            return Ok(Wiped { stopped: true, ..wiped });
        }
        let part = buffer.part(BLOCK.min(bytes - wiped.read_back));
        part.fill(0xff);
        file.read_exact_at(part, wiped.read_back)?;
        wiped.different += part.iter().filter(|byte| **byte != 0).count() as u64;
        wiped.read_back += part.len() as u64;
    }
    Ok(wiped)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_left_of_what_was_there() {
        let folder = tempfile::tempdir_in(env!("CARGO_MANIFEST_DIR")).unwrap();
        let path = folder.path().join("disk.img");
        let bytes = 3 * BLOCK + 4096;
        std::fs::write(&path, vec![7; bytes as usize]).unwrap();
        let wiped = wipe(path.to_str().unwrap(), bytes, &mut |_, _| true).unwrap();
        assert_eq!(wiped, Wiped { written: bytes, read_back: bytes, different: 0, stopped: false });
        assert!(std::fs::read(&path).unwrap().iter().all(|byte| *byte == 0));
    }
}
