//! Keys that come with the server: those of whoever built the images beside it.

use super::signature;
use anyhow::Result;
use pitstop_store::Store;
use std::fs;
use std::path::Path;

/// Who added them.
const BY: &str = "the server's configuration";

/// Trusts the public keys in a folder; one that cannot be read is reported and left out, and one that people removed stays
/// so.
pub async fn offer(store: &Store, folder: &Path) -> Result<()> {
    let Ok(entries) = fs::read_dir(folder) else {
        tracing::info!(folder = %folder.display(), "The folder with trusted keys is not there; no key is trusted from the start.");
        return Ok(());
    };
    let mut files: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
    files.retain(|path| path.extension().is_some_and(|end| end == "pub"));
    files.sort();
    for file in files {
        let name = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let read = fs::read_to_string(&file).map_err(|error| error.to_string());
        match read.and_then(|text| signature::key(&text)) {
            Ok(key) => {
                if store.offer_key(&key.id, &key.public_key, &name, BY).await? {
                    tracing::info!(key = key.id, name, "A key is trusted: what it signed counts as signed.");
                }
            }
            Err(why) => {
                tracing::error!(file = %file.display(), why, "A key could not be read; it is left out.");
            }
        }
    }
    Ok(())
}
