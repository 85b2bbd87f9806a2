//! The blocks of a content, by their place.

use std::fs::File;
use std::io;
use std::ops::Range;
use std::os::unix::fs::FileExt as _;
use std::sync::Arc;

use bytes::Bytes;

use crate::handler::Content;

/// Bytes read ahead from a file: some twenty windows, so that the disk is asked seldom, and
/// 64 transfers at once stay below 20 MB.
const READ_AHEAD: u64 = 256 << 10;

/// Gives stretches of a content; for files it keeps the stretch being sent in memory.
pub(crate) struct Source {
    file: Option<Arc<File>>,
    size: u64,
    /// What is in memory: `held` begins at byte `start` of the content.
    held: Bytes,
    start: u64,
}

impl Source {
    pub(crate) fn new(content: Content) -> Self {
        let size = content.size();
        match content {
            Content::Bytes(held) => Self { file: None, size, held, start: 0 },
            Content::File { file, .. } => {
                Self { file: Some(Arc::new(file)), size, held: Bytes::new(), start: 0 }
            }
        }
    }

    pub(crate) fn size(&self) -> u64 {
        self.size
    }

    /// The bytes of `range`, which must lie within the size.
    ///
    /// # Errors
    /// When the file cannot be read, or has become shorter since it was opened.
    pub(crate) async fn bytes(&mut self, range: Range<u64>) -> io::Result<Bytes> {
        if !self.holds(&range) {
            self.read(&range).await?;
        }
        let from = usize::try_from(range.start - self.start).map_err(io::Error::other)?;
        let to = usize::try_from(range.end - self.start).map_err(io::Error::other)?;
        if to > self.held.len() {
            return Err(io::Error::new(
                io::ErrorKind::UnexpectedEof,
                "the file became shorter while it was sent",
            ));
        }
        Ok(self.held.slice(from..to))
    }

    fn holds(&self, range: &Range<u64>) -> bool {
        self.file.is_none() || (self.start <= range.start && range.end <= self.start + self.held.len() as u64)
    }

    /// A window never goes back, so what lies before `range` is not needed again.
    async fn read(&mut self, range: &Range<u64>) -> io::Result<()> {
        let Some(file) = self.file.clone() else { return Ok(()) };
        let start = range.start;
        let end = range.end.max(start + READ_AHEAD).min(self.size);
        let length = usize::try_from(end.saturating_sub(start)).map_err(io::Error::other)?;
        let held = tokio::task::spawn_blocking(move || {
            let mut bytes = vec![0; length];
            file.read_exact_at(&mut bytes, start).map(|()| bytes)
        });
        self.held = held.await.map_err(io::Error::other)??.into();
        self.start = start;
        Ok(())
    }
}
