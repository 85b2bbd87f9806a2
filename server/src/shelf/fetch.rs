//! A part comes from the bucket into the folder: once however many want it, looked at while it comes, and under its digest
//! only when it is what that says.

use super::bucket::Words;
use super::{Behind, Shelf, cache, locked};
use futures::StreamExt;
use pitstop_domain::digest::Digest;
use pitstop_domain::image::Part;
use sha2::{Digest as _, Sha256};
use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex};
use tokio::io::AsyncWriteExt;

/// What a part is called while it comes; a server that was killed leaves these, and removes them when it starts.
pub(super) const COMING: &str = "coming";

/// Who fetches what.
#[derive(Default)]
pub(super) struct Fetches(Mutex<HashMap<Digest, Arc<tokio::sync::Mutex<()>>>>);

impl Shelf {
    /// Fetches a part, unless it is there. It comes to its end also where nobody waits for it any more: whoever asked asks
    /// again.
    pub(super) async fn fetch(&self, behind: &Arc<Behind>, part: &Part) -> Result<(), Words> {
        if self.has(&part.digest) {
            return Ok(());
        }
        let (shelf, behind, part) = (self.clone(), behind.clone(), part.clone());
        let task = tokio::spawn(async move {
            let turn = locked(&behind.fetches.0).entry(part.digest.clone()).or_default().clone();
            let fetched = {
                let _turn = turn.lock().await;
                if shelf.has(&part.digest) { Ok(()) } else { shelf.receive(&behind, &part).await }
            };
            locked(&behind.fetches.0).remove(&part.digest);
            if fetched.is_ok() {
                shelf.tidy().await;
            }
            fetched
        });
        task.await.unwrap_or_else(|_| Err("the server stops".to_owned()))
    }

    async fn receive(&self, behind: &Behind, part: &Part) -> Result<(), Words> {
        tokio::fs::create_dir_all(&self.folder).await.map_err(not_written)?;
        crate::uploads::room(&self.folder, part.bytes).map_err(|error| error.to_string())?;
        let to = self.path_of(&part.digest);
        // A name of its own: two that fetch the same after a failure must not write into one file.
        let coming = to.with_extension(format!("{}.{COMING}", uuid::Uuid::now_v7()));
        let received = receive(behind, part, &coming).await;
        let named = match received {
            Ok(()) => tokio::fs::rename(&coming, &to).await.map_err(not_written),
            failed => failed,
        };
        if named.is_err() {
            let _ = tokio::fs::remove_file(&coming).await;
        } else {
            cache::touch(&to, behind.store.now());
            locked(&behind.stored).insert(part.digest.clone());
        }
        named
    }
}

async fn receive(behind: &Behind, part: &Part, to: &Path) -> Result<(), Words> {
    let mut pieces = behind.bucket.get(&part.digest).await?;
    let mut file = tokio::fs::File::create(to).await.map_err(not_written)?;
    let (mut hash, mut bytes) = (Sha256::new(), 0);
    while let Some(piece) = pieces.next().await {
        let piece = piece?;
        bytes += piece.len() as u64;
        if bytes > part.bytes {
            break;
        }
        hash.update(&piece);
        file.write_all(&piece).await.map_err(not_written)?;
    }
    if bytes != part.bytes || hex::encode(hash.finalize()) != part.digest.as_str() {
        return Err(format!(
            "what {} has as {} is not what its name says: it is not given to machines. Add the image once more",
            behind.bucket.called(),
            part.digest.short()
        ));
    }
    file.flush().await.map_err(not_written)?;
    file.sync_all().await.map_err(not_written)
}

fn not_written(error: std::io::Error) -> Words {
    format!("the server cannot write what comes from the bucket: {error}")
}
