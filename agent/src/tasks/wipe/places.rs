//! Places of a disk that held something, looked at again after it has erased itself. A command that says it is done and did
//! nothing is known by them. All of a disk is not read: an erased one may give anything, and there is nothing to compare it to.

use crate::tasks::disks::surface::Aligned;
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io;
use std::os::unix::fs::{FileExt, OpenOptionsExt};

/// Bytes of a place: no sector is larger.
const PLACE: u64 = 4096;
/// So many, evenly spread, the first and the last among them (NIST SP 800-88 Rev. 1, section 4.7.2, asks for some of each part).
const PLACES: u64 = 1024;

/// Where, and a digest of what was there.
pub struct Places(Vec<(u64, [u8; 32])>);

/// What was seen afterwards, in places.
#[derive(Debug, PartialEq, Eq)]
pub struct Again {
    /// That held something before.
    pub looked_at: usize,
    /// That hold the same still.
    pub kept: usize,
}

impl Places {
    /// Those that hold something: what is the same byte all over may be the same after any erase.
    ///
    /// # Errors
    /// The disk cannot be opened. Places that cannot be read are passed over: a worn disk is wiped, too.
    pub fn of(device: &str, bytes: u64) -> io::Result<Self> {
        let (disk, mut buffer) = (open(device)?, Aligned::new());
        let all = (bytes / PLACE).max(1);
        let wanted = PLACES.min(all);
        let at = |place: u64| {
            if wanted < 2 { 0 } else { u128::from(place) * u128::from(all - 1) / u128::from(wanted - 1) }
        };
        let held = (0..wanted).filter_map(|place| {
            let at = at(place) as u64 * PLACE;
            let part = buffer.part(PLACE.min(bytes - at));
            disk.read_exact_at(part, at).ok()?;
            let first = *part.first()?;
            part.iter().any(|byte| *byte != first).then(|| (at, Sha256::digest(&*part).into()))
        });
        Ok(Self(held.collect()))
    }

    /// What cannot be read any more is not as it was.
    pub fn again(&self, device: &str) -> Again {
        let mut buffer = Aligned::new();
        let Ok(disk) = open(device) else { return Again { looked_at: self.0.len(), kept: self.0.len() } };
        let kept = self.0.iter().filter(|(at, digest)| {
            let part = buffer.part(PLACE);
            disk.read_exact_at(part, *at).is_ok() && Sha256::digest(&*part).as_slice() == digest
        });
        Again { kept: kept.count(), looked_at: self.0.len() }
    }
}

/// Past the system's memory, which would have what was there.
fn open(device: &str) -> io::Result<File> {
    File::options().read(true).custom_flags(libc::O_DIRECT).open(device)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_places_that_held_something_count_and_the_first_and_the_last_are_among_them() {
        let folder = tempfile::tempdir_in(env!("CARGO_MANIFEST_DIR")).unwrap();
        let path = folder.path().join("disk.img");
        let bytes = 3000 * PLACE;
        let file = File::create(&path).unwrap();
        file.set_len(bytes).unwrap();
        file.write_all_at(b"begin", 0).unwrap();
        file.write_all_at(b"end", bytes - 3).unwrap();
        file.write_all_at(&[7; PLACE as usize], 2 * PLACE).unwrap();
        let device = path.to_str().unwrap();
        let places = Places::of(device, bytes).unwrap();
        assert_eq!(places.again(device), Again { looked_at: 2, kept: 2 });
        file.write_all_at(&[0; 5], 0).unwrap();
        assert_eq!(places.again(device), Again { looked_at: 2, kept: 1 });
        std::fs::remove_file(&path).unwrap();
        assert_eq!(places.again(device), Again { looked_at: 2, kept: 2 }, "in doubt it is there still");
    }
}
