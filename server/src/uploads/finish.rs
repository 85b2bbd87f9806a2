//! The end of an upload. Reading several GiB takes longer than anybody should hold a connection open for, so it is done
//! aside, and whoever waits is told how far it is.

use super::{Upload, Uploads};
use pitstop_domain::Time;
use pitstop_domain::image::ImageVersion;
use pitstop_store::{Error, Result, Store};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::watch;

/// Proxies and programs give up after half a minute; most images are looked at within this.
const AT_ONCE: Duration = Duration::from_secs(10);
/// How long is remembered what became of it: whoever asks, asks within minutes.
const REMEMBERED: chrono::TimeDelta = chrono::TimeDelta::hours(1);

/// How far it is.
#[derive(Clone, Debug, PartialEq)]
pub enum Finish {
    /// Its bytes are read.
    Reading {
        bytes: u64,
        of: u64,
    },
    Done(Box<ImageVersion>),
    /// Why not, in words.
    Failed(String),
}

impl Finish {
    fn is_over(&self) -> bool {
        !matches!(self, Self::Reading { .. })
    }
}

/// Nobody works on it any more: it ended, or whoever did is gone.
fn is_left(told: &watch::Receiver<Finish>) -> bool {
    told.borrow().is_over() || told.has_changed().is_err()
}

/// Since when, and what is told of it.
type Told = (Time, watch::Receiver<Finish>);

/// What is being finished, and what was.
#[derive(Clone, Default)]
pub struct Finishing(Arc<Mutex<HashMap<String, Told>>>);

impl Finishing {
    fn of(&self, id: &str) -> Option<watch::Receiver<Finish>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(id).map(|(_, told)| told.clone())
    }

    /// Forgets what was told of an upload that begins again.
    pub(super) fn forget(&self, id: &str) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if all.get(id).is_some_and(|(_, told)| is_left(told)) {
            all.remove(id);
        }
    }

    pub(super) fn is_reading(&self, id: &str) -> bool {
        self.of(id).is_some_and(|told| !is_left(&told))
    }

    fn put(&self, id: &str, now: Time, told: watch::Receiver<Finish>) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|_, (since, told)| !is_left(told) || now - *since < REMEMBERED);
        all.insert(id.to_owned(), (now, told));
    }
}

impl Uploads {
    /// Begins to finish it, where nobody has, and waits a little.
    ///
    /// # Errors
    /// What is missing or wrong, where that is known by then; that there is no such upload.
    pub async fn finish_aside(&self, store: &Store, id: &str, by: &str, from: &str) -> Result<Finish> {
        if !self.finishing.is_reading(id) {
            let upload = self.open(id)?;
            let of = upload.manifest.announced().map(|(_, bytes, _)| bytes).sum();
            let (tell, told) = watch::channel(Finish::Reading { bytes: 0, of });
            self.finishing.put(id, store.now(), told);
            let (uploads, store, by, from) = (self.clone(), store.clone(), by.to_owned(), from.to_owned());
            tokio::spawn(async move { uploads.finish_telling(&store, upload, &by, &from, tell).await });
        }
        let Some(mut told) = self.finishing.of(id) else { return Err(super::none()) };
        // Not yet is no error; and where it ended without a word, the server stops.
        drop(tokio::time::timeout(AT_ONCE, told.wait_for(Finish::is_over)).await);
        let now = told.borrow().clone();
        match now {
            Finish::Failed(why) => Err(Error::Refused(why)),
            now => Ok(now),
        }
    }

    /// How far its end is; `None`: nobody works on it.
    pub fn finish_of(&self, id: &str) -> Option<Finish> {
        let told = self.finishing.of(id)?;
        let now = told.borrow().clone();
        (now.is_over() || !is_left(&told)).then_some(now)
    }

    async fn finish_telling(
        &self,
        store: &Store,
        upload: Upload,
        by: &str,
        from: &str,
        tell: watch::Sender<Finish>,
    ) {
        let progress = {
            let tell = tell.clone();
            move |more: u64| {
                tell.send_modify(|now| {
                    if let Finish::Reading { bytes, .. } = now {
                        *bytes += more;
                    }
                });
            }
        };
        let done = self.finish_reading(store, upload, by, from, progress).await;
        tell.send_replace(match done {
            Ok(image) => Finish::Done(Box::new(image)),
            Err(error) => Finish::Failed(error.to_string()),
        });
    }
}
