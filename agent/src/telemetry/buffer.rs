//! What is not told yet. In memory while the server answers; on the disk as soon as it does not.

use crate::private;
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;
use std::io::Write;
use std::path::{Path, PathBuf};

const FILE: &str = "figures.json";
const PART: &str = "figures.part";

/// A day of minutes, and an hour: older ones go first.
const MOST: usize = 25 * 60;

/// Numbers are given out in so many at a time: after a loss of power they go on beyond all that were given.
const RESERVED: i64 = 1000;

/// Figures as they are kept.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Kept {
    pub seq: i64,
    pub boot: String,
    pub uptime_s: f64,
    pub wall_s: f64,
    pub figures: Vec<(i16, f64)>,
}

#[derive(Serialize, Deserialize)]
struct Stored {
    stream: i64,
    /// No number from here on has been given.
    reserved: i64,
    samples: VecDeque<Kept>,
}

/// What is not told yet.
pub struct Buffer {
    folder: PathBuf,
    stored: Stored,
    next: i64,
    /// The file has samples in it, or must be written to reserve numbers.
    on_disk: bool,
    reserve: bool,
}

impl Buffer {
    /// What was kept in this folder. Where there is nothing, or it cannot be read, a new series begins: `stream`.
    pub fn open(folder: &Path, stream: i64) -> Self {
        let read = std::fs::read(folder.join(FILE))
            .ok()
            .and_then(|text| serde_json::from_slice::<Stored>(&text).ok());
        let stored = read.unwrap_or(Stored { stream, reserved: 1, samples: VecDeque::new() });
        let (next, on_disk) = (stored.reserved, !stored.samples.is_empty());
        Self { folder: folder.to_owned(), stored, next, on_disk, reserve: true }
    }

    pub fn stream(&self) -> i64 {
        self.stored.stream
    }

    pub fn is_empty(&self) -> bool {
        self.stored.samples.is_empty()
    }

    pub fn len(&self) -> usize {
        self.stored.samples.len()
    }

    pub fn push(&mut self, kept: Kept) {
        let seq = self.next;
        self.next += 1;
        if self.next > self.stored.reserved {
            self.stored.reserved = self.next + RESERVED;
            self.reserve = true;
        }
        self.stored.samples.push_back(Kept { seq, ..kept });
        while self.stored.samples.len() > MOST {
            self.stored.samples.pop_front();
        }
    }

    /// The oldest.
    pub fn first(&self, most: usize) -> impl Iterator<Item = &Kept> {
        self.stored.samples.iter().take(most)
    }

    /// The server has all up to here. False when that is nothing of what is kept.
    pub fn told(&mut self, through: i64) -> bool {
        let before = self.len();
        self.stored.samples.retain(|kept| kept.seq > through);
        self.len() < before
    }

    /// Writes what a restart must not lose. `away`: the server did not take all.
    ///
    /// # Errors
    /// When the folder cannot be written to.
    pub fn keep(&mut self, away: bool) -> std::io::Result<()> {
        let wanted = away && !self.is_empty();
        // While the server answers nothing is written, but for numbers now and then, and once to forget what was kept.
        if !wanted && !self.on_disk && !self.reserve {
            return Ok(());
        }
        private::folder(&self.folder)?;
        let (part, whole) = (self.folder.join(PART), self.folder.join(FILE));
        let mut file = private::file(&part)?;
        file.write_all(&serde_json::to_vec(&self.stored)?)?;
        file.sync_all()?;
        drop(file);
        std::fs::rename(part, whole)?;
        (self.on_disk, self.reserve) = (!self.is_empty(), false);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one() -> Kept {
        Kept { seq: 0, boot: "b".to_owned(), uptime_s: 1.0, wall_s: 2.0, figures: vec![(1, 500.0)] }
    }

    fn seqs(buffer: &Buffer) -> Vec<i64> {
        buffer.first(100).map(|kept| kept.seq).collect()
    }

    #[test]
    fn what_is_not_told_outlives_a_restart_and_numbers_go_on() {
        let folder = tempfile::tempdir().unwrap();
        let mut buffer = Buffer::open(folder.path(), 7);
        buffer.push(one());
        buffer.push(one());
        buffer.keep(true).unwrap();
        let mut again = Buffer::open(folder.path(), 8);
        assert_eq!((again.stream(), seqs(&again)), (7, vec![1, 2]));
        assert!(again.told(1));
        again.push(one());
        let last = again.first(9).last().unwrap().seq;
        assert!(last > 2, "a number is never given twice: {last}");
    }

    #[test]
    fn numbers_that_were_told_and_not_written_are_not_given_again() {
        let folder = tempfile::tempdir().unwrap();
        let mut buffer = Buffer::open(folder.path(), 7);
        buffer.push(one());
        assert!(buffer.told(1));
        buffer.keep(false).unwrap();
        buffer.push(one());
        // The power goes.
        let mut again = Buffer::open(folder.path(), 8);
        again.push(one());
        assert!(again.first(1).next().unwrap().seq > 2);
    }

    #[test]
    fn while_the_server_answers_the_disk_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let mut buffer = Buffer::open(folder.path(), 7);
        buffer.push(one());
        buffer.told(1);
        buffer.keep(false).unwrap();
        std::fs::remove_file(folder.path().join(FILE)).unwrap();
        for _ in 0..100 {
            buffer.push(one());
            let seq = buffer.first(1).next().unwrap().seq;
            buffer.told(seq);
            buffer.keep(false).unwrap();
        }
        assert!(!folder.path().join(FILE).exists());
    }

    #[test]
    fn a_day_is_kept_and_the_oldest_goes_first() {
        let folder = tempfile::tempdir().unwrap();
        let mut buffer = Buffer::open(folder.path(), 7);
        for _ in 0..MOST + 10 {
            buffer.push(one());
        }
        assert_eq!((buffer.len(), seqs(&buffer)[0]), (MOST, 11));
        const { assert!(MOST >= 24 * 60) };
    }

    #[test]
    fn a_damaged_file_begins_a_new_series() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(FILE), "{\"stream\":").unwrap();
        assert_eq!(Buffer::open(folder.path(), 9).stream(), 9);
    }
}
