//! What is signed of an image: its *statement*, as `pitstop_domain::statement` writes it. Recipes know none of our other
//! code, so it is written here once more; a test compares both with one file.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::maintenance::DESCRIPTION;

/// What is signed; `minisign` puts the signature beside it, with `.minisig` behind its name.
const FILE: &str = "image.statement";

/// Writes the statement of the image in a folder. True where it says what it said before.
///
/// Fails when the folder holds no image, or cannot be read or written.
pub fn write(folder: &Path) -> Result<(PathBuf, bool)> {
    let path = folder.join(DESCRIPTION);
    let read = fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
    let mut image: Value = serde_json::from_slice(&read)?;
    for part in image["parts"].as_array_mut().into_iter().flatten() {
        let file = folder.join(word(&part["file"]));
        let bytes = fs::read(&file).with_context(|| format!("cannot read {}", file.display()))?;
        part["digest"] = hex::encode(Sha256::digest(bytes)).into();
    }
    let (path, text) = (folder.join(FILE), text(&image));
    let same = fs::read_to_string(&path).is_ok_and(|before| before == text);
    if !same {
        fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok((path, same))
}

fn text(image: &Value) -> String {
    let linux_maintenance = image["kind"] == "maintenance" && image["format"] == "linux";
    let agent = image["agent"].as_bool().unwrap_or(linux_maintenance);
    let firmware: Vec<_> = image["firmware"].as_array().into_iter().flatten().map(word).collect();
    let mut text = format!(
        "pitstop image 1\nname: {}\nversion: {}\nkind: {}\nformat: {}\narchitecture: {}\nfirmware: {}\nagent: {}\n\
         command line: {}\n",
        word(&image["name"]),
        word(&image["version"]),
        word(&image["kind"]),
        word(&image["format"]),
        word(&image["arch"]),
        firmware.join(" "),
        if agent { "yes" } else { "no" },
        word(&image["cmdline"]),
    );
    for part in image["parts"].as_array().into_iter().flatten() {
        text += &format!("{} {} {}\n", word(&part["digest"]), word(&part["role"]), word(&part["file"]));
    }
    text
}

/// Our recipes have neither line breaks nor backslashes in their words.
fn word(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_says_what_the_server_reads_in_it() {
        let folder = tempfile::tempdir().unwrap();
        let image = include_str!("../../crates/domain/tests/statement/image.json");
        fs::write(folder.path().join(DESCRIPTION), image).unwrap();
        for (file, bytes) in [("vmlinuz", "a kernel"), ("initrd.img", "a system"), ("tools.img", "tools")] {
            fs::write(folder.path().join(file), bytes).unwrap();
        }
        let (path, same) = write(folder.path()).unwrap();
        let wanted = include_str!("../../crates/domain/tests/statement/image.statement");
        assert_eq!((fs::read_to_string(path).unwrap().as_str(), same), (wanted, false));
        assert!(write(folder.path()).unwrap().1, "nothing changed");
    }
}
