//! The maintenance image: a kernel and an initrd, with the `image.json` that says how to boot them.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use flate2::{Compression, GzBuilder};
use serde_json::json;

use crate::{
    PackageCache, base,
    base::Base,
    cpio,
    kernel::Flavour,
    stamp::{self, Inputs},
    tree::Tree,
};

/// What to build.
#[derive(Debug, Clone)]
pub struct Recipe {
    /// Where Debian packages are kept, unpacked.
    pub cache: PathBuf,
    /// The folder the image is written to.
    pub output: PathBuf,
    /// Our agent, a static program.
    pub agent: PathBuf,
    pub flavour: Flavour,
}

/// A built image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Built {
    /// Holds `image.json` and the files it names.
    pub folder: PathBuf,
    pub version: String,
    /// Nothing was to do: the folder already held exactly this.
    pub unchanged: bool,
}

pub(crate) const KERNEL: &str = "vmlinuz";
pub(crate) const INITRD: &str = "initrd.img";
pub(crate) const DESCRIPTION: &str = "image.json";

/// The last console is where the scripts' own output goes. A panic restarts the machine, so
/// that a broken kernel gives it back too.
pub(crate) const COMMAND_LINE: &str = "console=tty0 console=ttyS0,115200 panic=30 quiet";

/// Builds the maintenance image, or leaves it when it already holds exactly what it would hold.
///
/// Fails when apt cannot give the packages, or files cannot be read or written.
pub fn build_maintenance(recipe: &Recipe) -> Result<Built> {
    let base = base::lay_out(&PackageCache::new(&recipe.cache), recipe.flavour)?;
    let agent = fs::read(&recipe.agent)
        .with_context(|| format!("cannot read the agent {}: build it first", recipe.agent.display()))?;
    let tree = system(&base, &agent);
    let vmlinuz = base.kernel.vmlinuz();
    let digest = Inputs::default()
        .add(&base.kernel.package().version)
        .add(&base.kernel.release)
        .add(COMMAND_LINE)
        .add_tree(&tree)
        .digest();
    let version = format!("{}+{}{}", base.kernel.package().version, &digest[..8], suffix(recipe.flavour));
    let built = |unchanged| Built { folder: recipe.output.clone(), version: version.clone(), unchanged };
    if stamp::is_fresh(&recipe.output, &digest, &[KERNEL, INITRD, DESCRIPTION]) {
        return Ok(built(true));
    }
    fs::create_dir_all(&recipe.output).with_context(|| format!("cannot make {}", recipe.output.display()))?;
    fs::copy(&vmlinuz, recipe.output.join(KERNEL))
        .with_context(|| format!("cannot copy the kernel {}", vmlinuz.display()))?;
    write_initrd(&tree, &recipe.output.join(INITRD))?;
    let description = describe(&base, recipe.flavour, &version, &agent);
    fs::write(recipe.output.join(DESCRIPTION), format!("{description:#}\n"))?;
    stamp::write(&recipe.output, &digest)?;
    Ok(built(false))
}

fn system(base: &Base, agent: &[u8]) -> Tree {
    let mut tree = base.tree.clone();
    tree.file("etc/inittab", include_str!("../maintenance/inittab"))
        .file("etc/os-release", include_str!("../maintenance/os-release"))
        .program("etc/pitstop/start", include_str!("../maintenance/start"))
        .program("etc/pitstop/guard", include_str!("../maintenance/guard"))
        .program("etc/pitstop/maintenance", include_str!("../maintenance/maintenance"))
        .program("usr/bin/pitstop-agent", agent);
    tree
}

/// Compresses with a fixed level and no time, so that the same tree gives the same bytes.
pub(crate) fn write_initrd(tree: &Tree, path: &Path) -> Result<()> {
    let writing = || format!("cannot write {}", path.display());
    let file = fs::File::create(path).with_context(writing)?;
    let mut gzip = GzBuilder::new().mtime(0).write(file, Compression::new(6));
    cpio::write(tree, &mut gzip).with_context(writing)?;
    gzip.finish().with_context(writing)?;
    Ok(())
}

/// Functions name one image; which flavour a version is, its end says.
fn suffix(flavour: Flavour) -> &'static str {
    match flavour {
        Flavour::Cloud => "",
        Flavour::Standard => "-hardware",
    }
}

fn describe(base: &Base, flavour: Flavour, version: &str, agent: &[u8]) -> serde_json::Value {
    let title = match flavour {
        Flavour::Cloud => "Pitstop maintenance (virtual machines)",
        Flavour::Standard => "Pitstop maintenance (real machines)",
    };
    let mut provenance = serde_json::Map::new();
    for package in [base.kernel.package(), &base.busybox] {
        provenance.insert(package.name.clone(), package.version.clone().into());
    }
    provenance.insert("pitstop-agent".to_owned(), format!("sha256:{}", Inputs::sha256(agent)).into());
    json!({
        "name": "pitstop-maintenance",
        "kind": "maintenance",
        "version": version,
        "title": title,
        "arch": "x86_64",
        "firmware": ["bios", "uefi"],
        "format": "linux",
        "parts": [{ "role": "kernel", "file": KERNEL }, { "role": "initrd", "file": INITRD }],
        "cmdline": COMMAND_LINE,
        "provenance": provenance,
    })
}
