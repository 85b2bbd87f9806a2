//! The workspace's Rust files.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::Result;

use crate::paths;

pub struct Source {
    /// From the workspace's folder on.
    pub path: PathBuf,
    pub text: String,
}

pub fn read() -> Result<Vec<Source>> {
    let mut sources = Vec::new();
    walk(&paths::root(), &paths::root(), &mut sources)?;
    sources.sort_by(|one, other| one.path.cmp(&other.path));
    Ok(sources)
}

fn walk(folder: &Path, root: &Path, into: &mut Vec<Source>) -> Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if path.is_dir() {
            let not_ours =
                name.starts_with('.') || ["target", "data", "node_modules"].contains(&name.as_ref());
            if !not_ours {
                walk(&path, root, into)?;
            }
        } else if path.extension().is_some_and(|kind| kind == "rs") {
            let text = fs::read_to_string(&path)?;
            into.push(Source { path: path.strip_prefix(root).unwrap_or(&path).to_path_buf(), text });
        }
    }
    Ok(())
}
