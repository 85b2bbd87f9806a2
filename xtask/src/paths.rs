//! Where things are.

use std::{
    env,
    path::{Path, PathBuf},
};

/// The workspace's folder, whatever folder the command was given in.
pub fn root() -> PathBuf {
    let here = env::var_os("CARGO_MANIFEST_DIR")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
    here.parent().map_or(here.clone(), Path::to_path_buf)
}

/// Everything that is built.
pub fn target() -> PathBuf {
    match env::var_os("CARGO_TARGET_DIR") {
        Some(folder) => env::current_dir().unwrap_or_else(|_| root()).join(folder),
        None => root().join("target"),
    }
}

/// What xtask remembers between runs.
pub fn notes() -> PathBuf {
    target().join("xtask")
}

/// The dashboard as the server serves it.
pub fn site() -> PathBuf {
    target().join("site")
}

/// The images we build, one folder each.
pub fn images() -> PathBuf {
    target().join("images")
}

/// What the lab keeps between its starts: packages, disks of own systems.
pub fn lab() -> PathBuf {
    target().join("lab")
}
