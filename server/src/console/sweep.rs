//! Recordings that are too old, or too many, go. Their rows stay: who sat at which console is known for longer.

use clap::Args;
use pitstop_domain::Time;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Nobody needs the hour.
const SWEEP_EVERY: Duration = Duration::from_secs(3600);
/// A console that is open writes when something is said; one that is silent for so long is over, or its recording is
/// worth nothing.
const MAYBE_OPEN: chrono::TimeDelta = chrono::TimeDelta::days(2);

/// For how long recordings are kept.
#[derive(Args, Clone, Copy, Debug)]
pub struct Keep {
    /// Days for which recordings of consoles are kept; 0: for ever.
    #[arg(long, env = "PITSTOP_CONSOLE_DAYS", default_value_t = 365)]
    pub console_days: u32,

    /// GiB that they take at most, the oldest go first; 0: without limit.
    #[arg(long, env = "PITSTOP_CONSOLE_GIB", default_value_t = 10)]
    pub console_gib: u64,
}

/// A recording that lies there.
struct Lies {
    path: PathBuf,
    bytes: u64,
    written: Time,
}

/// Sweeps, again and again.
pub async fn sweep(folder: PathBuf, keep: Keep, store: pitstop_store::Store) {
    loop {
        let (folder, now) = (folder.clone(), store.now());
        let swept = tokio::task::spawn_blocking(move || sweep_at(&folder, keep, now)).await;
        if let Ok(swept) = swept
            && swept > 0
        {
            tracing::info!(swept, "Old recordings of consoles were removed.");
        }
        tokio::time::sleep(SWEEP_EVERY).await;
    }
}

/// Removes what is to go at this moment; gives how many.
pub fn sweep_at(folder: &Path, keep: Keep, now: Time) -> usize {
    let mut all = lying(folder);
    all.sort_by_key(|lies| lies.written);
    let mut bytes: u64 = all.iter().map(|lies| lies.bytes).sum();
    let most = if keep.console_gib == 0 { u64::MAX } else { keep.console_gib << 30 };
    let oldest = chrono::TimeDelta::days(keep.console_days.into());
    let mut swept = 0;
    for lies in all {
        let age = now - lies.written;
        let is_old = keep.console_days > 0 && age > oldest;
        if age < MAYBE_OPEN || !(is_old || bytes > most) {
            continue;
        }
        match fs::remove_file(&lies.path) {
            Ok(()) => {
                bytes -= lies.bytes;
                swept += 1;
            }
            Err(error) => {
                tracing::warn!(path = %lies.path.display(), %error, "An old recording cannot be removed.");
            }
        }
    }
    swept
}

fn lying(folder: &Path) -> Vec<Lies> {
    let Ok(entries) = fs::read_dir(folder) else { return vec![] };
    let lies = |entry: fs::DirEntry| {
        let found = entry.metadata().ok().filter(|found| found.is_file())?;
        Some(Lies { path: entry.path(), bytes: found.len(), written: found.modified().ok()?.into() })
    };
    entries.flatten().filter_map(lies).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::TimeDelta;
    use std::fs::File;

    /// Recordings of a GiB each (with nothing in them), by their age in days.
    fn recordings(ages: &[i64], now: Time) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for age in ages {
            let file = File::create(folder.path().join(format!("{age}.cast"))).unwrap();
            file.set_len(1 << 30).unwrap();
            file.set_modified((now - TimeDelta::days(*age)).into()).unwrap();
        }
        folder
    }

    fn left(ages: &[i64], console_days: u32, console_gib: u64) -> Vec<i64> {
        let now = Time::from(std::time::UNIX_EPOCH) + TimeDelta::days(20_000);
        let folder = recordings(ages, now);
        sweep_at(folder.path(), Keep { console_days, console_gib }, now);
        let names = fs::read_dir(folder.path()).unwrap().flatten().map(|entry| entry.file_name());
        let ages = names.map(|name| name.to_str().unwrap().trim_end_matches(".cast").parse().unwrap());
        let mut ages: Vec<i64> = ages.collect();
        ages.sort_unstable();
        ages
    }

    #[test]
    fn what_is_old_goes_and_of_too_many_the_oldest() {
        assert_eq!(left(&[3, 10, 40, 400], 365, 0), [3, 10, 40]);
        assert_eq!(left(&[3, 10, 40, 400], 0, 2), [3, 10]);
        assert_eq!(left(&[3, 10, 40, 400], 0, 0), [3, 10, 40, 400]);
    }

    #[test]
    fn what_may_be_recorded_still_stays_whatever_it_takes() {
        assert_eq!(left(&[0, 1, 3], 1, 1), [0, 1]);
    }
}
