//! A file's bytes on their way, and who is told how far they are.

use crate::directory::{Directory, note};
use bytes::{Bytes, BytesMut};
use futures::Stream;
use pitstop_domain::id::MachineId;
use pitstop_domain::sighting::Sighting;
use std::io::{self, SeekFrom};
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;
use tokio::fs::File;
use tokio::io::{AsyncReadExt as _, AsyncSeekExt as _};
use tokio::sync::watch;

/// Bytes read at once: large enough that the disk and the scheduler are asked seldom, small enough that the
/// progress of a slow line is seen, and a thousand downloads at once need 256 MiB.
const CHUNK: usize = 256 << 10;

/// At most four sightings a second: a person sees no more, and a fleet's worth of them is still a light load.
const BETWEEN_SIGHTINGS: Duration = Duration::from_millis(250);

/// Told how far a download is: the offset up to which the file was written to the connection.
///
/// "Written" is what the server knows: the system's buffers stand between it and the machine, so the end of a
/// small file may be on its way still when it counts as sent.
pub type Progress = watch::Sender<u64>;

/// The bytes of a file's range.
///
/// # Errors
/// When the file cannot be read. The stream ends with an error when the file has become shorter, and the
/// connection is cut, so that nobody takes a part for the whole.
pub async fn bytes(
    mut file: File,
    range: Range<u64>,
    progress: Option<Progress>,
) -> io::Result<impl Stream<Item = io::Result<Bytes>>> {
    file.seek(SeekFrom::Start(range.start)).await?;
    file.set_max_buf_size(CHUNK);
    Ok(futures::stream::try_unfold((file, range, progress), next))
}

type State = (File, Range<u64>, Option<Progress>);

async fn next((mut file, left, progress): State) -> io::Result<Option<(Bytes, State)>> {
    if left.is_empty() {
        return Ok(None);
    }
    // What was given out before has been written by now, or nobody would ask for more.
    tell(progress.as_ref(), left.start);
    let length = usize::try_from(left.end - left.start).unwrap_or(CHUNK).min(CHUNK);
    let mut chunk = BytesMut::with_capacity(length);
    while chunk.len() < length {
        let missing = length - chunk.len();
        if (&mut file).take(missing as u64).read_buf(&mut chunk).await? == 0 {
            return Err(io::Error::new(
                io::ErrorKind::UnexpectedEof,
                "the file became shorter while it was sent",
            ));
        }
    }
    let left = left.start + length as u64..left.end;
    if left.is_empty() {
        // Nobody asks again after the last byte: its length was told beforehand.
        tell(progress.as_ref(), left.start);
    }
    Ok(Some((chunk.freeze(), (file, left, progress))))
}

fn tell(progress: Option<&Progress>, offset: u64) {
    if let Some(progress) = progress {
        progress.send_replace(offset);
    }
}

/// Sees a download through: sightings while it goes on, and one when it ended or was given up, whichever way.
/// `seen` is what is on its way: [`Sighting::Fetched`] or [`Sighting::FetchedOwn`]. It ends when the [`Progress`] is dropped, and lives on its own, since storing must not slow the download.
pub fn watch_download(directory: Arc<dyn Directory>, machine: MachineId, seen: Sighting) -> Progress {
    let (sender, mut receiver) = watch::channel(0);
    tokio::spawn(async move {
        let mut goes_on = true;
        while goes_on {
            goes_on = receiver.changed().await.is_ok();
            let bytes = *receiver.borrow_and_update();
            note(&*directory, machine, so_far(&seen, bytes, !goes_on)).await;
            if goes_on {
                tokio::select! {
                    () = tokio::time::sleep(BETWEEN_SIGHTINGS) => {}
                    () = closed(&mut receiver) => {}
                }
            }
        }
    });
    sender
}

/// Waits until nobody sends any more.
async fn closed(receiver: &mut watch::Receiver<u64>) {
    let mut other = receiver.clone();
    while other.changed().await.is_ok() {}
}

fn so_far(seen: &Sighting, bytes: u64, ended: bool) -> Sighting {
    let mut seen = seen.clone();
    if let Sighting::Fetched(fetched) | Sighting::FetchedOwn(fetched) = &mut seen {
        fetched.bytes = bytes;
        fetched.done = ended && fetched.total == Some(bytes);
    }
    seen
}
