//! Skipping work whose inputs did not change.

use std::{fs, path::Path};

use anyhow::{Context, Result};
use sha2::{Digest, Sha256};

use crate::tree::{Node, Tree};

/// A digest over everything that goes into an image.
#[derive(Default)]
pub(crate) struct Inputs(Sha256);

impl Inputs {
    /// Each part is preceded by its length, so that two parts never run together.
    pub(crate) fn add(mut self, part: impl AsRef<[u8]>) -> Self {
        let part = part.as_ref();
        self.0.update(part.len().to_le_bytes());
        self.0.update(part);
        self
    }

    pub(crate) fn add_tree(self, tree: &Tree) -> Self {
        tree.iter().fold(self, |inputs, (path, node)| {
            let inputs = inputs.add(path);
            match node {
                Node::File { mode, data } => inputs.add(mode.to_le_bytes()).add(data),
                other => inputs.add(format!("{other:?}")),
            }
        })
    }

    /// The plain SHA-256 of some bytes, in hexadecimal.
    pub(crate) fn sha256(bytes: &[u8]) -> String {
        hex::encode(Sha256::digest(bytes))
    }

    /// The digest in hexadecimal.
    pub(crate) fn digest(self) -> String {
        hex::encode(self.0.finalize())
    }
}

/// Whether all the files are there and were made from these inputs.
pub(crate) fn is_fresh(folder: &Path, digest: &str, files: &[&str]) -> bool {
    let stamp = fs::read_to_string(folder.join(STAMP)).unwrap_or_default();
    stamp == digest && files.iter().all(|file| folder.join(file).is_file())
}

/// Notes what the files were made from; written last, so a broken build leaves no stamp.
pub(crate) fn write(folder: &Path, digest: &str) -> Result<()> {
    fs::write(folder.join(STAMP), digest).with_context(|| format!("cannot write into {}", folder.display()))
}

const STAMP: &str = ".inputs";
