//! A part of a version comes to this computer. Under its name stands only what is what its digest says, and nothing that
//! stood there before is lost.

use super::images::version;
use super::{Context, print, remark};
use crate::client::segment;
use crate::exit::Exit;
use crate::fault::Fault;
use crate::near::near;
use crate::shape::{Image, Part};
use serde_json::json;
use sha2::{Digest, Sha256};
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Fetches a part.
pub fn fetch(context: &Context, wanted: &str, file: &str, to: Option<&Path>) -> Result<Exit, Fault> {
    let image = version(context, wanted)?;
    let part = part(&image, file)?;
    // What the server calls it names no folder of this computer.
    let plain = Path::new(&part.file).file_name().map(Path::new).unwrap_or(Path::new("part"));
    let to = to.unwrap_or(plain);
    if to.exists() {
        return Err(is_there(to));
    }
    let mut coming = Coming::beside(to)?;
    let path = format!("images/{}/parts/{}", image.digest, segment(&part.file));
    let bytes = context.client.save(&path, &mut coming, part.bytes)?;
    coming.file.sync_all()?;
    if hex::encode(coming.hash.clone().finalize()) != part.digest {
        return Err(context.client.not_understood(format!(
            "what came of {file} ({bytes} bytes) is not what its digest says: it was thrown away"
        )));
    }
    coming.stands_as(to)?;
    if context.json {
        print(&format!("{}\n", json!({ "file": to, "digest": part.digest, "bytes": part.bytes })))?;
    } else {
        remark(&format!("{} is what its digest says: {}", to.display(), part.digest));
    }
    Ok(Exit::Done)
}

fn part<'a>(image: &'a Image, file: &str) -> Result<&'a Part, Fault> {
    image.parts.iter().find(|part| part.file == file).ok_or_else(|| {
        let all: Vec<_> = image.parts.iter().map(|part| part.file.as_str()).collect();
        let files = near(file, all.iter().copied());
        let help = if files.is_empty() { all.join(", ") } else { files.join(", ") };
        Fault::Usage(format!("{} {} has no part `{file}`: there is {help}", image.name, image.version))
    })
}

fn is_there(to: &Path) -> Fault {
    Fault::Usage(format!("{} is there already: name another with --to", to.display()))
}

fn unusable(path: &Path, error: &io::Error) -> Fault {
    Fault::Usage(format!("{}: {error}", path.display()))
}

/// What came so far, and its SHA-256. It goes with this, whatever happens.
struct Coming {
    path: PathBuf,
    file: File,
    hash: Sha256,
}

impl Coming {
    /// A file that was not there before, and is nobody else's.
    fn beside(to: &Path) -> Result<Self, Fault> {
        let path = to.with_added_extension("coming");
        match File::create_new(&path) {
            Ok(file) => Ok(Self { path, file, hash: Sha256::new() }),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Err(Fault::Usage(format!(
                "{} is there already: it is fetched just now, or that was cut off. Remove it where nobody fetches it, or \
                 name another with --to",
                path.display()
            ))),
            Err(error) => Err(unusable(&path, &error)),
        }
    }

    /// Gives it its name, unless something stands there by now.
    fn stands_as(self, to: &Path) -> Result<(), Fault> {
        match fs::hard_link(&self.path, to) {
            Ok(()) => Ok(()),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Err(is_there(to)),
            // Not every file system knows two names of a file.
            Err(_) if to.exists() => Err(is_there(to)),
            Err(_) => fs::rename(&self.path, to).map_err(|error| unusable(to, &error)),
        }
    }
}

impl Drop for Coming {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.path);
    }
}

impl Write for Coming {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(bytes)?;
        self.hash.update(&bytes[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}
