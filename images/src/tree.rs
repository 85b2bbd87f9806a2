//! A file tree held in memory, on its way to becoming an initramfs.

use std::{collections::BTreeMap, fs, path::Path};

use anyhow::{Context, Result};

/// One entry of a tree. Modes are the permission bits only, as in `chmod`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Node {
    Directory { mode: u32 },
    File { mode: u32, data: Vec<u8> },
    Symlink { target: String },
    CharDevice { mode: u32, major: u32, minor: u32 },
    BlockDevice { mode: u32, major: u32, minor: u32 },
}

/// A file tree. Paths have no leading slash and are kept sorted, so that the same content
/// always gives the same archive and a folder always comes before what is in it.
#[derive(Debug, Clone, Default)]
pub struct Tree {
    nodes: BTreeMap<String, Node>,
}

impl Tree {
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The entries, sorted by path.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Node)> {
        self.nodes.iter().map(|(path, node)| (path.as_str(), node))
    }

    /// Adds an entry, and the folders above it that are not there yet (mode 755).
    pub fn insert(&mut self, path: &str, node: Node) -> &mut Self {
        let path = path.trim_matches('/');
        for (slash, _) in path.match_indices('/') {
            self.nodes.entry(path[..slash].to_owned()).or_insert(Node::Directory { mode: 0o755 });
        }
        self.nodes.insert(path.to_owned(), node);
        self
    }

    pub fn directory(&mut self, path: &str) -> &mut Self {
        self.insert(path, Node::Directory { mode: 0o755 })
    }

    pub fn file(&mut self, path: &str, data: impl Into<Vec<u8>>) -> &mut Self {
        self.insert(path, Node::File { mode: 0o644, data: data.into() })
    }

    pub fn program(&mut self, path: &str, data: impl Into<Vec<u8>>) -> &mut Self {
        self.insert(path, Node::File { mode: 0o755, data: data.into() })
    }

    pub fn symlink(&mut self, path: &str, target: &str) -> &mut Self {
        self.insert(path, Node::Symlink { target: target.to_owned() })
    }

    /// Adds a program from a file of the host.
    pub fn program_from(&mut self, path: &str, source: &Path) -> Result<&mut Self> {
        let data = fs::read(source).with_context(|| format!("cannot read {}", source.display()))?;
        Ok(self.program(path, data))
    }
}
