//! Files served as they are.

use std::{fs, path::Path};

use anyhow::{Context, Result};

use crate::paths;

/// Copies `public/` into the site. True when a file changed.
pub fn copy(site: &Path) -> Result<bool> {
    let public = paths::root().join("public");
    if public.is_dir() { copy_folder(&public, site) } else { Ok(false) }
}

fn copy_folder(from: &Path, to: &Path) -> Result<bool> {
    fs::create_dir_all(to)?;
    let mut changed = false;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        changed |= if entry.file_type()?.is_dir() {
            copy_folder(&entry.path(), &target)?
        } else {
            write_if_changed(&target, &fs::read(entry.path())?)?
        };
    }
    Ok(changed)
}

/// Writes a file unless it holds just this, so that its time tells when it last changed.
pub fn write_if_changed(path: &Path, content: &[u8]) -> Result<bool> {
    if fs::read(path).is_ok_and(|present| present == content) {
        return Ok(false);
    }
    fs::write(path, content).with_context(|| format!("cannot write {}", path.display()))?;
    Ok(true)
}
