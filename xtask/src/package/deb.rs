//! A package put together: a folder as it will lie on the machine, and `dpkg-deb` around it.

use std::{
    fmt::Write as _,
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result};

use super::source::Source;
use crate::{paths, process};

/// Who answers for the packages.
const MAINTAINER: &str = "Pitstop maintainers <maintainers@pitstop.invalid>";

/// What lies in a package, and where it comes from.
pub enum Content {
    /// Stripped of what only a debugger reads.
    Program(PathBuf),
    /// With its mode.
    File(PathBuf, u32),
    Text(String, u32),
    /// Compressed, as documents are.
    Document(PathBuf),
    /// All that is in it.
    Folder(PathBuf),
    /// Nothing, with the mode of the folder.
    Empty(u32),
}

/// One package.
pub struct Package {
    pub name: &'static str,
    /// What it does, in a line.
    pub summary: &'static str,
    /// More of it, in lines of at most 78 letters.
    pub description: &'static [&'static str],
    /// Fields of the control file beside those that every package has. `${shlibs}` is what its programs need.
    pub fields: &'static [(&'static str, &'static str)],
    /// From the root of the machine's file system on.
    pub contents: Vec<(String, Content)>,
    /// Files that belong to whoever runs the machine once they are there.
    pub configuration: &'static [&'static str],
    /// Findings of lintian that are meant so.
    pub overrides: &'static [&'static str],
}

/// Builds it; gives its file.
pub fn build(package: &Package, source: &Source, output: &Path) -> Result<PathBuf> {
    let tree = paths::target().join("packages-tree").join(package.name);
    if tree.exists() {
        fs::remove_dir_all(&tree)?;
    }
    folder(&tree)?;
    for (place, content) in &package.contents {
        put(&tree.join(place), content).with_context(|| format!("{place} cannot be packed"))?;
    }
    documents(package, source, &tree)?;
    control(package, source, &tree)?;
    // dpkg-deb only makes times earlier: also a time that is given and lies ahead is the time of all.
    let time = format!("@{}", source.epoch);
    process::output(Command::new("find").arg(&tree).args(["-exec", "touch", "-h", "-d", &time, "{}", "+"]))?;
    let file = output.join(format!("{}_{}_amd64.deb", package.name, source.version));
    let mut dpkg = Command::new("dpkg-deb");
    // One thread: with several, the bytes depend on how many processors there are.
    dpkg.env("SOURCE_DATE_EPOCH", source.epoch.to_string()).env("DPKG_DEB_THREADS_MAX", "1");
    process::output(dpkg.args(["--root-owner-group", "-Zxz", "--build"]).arg(&tree).arg(&file))?;
    Ok(file)
}

fn put(to: &Path, content: &Content) -> Result<()> {
    if let Some(above) = to.parent() {
        folder(above)?;
    }
    match content {
        Content::Program(from) => {
            fs::copy(from, to).with_context(|| format!("{} cannot be read", from.display()))?;
            process::output(Command::new("strip").args(["--strip-unneeded", "-R", ".comment"]).arg(to))?;
            mode(to, 0o755)
        }
        Content::File(from, bits) => {
            fs::copy(from, to).with_context(|| format!("{} cannot be read", from.display()))?;
            mode(to, *bits)
        }
        Content::Text(text, bits) => {
            fs::write(to, text)?;
            mode(to, *bits)
        }
        Content::Document(from) => {
            fs::copy(from, to).with_context(|| format!("{} cannot be read", from.display()))?;
            mode(to, 0o644)?;
            // Without name and time: the same text gives the same bytes.
            process::output(Command::new("gzip").args(["-9n", "-f"]).arg(to)).map(|_| ())
        }
        Content::Folder(from) => copy(from, to),
        Content::Empty(bits) => {
            folder(to)?;
            mode(to, *bits)
        }
    }
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    folder(to)?;
    for entry in fs::read_dir(from).with_context(|| format!("{} cannot be read", from.display()))? {
        let entry = entry?;
        let (path, to) = (entry.path(), to.join(entry.file_name()));
        if path.is_dir() {
            copy(&path, &to)?;
        } else {
            put(&to, &Content::File(path, 0o644))?;
        }
    }
    Ok(())
}

/// What Debian wants of every package: whose it is, and since when.
fn documents(package: &Package, source: &Source, tree: &Path) -> Result<()> {
    let place = tree.join("usr/share/doc").join(package.name);
    let date = process::output(Command::new("date").args(["-u", "-R", "-d", &format!("@{}", source.epoch)]))?;
    let entry = format!(
        "{} ({}) unstable; urgency=medium\n\n  * Built from the sources; CHANGELOG.md says what is new.\n\n -- {MAINTAINER}  {}\n",
        package.name,
        source.version,
        date.trim()
    );
    let changelog = place.join("changelog");
    put(&changelog, &Content::Text(entry, 0o644))?;
    process::output(Command::new("gzip").args(["-9n", "-f"]).arg(changelog))?;
    let copyright = "Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\nUpstream-Name: pitstop\n\n\
        Files: *\nCopyright: 2026 The Pitstop authors\nLicense: Apache-2.0\n On Debian systems the full text of the licence is in\n \
        /usr/share/common-licenses/Apache-2.0.\n";
    put(&place.join("copyright"), &Content::Text(copyright.to_owned(), 0o644))?;
    if !package.overrides.is_empty() {
        let lines: String =
            package.overrides.iter().map(|tag| format!("{}: {tag}\n", package.name)).collect();
        put(&tree.join("usr/share/lintian/overrides").join(package.name), &Content::Text(lines, 0o644))?;
    }
    Ok(())
}

fn control(package: &Package, source: &Source, tree: &Path) -> Result<()> {
    let (sums, bytes) = sums(tree)?;
    let place = tree.join("DEBIAN");
    folder(&place)?;
    let mut text = format!(
        "Package: {}\nVersion: {}\nArchitecture: amd64\nMaintainer: {MAINTAINER}\nInstalled-Size: {}\n",
        package.name,
        source.version,
        bytes.div_ceil(1024)
    );
    let needed = needed(package, tree);
    for (field, value) in package.fields {
        writeln!(text, "{field}: {}", value.replace("${shlibs}", &needed))?;
    }
    writeln!(text, "Section: admin\nPriority: optional\nDescription: {}", package.summary)?;
    for line in package.description {
        writeln!(text, " {}", if line.is_empty() { "." } else { line })?;
    }
    put(&place.join("control"), &Content::Text(text, 0o644))?;
    put(&place.join("md5sums"), &Content::Text(sums, 0o644))?;
    if !package.configuration.is_empty() {
        let lines: String = package.configuration.iter().map(|path| format!("/{path}\n")).collect();
        put(&place.join("conffiles"), &Content::Text(lines, 0o644))?;
    }
    let scripts = paths::root().join("packaging/deb").join(package.name);
    for script in ["postinst", "prerm", "postrm"].map(|name| (name, scripts.join(name))) {
        if script.1.is_file() {
            put(&place.join(script.0), &Content::File(script.1, 0o755))?;
        }
    }
    Ok(())
}

/// The libraries' packages that its programs are linked with, as Debian names them.
fn needed(package: &Package, tree: &Path) -> String {
    const USUAL: &str = "libc6, libgcc-s1";
    let programs = package.contents.iter().filter(|(_, content)| matches!(content, Content::Program(_)));
    let programs: Vec<_> = programs.map(|(place, _)| tree.join(place)).collect();
    let work = paths::target().join("packages-tree/shlibs");
    let asked = folder(&work.join("debian")).and_then(|()| {
        fs::write(work.join("debian/control"), "Source: pitstop\n\nPackage: pitstop\nArchitecture: amd64\n")?;
        process::output(Command::new("dpkg-shlibdeps").current_dir(&work).arg("-O").args(programs))
    });
    let found = asked.ok().and_then(|text| Some(text.trim().strip_prefix("shlibs:Depends=")?.to_owned()));
    found.unwrap_or_else(|| USUAL.to_owned())
}

/// The sums of all files, in the order of their names, and how large they are together.
fn sums(tree: &Path) -> Result<(String, u64)> {
    let mut files = Vec::new();
    gather(tree, &mut files)?;
    files.sort();
    let bytes = files.iter().map(|file| fs::metadata(file).map_or(0, |meta| meta.len())).sum();
    let names = files.iter().filter_map(|file| file.strip_prefix(tree).ok());
    let sums = process::output(Command::new("md5sum").current_dir(tree).arg("--").args(names))?;
    Ok((sums, bytes))
}

fn gather(place: &Path, into: &mut Vec<PathBuf>) -> Result<()> {
    for entry in fs::read_dir(place)? {
        let path = entry?.path();
        if path.is_dir() {
            gather(&path, into)?;
        } else {
            into.push(path);
        }
    }
    Ok(())
}

/// Made with the mode that the package has, whatever the umask is.
fn folder(place: &Path) -> Result<()> {
    if place.is_dir() {
        return Ok(());
    }
    if let Some(above) = place.parent() {
        folder(above)?;
    }
    fs::create_dir(place).with_context(|| format!("{} cannot be made", place.display()))?;
    mode(place, 0o755)
}

fn mode(place: &Path, bits: u32) -> Result<()> {
    fs::set_permissions(place, fs::Permissions::from_mode(bits))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn package(from: &Path) -> Package {
        Package {
            name: "pitstop-sample",
            summary: "sample",
            description: &["Nothing."],
            fields: &[("Depends", "libc6")],
            contents: vec![
                ("etc/pitstop/sample.env".to_owned(), Content::Text("A=1\n".to_owned(), 0o640)),
                ("usr/share/pitstop/sample".to_owned(), Content::Folder(from.to_owned())),
            ],
            configuration: &["etc/pitstop/sample.env"],
            overrides: &[],
        }
    }

    #[test]
    fn the_same_sources_give_the_same_bytes_and_files_are_roots() {
        if process::find("dpkg-deb").is_none() {
            return;
        }
        let work = tempfile::tempdir().unwrap();
        fs::create_dir(work.path().join("in")).unwrap();
        fs::write(work.path().join("in/b"), "b").unwrap();
        fs::write(work.path().join("in/a"), "a").unwrap();
        let source = Source { version: "1.0".to_owned(), epoch: 1_700_000_000 };
        let package = package(&work.path().join("in"));
        let first = fs::read(build(&package, &source, work.path()).unwrap()).unwrap();
        let file = build(&package, &source, work.path()).unwrap();
        assert!(first == fs::read(&file).unwrap());
        let listed = process::output(Command::new("dpkg-deb").arg("-c").arg(&file).env("TZ", "UTC")).unwrap();
        assert!(
            listed.contains("-rw-r----- root/root         4 2023-11-14 22:13 ./etc/pitstop/sample.env"),
            "{listed}"
        );
        let control = process::output(Command::new("dpkg-deb").arg("-f").arg(&file)).unwrap();
        assert!(control.contains("Version: 1.0\nArchitecture: amd64"), "{control}");
    }
}
