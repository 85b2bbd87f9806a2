//! Reading a disk from end to end, past the system's memory, to find the places that cannot be read.

use libc::O_DIRECT;
use pitstop_domain::function::Surface;
use std::fs::File;
use std::io;
use std::ops::Range;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::time::{Duration, Instant};

/// Read at once: large enough for full speed, small enough to ask often whether to stop.
const BLOCK: u64 = 1 << 20;
/// Where a block cannot be read, its parts are tried: the sector of most disks, and what `O_DIRECT` wants at most.
const PART: u64 = 4096;
/// Places of a sample.
const SAMPLES: u64 = 256;
/// A disk with so many bad places is bad; each costs seconds.
const MOST_BAD: usize = 200;
/// Progress is told this often.
const TELL_EVERY: Duration = Duration::from_millis(500);

/// What reading has shown.
#[derive(Debug, Default)]
pub struct Seen {
    pub read: u64,
    pub bad: Vec<Range<u64>>,
    /// Time of reads that went well.
    pub took: Duration,
    pub stopped: bool,
    pub gave_up: bool,
}

impl Seen {
    pub fn bad_bytes(&self) -> u64 {
        self.bad.iter().map(|range| range.end - range.start).sum()
    }

    /// `None` when nothing was read.
    pub fn megabytes_per_second(&self) -> Option<f64> {
        let seconds = self.took.as_secs_f64();
        (self.read > 0 && seconds > 0.0).then(|| self.read as f64 / 1e6 / seconds)
    }
}

/// Reads it. `go_on` hears how far it is, and says whether to go on.
pub fn read(
    path: &str,
    bytes: u64,
    surface: Surface,
    go_on: &mut dyn FnMut(u64) -> bool,
) -> io::Result<Seen> {
    let file = File::options().read(true).custom_flags(O_DIRECT).open(path)?;
    let mut buffer = Aligned::new();
    let mut seen = Seen::default();
    let mut told = Instant::now();
    let step = match surface {
        // Whole blocks apart, so that each is aligned.
        Surface::Sample => (bytes / SAMPLES / BLOCK).max(1) * BLOCK,
        _ => BLOCK,
    };
    let mut at = 0;
    while at < bytes {
        let length = BLOCK.min(bytes - at);
        let begun = Instant::now();
        if read_at(&file, buffer.part(length), at) {
            seen.took += begun.elapsed();
            seen.read += length;
        } else {
            by_parts(&file, at..at + length, &mut buffer, &mut seen);
        }
        at += step;
        if seen.bad.len() >= MOST_BAD {
            seen.gave_up = true;
            break;
        }
        if told.elapsed() >= TELL_EVERY || at >= bytes {
            told = Instant::now();
            if !go_on(at.min(bytes)) && at < bytes {
                seen.stopped = true;
                break;
            }
        }
    }
    Ok(seen)
}

fn read_at(file: &File, buffer: &mut [u8], at: u64) -> bool {
    file.read_exact_at(buffer, at).is_ok()
}

/// Which parts of a block are bad; neighbours are one range.
fn by_parts(file: &File, block: Range<u64>, buffer: &mut Aligned, seen: &mut Seen) {
    let mut at = block.start;
    while at < block.end {
        let length = PART.min(block.end - at);
        if read_at(file, buffer.part(length), at) {
            seen.read += length;
        } else {
            match seen.bad.last_mut() {
                Some(last) if last.end == at => last.end = at + length,
                _ => seen.bad.push(at..at + length),
            }
        }
        at += length;
    }
}

/// `O_DIRECT` wants memory at a multiple of the sector.
pub struct Aligned {
    memory: Vec<u8>,
    from: usize,
}

impl Aligned {
    pub fn new() -> Self {
        let memory = vec![0u8; (BLOCK + PART) as usize];
        let from = memory.as_ptr().align_offset(PART as usize);
        Self { memory, from }
    }

    pub fn part(&mut self, length: u64) -> &mut [u8] {
        &mut self.memory[self.from..self.from + length as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn disk(bytes: u64) -> (tempfile::TempDir, String) {
        // Beside the program: /tmp may be in memory, which knows no O_DIRECT.
        let folder = tempfile::tempdir_in(env!("CARGO_MANIFEST_DIR")).unwrap();
        let path = folder.path().join("disk.img");
        File::create(&path).unwrap().set_len(bytes).unwrap();
        let path = path.display().to_string();
        (folder, path)
    }

    #[test]
    fn a_whole_disk_is_read_to_its_last_sector() {
        let (_folder, path) = disk(5 * BLOCK + 8192);
        let seen = read(&path, 5 * BLOCK + 8192, Surface::Whole, &mut |_| true).unwrap();
        assert_eq!((seen.read, seen.bad.len(), seen.stopped), (5 * BLOCK + 8192, 0, false));
    }

    #[test]
    fn what_cannot_be_read_is_named_by_its_bytes() {
        // It says that it is larger than it is.
        let (_folder, path) = disk(2 * BLOCK);
        let seen = read(&path, 2 * BLOCK + 2 * PART, Surface::Whole, &mut |_| true).unwrap();
        assert_eq!(seen.bad.first(), Some(&(2 * BLOCK..2 * BLOCK + 2 * PART)));
        assert_eq!(seen.bad.len(), 1);
    }

    #[test]
    fn reading_stops_when_asked_to() {
        let (_folder, path) = disk(4096 * BLOCK);
        let seen = read(&path, 4096 * BLOCK, Surface::Sample, &mut |_| false).unwrap();
        assert!(seen.stopped || seen.read <= SAMPLES * BLOCK);
    }
}
