//! Compressed copies beside the files, which the server sends to browsers that take them.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::Result;

use super::{NAME, wasm};
use crate::{paths, process};

/// What gains by it; pictures are compressed already.
const KINDS: [&str; 8] = ["wasm", "js", "mjs", "css", "svg", "html", "json", "webmanifest"];
const SUFFIXES: [&str; 2] = [".gz", ".br"];

pub fn site() -> Result<()> {
    process::run(wasm::bundler()?.arg("compress").args(compressible(&paths::site())?))
}

pub fn is_done(pkg: &Path) -> bool {
    pkg.join(format!("{NAME}_bg.wasm.br")).is_file()
}

/// In a debug build the copies of an earlier release would be sent instead of the newer file.
pub fn undo(site: &Path) -> Result<()> {
    for file in compressible(site)? {
        for suffix in SUFFIXES {
            let copy = PathBuf::from(format!("{}{suffix}", file.display()));
            if copy.is_file() {
                fs::remove_file(copy)?;
            }
        }
    }
    Ok(())
}

fn compressible(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            files.extend(compressible(&path)?);
        } else if path.extension().and_then(|kind| kind.to_str()).is_some_and(|kind| KINDS.contains(&kind)) {
            files.push(path);
        }
    }
    Ok(files)
}
