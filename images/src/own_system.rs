//! The own system of the lab's machines: what they run when nothing is asked of them, from a disk or, without one, as
//! an operational image of the catalog.
//! A kernel, an initrd with busybox, and the agent unless the machine is to have none.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use serde_json::json;

use crate::{
    PackageCache,
    base::{self, Base},
    kernel::Flavour,
    maintenance::{Built, DESCRIPTION, INITRD, KERNEL, write_initrd},
    stamp::{self, Inputs},
    tree::Tree,
};

/// What to build.
#[derive(Debug, Clone)]
pub struct OwnSystem {
    /// Where Debian packages are kept, unpacked.
    pub cache: PathBuf,
    /// The folder the kernel and the initrd are written to.
    pub output: PathBuf,
    /// Our agent, a static program; none gives a machine that cannot tell how it does.
    pub agent: Option<PathBuf>,
    pub flavour: Flavour,
}

/// A built own system, ready for a disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BuiltOwnSystem {
    pub kernel: PathBuf,
    pub initrd: PathBuf,
    pub command_line: &'static str,
    /// Changes when the content does.
    pub digest: String,
}

/// Restarts after a panic; says little, for every line on an emulated serial port costs time.
const COMMAND_LINE: &str = "console=tty0 console=ttyS0,115200 panic=10 quiet";

/// Builds the own system for a disk, or leaves it when nothing changed.
pub fn build_own_system(recipe: &OwnSystem) -> Result<BuiltOwnSystem> {
    let (base, tree) = lay_out(recipe)?;
    let built = BuiltOwnSystem {
        kernel: recipe.output.join(KERNEL),
        initrd: recipe.output.join(INITRD),
        command_line: COMMAND_LINE,
        digest: inputs(&base, &tree).digest(),
    };
    if !stamp::is_fresh(&recipe.output, &built.digest, &[KERNEL, INITRD]) {
        write(&base, &tree, &recipe.output)?;
        stamp::write(&recipe.output, &built.digest)?;
    }
    Ok(built)
}

/// Builds the same system as an operational image: the own system of machines without a disk. It is told its server
/// and what enrols its agent on the kernel's command line, so one image serves all machines of all sites.
pub fn build_diskless(recipe: &OwnSystem) -> Result<Built> {
    let (base, tree) = lay_out(recipe)?;
    let digest = inputs(&base, &tree).add("diskless").digest();
    let version = format!("{}+{}", base.kernel.package().version, &digest[..8]);
    let unchanged = stamp::is_fresh(&recipe.output, &digest, &[KERNEL, INITRD, DESCRIPTION]);
    if !unchanged {
        write(&base, &tree, &recipe.output)?;
        let description = json!({
            "name": "pitstop-lab-system",
            "kind": "operational",
            "version": version,
            "title": "Lab system for machines without a disk",
            "arch": "x86_64",
            "firmware": ["bios", "uefi"],
            "format": "linux",
            "parts": [{ "role": "kernel", "file": KERNEL }, { "role": "initrd", "file": INITRD }],
            "cmdline": COMMAND_LINE,
            "agent": recipe.agent.is_some(),
        });
        fs::write(recipe.output.join(DESCRIPTION), format!("{description:#}\n"))?;
        stamp::write(&recipe.output, &digest)?;
    }
    Ok(Built { folder: recipe.output.clone(), version, unchanged })
}

fn lay_out(recipe: &OwnSystem) -> Result<(Base, Tree)> {
    let base = base::lay_out(&PackageCache::new(&recipe.cache), recipe.flavour)?;
    let agent = recipe.agent.as_ref().map(|path| {
        fs::read(path).with_context(|| format!("cannot read the agent {}: build it first", path.display()))
    });
    let tree = system(&base, agent.transpose()?.as_deref());
    Ok((base, tree))
}

fn inputs(base: &Base, tree: &Tree) -> Inputs {
    Inputs::default()
        .add(&base.kernel.package().version)
        .add(&base.kernel.release)
        .add(COMMAND_LINE)
        .add_tree(tree)
}

fn write(base: &Base, tree: &Tree, output: &Path) -> Result<()> {
    fs::create_dir_all(output).with_context(|| format!("cannot make {}", output.display()))?;
    fs::copy(base.kernel.vmlinuz(), output.join(KERNEL)).context("cannot copy the kernel")?;
    write_initrd(tree, &output.join(INITRD))
}

fn system(base: &Base, agent: Option<&[u8]>) -> Tree {
    let mut tree = base.tree.clone();
    tree.file("etc/inittab", include_str!("../own-system/inittab"))
        .file("etc/os-release", include_str!("../own-system/os-release"))
        .program("etc/pitstop/start", include_str!("../own-system/start"))
        .program("etc/pitstop/agent", include_str!("../own-system/agent"))
        // Where busybox's acpid looks for the power button's program.
        .program("etc/acpi/PWRF/00000080", include_str!("../own-system/power-button"));
    if let Some(agent) = agent {
        tree.program("usr/bin/pitstop-agent", agent);
    }
    tree
}
