//! An image is in the folder before a trip with it begins: no machine stands in its firmware and waits for a bucket.

use super::{Shelf, locked};
use async_trait::async_trait;
use chrono::TimeDelta;
use pitstop_domain::Time;
use pitstop_domain::digest::Digest;
use pitstop_domain::image::ImageVersion;
use pitstop_store::Store;
use pitstop_worker::ahead::{Ahead, AtHand};
use std::collections::HashMap;
use std::sync::{Arc, Mutex};

/// A bucket that is restarted is back by then. Longer nobody should look at a job that does not begin.
const PATIENCE: TimeDelta = TimeDelta::minutes(1);
/// So long a failure says something of now: jobs that wait ask every two seconds. A job that comes later finds nothing of
/// what failed for another, and has a minute of its own.
const FRESH: TimeDelta = TimeDelta::seconds(15);

/// Images that are on their way.
#[derive(Clone)]
pub struct Bringing {
    shelf: Shelf,
    store: Store,
    coming: Arc<Mutex<HashMap<Digest, Coming>>>,
}

#[derive(Clone, Debug, Default)]
struct Coming {
    failed: Option<Failed>,
    is_over: bool,
}

/// It fails, time and again.
#[derive(Clone, Debug)]
struct Failed {
    since: Time,
    /// When it did last.
    at: Time,
    why: String,
}

impl Coming {
    /// It failed once more.
    fn fails(&self, now: Time, why: String) -> Self {
        let since = self.failed.as_ref().map_or(now, |failed| failed.since);
        Self { failed: Some(Failed { since, at: now, why }), is_over: true }
    }

    /// Nobody asked again soon after it failed: that says nothing of now.
    fn is_stale(&self, now: Time) -> bool {
        self.is_over && self.failed.as_ref().is_none_or(|failed| now - failed.at > FRESH)
    }

    /// Why nobody should wait for it any more.
    fn is_hopeless(&self, now: Time) -> Option<&str> {
        let failed = self.failed.as_ref().filter(|_| self.is_over)?;
        (now - failed.since > PATIENCE).then_some(&failed.why)
    }

    fn why(&self) -> Option<String> {
        self.failed.as_ref().map(|failed| failed.why.clone())
    }
}

impl Bringing {
    /// `None`: all images lie in the folder anyway.
    pub fn to(shelf: &Shelf, store: &Store) -> Option<Arc<dyn Ahead>> {
        shelf.behind.as_ref()?;
        Some(Arc::new(Self { shelf: shelf.clone(), store: store.clone(), coming: Arc::default() }))
    }

    fn begin(&self, version: ImageVersion) {
        let this = self.clone();
        tokio::spawn(async move {
            let brought = this.shelf.bring(&version.parts).await;
            let mut all = locked(&this.coming);
            let Err(why) = brought else {
                all.remove(&version.digest);
                return;
            };
            let called = format!("{} {}", version.name, version.version);
            let why = format!("the image {called} is not in this server's cache, and {why}");
            let coming = all.entry(version.digest).or_default();
            *coming = coming.fails(this.store.now(), why);
        });
    }
}

#[async_trait]
impl Ahead for Bringing {
    async fn at_hand(&self, image: &Digest) -> pitstop_store::Result<AtHand> {
        // What is not in the catalog cannot be brought: whoever begins with it says so.
        let Some(version) = self.store.image(image).await? else { return Ok(AtHand::Here) };
        if version.parts.iter().all(|part| self.shelf.holds(part)) {
            self.shelf.used(&version.parts);
            return Ok(AtHand::Here);
        }
        let now = self.store.now();
        let mut all = locked(&self.coming);
        all.retain(|_, coming| !coming.is_stale(now));
        let coming = all.entry(image.clone()).or_insert(Coming { failed: None, is_over: true });
        // It stays for a moment: others that waited for the same have waited long enough, too.
        if let Some(why) = coming.is_hopeless(now) {
            return Ok(AtHand::Never(why.to_owned()));
        }
        if std::mem::take(&mut coming.is_over) {
            self.begin(version);
        }
        Ok(AtHand::Comes(coming.why()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Time {
        Time::UNIX_EPOCH + TimeDelta::seconds(second)
    }

    fn failing(since: i64, until: i64) -> Coming {
        let coming = Coming::default().fails(at(since), "refused".to_owned());
        coming.fails(at(until), "the bucket is away".to_owned())
    }

    #[test]
    fn what_fails_for_a_minute_is_given_up_and_what_is_tried_just_now_is_not() {
        assert_eq!(failing(0, 59).is_hopeless(at(60)), None);
        let failing = failing(0, 60);
        assert_eq!(failing.is_hopeless(at(62)), Some("the bucket is away"));
        assert_eq!(Coming { is_over: false, ..failing }.is_hopeless(at(90)), None);
    }

    #[test]
    fn a_failure_after_which_nobody_asked_says_nothing_of_an_hour_later() {
        let failed = failing(0, 61);
        assert!(!failed.is_stale(at(63)), "who waits with others is told what they are told");
        assert!(failed.is_stale(at(3600)), "who comes later is not told of it");
        assert!(!Coming { is_over: false, ..failed }.is_stale(at(3600)), "it is on its way");
    }
}
