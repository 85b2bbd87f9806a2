//! Packets, recorded with tcpdump where every machine's traffic passes: on the bridge.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::Result;

use super::process::Process;

/// A file with fewer bytes has no header yet: tcpdump does not listen.
const HEADER: u64 = 24;

/// A running recording.
#[derive(Debug)]
pub(crate) struct Capture {
    pub path: PathBuf,
    _tcpdump: Process,
}

/// Starts to record and returns once packets are seen. `filter` is tcpdump's, empty for all.
pub(crate) async fn start(namespace: &str, path: &Path, filter: &str) -> Result<Capture> {
    let file = path.display().to_string();
    let mut arguments: Vec<_> =
        ["-i", "br0", "--immediate-mode", "-U", "-Z", "root", "-w", &file].map(str::to_owned).into();
    arguments.extend(filter.split_whitespace().map(str::to_owned));
    let tcpdump = Process::start(namespace, "tcpdump", &arguments, &path.with_extension("log"))?;
    while std::fs::metadata(path).map_or(0, |file| file.len()) < HEADER {
        tcpdump.check()?;
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    Ok(Capture { path: path.to_owned(), _tcpdump: tcpdump })
}
