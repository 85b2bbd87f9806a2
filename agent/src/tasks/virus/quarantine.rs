//! Quarantine: what is infected is moved into a folder on its own file system, with a manifest by which it can be put
//! back. Nothing is deleted.

use super::scan::Infected;
use crate::tasks::ground::Ground;
use crate::tasks::mount::{Mode, Mounted};
use crate::tasks::paper::Paper;
use crate::tasks::volumes::Volume;
use pitstop_domain::id::JobId;
use serde::{Deserialize, Serialize};
use std::fs;
use std::path::{Component, Path, PathBuf};

/// On the file system's root.
const FOLDER: &str = "pitstop-quarantine";
const MANIFEST: &str = "manifest.json";

/// What was moved, and whence. Written before anything is moved.
#[derive(Debug, Serialize, Deserialize)]
struct Manifest {
    job: JobId,
    files: Vec<Entry>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Entry {
    /// Where it was, below the file system's root.
    path: String,
    /// Its name in the quarantine.
    stored: String,
    virus: String,
}

/// Where a job's quarantine lies on each file system.
pub fn folder(job: JobId) -> String {
    format!("/{FOLDER}/{job}")
}

/// Moves each; says for each where it is now, or why it could not be moved.
pub fn move_all(
    volume: &Volume,
    infected: &[Infected],
    ground: &Ground,
) -> Result<Vec<Result<String, String>>, String> {
    let mounted = Mounted::new(volume, Mode::Write, ground.board)?;
    move_within(mounted.root(), infected, ground.job)
}

fn move_within(
    root: &Path,
    infected: &[Infected],
    job: JobId,
) -> Result<Vec<Result<String, String>>, String> {
    let place = root.join(FOLDER).join(job.to_string());
    fs::create_dir_all(&place).map_err(|error| format!("the quarantine cannot be made: {error}"))?;
    let entry = |(number, one): (usize, &Infected)| Entry {
        path: one.path.clone(),
        stored: format!("{:04}.infected", number + 1),
        virus: one.virus.clone(),
    };
    let manifest = Manifest { job, files: infected.iter().enumerate().map(entry).collect() };
    write(&place, &manifest)?;
    let moved = manifest.files.iter().map(|entry| {
        let (from, to) = (within(root, &entry.path)?, place.join(&entry.stored));
        fs::rename(&from, &to).map_err(|error| error.to_string())?;
        // A second look: it is gone from where it was, and is where it should be.
        match (fs::symlink_metadata(&from).is_err(), fs::symlink_metadata(&to).is_ok()) {
            (true, true) => Ok(format!("{}/{}", folder(job), entry.stored)),
            _ => Err("it was moved, and is still there".to_owned()),
        }
    });
    Ok(moved.collect())
}

fn write(place: &Path, manifest: &Manifest) -> Result<(), String> {
    let text = serde_json::to_string_pretty(manifest).map_err(|error| error.to_string())?;
    let written =
        fs::write(place.join(MANIFEST), text).and_then(|()| fs::File::open(place.join(MANIFEST))?.sync_all());
    written.map_err(|error| format!("the quarantine's manifest cannot be written: {error}"))
}

/// A path of a manifest, which lies on a disk that anybody may have written to: it stays on its file system.
fn within(root: &Path, path: &str) -> Result<PathBuf, String> {
    let plain = Path::new(path).components().all(|part| matches!(part, Component::Normal(_)));
    let full = root.join(path);
    let parent = full.parent().and_then(|parent| parent.canonicalize().ok());
    let inside = root.canonicalize().is_ok_and(|root| parent.is_some_and(|parent| parent.starts_with(root)));
    if plain && inside { Ok(full) } else { Err(format!("{path} is not a place on this file system")) }
}

/// Puts back what a job moved on this volume. False when it has no quarantine of that job.
pub fn put_back(volume: &Volume, job: JobId, ground: &Ground, paper: &mut Paper) -> bool {
    let about = volume.about();
    {
        let Ok(mounted) = Mounted::new(volume, Mode::Read, ground.board) else { return false };
        if !mounted.root().join(FOLDER).join(job.to_string()).join(MANIFEST).is_file() {
            return false;
        }
    }
    match Mounted::new(volume, Mode::Write, ground.board) {
        Ok(mounted) => put_back_within(mounted.root(), job, &about, paper),
        Err(why) => paper.problem(&about, format!("its quarantine cannot be opened: {why}")),
    }
    true
}

fn put_back_within(root: &Path, job: JobId, about: &str, paper: &mut Paper) {
    let place = root.join(FOLDER).join(job.to_string());
    let read = fs::read(place.join(MANIFEST)).map_err(|error| error.to_string());
    let manifest =
        read.and_then(|text| serde_json::from_slice::<Manifest>(&text).map_err(|error| error.to_string()));
    let manifest = match manifest {
        Ok(manifest) => manifest,
        Err(why) => return paper.problem(about, format!("the quarantine's manifest cannot be read: {why}")),
    };
    let mut left = 0;
    for entry in &manifest.files {
        match return_one(root, &place, entry) {
            Ok(true) => paper.repaired(
                about,
                format!("{} was in quarantine for {}", entry.path, entry.virus),
                "put back to its place",
            ),
            Ok(false) => paper.note(about, format!("{} is not in the quarantine any more", entry.path)),
            Err(why) => {
                left += 1;
                paper.problem(about, format!("{} could not be put back: {why}", entry.path));
            }
        }
    }
    if left == 0 {
        let _ = fs::remove_file(place.join(MANIFEST)).and_then(|()| fs::remove_dir(&place));
    }
}

fn return_one(root: &Path, place: &Path, entry: &Entry) -> Result<bool, String> {
    let stored = within(place, &entry.stored)?;
    let path = within(root, &entry.path)?;
    if fs::symlink_metadata(&stored).is_err() {
        return Ok(false);
    }
    if fs::symlink_metadata(&path).is_ok() {
        return Err("another file of this name is there now".to_owned());
    }
    fs::rename(&stored, &path).map(|()| true).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use pitstop_domain::job::Outcome;

    fn infected(path: &str) -> Infected {
        Infected { path: path.to_owned(), virus: "Test".to_owned() }
    }

    fn job() -> JobId {
        "0a0b0c0d-0000-4000-8000-000000000001".parse().unwrap()
    }

    #[test]
    fn what_was_moved_can_be_put_back() {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir(root.path().join("docs")).unwrap();
        fs::write(root.path().join("docs/bad.exe"), "bad").unwrap();
        let moved = move_within(root.path(), &[infected("docs/bad.exe"), infected("gone")], job()).unwrap();
        assert!(moved[0].as_ref().unwrap().ends_with("0001.infected"));
        assert!(moved[1].is_err(), "it says what it could not move");
        assert!(!root.path().join("docs/bad.exe").exists());

        let mut paper = Paper::default();
        put_back_within(root.path(), job(), "here", &mut paper);
        assert_eq!(fs::read_to_string(root.path().join("docs/bad.exe")).unwrap(), "bad");
        assert_eq!(paper.ended("").outcome, Outcome::Succeeded);
    }

    #[test]
    fn what_is_in_the_way_is_not_overwritten() {
        let root = tempfile::tempdir().unwrap();
        fs::write(root.path().join("bad.exe"), "bad").unwrap();
        move_within(root.path(), &[infected("bad.exe")], job()).unwrap();
        fs::write(root.path().join("bad.exe"), "good").unwrap();
        let mut paper = Paper::default();
        put_back_within(root.path(), job(), "here", &mut paper);
        assert_eq!(fs::read_to_string(root.path().join("bad.exe")).unwrap(), "good");
        assert_eq!(paper.ended("").outcome, Outcome::Found);
    }

    #[test]
    fn a_manifest_cannot_reach_beyond_its_file_system() {
        let root = tempfile::tempdir().unwrap();
        assert!(within(root.path(), "../etc/passwd").is_err());
        assert!(within(root.path(), "/etc/passwd").is_err());
        std::os::unix::fs::symlink("/etc", root.path().join("link")).unwrap();
        assert!(within(root.path(), "link/passwd").is_err());
        assert!(within(root.path(), "file").is_ok());
    }
}
