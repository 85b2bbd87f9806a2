//! memtest86+ as an image: two programs, one for each firmware, out of Debian's package.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use serde_json::json;

use crate::{
    PackageCache,
    apt::Package,
    maintenance::{Built, DESCRIPTION},
    stamp::{self, Inputs},
};

/// The package, the same in Debian and Ubuntu.
const PACKAGE: &str = "memtest86+";
/// Role and file of each part; the files lie in `/boot`. Their names may stand in a boot script as they are.
const PARTS: [(&str, &str); 2] =
    [("bios_program", "memtest86+x64.bin"), ("efi_program", "memtest86+x64.efi")];

/// The serial line shows what the screen shows: a virtual machine or a server need not have a screen. All
/// processors are used, as memtest86+ does by itself.
const COMMAND_LINE: &str = "console=ttyS0,115200";

/// Takes memtest86+ out of its package, or leaves it when the folder already holds exactly this.
///
/// Fails when apt cannot give the package, when the package has no such programs, or files cannot be written.
pub fn build_memtest(cache: &Path, output: &Path) -> Result<Built> {
    write(&PackageCache::new(cache).fetch(PACKAGE)?, output)
}

fn write(package: &Package, output: &Path) -> Result<Built> {
    let mut inputs = Inputs::default().add(&package.version).add(COMMAND_LINE);
    for (_, file) in PARTS {
        let program = path(package, file);
        inputs = inputs.add(fs::read(&program).with_context(|| {
            format!(
                "the package {PACKAGE} {} has no /boot/{file}: it is another kind of package",
                package.version
            )
        })?);
    }
    let digest = inputs.digest();
    let version = format!("{}+{}", package.version, &digest[..8]);
    let built = |unchanged| Built { folder: output.to_owned(), version: version.clone(), unchanged };
    if stamp::is_fresh(output, &digest, &[PARTS[0].1, PARTS[1].1, DESCRIPTION]) {
        return Ok(built(true));
    }
    fs::create_dir_all(output).with_context(|| format!("cannot make {}", output.display()))?;
    for (_, file) in PARTS {
        fs::copy(path(package, file), output.join(file)).with_context(|| format!("cannot copy {file}"))?;
    }
    fs::write(output.join(DESCRIPTION), format!("{:#}\n", describe(package, &version)))
        .with_context(|| format!("cannot write into {}", output.display()))?;
    stamp::write(output, &digest)?;
    Ok(built(false))
}

fn path(package: &Package, file: &str) -> PathBuf {
    package.path("boot").join(file)
}

fn describe(package: &Package, version: &str) -> serde_json::Value {
    json!({
        "name": "memtest86plus",
        "kind": "maintenance",
        "version": version,
        "title": "memtest86+",
        "arch": "x86_64",
        "firmware": ["bios", "uefi"],
        "format": "program",
        "parts": PARTS.map(|(role, file)| json!({ "role": role, "file": file })),
        "cmdline": COMMAND_LINE,
        "agent": false,
        "provenance": { PACKAGE: package.version },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A cache that holds the package, with these programs.
    fn package(folder: &Path, files: &[&str]) -> Package {
        let boot = folder.join("memtest86+-of-this-test_7.20-1/boot");
        fs::create_dir_all(&boot).unwrap();
        for file in files {
            fs::write(boot.join(file), file).unwrap();
        }
        PackageCache::new(folder).fetch("memtest86+-of-this-test").unwrap()
    }

    #[test]
    fn both_programs_are_taken_and_described_and_not_taken_twice() {
        let folder = tempfile::tempdir().unwrap();
        let package = package(folder.path(), &["memtest86+x64.bin", "memtest86+x64.efi"]);
        let output = folder.path().join("memtest86plus");

        let built = write(&package, &output).unwrap();

        assert!(!built.unchanged);
        let description: serde_json::Value =
            serde_json::from_slice(&fs::read(output.join("image.json")).unwrap()).unwrap();
        assert_eq!(description["name"], "memtest86plus");
        assert_eq!(description["version"], built.version);
        assert_eq!(description["agent"], false);
        for part in description["parts"].as_array().unwrap() {
            let file = part["file"].as_str().unwrap();
            assert_eq!(fs::read_to_string(output.join(file)).unwrap(), file);
        }
        assert!(write(&package, &output).unwrap().unchanged);
    }

    #[test]
    fn package_without_the_programs_is_refused_by_name() {
        let folder = tempfile::tempdir().unwrap();
        let package = package(folder.path(), &["memtest86+x64.bin"]);
        let error = write(&package, &folder.path().join("out")).unwrap_err();
        assert!(error.to_string().contains("/boot/memtest86+x64.efi"), "{error:#}");
    }
}
