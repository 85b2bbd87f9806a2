//! Discs (ISO 9660): of known layouts, kernel, initial RAM disks and what the system fetches when it runs are picked out.
//!
//! - `reader`: folders and files of a disc; `layouts`: where on it they lie, by who made it

mod layouts;
mod reader;

use layouts::{KNOWN, Layout};
use pitstop_domain::image::PartRole;
use reader::{Disc, Entry};
use std::fs::{self, File};
use std::io::{self, BufReader, BufWriter, Read, Seek, Write};
use std::path::Path;

/// What was picked out of a disc.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picked {
    /// Whose layout it is.
    pub layout: &'static str,
    /// The disc's own name.
    pub label: String,
    /// In the order in which they are loaded.
    pub parts: Vec<(PartRole, String)>,
    pub cmdline: String,
    /// What people should know of it.
    pub note: &'static str,
}

/// Picks the parts out of a disc, into a folder.
///
/// # Errors
/// In words: it is no disc, of no known layout, or cannot be read.
pub fn pick(disc: &Path, into: &Path) -> Result<Picked, String> {
    let file = File::open(disc).map_err(|error| format!("the disc cannot be opened: {error}"))?;
    let mut disc = Disc::open(BufReader::new(file)).map_err(unreadable)?;
    let mut found = None;
    for layout in KNOWN {
        if let Some(entries) = layout.entries(&mut disc).map_err(unreadable)? {
            found = Some((layout, entries));
            break;
        }
    }
    let Some((layout, entries)) = found else {
        let known: Vec<_> = KNOWN.iter().map(|layout| layout.name).collect();
        return Err(format!(
            "its layout is not known (known: {}): take its kernel and initial RAM disk out of it, and add these",
            known.join(", ")
        ));
    };
    fs::create_dir_all(into).map_err(|error| format!("the server cannot write its parts: {error}"))?;
    let mut parts: Vec<(PartRole, String)> = vec![];
    for (role, entry) in &entries {
        let name = free_name(&parts, &entry.name);
        copy(&mut disc, entry, &into.join(&name)).map_err(|error| match error.kind() {
            io::ErrorKind::StorageFull => "the server's disk is full: make room, then go on".to_owned(),
            _ => format!("{} cannot be taken out of the disc: {error}", entry.name),
        })?;
        parts.push((*role, name));
    }
    let cmdline = layout.cmdline(&parts);
    Ok(Picked { layout: layout.name, label: disc.label().to_owned(), parts, cmdline, note: layout.note })
}

fn unreadable(error: io::Error) -> String {
    format!("this is no disc that can be read: {error}")
}

/// As a boot script can have it, and only once.
fn free_name(taken: &[(PartRole, String)], name: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || "._+-".contains(c) { c } else { '-' };
    let name: String = name.chars().map(plain).collect();
    let name = name.trim_start_matches(|c: char| !c.is_ascii_alphanumeric());
    let is_taken = |name: &str| taken.iter().any(|(_, other)| other == name);
    let numbered = (2..).map(|n| format!("{n}-{name}"));
    std::iter::once(name.to_owned()).chain(numbered).find(|name| !is_taken(name)).unwrap_or_default()
}

fn copy<R: Read + Seek>(disc: &mut Disc<R>, entry: &Entry, to: &Path) -> io::Result<()> {
    let mut out = BufWriter::with_capacity(1 << 20, File::create(to)?);
    disc.copy(entry, &mut out)?;
    out.flush()
}

impl Layout {
    /// Kernel, RAM disks and files of a disc with this layout; `None`: it has another.
    fn entries<R: Read + Seek>(&self, disc: &mut Disc<R>) -> io::Result<Option<Vec<(PartRole, Entry)>>> {
        if !self.sign.is_empty() && disc.find(self.sign)?.is_none() {
            return Ok(None);
        }
        let (Some(kernel), Some(initrd)) = (first(disc, self.kernel)?, first(disc, self.initrd)?) else {
            return Ok(None);
        };
        let mut entries = vec![(PartRole::Kernel, kernel)];
        for path in self.before {
            entries.extend(disc.find(path)?.map(|entry| (PartRole::Initrd, entry)));
        }
        entries.push((PartRole::Initrd, initrd));
        for paths in self.files {
            let Some(file) = first(disc, paths)? else { return Ok(None) };
            entries.push((PartRole::File, file));
        }
        Ok(Some(entries))
    }

    /// Its command line, with the files under the names that they have now.
    fn cmdline(&self, parts: &[(PartRole, String)]) -> String {
        let files = parts.iter().filter(|(role, _)| *role == PartRole::File).enumerate();
        files.fold(self.cmdline.to_owned(), |line, (n, (_, name))| {
            line.replace(&format!("{{{n}}}"), &format!("{{file:{name}}}"))
        })
    }
}

fn first<R: Read + Seek>(disc: &mut Disc<R>, paths: &[&str]) -> io::Result<Option<Entry>> {
    for path in paths {
        if let Some(entry) = disc.find(path)? {
            return Ok(Some(entry));
        }
    }
    Ok(None)
}
