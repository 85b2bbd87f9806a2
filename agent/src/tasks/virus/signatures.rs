//! Virus signatures, fetched from the server and made sure of.

use crate::fetch::fetch as fetch_file;
use crate::tasks::ground::Ground;
use crate::tasks::human;
use crate::tasks::paper::Paper;
use pitstop_domain::report::Better;
use pitstop_domain::wire::{File, SignatureFile, Signatures};
use serde_json::json;
use std::path::{Path, PathBuf};

const DAY_S: u64 = 24 * 3600;
/// New ones come several times a day; after a week there are viruses that they do not know.
const OLD_S: u64 = 7 * DAY_S;

/// A folder with signatures; removed when dropped.
pub struct Folder(PathBuf);

impl Folder {
    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Fetches all that the server has.
///
/// # Errors
/// The server has none, or they did not come whole.
pub fn fetch(ground: &Ground, paper: &mut Paper) -> Result<Folder, String> {
    let path = format!("/agent/v1/jobs/{}/signatures", ground.job);
    let list: Signatures = ground.client.get(&path).map_err(|error| error.to_string())?;
    if list.files.is_empty() {
        return Err(
            "the server has no virus signatures: put ClamAV's files (.cvd, .cld, .hdb …) into its folder \
                    for them (docs/operating.md)"
                .to_owned(),
        );
    }
    let folder = Folder(PathBuf::from(format!("/run/pitstop-signatures-{}", ground.job)));
    std::fs::create_dir_all(&folder.0).map_err(|error| format!("no room for the signatures: {error}"))?;
    for file in &list.files {
        take(file, &path, &folder.0, ground)?;
    }
    tell_age(&list.files, paper);
    paper.own("signatures", json!(list.files));
    Ok(folder)
}

fn take(file: &SignatureFile, path: &str, folder: &Path, ground: &Ground) -> Result<(), String> {
    let plain = file.name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_'));
    if !plain || file.name.starts_with('.') {
        return Err(format!("the server named a file of signatures `{}`, which is no plain name", file.name));
    }
    let mut target = std::fs::File::create(folder.join(&file.name))
        .map_err(|error| format!("no room for the signatures: {error}"))?;
    let wanted =
        File { path: format!("{path}/{}", file.name), digest: file.digest.clone(), bytes: file.bytes };
    let what = format!("virus signatures {}", file.name);
    ground.board.log(format!("fetching {what} ({})", human(file.bytes)));
    fetch_file(ground.client, &wanted, &what, &mut target, &mut |bytes| {
        ground.board.progress(0, format!("fetching {what}, {} of {}", human(bytes), human(file.bytes)));
    })
}

/// ClamAV's own set of today is in `daily`; `main` is years old and is meant to be.
fn tell_age(files: &[SignatureFile], paper: &mut Paper) {
    let daily: Vec<_> = files.iter().filter(|file| file.name.starts_with("daily.")).collect();
    let counted = if daily.is_empty() { files.iter().collect() } else { daily };
    let Some(age_s) = counted.iter().map(|file| file.age_s).min() else { return };
    let days = age_s / DAY_S;
    let count = files.len();
    let word = super::plural(count, "file");
    paper.measure(
        "virus.signatures.age",
        "Virus signatures, age",
        age_s as f64 / DAY_S as f64,
        "d",
        Better::Lower,
    );
    if age_s > OLD_S {
        let words =
            format!("the newest are {days} days old, and newer viruses are not found by them: update them");
        paper.note("virus signatures", words);
    } else {
        paper.note("virus signatures", format!("{count} {word} from the server, the newest {days} days old"));
    }
}
