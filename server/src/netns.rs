//! Sockets in another network namespace.
//!
//! A socket belongs for ever to the namespace in which it was made, whoever uses it later. So the boot services
//! can live on the machines' network while the dashboard stays on this host's, in one process.

use anyhow::{Context, Result};
use nix::sched::{CloneFlags, setns};
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

/// Where sockets are made: this process's namespace, or a named one.
#[derive(Clone, Debug, Default)]
pub struct Place(Option<PathBuf>);

impl Place {
    pub fn new(netns: Option<&Path>) -> Self {
        Self(netns.map(Path::to_owned))
    }

    /// Runs `make` where sockets are to be made. Only a thread of its own enters the namespace.
    pub fn make<T, F>(&self, make: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce() -> io::Result<T> + Send + 'static,
    {
        let Some(path) = self.0.clone() else { return Ok(make()?) };
        let inside = move || -> Result<T> {
            let file = File::open(&path)
                .with_context(|| format!("the network namespace {} cannot be opened", path.display()))?;
            setns(file, CloneFlags::CLONE_NEWNET)
                .with_context(|| format!("entering {} needs CAP_SYS_ADMIN", path.display()))?;
            Ok(make()?)
        };
        std::thread::Builder::new()
            .name("netns".to_owned())
            .spawn(inside)?
            .join()
            .unwrap_or_else(|_| Err(anyhow::anyhow!("the thread that makes sockets died")))
    }
}
