//! The own system of the lab's machines: what they run when nothing is asked of them.
//! A kernel, an initrd with busybox, and the agent unless the machine is to have none.

use std::{fs, path::PathBuf};

use anyhow::{Context, Result};

use crate::{
    PackageCache,
    base::{self, Base},
    kernel::Flavour,
    maintenance::write_initrd,
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

/// Builds the own system, or leaves it when nothing changed.
pub fn build_own_system(recipe: &OwnSystem) -> Result<BuiltOwnSystem> {
    let base = base::lay_out(&PackageCache::new(&recipe.cache), recipe.flavour)?;
    let agent = recipe.agent.as_ref().map(|path| {
        fs::read(path).with_context(|| format!("cannot read the agent {}: build it first", path.display()))
    });
    let tree = system(&base, agent.transpose()?.as_deref());
    let built = BuiltOwnSystem {
        kernel: recipe.output.join("vmlinuz"),
        initrd: recipe.output.join("initrd.img"),
        command_line: COMMAND_LINE,
        digest: Inputs::default()
            .add(&base.kernel.package().version)
            .add(&base.kernel.release)
            .add(COMMAND_LINE)
            .add_tree(&tree)
            .digest(),
    };
    if stamp::is_fresh(&recipe.output, &built.digest, &["vmlinuz", "initrd.img"]) {
        return Ok(built);
    }
    fs::create_dir_all(&recipe.output).with_context(|| format!("cannot make {}", recipe.output.display()))?;
    fs::copy(base.kernel.vmlinuz(), &built.kernel).context("cannot copy the kernel")?;
    write_initrd(&tree, &built.initrd)?;
    stamp::write(&recipe.output, &built.digest)?;
    Ok(built)
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
