//! Virus signatures for the scanner: the files of one folder, which its owner keeps new.

use super::AgentApi;
use super::maintenance::open;
use super::refusal::Refusal;
use axum::Json;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use pitstop_domain::id::JobId;
use pitstop_domain::wire::{SignatureFile, Signatures};
use sha2::{Digest, Sha256};
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path as FilePath;
use std::time::{Duration, SystemTime};

/// What ClamAV reads signatures from (clamscan(1), `--database`).
const KINDS: [&str; 13] =
    ["cvd", "cld", "cud", "hdb", "hsb", "mdb", "msb", "ndb", "ldb", "db", "fp", "sfp", "ign2"];

/// `GET /agent/v1/jobs/{job}/signatures`.
pub(super) async fn list(
    State(api): State<AgentApi>,
    Path(id): Path<JobId>,
    headers: HeaderMap,
) -> Result<Json<Signatures>, Refusal> {
    open(&api, id, &headers).await?;
    let folder = api.signatures.clone();
    let now = SystemTime::from(api.store.now());
    let read = tokio::task::spawn_blocking(move || read_folder(&folder, now)).await;
    let files = read.map_err(|error| not_readable(&error))?.map_err(|error| not_readable(&error))?;
    Ok(Json(Signatures { files }))
}

/// `GET /agent/v1/jobs/{job}/signatures/{name}`.
pub(super) async fn file(
    State(api): State<AgentApi>,
    Path((id, name)): Path<(JobId, String)>,
    headers: HeaderMap,
) -> Result<Body, Refusal> {
    open(&api, id, &headers).await?;
    if !is_signatures(&name) {
        return Err(Refusal::NotFound("file of signatures"));
    }
    let file = tokio::fs::File::open(api.signatures.join(&name)).await;
    let file = file.map_err(|_| Refusal::NotFound("file of signatures"))?;
    Ok(Body::from_stream(tokio_util::io::ReaderStream::new(file)))
}

fn not_readable(error: &dyn std::fmt::Display) -> Refusal {
    tracing::warn!(%error, "The folder of virus signatures cannot be read.");
    Refusal::NotFound("folder of virus signatures that can be read")
}

/// A plain name of a kind that the scanner takes.
fn is_signatures(name: &str) -> bool {
    let plain = name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_'));
    let kind = name.rsplit_once('.').map(|(_, kind)| kind);
    plain && !name.starts_with('.') && kind.is_some_and(|kind| KINDS.contains(&kind))
}

/// Are there any?
pub(crate) fn are_there(folder: &FilePath) -> bool {
    fs::read_dir(folder).is_ok_and(|entries| {
        entries.flatten().any(|entry| is_signatures(&entry.file_name().to_string_lossy()))
    })
}

/// A folder that is not there has no signatures.
fn read_folder(folder: &FilePath, now: SystemTime) -> io::Result<Vec<SignatureFile>> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(vec![]),
        entries => entries?,
    };
    let mut files = Vec::new();
    for entry in entries {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if is_signatures(&name) && fs::metadata(entry.path())?.is_file() {
            files.push(describe(name, &entry.path(), now)?);
        }
    }
    files.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(files)
}

fn describe(name: String, path: &FilePath, now: SystemTime) -> io::Result<SignatureFile> {
    let mut file = File::open(path)?;
    let (mut hash, mut bytes, mut block, mut head) = (Sha256::new(), 0, vec![0; 1 << 20], None);
    loop {
        let read = file.read(&mut block)?;
        if read == 0 {
            break;
        }
        head.get_or_insert_with(|| block[..read.min(HEADER)].to_vec());
        hash.update(&block[..read]);
        bytes += read as u64;
    }
    let made = head.and_then(|head| built(&head)).map_or_else(|| file.metadata()?.modified(), Ok)?;
    let age_s = now.duration_since(made).unwrap_or_default().as_secs();
    let digest = hex::encode(hash.finalize()).parse().map_err(io::Error::other)?;
    Ok(SignatureFile { name, digest, bytes, age_s })
}

/// ClamAV's own files begin with 512 bytes of text: `ClamAV-VDB:…:BUILDER:SECONDS`, the last when they were made.
const HEADER: usize = 512;

fn built(head: &[u8]) -> Option<SystemTime> {
    let text = std::str::from_utf8(head).ok()?.strip_prefix("ClamAV-VDB:")?;
    let seconds = text.trim_end().rsplit_once(':')?.1.trim().parse().ok()?;
    Some(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_signatures_are_given_out() {
        assert!(is_signatures("daily.cvd") && is_signatures("own-1.hdb"));
        for name in ["enrol.key", "../enrol.hdb", ".hdb", "a/b.hdb", "hdb"] {
            assert!(!is_signatures(name), "{name}");
        }
    }

    #[test]
    fn files_of_clamav_say_themselves_when_they_were_made() {
        let mut head =
            b"ClamAV-VDB:07 Jul 2023 03-21 -0400:26962:2037087:90:abc:def:raynman:1688714487".to_vec();
        head.resize(HEADER, b' ');
        assert_eq!(built(&head), Some(SystemTime::UNIX_EPOCH + Duration::from_secs(1_688_714_487)));
        assert_eq!(built(b"44d88612fea8a8f36de82e1278abb02f:68:Eicar"), None);
    }

    #[test]
    fn a_folder_is_listed_with_digests_and_a_missing_one_is_empty() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("own.hdb"), "").unwrap();
        fs::write(folder.path().join("notes.txt"), "").unwrap();
        let now = fs::metadata(folder.path().join("own.hdb")).unwrap().modified().unwrap()
            + Duration::from_secs(60);
        let files = read_folder(folder.path(), now).unwrap();
        assert_eq!(files.len(), 1);
        assert!(files[0].digest.as_str().starts_with("e3b0c442") && files[0].age_s == 60);
        assert!(are_there(folder.path()) && !are_there(&folder.path().join("none")));
        assert!(read_folder(&folder.path().join("none"), now).unwrap().is_empty());
    }
}
