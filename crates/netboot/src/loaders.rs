//! The folder of network boot loaders, and the paths by which machines fetch them.
//!
//! TFTP carries nothing but a name and an address, and the address is not known when the DHCP answer is sent.
//! So the machine's MAC address goes into the path that it is told: `52-54-00-12-34-56/snponly.efi`. Files that
//! a loader asks for beside itself (shim does) come from the same path.

use pitstop_domain::id::JobId;
use pitstop_domain::net::Mac;
use pitstop_domain::sighting::{FetchStep, Fetched, Sighting};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::directory::{Client, Directory, Found, Known, Own, note};

/// Folders below the loader folder that are listed too: some distributions keep one a processor architecture.
const DEPTH: usize = 2;

/// The loaders that there are: listed once, so that answers are made without touching a disk, and nothing that
/// a client writes into a path ever reaches the file system.
#[derive(Clone, Debug)]
pub struct LoaderFolder {
    files: Arc<BTreeMap<String, PathBuf>>,
}

impl LoaderFolder {
    /// Lists the files of a folder (Debian's package `ipxe` has `/usr/lib/ipxe`). A symbolic link out of the
    /// folder is left out.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub fn open(folder: &Path) -> std::io::Result<Self> {
        let root = folder.canonicalize()?;
        let mut files = BTreeMap::new();
        list(&root, &root, DEPTH, &mut files)?;
        Ok(Self { files: Arc::new(files) })
    }

    /// A folder without any loader.
    pub fn empty() -> Self {
        Self { files: Arc::default() }
    }

    /// The loaders' names, sorted.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.files.keys().map(String::as_str)
    }

    /// The first of `names` that there is.
    pub fn first_of(&self, names: &[&'static str]) -> Option<&'static str> {
        names.iter().copied().find(|name| self.files.contains_key(*name))
    }

    /// The file for a path as firmware writes it, with the machine's MAC address in front or not; `None` when
    /// there is no such loader.
    pub fn file(&self, path: &str) -> Option<&Path> {
        self.files.get(&LoaderPath::parse(path).file).map(PathBuf::as_path)
    }
}

fn list(
    root: &Path,
    folder: &Path,
    depth: usize,
    files: &mut BTreeMap<String, PathBuf>,
) -> std::io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        let Ok(real) = path.canonicalize() else { continue };
        if !real.starts_with(root) {
            continue;
        }
        if real.is_file() {
            let name = path.strip_prefix(root).ok().and_then(Path::to_str);
            files.extend(name.map(|name| (name.to_owned(), real)));
        } else if real.is_dir() && depth > 1 {
            list(root, &path, depth - 1, files)?;
        }
    }
    Ok(())
}

/// A loader's path on TFTP or HTTP, taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoaderPath {
    pub mac: Option<Mac>,
    pub file: String,
}

impl LoaderPath {
    /// Reads a path as firmware writes it: slashes in front, doubled, or backward mean nothing.
    pub fn parse(path: &str) -> Self {
        let mut parts = path.split(['/', '\\']).filter(|part| !part.is_empty() && *part != ".").peekable();
        let mac = parts.peek().and_then(|first| mac_of(first));
        if mac.is_some() {
            parts.next();
        }
        Self { mac, file: parts.collect::<Vec<_>>().join("/") }
    }

    /// The path that a machine is told: 18 bytes and the name, well within the 128 of a DHCP message's `file`.
    pub fn tell(mac: Mac, file: &str) -> String {
        format!("{}/{file}", hyphened(mac))
    }
}

/// A MAC address as it stands in paths and in `BOOTIF`.
pub(crate) fn hyphened(mac: Mac) -> String {
    mac.to_string().replace(':', "-")
}

fn mac_of(part: &str) -> Option<Mac> {
    (part.len() == 17).then(|| part.parse().ok()).flatten()
}

/// How far a loader's transfer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sent {
    pub bytes: u64,
    pub total: Option<u64>,
    pub done: bool,
}

/// Records that a loader went to the machine named in its path. For the TFTP service, which knows only the path;
/// a path without a MAC address, or of a machine that is not ours, says nothing.
pub async fn loader_seen(directory: &dyn Directory, path: &str, sent: Sent) {
    let LoaderPath { mac: Some(mac), file } = LoaderPath::parse(path) else { return };
    let client = Client { macs: vec![mac], uuid: None, asked: Default::default() };
    let Ok(Found::Known(known)) = directory.find(&client).await else { return };
    let Sent { bytes, total, done } = sent;
    let step = FetchStep::Loader;
    let fetched = Fetched { job: known.job(), step, name: file, bytes, total, done, digest: None };
    note(directory, known.machine, known.loader_sighting(fetched)).await;
}

impl Known {
    /// The job that it boots for.
    pub(crate) fn job(&self) -> Option<JobId> {
        self.assignment.as_ref().map(|assignment| assignment.job)
    }

    /// What a loader on its way to this machine is for.
    pub(crate) fn loader_sighting(&self, fetched: Fetched) -> Sighting {
        match (&self.assignment, &self.own) {
            (None, Own::Image(_)) => Sighting::FetchedOwn(fetched),
            _ => Sighting::Fetched(fetched),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("snponly.efi"), "x64").unwrap();
        std::fs::create_dir(folder.path().join("arm64")).unwrap();
        std::fs::write(folder.path().join("arm64/snponly.efi"), "arm").unwrap();
        std::os::unix::fs::symlink("/etc/passwd", folder.path().join("passwd")).unwrap();
        std::os::unix::fs::symlink("snponly.efi", folder.path().join("bootx64.efi")).unwrap();
        folder
    }

    #[test]
    fn a_path_told_to_a_machine_is_read_back() {
        let mac = Mac([0x52, 0x54, 0, 0x12, 0x34, 0x56]);
        let path = LoaderPath::tell(mac, "snponly.efi");
        assert_eq!(path, "52-54-00-12-34-56/snponly.efi");
        assert_eq!(LoaderPath::parse(&path), LoaderPath { mac: Some(mac), file: "snponly.efi".into() });
    }

    #[test]
    fn slashes_as_firmware_writes_them_mean_nothing() {
        for path in ["//grubx64.efi", "\\grubx64.efi", "/./grubx64.efi", "grubx64.efi"] {
            assert_eq!(LoaderPath::parse(path), LoaderPath { mac: None, file: "grubx64.efi".into() });
        }
        let doubled = LoaderPath::parse("/52-54-00-12-34-56//grubx64.efi");
        assert_eq!((doubled.mac.is_some(), doubled.file.as_str()), (true, "grubx64.efi"));
    }

    #[test]
    fn only_listed_files_are_found() {
        let folder = folder();
        let loaders = LoaderFolder::open(folder.path()).unwrap();
        assert_eq!(loaders.names().collect::<Vec<_>>(), ["arm64/snponly.efi", "bootx64.efi", "snponly.efi"]);
        assert!(loaders.file("52-54-00-12-34-56/snponly.efi").is_some());
        assert!(loaders.file("//arm64\\snponly.efi").is_some());
        for path in ["../etc/passwd", "passwd", "arm64/../snponly.efi", "", "/", "arm64"] {
            assert_eq!(loaders.file(path), None, "{path}");
        }
    }
}
