//! Images that the server fetches from addresses, in the background. What is asked for lies beside what came, so a server
//! that is started again goes on.

use super::{MANIFEST, Upload, Uploads, none, not_written, room};
use crate::catalog::Manifest;
use crate::catalog::manifest::ManifestPart;
use pitstop_domain::Time;
use pitstop_power::fetch::{Download, Trouble, fetch};
use pitstop_store::{Error, Result, Store};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use std::collections::HashMap;
use std::fs;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::io::AsyncWriteExt;
use tokio_util::sync::CancellationToken;

/// What is asked for, beside its manifest.
const ASKED: &str = ".fetch.json";
/// Pauses of 2, 4, 8 … s: a mirror that is restarted is back within four minutes. What came in between begins them anew.
const TRIES: u32 = 7;
/// More than comes between two looks at the disk, by any line that a server has.
const MORE: u64 = 1 << 30;
/// Pages that show how far it is are told so often.
const TELL: chrono::TimeDelta = chrono::TimeDelta::seconds(2);

/// What somebody asked for.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Asked {
    by: String,
    from: String,
    since: Time,
    /// Why it was given up.
    failed: Option<String>,
}

/// An image that is fetched.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Fetching {
    pub id: String,
    pub called: String,
    /// The hosts that it comes from.
    pub hosts: Vec<String>,
    pub by: String,
    pub since: Time,
    pub bytes: u64,
    /// `None`: not said yet.
    pub of: Option<u64>,
    pub failed: Option<String>,
}

/// What is fetched just now.
#[derive(Clone, Default)]
pub struct Fetches(Arc<Mutex<HashMap<String, CancellationToken>>>);

impl Fetches {
    /// `None`: somebody does already.
    fn begin(&self, id: &str) -> Option<CancellationToken> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if all.contains_key(id) {
            return None;
        }
        let stop = CancellationToken::new();
        all.insert(id.to_owned(), stop.clone());
        Some(stop)
    }

    fn end(&self, id: &str) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(stop) = all.remove(id) {
            stop.cancel();
        }
    }
}

impl Uploads {
    /// Begins to fetch an image whose parts say `url` and `digest`; gives its id.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    pub fn fetch(&self, store: &Store, manifest: &Manifest, by: &str, from: &str) -> Result<String> {
        manifest.check_to_fetch().map_err(Error::Refused)?;
        let json = serde_json::to_vec(manifest)?;
        let id = hex::encode(&Sha256::digest(&json)[..16]);
        let folder = self.folder.join(&id);
        fs::create_dir_all(&folder).map_err(not_written)?;
        if !folder.join(MANIFEST).exists() {
            fs::write(folder.join(MANIFEST), json).map_err(not_written)?;
        }
        let asked = Asked { by: by.to_owned(), from: from.to_owned(), since: store.now(), failed: None };
        write(&folder, &asked)?;
        self.fetch_aside(store, &id);
        Ok(id)
    }

    /// Fetches again what was given up.
    ///
    /// # Errors
    /// There is no such thing.
    pub fn fetch_again(&self, store: &Store, id: &str) -> Result<()> {
        let upload = self.open(id)?;
        let asked = read(&upload.folder).ok_or_else(none)?;
        write(&upload.folder, &Asked { failed: None, ..asked })?;
        self.fetch_aside(store, id);
        Ok(())
    }

    /// Goes on with all that was being fetched when the server ended.
    pub fn fetch_on(&self, store: &Store) {
        for fetching in self.fetching().into_iter().filter(|fetching| fetching.failed.is_none()) {
            self.fetch_aside(store, &fetching.id);
        }
    }

    /// All that is fetched, and what was given up.
    pub fn fetching(&self) -> Vec<Fetching> {
        let Ok(entries) = fs::read_dir(&self.folder) else { return vec![] };
        let names = entries.flatten().filter_map(|entry| entry.file_name().into_string().ok());
        let uploads = names.filter_map(|name| self.open(&name).ok());
        let mut all: Vec<_> = uploads
            .filter_map(|upload| {
                let asked = read(&upload.folder)?;
                Some(self.shown(upload, asked))
            })
            .collect();
        all.sort_by(|a, b| (a.since, &a.id).cmp(&(b.since, &b.id)));
        all
    }

    fn shown(&self, upload: Upload, asked: Asked) -> Fetching {
        let parts = upload.manifest.parts();
        let here = |part: &ManifestPart| match room::here(&upload.folder, &part.file) {
            0 if self.has(part) => part.bytes.unwrap_or_default(),
            bytes => bytes,
        };
        let mut hosts: Vec<_> =
            parts.iter().filter_map(|part| Some(part.url.as_ref()?.host().to_owned())).collect();
        hosts.dedup();
        Fetching {
            called: upload.manifest.called(),
            hosts,
            bytes: parts.iter().map(here).sum(),
            of: parts.iter().map(|part| part.bytes).sum(),
            by: asked.by,
            since: asked.since,
            failed: asked.failed,
            id: upload.id,
        }
    }

    fn has(&self, part: &ManifestPart) -> bool {
        part.digest.as_ref().is_some_and(|digest| self.shelf.has(digest))
    }

    /// Fetches no further, and throws away what came.
    ///
    /// # Errors
    /// There is no such thing.
    pub async fn give_up(&self, store: &Store, id: &str) -> Result<()> {
        self.fetches.end(id);
        self.forget(id)?;
        store.image_comes(id).await
    }

    fn fetch_aside(&self, store: &Store, id: &str) {
        let Some(stop) = self.fetches.begin(id) else { return };
        let (uploads, store, id) = (self.clone(), store.clone(), id.to_owned());
        tokio::spawn(async move {
            let done = stop.run_until_cancelled(uploads.fetch_whole(&store, &id)).await;
            if let Some(Err(error)) = done
                && let Ok(upload) = uploads.open(&id)
                && let Some(asked) = read(&upload.folder)
            {
                tracing::warn!(image = upload.manifest.called(), %error, "An image was not fetched.");
                let _ = write(&upload.folder, &Asked { failed: Some(error.to_string()), ..asked });
            }
            // Unless somebody gave it up meanwhile, and perhaps began it again.
            if !stop.is_cancelled() {
                uploads.fetches.end(&id);
            }
            let _ = store.image_comes(&id).await;
        });
    }

    async fn fetch_whole(&self, store: &Store, id: &str) -> Result<()> {
        let Upload { folder, manifest, .. } = self.open(id)?;
        let asked = read(&folder).ok_or_else(none)?;
        let mut manifest = manifest;
        for n in 0..manifest.parts.len() {
            if !self.has(&manifest.parts[n]) || manifest.parts[n].bytes.is_none() {
                self.fetch_part(store, id, &folder, &mut manifest, n).await?;
            }
        }
        let image = self.finish(store, id, &asked.by, &asked.from).await?;
        tracing::info!(name = image.name, version = image.version, "An image was fetched.");
        Ok(())
    }

    /// A part whose length was said is written into the manifest: from then on it is known how far it is.
    async fn fetch_part(
        &self,
        store: &Store,
        id: &str,
        folder: &Path,
        manifest: &mut Manifest,
        n: usize,
    ) -> Result<()> {
        let part = manifest.parts[n].clone();
        let Some(url) = part.url else { return Ok(()) };
        let path = folder.join(&part.file);
        let mut failed = 0;
        loop {
            let here = room::here(folder, &part.file);
            if manifest.parts[n].bytes.is_some_and(|bytes| here == bytes) {
                return Ok(());
            }
            let came = async {
                let download = fetch(&url, here, &self.inner).await?;
                if let Some(total) = download.total {
                    let more = total.saturating_sub(download.from);
                    room::check(&self.folder, more, self.owed_to_others(id)).map_err(final_)?;
                    manifest.parts[n].bytes = Some(total);
                    let json = serde_json::to_vec(&manifest).map_err(|error| final_(error.into()))?;
                    fs::write(folder.join(MANIFEST), json).map_err(|error| final_(not_written(error)))?;
                }
                self.receive(store, id, &path, download).await
            };
            match came.await {
                Ok(bytes) if manifest.parts[n].bytes.is_none() => {
                    manifest.parts[n].bytes = Some(bytes);
                    fs::write(folder.join(MANIFEST), serde_json::to_vec(&manifest)?).map_err(not_written)?;
                    return Ok(());
                }
                Ok(bytes) if manifest.parts[n].bytes == Some(bytes) => return Ok(()),
                Ok(_) => {}
                Err(Trouble::Refused(why)) => return Err(Error::Refused(why)),
                Err(Trouble::Later(why)) if failed == TRIES => return Err(Error::Refused(why)),
                Err(Trouble::Later(why)) => {
                    tracing::info!(
                        host = url.host(),
                        why,
                        "An image does not come just now; it is tried again."
                    );
                }
            }
            failed = if room::here(folder, &part.file) > here { 0 } else { failed + 1 };
            if failed > TRIES {
                return Err(Error::Refused(format!("{} ends before it is whole", url.origin())));
            }
            tokio::time::sleep(Duration::from_secs(1 << failed)).await;
        }
    }

    /// Writes what comes; gives how much of the file is here then.
    async fn receive(
        &self,
        store: &Store,
        id: &str,
        path: &Path,
        mut download: Download,
    ) -> std::result::Result<u64, Trouble> {
        let wrong = |error: std::io::Error| final_(not_written(error));
        let file = tokio::fs::OpenOptions::new().create(true).append(true).open(path).await;
        let mut file = file.map_err(wrong)?;
        // The other side begins where it was asked to, or anew.
        file.set_len(download.from).await.map_err(wrong)?;
        let mut here = download.from;
        let came = self.written(store, id, &mut file, &mut download, &mut here).await;
        // What came before the line was cut is there to go on from.
        file.flush().await.map_err(wrong)?;
        came.map(|()| here)
    }

    async fn written(
        &self,
        store: &Store,
        id: &str,
        file: &mut tokio::fs::File,
        download: &mut Download,
        here: &mut u64,
    ) -> std::result::Result<(), Trouble> {
        let mut told = store.now();
        while let Some(piece) = download.next().await? {
            *here += piece.len() as u64;
            if download.total.is_some_and(|total| *here > total) {
                return Err(Trouble::Refused("more comes than was announced".to_owned()));
            }
            file.write_all(&piece).await.map_err(|error| final_(not_written(error)))?;
            if store.now() - told >= TELL {
                told = store.now();
                // Who does not say how much comes does not fill the disk either.
                if download.total.is_none() {
                    room::check(&self.folder, MORE, 0).map_err(final_)?;
                }
                let _ = store.image_comes(id).await;
            }
        }
        Ok(())
    }
}

fn final_(error: Error) -> Trouble {
    Trouble::Refused(error.to_string())
}

fn read(folder: &Path) -> Option<Asked> {
    serde_json::from_slice(&fs::read(folder.join(ASKED)).ok()?).ok()
}

fn write(folder: &Path, asked: &Asked) -> Result<()> {
    fs::write(folder.join(ASKED), serde_json::to_vec(asked)?).map_err(not_written)
}
