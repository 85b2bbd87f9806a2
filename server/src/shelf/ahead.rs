//! An image is in the folder before a trip with it begins: no machine stands in its firmware and waits for a bucket.

use super::Shelf;
use async_trait::async_trait;
use pitstop_domain::Time;
use pitstop_domain::digest::Digest;
use pitstop_store::Store;
use pitstop_worker::ahead::{Ahead, AtHand};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// A bucket that is restarted is back by then. Longer nobody should look at a job that does not begin.
const PATIENCE: chrono::TimeDelta = chrono::TimeDelta::minutes(1);

/// Images that are on their way.
#[derive(Clone)]
pub struct Bringing {
    shelf: Shelf,
    store: Store,
    coming: Arc<Mutex<HashMap<Digest, Coming>>>,
}

#[derive(Clone, Debug, Default)]
struct Coming {
    /// Since when it fails, and why.
    failed: Option<(Time, String)>,
    is_over: bool,
}

impl Bringing {
    /// `None`: all images lie in the folder anyway.
    pub fn to(shelf: &Shelf, store: &Store) -> Option<Arc<dyn Ahead>> {
        shelf.behind.as_ref()?;
        Some(Arc::new(Self { shelf: shelf.clone(), store: store.clone(), coming: Arc::default() }))
    }

    fn begin(&self, image: &Digest) {
        let (this, image) = (self.clone(), image.clone());
        tokio::spawn(async move {
            let brought = match this.store.image(&image).await {
                Ok(Some(version)) => {
                    let called = format!("{} {}", version.name, version.version);
                    let brought = this.shelf.bring(&version.parts).await;
                    brought
                        .map_err(|why| format!("the image {called} is not in this server's cache, and {why}"))
                }
                Ok(None) => Ok(()),
                Err(error) => Err(error.to_string()),
            };
            let mut all = this.coming.lock().unwrap_or_else(PoisonError::into_inner);
            match (brought, all.get_mut(&image)) {
                (Err(why), Some(coming)) => {
                    let since = coming.failed.take().map_or_else(|| this.store.now(), |(since, _)| since);
                    *coming = Coming { failed: Some((since, why)), is_over: true };
                }
                (Ok(()), Some(coming)) => coming.is_over = true,
                (_, None) => {}
            }
        });
    }
}

#[async_trait]
impl Ahead for Bringing {
    async fn at_hand(&self, image: &Digest) -> pitstop_store::Result<AtHand> {
        let version = self.store.image(image).await?;
        let is_here = |version: &pitstop_domain::image::ImageVersion| {
            version.parts.iter().all(|part| self.shelf.has(&part.digest))
        };
        let here = version.as_ref().is_none_or(is_here);
        let mut all = self.coming.lock().unwrap_or_else(PoisonError::into_inner);
        if here {
            all.remove(image);
            drop(all);
            if let Some(version) = version {
                self.shelf.used(&version.parts);
            }
            return Ok(AtHand::Here);
        }
        match all.get(image) {
            Some(Coming { is_over: false, failed }) => {
                Ok(AtHand::Comes(failed.as_ref().map(|(_, why)| why.clone())))
            }
            Some(Coming { failed: Some((since, why)), .. }) if self.store.now() - *since > PATIENCE => {
                let why = why.clone();
                all.remove(image);
                Ok(AtHand::Never(why))
            }
            before => {
                let failed = before.and_then(|coming| coming.failed.clone());
                let why = failed.as_ref().map(|(_, why): &(Time, String)| why.clone());
                all.insert(image.clone(), Coming { failed, is_over: false });
                drop(all);
                self.begin(image);
                Ok(AtHand::Comes(why))
            }
        }
    }
}
