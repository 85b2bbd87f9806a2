//! A part comes from the bucket into the folder: once however many want it, looked at while it comes, and under its digest
//! only when it is what that says.

use super::bucket::Words;
use super::{Behind, Shelf, cache, locked};
use futures::StreamExt;
use futures::future::{BoxFuture, FutureExt, Shared};
use pitstop_domain::digest::Digest;
use pitstop_domain::image::Part;
use sha2::{Digest as _, Sha256};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use tokio::io::AsyncWriteExt;

/// What a part is called while it comes; a server that was killed leaves these, and removes them when it starts.
pub(super) const COMING: &str = "coming";

/// What comes just now.
#[derive(Default)]
pub(super) struct Fetches(Mutex<HashMap<Digest, UnderWay>>);

struct UnderWay {
    /// Of the whole part: the folder has room for so many.
    bytes: u64,
    outcome: Outcome,
}

/// What all are told who wait for it.
type Outcome = Shared<BoxFuture<'static, Result<(), Words>>>;

impl Shelf {
    /// Fetches a part, unless it is there. Who wants it while it comes waits with the first, and is told the same: a bucket
    /// that is away is not asked once more for each of them. It comes to its end also where nobody waits for it any more.
    pub(super) async fn fetch(&self, behind: &Arc<Behind>, part: &Part) -> Result<(), Words> {
        let outcome = {
            let mut under_way = locked(&behind.fetches.0);
            match under_way.get(&part.digest) {
                Some(coming) => coming.outcome.clone(),
                None if self.holds(part) => return Ok(()),
                None => {
                    let outcome = self.begin(behind, part);
                    let coming = UnderWay { bytes: part.bytes, outcome: outcome.clone() };
                    under_way.insert(part.digest.clone(), coming);
                    outcome
                }
            }
        };
        outcome.await
    }

    fn begin(&self, behind: &Arc<Behind>, part: &Part) -> Outcome {
        let (shelf, behind, part) = (self.clone(), behind.clone(), part.clone());
        let task = tokio::spawn(async move {
            let _over = Over(behind.clone(), part.digest.clone());
            shelf.receive(&behind, &part).await
        });
        async move { task.await.unwrap_or_else(|_| Err("the server stops".to_owned())) }.boxed().shared()
    }

    async fn receive(&self, behind: &Behind, part: &Part) -> Result<(), Words> {
        tokio::fs::create_dir_all(&self.folder).await.map_err(not_written)?;
        let all_that_comes = locked(&behind.fetches.0).values().map(|coming| coming.bytes).sum();
        self.make_room(all_that_comes).await;
        crate::uploads::room(&self.folder, part.bytes).map_err(|error| error.to_string())?;
        let to = self.path_of(&part.digest);
        // A name of its own: another server that was given this folder must not write into the same file.
        let coming = Unnamed(to.with_extension(format!("{}.{COMING}", uuid::Uuid::now_v7())));
        receive(behind, part, &coming.0).await?;
        tokio::fs::rename(&coming.0, &to).await.map_err(not_written)?;
        cache::touch(&to, behind.store.now());
        Ok(())
    }
}

/// However a fetch ends, the next one begins anew.
struct Over(Arc<Behind>, Digest);

impl Drop for Over {
    fn drop(&mut self) {
        locked(&self.0.fetches.0).remove(&self.1);
    }
}

/// A file that has no digest's name yet. However its fetch ends, also where it is dropped half way, nothing is left of it.
struct Unnamed(PathBuf);

impl Drop for Unnamed {
    fn drop(&mut self) {
        // One that got its name is not there any more.
        let _ = std::fs::remove_file(&self.0);
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
        locked(&behind.doubted).insert(part.digest.clone());
        return Err(format!(
            "what {} has as {} is not what its name says: it is not given to machines. Remove the image, and add it once more",
            behind.bucket.called(),
            part.digest.short()
        ));
    }
    locked(&behind.doubted).remove(&part.digest);
    file.flush().await.map_err(not_written)?;
    file.sync_all().await.map_err(not_written)
}

fn not_written(error: std::io::Error) -> Words {
    format!("the server cannot write what comes from the bucket: {error}")
}
