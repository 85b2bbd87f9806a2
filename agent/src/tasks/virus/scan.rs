//! Running clamscan over a mounted file system.

use crate::maintenance::board::Board;
use crate::tasks::tool::Tool;
use serde::Serialize;
use std::path::Path;
use std::time::{Duration, Instant};

/// Larger files are not scanned: the scanner holds what it unpacks in memory.
const LARGEST: u64 = 400 << 20;
const TELL_EVERY: Duration = Duration::from_millis(500);
/// Names of files that could not be read that stand in the report.
const MOST_UNREAD: usize = 100;

/// What a scan has shown.
#[derive(Debug, Default)]
pub struct Scanned {
    pub files: u64,
    pub infected: Vec<Infected>,
    pub unread: Vec<String>,
    pub too_large: u64,
    pub stopped: bool,
}

/// A file with a virus.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Infected {
    /// Below the root of its file system, without a slash at its beginning.
    pub path: String,
    pub virus: String,
}

/// Scans what is below `root`. The error says why nothing was scanned.
pub fn run(
    root: &Path,
    about: &str,
    signatures: &Path,
    (from, to): (usize, usize),
    board: &Board,
) -> Result<Scanned, String> {
    let (count, too_large) = count(root, board);
    let (mut scanned, mut told) = (Scanned { too_large, ..Scanned::default() }, Instant::now());
    board.log(format!("scanning {count} files on {about}"));
    let prefix = format!("{}/", root.display());
    let limit = LARGEST.to_string();
    let tool = Tool::new("clamscan").quiet().args([
        "--recursive=yes",
        "--stdout",
        "--cross-fs=no",
        "--follow-dir-symlinks=0",
        "--follow-file-symlinks=0",
        "--max-dir-recursion=200",
        &format!("--max-filesize={limit}"),
        &format!("--max-scansize={limit}"),
        &format!("--exclude-dir=^{prefix}pitstop-quarantine"),
        &format!("--database={}", signatures.display()),
        &root.display().to_string(),
    ]);
    let ran = tool.run_hearing(board, &mut |line| {
        hear(line, &prefix, &mut scanned, board);
        if told.elapsed() >= TELL_EVERY {
            told = Instant::now();
            let done = (scanned.files as usize).min(count) * (to - from) / count.max(1);
            board.progress(
                (from + done) as u16,
                format!("{} of {count} files on {about} scanned", scanned.files),
            );
        }
    })?;
    scanned.stopped = ran.stopped;
    // clamscan(1): 0 none, 1 found, 2 some error; with an error it may have scanned nothing at all.
    match ran.code {
        Some(0 | 1) => Ok(scanned),
        None if ran.stopped => Ok(scanned),
        Some(2) if scanned.files > 0 => Ok(scanned),
        code => {
            let said = ran.text.lines().find(|line| line.contains("ERROR") || line.contains("WARNING"));
            Err(format!("the scanner ended with {code:?}: {}", said.unwrap_or("without a word")))
        }
    }
}

/// `PATH: OK`, `PATH: NAME FOUND`, `PATH: Empty file`, `ERROR: …`.
fn hear(line: &str, prefix: &str, scanned: &mut Scanned, board: &Board) {
    let Some((path, said)) = line.strip_prefix(prefix).and_then(|line| line.rsplit_once(": ")) else {
        return;
    };
    if let Some(virus) = said.strip_suffix(" FOUND") {
        let (path, virus) = (path.to_owned(), virus.to_owned());
        board.log(format!("{path} is infected with {virus}"));
        scanned.infected.push(Infected { path, virus });
        scanned.files += 1;
    } else if said == "OK" || said == "Empty file" {
        scanned.files += 1;
    } else if said != "Symbolic link" && said != "Excluded" && scanned.unread.len() < MOST_UNREAD {
        board.log(format!("{path} was not scanned: {said}"));
        scanned.unread.push(path.to_owned());
    }
}

/// How many files there are, and how many are too large to be scanned.
fn count(root: &Path, board: &Board) -> (usize, u64) {
    let (mut folders, mut files, mut large) = (vec![root.to_owned()], 0, 0);
    while let Some(folder) = folders.pop() {
        if board.is_stopped() {
            break;
        }
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => folders.push(entry.path()),
                Ok(kind) if kind.is_file() => {
                    files += 1;
                    large += u64::from(entry.metadata().is_ok_and(|data| data.len() > LARGEST));
                }
                _ => {}
            }
        }
    }
    (files, large)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_the_scanner_are_understood() {
        let (mut scanned, board) = (Scanned::default(), Board::default());
        for line in [
            "Loading:     0s, ETA:   0s [>        ]",
            "/m/a.txt: OK",
            "/m/dir: with colon/b.exe: Eicar-Signature FOUND",
            "/m/empty: Empty file",
            "/m/secret: Can't open file ERROR",
            "/m/link: Symbolic link",
        ] {
            hear(line, "/m/", &mut scanned, &board);
        }
        assert_eq!(scanned.files, 3);
        let (path, virus) = ("dir: with colon/b.exe".to_owned(), "Eicar-Signature".to_owned());
        assert_eq!(scanned.infected, [Infected { path, virus }]);
        assert_eq!(scanned.unread, ["secret"]);
    }
}
