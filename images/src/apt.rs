//! Debian packages as a source of files: downloaded by apt, unpacked by dpkg, never installed.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU32, Ordering},
    },
};

use anyhow::{Context, Result, bail};

use crate::command::run;

/// A folder of unpacked packages, one folder a version: `<name>_<version>/`.
#[derive(Debug, Clone)]
pub struct PackageCache {
    folder: PathBuf,
}

/// One unpacked package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Package {
    pub name: String,
    pub version: String,
    root: PathBuf,
}

impl Package {
    /// A file of the package, given its path after installation.
    #[must_use]
    pub fn path(&self, installed: &str) -> PathBuf {
        self.root.join(installed.trim_start_matches('/'))
    }
}

impl PackageCache {
    /// Uses a folder, which is made when first needed.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into() }
    }

    /// The package in the version apt would install, from the cache when it is there.
    ///
    /// Without package lists (a machine without a network) the newest cached version serves.
    pub fn fetch(&self, name: &str) -> Result<Package> {
        let Some(version) = candidate(name)? else {
            return self.newest_cached(name)?.with_context(|| {
                format!("apt knows no package {name} and none is cached: run `apt-get update` and try again")
            });
        };
        let root = self.folder.join(format!("{name}_{version}"));
        if !root.is_dir() {
            self.download(name, &version, &root)
                .with_context(|| format!("cannot get the package {name} {version}"))?;
        }
        Ok(Package { name: name.to_owned(), version, root })
    }

    /// The package a meta package stands for: its first dependency whose name starts with `prefix`.
    pub fn resolve_meta(&self, meta: &str, prefix: &str) -> Result<Option<String>> {
        let listing =
            run(Command::new("apt-cache").args(["depends", "--no-recommends", "--no-suggests", meta]));
        // apt fails for names it does not know; that is the same answer as no dependency.
        let Ok(listing) = listing else { return Ok(None) };
        let depends = listing.lines().filter_map(|line| line.trim().strip_prefix("Depends: "));
        Ok(depends.map(str::trim).find(|name| name.starts_with(prefix)).map(str::to_owned))
    }

    /// The versions that apt would install of all these, in one call: it takes as long for fifty names as for one.
    /// [`PackageCache::fetch`] of them need not ask again.
    pub(crate) fn candidates(&self, names: &[&str]) -> Result<Vec<(String, Option<String>)>> {
        let found = ask(names)?;
        let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
        known.extend(found.iter().cloned());
        Ok(found)
    }

    /// The packages with libraries that packages depend on.
    ///
    /// Without package lists the cached packages serve: they were fetched when it was last built with lists.
    pub(crate) fn libraries_of(&self, names: &[&str]) -> Result<Vec<String>> {
        let listing =
            run(Command::new("apt-cache").args(["depends", "--no-recommends", "--no-suggests"]).args(names));
        let Ok(listing) = listing else { return self.cached_names("lib", "") };
        let depends = listing.lines().filter_map(|line| {
            let line = line.trim().trim_start_matches('|');
            line.strip_prefix("Depends: ").or_else(|| line.strip_prefix("PreDepends: "))
        });
        let is_library = |name: &&str| name.starts_with("lib") || name.starts_with("zlib");
        let mut libraries: Vec<_> = depends.map(str::trim).filter(is_library).map(str::to_owned).collect();
        libraries.sort();
        libraries.dedup();
        Ok(libraries)
    }

    /// Names of cached packages that start and end so, newest version last.
    pub(crate) fn cached_names(&self, prefix: &str, suffix: &str) -> Result<Vec<String>> {
        let mut names: Vec<_> = self
            .entries()?
            .into_iter()
            .map(|(name, _)| name)
            .filter(|name| name.starts_with(prefix) && name.ends_with(suffix))
            .collect();
        names.sort_by_key(|name| natural(name));
        names.dedup();
        Ok(names)
    }

    fn newest_cached(&self, name: &str) -> Result<Option<Package>> {
        let mut versions: Vec<_> = self
            .entries()?
            .into_iter()
            .filter(|(cached, _)| cached == name)
            .map(|(_, version)| version)
            .collect();
        versions.sort_by_key(|version| natural(version));
        Ok(versions.pop().map(|version| Package {
            name: name.to_owned(),
            root: self.folder.join(format!("{name}_{version}")),
            version,
        }))
    }

    fn entries(&self) -> Result<Vec<(String, String)>> {
        if !self.folder.is_dir() {
            return Ok(Vec::new());
        }
        let mut entries = Vec::new();
        for entry in fs::read_dir(&self.folder)? {
            let name = entry?.file_name().to_string_lossy().into_owned();
            if let Some((name, version)) = name.split_once('_') {
                entries.push((name.to_owned(), version.to_owned()));
            }
        }
        Ok(entries)
    }

    /// Unpacks beside the final place and renames, so that two builds at once do no harm.
    fn download(&self, name: &str, version: &str, root: &Path) -> Result<()> {
        // Two threads of one process may want the same package.
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let work = self.folder.join(format!(".{name}-{}-{number}", std::process::id()));
        fs::create_dir_all(&work).with_context(|| format!("cannot make {}", work.display()))?;
        let unpacked = work.join("root");
        let done = unpack(name, version, &work, &unpacked).and_then(|()| match fs::rename(&unpacked, root) {
            Err(error) if !root.is_dir() => Err(error.into()),
            _ => Ok(()),
        });
        fs::remove_dir_all(&work)?;
        done
    }
}

fn unpack(name: &str, version: &str, work: &Path, into: &Path) -> Result<()> {
    run(Command::new("apt-get").arg("download").arg(format!("{name}={version}")).current_dir(work))?;
    let archive = fs::read_dir(work)?
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .find(|path| path.extension().is_some_and(|extension| extension == "deb"));
    let Some(archive) = archive else { bail!("apt downloaded no archive") };
    run(Command::new("dpkg-deb").arg("-x").arg(archive).arg(into))?;
    Ok(())
}

/// What apt has said in this run; its lists do not change meanwhile.
static KNOWN: Mutex<BTreeMap<String, Option<String>>> = Mutex::new(BTreeMap::new());

/// The version apt would install, if it knows one.
fn candidate(name: &str) -> Result<Option<String>> {
    if let Some(known) = KNOWN.lock().unwrap_or_else(PoisonError::into_inner).get(name) {
        return Ok(known.clone());
    }
    Ok(ask(&[name])?.pop().and_then(|(_, version)| version))
}

/// Of each name that apt knows, the version it would install.
fn ask(names: &[&str]) -> Result<Vec<(String, Option<String>)>> {
    Ok(read_policy(&run(Command::new("apt-cache").arg("policy").args(names))?))
}

fn read_policy(policy: &str) -> Vec<(String, Option<String>)> {
    let mut found: Vec<(String, Option<String>)> = Vec::new();
    for line in policy.lines() {
        match line.trim().strip_prefix("Candidate: ") {
            Some(version) => {
                if let Some(last) = found.last_mut() {
                    last.1 = Some(version).filter(|version| *version != "(none)").map(str::to_owned);
                }
            }
            None if line.starts_with(' ') => {}
            None => found.push((line.trim_end_matches(':').to_owned(), None)),
        }
    }
    found
}

/// A key under which `6.1.0-9` comes before `6.1.0-56`.
fn natural(text: &str) -> Vec<(u64, String)> {
    text.split(|byte: char| !byte.is_ascii_alphanumeric())
        .map(|part| match part.parse() {
            Ok(number) => (number, String::new()),
            Err(_) => (u64::MAX, part.to_owned()),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{natural, read_policy};

    #[test]
    fn versions_of_several_packages_are_read_from_one_answer() {
        let said = "e2fsprogs:\n  Installed: 1\n  Candidate: 1.47.0-2\n  Version table:\n     1.47 500\nnone:\n  Candidate: (none)\n";
        let version = |name: &str, version: Option<&str>| (name.to_owned(), version.map(str::to_owned));
        assert_eq!(read_policy(said), [version("e2fsprogs", Some("1.47.0-2")), version("none", None)]);
    }

    #[test]
    fn numbers_in_versions_compare_as_numbers() {
        assert!(natural("6.1.0-9") < natural("6.1.0-56"));
        assert!(natural("linux-image-6.1.0-56-cloud-amd64") < natural("linux-image-6.12.1-1-cloud-amd64"));
    }
}
