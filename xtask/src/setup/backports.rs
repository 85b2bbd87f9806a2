//! The release's backports, from the mirror the machine already uses.

use std::{fs, io::Write, path::Path, process::Stdio};

use anyhow::{Context, Result, bail};

use super::apt::as_root;
use crate::say;

/// Ours, so that what was added can be seen and taken away.
const FILE: &str = "/etc/apt/sources.list.d/pitstop-backports.list";
const SOURCES: &str = "/etc/apt/sources.list";
const FOLDER: &str = "/etc/apt/sources.list.d";

/// `bookworm-backports`; none where the release has no name.
pub fn suite() -> Result<Option<String>> {
    let release =
        fs::read_to_string("/etc/os-release").context("this machine does not say which system it is")?;
    let name = release.lines().find_map(|line| line.strip_prefix("VERSION_CODENAME="));
    Ok(name.map(|name| format!("{}-backports", name.trim_matches('"'))))
}

/// Adds the suite unless the machine has it. True when it was added.
pub fn add(suite: &str) -> Result<bool> {
    let texts = sources()?;
    if texts.iter().any(|text| text.lines().any(|line| !line.starts_with('#') && line.contains(suite))) {
        return Ok(false);
    }
    let release = suite.trim_end_matches("-backports");
    let Some(line) = texts.iter().find_map(|text| line_for(text, release, suite)) else {
        bail!("no mirror of {release} is named in {SOURCES} or {FOLDER}: add {suite} there by hand");
    };
    say::line(&format!("adding {suite} in {FILE}"));
    write_as_root(&line)?;
    Ok(true)
}

fn sources() -> Result<Vec<String>> {
    let mut texts = vec![fs::read_to_string(SOURCES).unwrap_or_default()];
    if Path::new(FOLDER).is_dir() {
        for entry in fs::read_dir(FOLDER)? {
            let path = entry?.path();
            if path.extension().is_some_and(|kind| kind == "list" || kind == "sources") {
                texts.push(fs::read_to_string(&path).unwrap_or_default());
            }
        }
    }
    Ok(texts)
}

/// The same mirror and key as the release's own entry, in either of apt's two notations.
fn line_for(text: &str, release: &str, suite: &str) -> Option<String> {
    one_line(text, release, suite).or_else(|| stanza(text, release, suite))
}

fn one_line(text: &str, release: &str, suite: &str) -> Option<String> {
    let line = text
        .lines()
        .find(|line| line.starts_with("deb ") && line.split_whitespace().any(|word| word == release))?;
    let words: Vec<_> =
        line.split_whitespace().map(|word| if word == release { suite } else { word }).collect();
    Some(words.join(" "))
}

fn stanza(text: &str, release: &str, suite: &str) -> Option<String> {
    text.split("\n\n").find_map(|stanza| {
        let field = |name: &str| stanza.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
        field("Suites:")?.split_whitespace().find(|word| *word == release)?;
        let mirror = field("URIs:")?.split_whitespace().next()?;
        let key = field("Signed-By:").filter(|key| key.starts_with('/'));
        let key = key.map(|key| format!("[signed-by={key}] ")).unwrap_or_default();
        Some(format!("deb {key}{mirror} {suite} main"))
    })
}

fn write_as_root(line: &str) -> Result<()> {
    let mut tee = as_root("tee")?.arg(FILE).stdin(Stdio::piped()).stdout(Stdio::null()).spawn()?;
    if let Some(mut input) = tee.stdin.take() {
        writeln!(input, "# Added by `cargo xtask setup` for QEMU. May be removed.\n{line}")?;
    }
    if !tee.wait()?.success() {
        bail!("{FILE} could not be written");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mirror_of_a_stanza_is_kept() {
        let text = "Types: deb\n# a remark\nURIs: http://mirror.example/debian\nSuites: bookworm bookworm-updates\n\
                    Components: main\nSigned-By: /usr/share/keyrings/archive.gpg\n\nTypes: deb\nURIs: http://other.example\n\
                    Suites: bookworm-security\n";
        assert_eq!(
            line_for(text, "bookworm", "bookworm-backports").as_deref(),
            Some(
                "deb [signed-by=/usr/share/keyrings/archive.gpg] http://mirror.example/debian bookworm-backports main"
            )
        );
    }

    #[test]
    fn the_mirror_of_a_line_is_kept() {
        let text = "# deb http://old.example bookworm main\ndeb [arch=amd64] http://mirror.example/debian bookworm main contrib\n";
        assert_eq!(
            line_for(text, "bookworm", "bookworm-backports").as_deref(),
            Some("deb [arch=amd64] http://mirror.example/debian bookworm-backports main contrib")
        );
    }

    #[test]
    fn another_release_is_no_mirror_of_ours() {
        assert_eq!(
            line_for("deb http://mirror.example/debian trixie main\n", "bookworm", "bookworm-backports"),
            None
        );
    }
}
