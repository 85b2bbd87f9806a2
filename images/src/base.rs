//! What every system of ours carries: busybox, our shell functions, kernel modules.

use std::process::Command;

use anyhow::Result;

use crate::{
    apt::{Package, PackageCache},
    command::run,
    kernel::{Flavour, Kernel},
    modules,
    tree::{Node, Tree},
};

/// A tree to build on, and what it was made from.
pub(crate) struct Base {
    pub tree: Tree,
    pub kernel: Kernel,
    pub busybox: Package,
}

/// Fetches the packages and lays out the common part.
pub(crate) fn lay_out(cache: &PackageCache, flavour: Flavour) -> Result<Base> {
    let kernel = Kernel::newest(cache, flavour)?;
    let busybox = cache.fetch("busybox-static")?;
    let mut tree = Tree::new();
    for folder in [
        "proc",
        "sys",
        "dev",
        "run",
        "tmp",
        "mnt",
        "root",
        "boot",
        "etc",
        "sbin",
        "usr/sbin",
        "var/lib/pitstop",
    ] {
        tree.directory(folder);
    }
    // The kernel opens it before /init can mount /dev.
    tree.insert("dev/console", Node::CharDevice { mode: 0o600, major: 5, minor: 1 });
    add_busybox(&mut tree, &busybox)?;
    tree.program("init", include_str!("../common/init"))
        .file("etc/pitstop/functions", include_str!("../common/functions"))
        .program("etc/udhcpc.script", include_str!("../common/udhcpc.script"))
        .file("etc/passwd", "root:x:0:0:root:/root:/bin/sh\n")
        .file("etc/group", "root:x:0:\n");
    add_modules(&mut tree, &kernel, flavour)?;
    Ok(Base { tree, kernel, busybox })
}

/// The program and a link for each of its applets, which it lists itself.
fn add_busybox(tree: &mut Tree, package: &Package) -> Result<()> {
    // Debian 13 moved /bin to /usr/bin.
    let places = ["bin/busybox", "usr/bin/busybox"].map(|place| package.path(place));
    let program = places.iter().find(|place| place.is_file()).unwrap_or(&places[0]);
    tree.program_from("bin/busybox", program)?;
    for applet in run(Command::new(program).arg("--list"))?.lines().filter(|applet| *applet != "busybox") {
        tree.symlink(&format!("bin/{applet}"), "busybox");
    }
    for applet in ["init", "reboot", "poweroff", "acpid", "modprobe"] {
        tree.symlink(&format!("sbin/{applet}"), "/bin/busybox");
    }
    Ok(())
}

/// The modules lie in one folder; `etc/pitstop/modules` lists them in the order to load them.
fn add_modules(tree: &mut Tree, kernel: &Kernel, flavour: Flavour) -> Result<()> {
    let mut order = String::new();
    for module in kernel.load_order(&modules::wanted(flavour))? {
        let file = format!("{}.ko", module.name);
        tree.file(&format!("lib/modules/{file}"), module.data);
        order += &file;
        order.push('\n');
    }
    tree.file("etc/pitstop/modules", order);
    Ok(())
}
