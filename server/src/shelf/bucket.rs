//! A bucket, over `object_store`: parts of images under their digests, and whose they are. What goes wrong is said in words,
//! without what a bucket's answer may repeat of keys and signatures.

use super::settings::Keeping;
use crate::shelf::connect::Connector;
use anyhow::{Context, Result};
use futures::stream::BoxStream;
use futures::{StreamExt, TryStreamExt};
use object_store::aws::AmazonS3Builder;
use object_store::path::Path as Key;
use object_store::{
    BackoffConfig, Error, ObjectMeta, ObjectStore, ObjectStoreExt, PutMode, PutPayload, RetryConfig,
    WriteMultipart,
};
use pitstop_domain::Time;
use pitstop_domain::digest::Digest;
use pitstop_power::line::Cut;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::io::AsyncReadExt;
use uuid::Uuid;

/// What is larger is sent in pieces of this size: buckets take ten thousand of them, so 160 GiB.
const PIECE: usize = 16 << 20;
/// Pieces on the way at once: 64 MiB of memory.
const AT_ONCE: usize = 4;
/// A bucket that brings nothing for so long is taken for away.
const SILENCE: Duration = Duration::from_secs(60);
/// Of a few short answers, each may come drop by drop. Who waits for them is told after so long that nobody can say.
const LOOK: Duration = Duration::from_secs(120);
/// Whose images these are.
const MARK: &str = "installation";

/// Why not, in words for people.
pub type Words = String;

/// Where the parts of images are kept.
pub struct Bucket {
    store: Arc<dyn ObjectStore>,
    prefix: Key,
    /// How it is called in words: name and origin.
    called: String,
    installation: Uuid,
    /// Its mark was ours when it was looked at last.
    ours: AtomicBool,
}

impl Bucket {
    /// As it is set; nothing is asked yet.
    ///
    /// # Errors
    /// What is wrong with the settings.
    pub fn open(keeping: &Keeping, name: &str, installation: Uuid) -> Result<Self> {
        let (endpoint, keys) = (keeping.endpoint()?, keeping.keys()?);
        let connector = Connector::to(&endpoint).map_err(anyhow::Error::msg)?;
        let retry = RetryConfig {
            backoff: BackoffConfig {
                init_backoff: Duration::from_millis(100),
                max_backoff: Duration::from_secs(2),
                base: 2.0,
            },
            max_retries: 2,
            retry_timeout: Duration::from_secs(30),
        };
        let store = AmazonS3Builder::new()
            .with_endpoint(endpoint.origin())
            .with_allow_http(!endpoint.is_https())
            .with_region(&keeping.region)
            .with_bucket_name(name)
            .with_access_key_id(keys.access)
            .with_secret_access_key(keys.secret)
            .with_retry(retry)
            .with_http_connector(connector)
            .build()
            .context("what is set of --images-bucket does not fit together")?;
        let called = format!("the bucket {name} at {}", endpoint.origin());
        Ok(Self::over(Arc::new(store), &keeping.prefix, called, installation))
    }

    /// Over any store of objects.
    pub fn over(store: Arc<dyn ObjectStore>, prefix: &str, called: String, installation: Uuid) -> Self {
        Self { store, prefix: Key::from(prefix), called, installation, ours: AtomicBool::new(false) }
    }

    pub fn called(&self) -> &str {
        &self.called
    }

    /// Is it there, and are the images in it ours? Marks one that is nobody's yet and has none. Two minutes at most.
    ///
    /// # Errors
    /// Why not.
    pub async fn look(&self) -> Result<(), Words> {
        self.look_within(LOOK).await
    }

    async fn look_within(&self, limit: Duration) -> Result<(), Words> {
        let late = |_| Err(format!("{} did not say within {} s whose it is", self.called, limit.as_secs()));
        let refused = tokio::time::timeout(limit, self.refused()).await.unwrap_or_else(late)?;
        self.ours.store(refused.is_none(), Ordering::Relaxed);
        refused.map_or(Ok(()), Err)
    }

    /// Why the images in it are not ours; `None`: they are.
    async fn refused(&self) -> Result<Option<Words>, Words> {
        if let Some(mark) = self.mark().await? {
            return Ok(self.against(&mark));
        }
        // Somebody's images: they would be taken for what no version has, and be removed after a day.
        if let Some(part) = self.parts().next().await {
            part?;
            return Ok(Some(format!(
                "the folder {} in {} holds images and does not say whose. Give this installation its own --images-prefix; \
                 where they are its own and the mark was lost, put an object {} there that says {}",
                self.prefix,
                self.called,
                self.prefix.clone().join(MARK),
                self.installation
            )));
        }
        self.put_mark().await?;
        // Another may have been quicker, and not all buckets refuse the second.
        match self.mark().await? {
            Some(mark) => Ok(self.against(&mark)),
            None => Err(format!("{} does not have what was put there just now", self.called)),
        }
    }

    async fn mark(&self) -> Result<Option<bytes::Bytes>, Words> {
        match self.store.get(&self.prefix.clone().join(MARK)).await {
            Ok(found) => found.bytes().await.map(Some).map_err(|error| self.words(&error)),
            Err(Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(self.words(&error)),
        }
    }

    /// Editors and `echo` end a mark that people put there with a line.
    fn against(&self, mark: &[u8]) -> Option<Words> {
        (mark.trim_ascii() != self.installation.to_string().as_bytes()).then(|| {
            format!(
                "the folder {} in {} holds the images of another installation of Pitstop: give this one its own \
                 --images-prefix. Servers of one installation have one database",
                self.prefix, self.called
            )
        })
    }

    /// Puts our mark where there is none. So there is nothing to be taken back from a folder that is another's.
    async fn put_mark(&self) -> Result<(), Words> {
        let key = self.prefix.clone().join(MARK);
        let ours = || PutPayload::from(self.installation.to_string().into_bytes());
        match self.store.put_opts(&key, ours(), PutMode::Create.into()).await {
            Ok(_) | Err(Error::AlreadyExists { .. }) => Ok(()),
            // Some do not know such a condition (`If-None-Match`).
            Err(Error::NotImplemented { .. } | Error::Generic { .. }) => {
                self.store.put(&key, ours()).await.map(drop).map_err(|error| self.words(&error))
            }
            Err(error) => Err(self.words(&error)),
        }
    }

    /// Nothing is done in a bucket before it was seen whose it is, nor once it was seen to be another's.
    async fn ours(&self) -> Result<(), Words> {
        if self.ours.load(Ordering::Relaxed) { Ok(()) } else { self.look().await }
    }

    fn key(&self, digest: &Digest) -> Key {
        self.prefix.clone().join(digest.as_str())
    }

    /// Is it there, whole?
    ///
    /// # Errors
    /// Nobody can say.
    pub async fn has(&self, digest: &Digest, bytes: u64) -> Result<bool, Words> {
        self.ours().await?;
        match self.store.head(&self.key(digest)).await {
            Ok(found) => Ok(found.size == bytes),
            Err(Error::NotFound { .. }) => Ok(false),
            Err(error) => Err(self.words(&error)),
        }
    }

    /// Puts a file there. A bucket shows it when all of it came, and never a part of it.
    ///
    /// # Errors
    /// Why not; pieces that came are taken back.
    pub async fn put(&self, digest: &Digest, from: &Path) -> Result<(), Words> {
        self.ours().await?;
        let unread = |error: std::io::Error| format!("{} cannot be read: {error}", from.display());
        let mut file = tokio::fs::File::open(from).await.map_err(unread)?;
        let bytes = file.metadata().await.map_err(unread)?.len();
        let key = self.key(digest);
        if bytes <= PIECE as u64 {
            let mut whole = Vec::new();
            file.read_to_end(&mut whole).await.map_err(unread)?;
            let put = self.store.put(&key, whole.into()).await;
            return put.map(drop).map_err(|error| self.words(&error));
        }
        let begun = self.store.put_multipart(&key).await.map_err(|error| self.words(&error))?;
        let mut pieces = WriteMultipart::new_with_chunk_size(begun, PIECE);
        let sent = async {
            loop {
                let mut piece = Vec::with_capacity(PIECE);
                if (&mut file).take(PIECE as u64).read_to_end(&mut piece).await.map_err(unread)? == 0 {
                    return Ok(());
                }
                pieces.wait_for_capacity(AT_ONCE).await.map_err(|error| self.words(&error))?;
                pieces.put(piece.into());
            }
        };
        match sent.await {
            // It takes back by itself what came.
            Ok(()) => pieces.finish().await.map(drop).map_err(|error| self.words(&error)),
            Err(why) => {
                let _ = pieces.abort().await;
                Err(why)
            }
        }
    }

    /// Its bytes, piece by piece.
    ///
    /// # Errors
    /// It is not there, or the bucket is away.
    pub async fn get(
        &self,
        digest: &Digest,
    ) -> Result<BoxStream<'static, Result<bytes::Bytes, Words>>, Words> {
        self.ours().await?;
        let found = match self.store.get(&self.key(digest)).await {
            Ok(found) => found,
            Err(Error::NotFound { .. }) => return Err(format!("{} does not have it", self.called)),
            Err(error) => return Err(self.words(&error)),
        };
        let called = self.called.clone();
        let pieces = found.into_stream().map(move |piece| piece.map_err(|error| words(&called, &error)));
        let pieces = tokio_stream::StreamExt::timeout(pieces, SILENCE);
        let called = self.called.clone();
        let late = move || format!("{called} brought nothing for {} s", SILENCE.as_secs());
        Ok(futures::StreamExt::map(pieces, move |piece| piece.map_err(|_| late())?).boxed())
    }

    /// Takes it away. One that is not there is away.
    ///
    /// # Errors
    /// Why not.
    pub async fn remove(&self, digest: &Digest) -> Result<(), Words> {
        self.ours().await?;
        match self.store.delete(&self.key(digest)).await {
            Ok(()) | Err(Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(self.words(&error)),
        }
    }

    /// All parts that are there, and since when by the bucket's clock.
    ///
    /// # Errors
    /// The bucket is away.
    pub async fn all(&self) -> Result<Vec<(Digest, Time)>, Words> {
        self.ours().await?;
        self.parts().try_collect().await
    }

    /// The parts in our folder; what lies deeper is another's.
    fn parts(&self) -> BoxStream<'_, Result<(Digest, Time), Words>> {
        let listed = self.store.list(Some(&self.prefix));
        let part = |object: object_store::Result<ObjectMeta>| async {
            let object = match object {
                Ok(object) => object,
                Err(error) => return Some(Err(self.words(&error))),
            };
            let digest = object.location.filename()?.parse().ok()?;
            (object.location == self.key(&digest)).then_some(Ok((digest, object.last_modified)))
        };
        listed.filter_map(part).boxed()
    }

    fn words(&self, error: &Error) -> Words {
        words(&self.called, error)
    }
}

/// Of what a bucket says only its kind is repeated; of a line that is down, which.
fn words(called: &str, error: &Error) -> Words {
    match error {
        Error::Unauthenticated { .. } | Error::PermissionDenied { .. } => format!(
            "{called} does not let this server in: look whether its keys are right and may list, read, write and delete there"
        ),
        Error::NotFound { .. } => format!("{called} is not there: make it, or look at --images-bucket"),
        error => {
            let mut root: &dyn std::error::Error = error;
            while let Some(next) = root.source() {
                root = next;
            }
            if let Some(cut) = root.downcast_ref::<Cut>() {
                let origin = called.rsplit(' ').next().unwrap_or_default();
                let (why, away) = (cut.to_string(), format!("{origin} cannot be reached: "));
                return match why.strip_prefix(&away) {
                    Some(why) => format!("{called} cannot be reached: {why}"),
                    None => format!("{called}: {}", why.replace(origin, "it")),
                };
            }
            format!("{called} does not answer as it should: {}", said(&root.to_string()))
        }
    }
}

/// Why, without the body of an answer: some buckets repeat there what they were asked with.
fn said(why: &str) -> String {
    let why = match why.strip_prefix("Server returned non-2xx status code: ") {
        Some(status) => status.split(": ").next().unwrap_or_default(),
        None if why.starts_with("Server returned error response") => "an error",
        None => why,
    };
    let why: String = why.chars().map(|c| if c.is_control() { ' ' } else { c }).take(200).collect();
    why.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use object_store::memory::InMemory;
    use object_store::throttle::{ThrottleConfig, ThrottledStore};

    fn bucket(store: &Arc<InMemory>, prefix: &str, installation: u128) -> Bucket {
        let called = "the bucket images".to_owned();
        Bucket::over(store.clone(), prefix, called, Uuid::from_u128(installation))
    }

    #[tokio::test]
    async fn a_folder_in_a_bucket_belongs_to_one_installation_and_to_all_its_servers() {
        let store = Arc::new(InMemory::new());
        bucket(&store, "pitstop", 1).look().await.unwrap();
        bucket(&store, "pitstop", 1).look().await.unwrap();
        bucket(&store, "lab", 2).look().await.unwrap();
        let others = bucket(&store, "pitstop", 2);
        let why = others.look().await.unwrap_err();
        assert!(why.contains("another installation") && why.contains("--images-prefix"), "{why}");
        let digest = "a".repeat(64).parse().unwrap();
        assert!(others.remove(&digest).await.is_err(), "nothing is done in it");
    }

    #[tokio::test]
    async fn a_mark_that_people_put_there_may_end_with_a_line() {
        let store = Arc::new(InMemory::new());
        let mark = format!("{}\r\n", Uuid::from_u128(1));
        store.put(&Key::from("pitstop/installation"), mark.into_bytes().into()).await.unwrap();
        bucket(&store, "pitstop", 1).look().await.unwrap();
        let why = bucket(&store, "pitstop", 2).look().await.unwrap_err();
        assert!(why.contains("another installation"), "{why}");
    }

    #[tokio::test]
    async fn a_bucket_that_does_not_come_to_its_end_is_away() {
        let hour = Duration::from_secs(3600);
        let slow = ThrottleConfig { wait_get_per_call: hour, ..ThrottleConfig::default() };
        let slow = Arc::new(ThrottledStore::new(InMemory::new(), slow));
        let bucket = Bucket::over(slow, "pitstop", "the bucket images".to_owned(), Uuid::from_u128(1));
        let looking = tokio::time::timeout(hour / 60, bucket.look_within(Duration::from_millis(10)));
        let why = looking.await.unwrap().unwrap_err();
        assert!(why.contains("the bucket images did not say within"), "{why}");
    }

    #[tokio::test]
    async fn a_file_that_is_large_goes_there_in_pieces_and_is_whole() {
        let (store, folder) = (Arc::new(InMemory::new()), tempfile::tempdir().unwrap());
        let (bucket, file) = (bucket(&store, "pitstop", 1), folder.path().join("part"));
        let bytes = vec![7; PIECE + 1];
        std::fs::write(&file, &bytes).unwrap();
        let digest = "a".repeat(64).parse().unwrap();
        bucket.put(&digest, &file).await.unwrap();
        assert!(bucket.has(&digest, bytes.len() as u64).await.unwrap());
        assert!(!bucket.has(&digest, 5).await.unwrap(), "a part of another length is not it");
        let came: Vec<_> = bucket.get(&digest).await.unwrap().map(Result::unwrap).collect().await;
        assert!(came.concat() == bytes);
        assert_eq!(bucket.all().await.unwrap().len(), 1, "the mark is no part");
        bucket.remove(&digest).await.unwrap();
        bucket.remove(&digest).await.unwrap();
        assert!(bucket.get(&digest).await.err().unwrap().contains("does not have it"));
    }
}
