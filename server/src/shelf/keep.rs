//! What is seen to by itself where a bucket stands behind the folder: that it is there, that it has all parts, that neither
//! holds what no version has, and that what is stable lies in the folder as far as that reaches.

use super::bucket::Words;
use super::{Behind, Shelf, cache, fetch, locked};
use pitstop_domain::Time;
use pitstop_domain::digest::Digest;
use pitstop_domain::image::{Channel, ImageVersion, Part};
use pitstop_store::{Result, Store};
use std::collections::HashSet;
use std::fs;
use std::path::Path;
use std::time::Duration;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

/// Pages tell within a minute that a bucket is away.
const LOOK: Duration = Duration::from_secs(60);
/// So often everything is gone over.
const OVER: Duration = Duration::from_secs(3600);
/// What no version has may be about to become one's, or the database may be one of last week, put back after a disaster: then
/// the images that were added since are known to nobody, and whoever adds them once more, or finds a newer backup, wants
/// their bytes.
const KEPT: chrono::TimeDelta = chrono::TimeDelta::days(30);

impl Shelf {
    /// Sees to the bucket and the folder until the server stops. Without a bucket there is nothing to see to.
    pub async fn keep(self, stop: CancellationToken) {
        let Some(behind) = self.behind.clone() else { return };
        let back = Notify::new();
        // Terabytes take their time, and pages tell meanwhile whether the bucket is there.
        let keeping =
            async { tokio::join!(self.look_again_and_again(&back), self.go_over_each_hour(&behind, &back)) };
        stop.run_until_cancelled(keeping).await;
    }

    async fn look_again_and_again(&self, back: &Notify) {
        let mut there = false;
        loop {
            let is_there = self.look().await;
            if is_there && !there {
                back.notify_one();
            }
            there = is_there;
            tokio::time::sleep(LOOK).await;
        }
    }

    /// Each hour, and when the bucket answers again.
    async fn go_over_each_hour(&self, behind: &Behind, back: &Notify) {
        back.notified().await;
        loop {
            // One that is away is gone over when it is back.
            let there = locked(&behind.away).is_none();
            if there && let Err(error) = self.go_over(behind).await {
                tracing::warn!(%error, "The images in the bucket could not be gone over; it is tried again in an hour.");
            }
            let _ = tokio::time::timeout(OVER, back.notified()).await;
        }
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
        self.hand_over(behind, &images).await;
        self.sweep(behind).await?;
        self.tidy().await;
        self.have_ready(behind, &images).await;
        Ok(())
    }

    /// What lies in the folder and not in the bucket goes there: from before there was one, from the folder for new images, or
    /// from a time when it was away.
    async fn hand_over(&self, behind: &Behind, images: &[ImageVersion]) {
        for part in images.iter().flat_map(|image| &image.parts).filter(|part| self.has(&part.digest)) {
            if let Err(why) = self.hand_over_one(behind, part).await {
                // Then none of the others gets there, either.
                tracing::warn!(why, "An image that lies on this server is not in the bucket yet.");
                return;
            }
        }
    }

    /// Read before it goes there: nobody would find out later which server brought what is wrong.
    async fn hand_over_one(&self, behind: &Behind, part: &Part) -> std::result::Result<(), Words> {
        if behind.keeps(&part.digest, part.bytes).await? {
            return Ok(());
        }
        let path = self.path_of(&part.digest);
        let file = path.display().to_string();
        let read = path.clone();
        match tokio::task::spawn_blocking(move || says_its_name(&read)).await {
            Ok(Ok(true)) => self.put(std::slice::from_ref(part), |part| self.path_of(&part.digest)).await?,
            Ok(Ok(false)) => {
                tracing::error!(
                    file,
                    "What lies here is not what its name says, twice read: it is put aside as `.wrong`, and machines do not get it. Look at the disk. Remove the image, and add it once more, unless another server has it."
                );
                if let Err(error) = tokio::fs::rename(&path, path.with_added_extension("wrong")).await {
                    tracing::error!(file, %error, "It cannot be put aside: move it away by hand.");
                }
            }
            Ok(Err(error)) => {
                tracing::warn!(file, error = format!("{error:#}"), "A part of an image cannot be read.");
            }
            Err(_) => return Err("the server stops".to_owned()),
        }
        Ok(())
    }

    /// Removes what no version has and nobody brings any more, from each place what has been in it for so long.
    async fn sweep(&self, behind: &Behind) -> Result<()> {
        let now = behind.store.now();
        let is_old = |since: Time| now - since > KEPT;
        let there = behind.bucket.all().await.unwrap_or_default().into_iter();
        let there: Vec<_> = there.filter(|(_, since)| is_old(*since)).map(|(digest, _)| digest).collect();
        let here = cache::lying(&self.folder).into_iter().filter(|lies| is_old(lies.used));
        let here: Vec<_> = here.map(|lies| lies.digest).collect();
        let known_to_all = known(&behind.store).await?;
        if there.iter().chain(&here).all(|digest| known_to_all.contains(digest)) {
            return Ok(());
        }
        // Nobody adds a version from here on that would need them.
        let _turn = behind.store.bytes_turn().await?;
        let known = known(&behind.store).await?;
        let nobodys = |old: Vec<Digest>| -> Vec<Digest> {
            old.into_iter().filter(|digest| !known.contains(digest)).collect()
        };
        let (there, here) = (nobodys(there), nobodys(here));
        tracing::info!(
            in_bucket = there.len(),
            in_cache = here.len(),
            "Bytes that no image has are removed from the bucket and its cache."
        );
        self.discard_here(&here).await;
        self.discard_behind(&there).await;
        Ok(())
    }

    /// Stable versions are fetched before anybody asks for them, the newest first, as far as the folder reaches.
    async fn have_ready(&self, behind: &Behind, images: &[ImageVersion]) {
        let mut stable: Vec<_> =
            images.iter().filter(|image| image.standing.channel == Channel::Stable).collect();
        stable.sort_by_key(|image| std::cmp::Reverse(image.standing.since));
        for image in stable {
            let missing: Vec<_> = image.parts.iter().filter(|part| !self.holds(part)).cloned().collect();
            let more: u64 = missing.iter().map(|part| part.bytes).sum();
            if more == 0 || self.used_bytes() + more > behind.limit {
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

    /// Lets go what is more than the folder may hold.
    pub(crate) async fn tidy(&self) {
        self.make_room(0).await;
    }

    /// Lets go what was not used for longest until the folder keeps its limit with so many bytes more in it; nothing that the
    /// bucket does not have, by its own word.
    pub(super) async fn make_room(&self, more: u64) {
        let Some(behind) = &self.behind else { return };
        let (limit, now) = (behind.limit.saturating_sub(more), behind.store.now());
        let (go, mut too_many) = cache::to_go(cache::lying(&self.folder), limit, now);
        for lies in go {
            if too_many == 0 {
                return;
            }
            match behind.keeps(&lies.digest, lies.bytes).await {
                Ok(true) => {}
                Ok(false) => continue,
                // It would say the same of the next one.
                Err(_) => return,
            }
            let path = self.path_of(&lies.digest);
            // Somebody may have come for it while the bucket was asked.
            if cache::is_as(&path, &lies) && tokio::fs::remove_file(path).await.is_ok() {
                too_many = too_many.saturating_sub(lies.bytes);
            }
        }
    }

    /// What a server that was killed left of its fetches.
    pub(super) fn forget_cut_ones(&self) {
        let Ok(entries) = fs::read_dir(&self.folder) else { return };
        for path in entries.flatten().map(|entry| entry.path()) {
            if path.extension().is_some_and(|extension| extension == fetch::COMING) {
                let _ = fs::remove_file(path);
            }
        }
    }
}

/// Whether a part's bytes have the digest that is its name. A disk that gave something else once is asked once more.
fn says_its_name(path: &Path) -> anyhow::Result<bool> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    for _ in 0..2 {
        let (found, _) = crate::catalog::digest_file(path, |_| {})?;
        if found.as_str() == name {
            return Ok(true);
        }
    }
    Ok(false)
}

async fn known(store: &Store) -> Result<HashSet<Digest>> {
    let images = store.images().await?;
    Ok(images.into_iter().flat_map(|image| image.parts).map(|part| part.digest).collect())
}
