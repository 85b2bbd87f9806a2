//! A bucket in memory, in which something happens while it is asked.

use async_trait::async_trait;
use futures::future::BoxFuture;
use futures::stream::{self, BoxStream};
use futures::{FutureExt, StreamExt};
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{
    CopyOptions, GetOptions, GetResult, GetResultPayload, ListResult, MultipartUpload, ObjectMeta,
    ObjectStore, ObjectStoreExt, PutMultipartOptions, PutOptions, PutPayload, PutResult, Result,
};
use std::collections::HashSet;
use std::fmt;
use std::sync::{Arc, Mutex};

/// What happens between the bucket's look for an object and its answer.
type Then = Box<dyn Fn(Path) -> BoxFuture<'static, ()> + Send + Sync>;

pub struct Watched {
    pub objects: Arc<InMemory>,
    then: Then,
    /// Objects that lie there for two days.
    old: Mutex<HashSet<Path>>,
    /// Objects of which a first piece comes, and never another.
    cut: Mutex<HashSet<Path>>,
}

impl Watched {
    /// Nothing happens.
    pub fn calm() -> Arc<Self> {
        Self::that(|_, _| async {}.boxed())
    }

    /// Never answers.
    pub fn silent() -> Arc<Self> {
        Self::that(|_, _| std::future::pending().boxed())
    }

    pub fn that(
        then: impl Fn(Arc<InMemory>, Path) -> BoxFuture<'static, ()> + Send + Sync + 'static,
    ) -> Arc<Self> {
        let objects = Arc::new(InMemory::new());
        let inner = objects.clone();
        let then: Then = Box::new(move |path| then(inner.clone(), path));
        Arc::new(Self { objects, then, old: Mutex::default(), cut: Mutex::default() })
    }

    pub async fn holds(&self, key: &str, bytes: &[u8]) {
        self.objects.put(&Path::from(key), PutPayload::from(bytes.to_vec())).await.unwrap();
    }

    /// What lies there; `None`: nothing.
    pub async fn at(&self, key: &str) -> Option<Vec<u8>> {
        let found = self.objects.get(&Path::from(key)).await.ok()?;
        Some(found.bytes().await.unwrap().to_vec())
    }

    pub fn aged(&self, key: &str) {
        self.old.lock().unwrap().insert(Path::from(key));
    }

    pub fn cuts(&self, key: &str) {
        self.cut.lock().unwrap().insert(Path::from(key));
    }
}

impl fmt::Debug for Watched {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Watched")
    }
}

impl fmt::Display for Watched {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Watched")
    }
}

#[async_trait]
impl ObjectStore for Watched {
    async fn put_opts(&self, to: &Path, payload: PutPayload, options: PutOptions) -> Result<PutResult> {
        self.objects.put_opts(to, payload, options).await
    }

    async fn put_multipart_opts(
        &self,
        to: &Path,
        options: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        self.objects.put_multipart_opts(to, options).await
    }

    async fn get_opts(&self, from: &Path, options: GetOptions) -> Result<GetResult> {
        let is_cut = !options.head && self.cut.lock().unwrap().contains(from);
        let found = self.objects.get_opts(from, options).await;
        (self.then)(from.clone()).await;
        if !is_cut {
            return found;
        }
        let found = found?;
        let (meta, range, attributes) = (found.meta.clone(), found.range.clone(), found.attributes.clone());
        let extensions = found.extensions.clone();
        let first = found.bytes().await?.slice(..1);
        let payload = stream::once(async { Ok(first) }).chain(stream::pending()).boxed();
        Ok(GetResult { payload: GetResultPayload::Stream(payload), meta, range, attributes, extensions })
    }

    fn delete_stream(&self, all: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        self.objects.delete_stream(all)
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        let old = self.old.lock().unwrap().clone();
        let aged = move |mut object: ObjectMeta| {
            if old.contains(&object.location) {
                object.last_modified -= chrono::TimeDelta::days(31);
            }
            object
        };
        self.objects.list(prefix).map(move |object| object.map(&aged)).boxed()
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        self.objects.list_with_delimiter(prefix).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        self.objects.copy_opts(from, to, options).await
    }
}
