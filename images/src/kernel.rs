//! The distribution's kernel, and its modules in the order in which they load.
//!
//! Debian is what this was made and tried on. **Ubuntu is untried:** its names of packages, its modules in packages
//! of their own and their compression are written from what Ubuntu documents.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, bail};

use crate::{
    apt::{Package, PackageCache},
    command::run_bytes,
};

/// Which of the distribution's kernels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Flavour {
    /// For virtual machines: small, starts 3–4 s sooner under emulation, knows few devices.
    #[default]
    Cloud,
    /// For real machines: knows their network cards and disk controllers.
    Standard,
}

impl Flavour {
    /// The packages that depend on the newest kernel, and how that kernel's own name ends: Debian's, then Ubuntu's.
    ///
    /// Ubuntu's `linux-image-kvm` lacks the drivers of other hypervisors, so its generic kernel serves both.
    fn kernels(self) -> [(&'static str, &'static str); 2] {
        match self {
            Self::Cloud => [("linux-image-cloud-amd64", CLOUD), ("linux-image-virtual", "-generic")],
            Self::Standard => [("linux-image-amd64", "-amd64"), ("linux-image-generic", "-generic")],
        }
    }
}

/// How the names of Debian's cloud kernels end.
const CLOUD: &str = "-cloud-amd64";

/// Where Ubuntu keeps the modules: those of its virtual machines, and the others.
const MODULE_PACKAGES: [&str; 2] = ["linux-modules-", "linux-modules-extra-"];

/// An unpacked kernel.
#[derive(Debug, Clone)]
pub struct Kernel {
    package: Package,
    /// What `uname -r` will say.
    pub release: String,
    modules: BTreeMap<String, PathBuf>,
    builtin: BTreeSet<String>,
}

/// One module, ready to be put into an image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Module {
    /// The name with underscores, as `lsmod` says it.
    pub name: String,
    /// The uncompressed module file.
    pub data: Vec<u8>,
}

impl Kernel {
    /// The newest kernel of a flavour that apt offers, or else the newest in the cache.
    pub fn newest(cache: &PackageCache, flavour: Flavour) -> Result<Self> {
        for (meta, _) in flavour.kernels() {
            if let Some(name) = cache.resolve_meta(meta, "linux-image-")? {
                return Self::of(cache, cache.fetch(&name)?);
            }
        }
        let name = cached(cache, flavour)?.with_context(|| {
            let metas = flavour.kernels().map(|(meta, _)| meta).join(" or ");
            format!("apt does not know {metas} and no kernel is cached: run `apt-get update` and try again")
        })?;
        Self::of(cache, cache.fetch(&name)?)
    }

    fn of(cache: &PackageCache, package: Package) -> Result<Self> {
        let Some(release) = package.name.strip_prefix("linux-image-").map(str::to_owned) else {
            bail!("{} is not a kernel package", package.name);
        };
        let mut folders: Vec<_> = modules_folder(&package, &release).into_iter().collect();
        if folders.is_empty() {
            for prefix in MODULE_PACKAGES {
                let modules = cache.fetch(&format!("{prefix}{release}"))?;
                folders.extend(modules_folder(&modules, &release));
            }
        }
        let first = folders.first().with_context(|| format!("the kernel {release} has no modules"))?;
        let builtin = fs::read_to_string(first.join("modules.builtin"))?;
        let builtin = builtin.lines().filter_map(|line| module_name(Path::new(line))).collect();
        let mut modules = BTreeMap::new();
        for folder in &folders {
            index(folder, &mut modules)?;
        }
        Ok(Self { package, release, modules, builtin })
    }

    /// The package it came from, for the provenance.
    #[must_use]
    pub fn package(&self) -> &Package {
        &self.package
    }

    /// The kernel itself, as a boot loader wants it.
    #[must_use]
    pub fn vmlinuz(&self) -> PathBuf {
        self.package.path("boot").join(format!("vmlinuz-{}", self.release))
    }

    /// The modules asked for and all they need, each after what it needs. What is built into
    /// the kernel is left out; an unknown name is an error.
    pub fn load_order(&self, wanted: &[&str]) -> Result<Vec<Module>> {
        let mut order = Order { kernel: self, seen: BTreeSet::new(), modules: Vec::new() };
        for name in wanted {
            order.add(name)?;
        }
        Ok(order.modules)
    }
}

/// Debian 13 moved /lib/modules to /usr/lib/modules.
fn modules_folder(package: &Package, release: &str) -> Option<PathBuf> {
    let places = ["lib/modules", "usr/lib/modules"].map(|place| package.path(place).join(release));
    places.into_iter().find(|place| place.is_dir())
}

fn cached(cache: &PackageCache, flavour: Flavour) -> Result<Option<String>> {
    for (_, suffix) in flavour.kernels() {
        let mut names = cache.cached_names("linux-image-", suffix)?;
        // "-amd64" is also the end of the cloud kernel's name.
        names.retain(|name| flavour == Flavour::Cloud || !name.ends_with(CLOUD));
        if let Some(name) = names.pop() {
            return Ok(Some(name));
        }
    }
    Ok(None)
}

struct Order<'a> {
    kernel: &'a Kernel,
    seen: BTreeSet<String>,
    modules: Vec<Module>,
}

impl Order<'_> {
    fn add(&mut self, name: &str) -> Result<()> {
        let name = name.replace('-', "_");
        if self.kernel.builtin.contains(&name) || !self.seen.insert(name.clone()) {
            return Ok(());
        }
        let path = self.kernel.modules.get(&name).with_context(|| {
            format!("the kernel {} has no module {name}: correct the list of modules", self.kernel.release)
        })?;
        let data = read_module(path)?;
        for dependency in depends(&data) {
            self.add(&dependency)?;
        }
        self.modules.push(Module { name, data });
        Ok(())
    }
}

fn index(folder: &Path, modules: &mut BTreeMap<String, PathBuf>) -> Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            index(&entry.path(), modules)?;
        } else if let Some(name) = module_name(&entry.path()) {
            modules.insert(name, entry.path());
        }
    }
    Ok(())
}

/// `…/nls_iso8859-1.ko.xz` is the module `nls_iso8859_1`.
fn module_name(path: &Path) -> Option<String> {
    let (name, rest) = path.file_name()?.to_str()?.split_once(".ko")?;
    ["", ".xz", ".zst"].contains(&rest).then(|| name.replace('-', "_"))
}

fn read_module(path: &Path) -> Result<Vec<u8>> {
    let unpacker = match path.extension().and_then(|extension| extension.to_str()) {
        Some("xz") => "xz",
        Some("zst") => "zstd",
        _ => return fs::read(path).with_context(|| format!("cannot read {}", path.display())),
    };
    run_bytes(Command::new(unpacker).arg("-dc").arg(path))
}

/// The names after `depends=` in the module's `.modinfo` section: zero-terminated
/// `key=value` texts, so no table made by depmod is needed.
fn depends(module: &[u8]) -> Vec<String> {
    const KEY: &[u8] = b"\0depends=";
    let Some(start) = module.windows(KEY.len()).position(|part| part == KEY) else { return Vec::new() };
    let value = module[start + KEY.len()..].split(|byte| *byte == 0).next().unwrap_or_default();
    let value = String::from_utf8_lossy(value);
    value.split(',').filter(|name| !name.is_empty()).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dependencies_are_read_from_the_module_itself() {
        let module = b"ELF\0license=GPL\0depends=net_failover,virtio\0retpoline=Y\0";
        assert_eq!(depends(module), ["net_failover", "virtio"]);
        assert!(depends(b"ELF\0depends=\0").is_empty());
        assert!(depends(b"ELF").is_empty());
    }

    #[test]
    fn names_are_told_from_files() {
        assert_eq!(module_name(Path::new("kernel/fs/nls/nls_iso8859-1.ko")).unwrap(), "nls_iso8859_1");
        assert_eq!(module_name(Path::new("kernel/drivers/net/virtio_net.ko.xz")).unwrap(), "virtio_net");
        assert_eq!(module_name(Path::new("kernel/drivers/net/veth.ko.zst")).unwrap(), "veth");
        assert_eq!(module_name(Path::new("modules.order")), None);
    }

    #[test]
    fn modules_in_packages_of_their_own_are_found() {
        let folder = tempfile::tempdir().unwrap();
        let put = |package: &str, file: &str, text: &str| {
            let path = folder.path().join(format!("{package}0.0.1-1-generic_1/{file}"));
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        put("linux-image-", "boot/vmlinuz-0.0.1-1-generic", "");
        put("linux-modules-", "lib/modules/0.0.1-1-generic/modules.builtin", "kernel/fs/ext4/ext4.ko\n");
        put("linux-modules-", "lib/modules/0.0.1-1-generic/kernel/mii.ko", "ELF\0depends=\0");
        put("linux-modules-extra-", "lib/modules/0.0.1-1-generic/kernel/r8169.ko", "ELF\0depends=mii\0");
        let cache = PackageCache::new(folder.path());

        let kernel = Kernel::of(&cache, cache.fetch("linux-image-0.0.1-1-generic").unwrap()).unwrap();

        let order = kernel.load_order(&["ext4", "r8169"]).unwrap();
        let names: Vec<_> = order.iter().map(|module| module.name.as_str()).collect();
        assert_eq!(names, ["mii", "r8169"]);
        assert!(kernel.vmlinuz().is_file());
    }
}
