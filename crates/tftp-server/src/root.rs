//! A folder that is served.

use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use nix::errno::Errno;
use nix::fcntl::{OFlag, OpenHow, ResolveFlag, open, openat2};
use nix::sys::stat::Mode;

use crate::cache::Cache;
use crate::handler::{Content, Handler, Request};
use crate::path::relative_path;
use crate::refusal::Refusal;

/// Serves the files below a folder, and nothing else.
///
/// The kernel itself keeps every lookup inside (`openat2` with `RESOLVE_BENEATH`, Linux 5.6):
/// a symbolic link that stays below the folder is followed, one that leaves it, or is absolute,
/// is an access violation, and there is no moment between check and use.
#[derive(Clone, Debug)]
pub struct Root {
    folder: Arc<Path>,
    cache: Arc<Cache>,
}

impl Root {
    /// Serves `folder`, which may itself be a symbolic link and be swapped while serving.
    ///
    /// # Errors
    /// When `folder` is not a folder that can be opened.
    pub fn new(folder: impl Into<PathBuf>) -> io::Result<Self> {
        let folder = folder.into();
        open_folder(&folder)?;
        Ok(Self { folder: folder.into(), cache: Arc::new(Cache::default()) })
    }

    /// Holds files of up to `file` bytes in memory, `total` bytes of them together.
    #[must_use]
    pub fn with_memory(mut self, file: u64, total: u64) -> Self {
        self.cache = Arc::new(Cache::new(file, total));
        self
    }
}

#[async_trait]
impl Handler for Root {
    async fn open(&self, request: &Request) -> Result<Content, Refusal> {
        let path = relative_path(&request.name)?;
        let folder = self.folder.clone();
        let opened = tokio::task::spawn_blocking(move || open_below(&folder, &path))
            .await
            .map_err(|_| Refusal::other("The server is stopping"))?;
        self.cache.content(opened?).await.map_err(|error| refusal(&error))
    }
}

/// Opens a regular file below `folder`.
fn open_below(folder: &Path, path: &Path) -> Result<File, Refusal> {
    let folder = open_folder(folder).map_err(|error| refusal(&error))?;
    // Non-blocking: the open of a named pipe would otherwise wait for a writer for ever.
    let how = OpenHow::new()
        .flags(OFlag::O_RDONLY | OFlag::O_CLOEXEC | OFlag::O_NONBLOCK | OFlag::O_NOCTTY)
        .resolve(ResolveFlag::RESOLVE_BENEATH | ResolveFlag::RESOLVE_NO_MAGICLINKS);
    let file = File::from(openat2(&folder, path, how).map_err(|errno| refusal(&errno.into()))?);
    let kind = file.metadata().map_err(|error| refusal(&error))?;
    if kind.is_file() { Ok(file) } else { Err(Refusal::access_violation("Not a regular file")) }
}

fn open_folder(folder: &Path) -> io::Result<OwnedFd> {
    Ok(open(folder, OFlag::O_PATH | OFlag::O_DIRECTORY | OFlag::O_CLOEXEC, Mode::empty())?)
}

fn refusal(error: &io::Error) -> Refusal {
    match error.raw_os_error().map(Errno::from_raw) {
        Some(Errno::ENOENT | Errno::ENOTDIR | Errno::ENAMETOOLONG) => Refusal::not_found(),
        Some(Errno::EXDEV | Errno::ELOOP) => Refusal::access_violation("The name leaves the served folder"),
        Some(Errno::EACCES | Errno::EPERM) => Refusal::access_violation("Permission denied"),
        _ => Refusal::other(format!("The file cannot be opened: {error}")),
    }
}
