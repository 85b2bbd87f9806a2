//! What lies in the folder, and what goes from it first. When a part was last used is its file's time: it is known after a
//! restart, too.

use pitstop_domain::Time;
use pitstop_domain::digest::Digest;
use std::fs::{self, File};
use std::path::Path;

/// What was used within it stays, though the limit be passed: a machine that was told of it is about to fetch it.
const STAYS: chrono::TimeDelta = chrono::TimeDelta::minutes(15);

/// A part in the folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Lies {
    pub digest: Digest,
    pub bytes: u64,
    pub used: Time,
}

/// The parts in a folder.
pub(super) fn lying(folder: &Path) -> Vec<Lies> {
    let Ok(entries) = fs::read_dir(folder) else { return vec![] };
    let lies = entries.flatten().filter_map(|entry| {
        let digest = entry.file_name().to_str()?.parse().ok()?;
        let found = entry.metadata().ok()?;
        Some(Lies { digest, bytes: found.len(), used: found.modified().ok()?.into() })
    });
    lies.collect()
}

/// It is used now. A file that is not there, or not ours to touch, is no matter: it goes sooner.
pub(super) fn touch(path: &Path, now: Time) {
    if let Ok(file) = File::options().append(true).open(path) {
        let _ = file.set_modified(now.into());
    }
}

/// Whether nobody used it since it was looked at.
pub(super) fn is_as(path: &Path, lies: &Lies) -> bool {
    fs::metadata(path)
        .and_then(|found| found.modified())
        .is_ok_and(|modified| Time::from(modified) == lies.used)
}

/// What may go so that the folder keeps its limit, the longest unused first: more than is needed, since not all of it
/// may be in the bucket. Gives how many bytes are too many, too.
pub(super) fn to_go(mut lying: Vec<Lies>, limit: u64, now: Time) -> (Vec<Lies>, u64) {
    let all: u64 = lying.iter().map(|lies| lies.bytes).sum();
    lying.retain(|lies| now - lies.used > STAYS);
    lying.sort_by(|a, b| (a.used, &a.digest).cmp(&(b.used, &b.digest)));
    (lying, all.saturating_sub(limit))
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::TimeDelta;

    fn lies(digit: char, bytes: u64, minutes_ago: i64, now: Time) -> Lies {
        let digest = digit.to_string().repeat(64).parse().unwrap();
        Lies { digest, bytes, used: now - TimeDelta::minutes(minutes_ago) }
    }

    #[test]
    fn what_was_not_used_for_longest_goes_first_and_what_is_in_use_stays() {
        let now: Time = "2026-01-01T12:00:00Z".parse().unwrap();
        let lying = vec![lies('a', 10, 60, now), lies('b', 20, 90, now), lies('c', 30, 1, now)];
        let (go, too_many) = to_go(lying, 45, now);
        let order: Vec<_> = go.iter().map(|lies| lies.bytes).collect();
        assert_eq!((order, too_many), (vec![20, 10], 15));
    }

    #[test]
    fn only_files_that_are_called_by_a_digest_are_parts() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["a".repeat(64).as_str(), "notes", ".a.coming"] {
            fs::write(folder.path().join(name), "x").unwrap();
        }
        let now: Time = "2026-01-01T12:00:00Z".parse().unwrap();
        touch(&folder.path().join("a".repeat(64)), now);
        assert_eq!(lying(folder.path()), [lies('a', 1, 0, now)]);
    }
}
