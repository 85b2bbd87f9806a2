//! What is seen to by itself where a bucket stands behind the folder: that it is there, that it has all parts, that neither
//! holds what no version has, and that what is stable lies in the folder as far as that reaches.

use super::{Behind, Shelf, cache, fetch, locked};
use pitstop_domain::digest::Digest;
use pitstop_domain::image::{Channel, ImageVersion, Part};
use pitstop_store::{Result, Store};
use std::collections::HashSet;
use std::fs;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// Pages tell within a minute that a bucket is away.
const LOOK: Duration = Duration::from_secs(60);
/// Looks between two times that everything is gone over: an hour.
const LOOKS: u32 = 60;
/// What no version has may be about to become one's. By a day nobody uploads any more.
const KEPT: chrono::TimeDelta = chrono::TimeDelta::days(1);

impl Shelf {
    /// Sees to the bucket and the folder until the server stops. Without a bucket there is nothing to see to.
    pub async fn keep(self, stop: CancellationToken) {
        let Some(behind) = self.behind.clone() else { return };
        let keeping = async {
            self.forget_cut_ones();
            let mut looks = 0;
            loop {
                if !self.look().await {
                    looks = 0;
                } else {
                    if looks % LOOKS == 0
                        && let Err(error) = self.go_over(&behind).await
                    {
                        tracing::warn!(%error, "The images in the bucket could not be gone over; it is tried again in an hour.");
                    }
                    looks += 1;
                }
                tokio::time::sleep(LOOK).await;
            }
        };
        stop.run_until_cancelled(keeping).await;
    }

    /// Once over everything.
    ///
    /// # Errors
    /// The database's.
    pub async fn see_to_all(&self) -> Result<()> {
        match self.behind.clone() {
            Some(behind) => self.go_over(&behind).await,
            None => Ok(()),
        }
    }

    async fn go_over(&self, behind: &Behind) -> Result<()> {
        let images = behind.store.images().await?;
        self.hand_over(&images).await;
        self.sweep(behind).await?;
        self.tidy().await;
        self.have_ready(behind, &images).await;
        Ok(())
    }

    /// What lies in the folder and not in the bucket goes there: from before there was one, or from a time when it was away.
    async fn hand_over(&self, images: &[ImageVersion]) {
        let parts = images.iter().flat_map(|image| &image.parts);
        let lying: Vec<Part> = parts.filter(|part| self.has(&part.digest)).cloned().collect();
        if let Err(why) = self.put(&lying, |part| self.path_of(&part.digest)).await {
            tracing::warn!(why, "An image that lies on this server is not in the bucket yet.");
        }
    }

    /// Removes from both what no version has and nobody brings any more.
    async fn sweep(&self, behind: &Behind) -> Result<()> {
        let now = behind.store.now();
        let in_bucket = behind.bucket.all().await.unwrap_or_default();
        let here = cache::lying(&self.folder).into_iter().map(|lies| (lies.digest, lies.used));
        let old = in_bucket.into_iter().chain(here).filter(|(_, since)| now - *since > KEPT);
        let old: HashSet<Digest> = old.map(|(digest, _)| digest).collect();
        if old.is_empty() {
            return Ok(());
        }
        let nobodys = |known: &HashSet<Digest>| old.difference(known).cloned().collect::<Vec<_>>();
        if nobodys(&known(&behind.store).await?).is_empty() {
            return Ok(());
        }
        // Nobody adds a version from here on that would need them.
        let _turn = behind.store.bytes_turn().await?;
        let gone = nobodys(&known(&behind.store).await?);
        tracing::info!(
            parts = gone.len(),
            "Bytes that no image has are removed from the bucket and its cache."
        );
        self.discard(&gone).await;
        Ok(())
    }

    /// Stable versions are fetched before anybody asks for them, the newest first, as far as the folder reaches.
    async fn have_ready(&self, behind: &Behind, images: &[ImageVersion]) {
        let mut stable: Vec<_> =
            images.iter().filter(|image| image.standing.channel == Channel::Stable).collect();
        stable.sort_by_key(|image| std::cmp::Reverse(image.standing.since));
        for image in stable {
            let missing: Vec<_> =
                image.parts.iter().filter(|part| !self.has(&part.digest)).cloned().collect();
            let more: u64 = missing.iter().map(|part| part.bytes).sum();
            if more == 0 || self.kept().used + more > behind.limit {
                continue;
            }
            if let Err(why) = self.bring(&missing).await {
                tracing::warn!(
                    image = image.name,
                    version = image.version,
                    why,
                    "A stable image is not in this server's cache."
                );
            }
        }
    }

    /// Lets go what was not used for longest until the folder keeps its limit; nothing that the bucket was not seen to have.
    pub(crate) async fn tidy(&self) {
        let Some(behind) = &self.behind else { return };
        let (go, mut too_many) = cache::to_go(cache::lying(&self.folder), behind.limit, behind.store.now());
        for lies in go {
            if too_many == 0 {
                return;
            }
            let known = locked(&behind.stored).contains(&lies.digest);
            if !known && !behind.bucket.has(&lies.digest, lies.bytes).await.unwrap_or(false) {
                continue;
            }
            if tokio::fs::remove_file(self.path_of(&lies.digest)).await.is_ok() {
                too_many = too_many.saturating_sub(lies.bytes);
            }
        }
    }

    fn forget_cut_ones(&self) {
        let Ok(entries) = fs::read_dir(&self.folder) else { return };
        for path in entries.flatten().map(|entry| entry.path()) {
            if path.extension().is_some_and(|extension| extension == fetch::COMING) {
                let _ = fs::remove_file(path);
            }
        }
    }
}

async fn known(store: &Store) -> Result<HashSet<Digest>> {
    let images = store.images().await?;
    Ok(images.into_iter().flat_map(|image| image.parts).map(|part| part.digest).collect())
}
