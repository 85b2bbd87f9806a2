//! Images with tools: the maintenance image, and beside its initrd others with programs out of Debian packages. Parts
//! that images share have the same bytes, and the catalog keeps them once.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    PackageCache,
    apt::Package,
    elf,
    kernel::Kernel,
    maintenance::{Built, COMMAND_LINE, DESCRIPTION, INITRD, KERNEL, Recipe, write_initrd},
    modules,
    stamp::{self, Inputs},
    tree::Tree,
};

/// Where the programs lie in the image; the agent looks there.
const PROGRAMS: &str = "opt/pitstop/bin";
/// Where Debian's loader looks for libraries by itself.
const LIBRARIES: &str = "lib/x86_64-linux-gnu";
const LOADER: &str = "ld-linux-x86-64.so.2";

const TOOLS: Extra = Extra { name: "tools", text: include_str!("../tools.toml") };
const CLAMAV: Extra = Extra { name: "clamav", text: include_str!("../clamav.toml") };

/// An initrd beside the first.
struct Extra {
    name: &'static str,
    text: &'static str,
}

/// What its recipe says.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Contents {
    /// Kernel modules, without what they need.
    modules: Vec<String>,
    /// Files of each package.
    packages: BTreeMap<String, Vec<String>>,
}

/// An initrd, ready to be written.
struct Filled {
    file: String,
    tree: Tree,
    provenance: BTreeMap<String, String>,
}

/// Builds `pitstop-toolbox` beside the maintenance image that `core` is, or leaves it when it holds exactly this.
///
/// Fails when apt cannot give a package, a package has no such file, or a library is in none of the packages.
pub fn build_toolbox(recipe: &Recipe, core: &Built) -> Result<Built> {
    build(recipe, core, "pitstop-toolbox", "Pitstop toolbox", &[TOOLS])
}

/// As [`build_toolbox`], with the virus scanner: `pitstop-virus-scan`.
pub fn build_virus_scan(recipe: &Recipe, core: &Built) -> Result<Built> {
    build(recipe, core, "pitstop-virus-scan", "Pitstop toolbox with virus scanner", &[TOOLS, CLAMAV])
}

fn build(recipe: &Recipe, core: &Built, name: &str, title: &str, extras: &[Extra]) -> Result<Built> {
    let cache = PackageCache::new(&recipe.cache);
    if let Some(built) = as_before(&cache, recipe, core, extras)? {
        return Ok(built);
    }
    let kernel = Kernel::newest(&cache, recipe.flavour)?;
    let mut filled = Vec::new();
    let mut there = BTreeSet::new();
    for extra in extras {
        let making = || format!("cannot make the initrd with {}", extra.name);
        filled.push(fill(&cache, &kernel, recipe, extra, &mut there).with_context(making)?);
    }
    let digest = filled.iter().fold(Inputs::default().add(&core.version).add(title), |inputs, extra| {
        inputs.add(&extra.file).add_tree(&extra.tree)
    });
    let digest = digest.digest();
    let (before, flavour) = core.version.split_once('+').unwrap_or((&core.version, ""));
    let hardware = if flavour.ends_with("-hardware") { "-hardware" } else { "" };
    let version = format!("{before}+{}{hardware}", &digest[..8]);
    let output = &recipe.output;
    let built = |unchanged| Built { folder: output.clone(), version: version.clone(), unchanged };
    let files: Vec<_> = filled.iter().map(|extra| extra.file.as_str()).collect();
    if stamp::is_fresh(output, &digest, &[&[KERNEL, INITRD, DESCRIPTION], &files[..]].concat()) {
        remember(&cache, recipe, core, extras)?;
        return Ok(built(true));
    }
    fs::create_dir_all(output).with_context(|| format!("cannot make {}", output.display()))?;
    for file in [KERNEL, INITRD] {
        fs::copy(core.folder.join(file), output.join(file)).with_context(|| format!("cannot copy {file}"))?;
    }
    for extra in &filled {
        write_initrd(&extra.tree, &output.join(&extra.file))?;
    }
    let description = describe(core, name, title, &version, &filled)?;
    fs::write(output.join(DESCRIPTION), format!("{description:#}\n"))?;
    stamp::write(output, &digest)?;
    remember(&cache, recipe, core, extras)?;
    Ok(built(false))
}

/// What an image was made from, as far as it can be told at once.
const ASKED: &str = ".asked";

/// The image that is there, when nothing that it is made of has changed: the recipes, this file, the maintenance image,
/// and apt's versions of all packages that went into it. To look for libraries once more would take a minute.
fn as_before(cache: &PackageCache, recipe: &Recipe, core: &Built, extras: &[Extra]) -> Result<Option<Built>> {
    let folder = &recipe.output;
    let Ok(before) = fs::read_to_string(folder.join(ASKED)) else { return Ok(None) };
    let files: Vec<_> = extras.iter().map(|extra| format!("{}.img", extra.name)).collect();
    let all = [KERNEL, INITRD, DESCRIPTION].into_iter().chain(files.iter().map(String::as_str));
    if !all.into_iter().all(|file| folder.join(file).is_file())
        || before != asked(cache, recipe, core, extras)?
    {
        return Ok(None);
    }
    let image: Value = serde_json::from_slice(&fs::read(folder.join(DESCRIPTION))?)?;
    let version = image["version"].as_str().unwrap_or_default().to_owned();
    Ok(Some(Built { folder: folder.clone(), version, unchanged: true }))
}

fn remember(cache: &PackageCache, recipe: &Recipe, core: &Built, extras: &[Extra]) -> Result<()> {
    let asked = asked(cache, recipe, core, extras)?;
    fs::write(recipe.output.join(ASKED), asked).context("cannot note what the image was made from")
}

fn asked(cache: &PackageCache, recipe: &Recipe, core: &Built, extras: &[Extra]) -> Result<String> {
    let image: Value = serde_json::from_slice(&fs::read(recipe.output.join(DESCRIPTION))?)?;
    let packages = image["provenance"].as_object();
    let names: Vec<_> =
        packages.into_iter().flat_map(|packages| packages.keys().map(String::as_str)).collect();
    let inputs = Inputs::default().add(include_str!("toolbox.rs")).add(&core.version);
    let inputs = inputs.add(format!("{:?}", cache.candidates(&names)?));
    Ok(extras.iter().fold(inputs, |inputs, extra| inputs.add(extra.text)).digest())
}

/// What the maintenance image says of itself, with another name and more parts.
fn describe(core: &Built, name: &str, title: &str, version: &str, filled: &[Filled]) -> Result<Value> {
    let mut image: Value = serde_json::from_slice(&fs::read(core.folder.join(DESCRIPTION))?)?;
    let files = filled.iter().map(|extra| json!({ "role": "initrd", "file": extra.file }));
    let parts = [json!({ "role": "kernel", "file": KERNEL }), json!({ "role": "initrd", "file": INITRD })];
    image["parts"] = parts.into_iter().chain(files).collect();
    image["name"] = name.into();
    image["title"] = title.into();
    image["version"] = version.into();
    image["cmdline"] = COMMAND_LINE.into();
    for (package, version) in filled.iter().flat_map(|extra| &extra.provenance) {
        image["provenance"][package] = version.as_str().into();
    }
    Ok(image)
}

/// Lays out an initrd. `there`: libraries that one before it has.
fn fill(
    cache: &PackageCache,
    kernel: &Kernel,
    recipe: &Recipe,
    extra: &Extra,
    there: &mut BTreeSet<String>,
) -> Result<Filled> {
    let contents: Contents = toml::from_str(extra.text)?;
    let mut tree = Tree::new();
    add_modules(&mut tree, kernel, recipe, extra.name, &contents.modules)?;
    let mut shelf = Shelf { cache, packages: Vec::new(), asked: BTreeSet::new() };
    let mut wanted = BTreeSet::new();
    cache.candidates(&contents.packages.keys().map(String::as_str).collect::<Vec<_>>())?;
    for (name, files) in &contents.packages {
        let package = shelf.add(name)?;
        for file in files {
            let (path, data) = take(&package, file)?;
            wanted.extend(elf::needed(&data));
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            tree.program(&format!("{PROGRAMS}/{name}"), data);
        }
    }
    if there.insert(LOADER.to_owned()) {
        tree.program(&format!("lib64/{LOADER}"), shelf.library(LOADER)?);
    }
    while let Some(library) = wanted.pop_first() {
        if there.insert(library.clone()) {
            let data = shelf.library(&library)?;
            wanted.extend(elf::needed(&data));
            tree.program(&format!("{LIBRARIES}/{library}"), data);
        }
    }
    let provenance = shelf.packages.iter().map(|package| (package.name.clone(), package.version.clone()));
    Ok(Filled { file: format!("{}.img", extra.name), tree, provenance: provenance.collect() })
}

fn add_modules(tree: &mut Tree, kernel: &Kernel, recipe: &Recipe, name: &str, more: &[String]) -> Result<()> {
    let first = modules::wanted(recipe.flavour);
    let all: Vec<_> = first.iter().copied().chain(more.iter().map(String::as_str)).collect();
    let there: BTreeSet<_> = kernel.load_order(&first)?.into_iter().map(|module| module.name).collect();
    let mut order = String::new();
    for module in kernel.load_order(&all)?.into_iter().filter(|module| !there.contains(&module.name)) {
        let file = format!("{}.ko", module.name);
        tree.file(&format!("lib/modules/{file}"), module.data);
        order += &format!("{file}\n");
    }
    tree.file(&format!("etc/pitstop/modules.d/{name}"), order);
    Ok(())
}

/// A file of a package, where it is now: Debian 13 moved /bin, /sbin and /lib below /usr.
fn take(package: &Package, file: &str) -> Result<(PathBuf, Vec<u8>)> {
    let places = [package.path(file), package.path(&format!("usr/{file}"))];
    let Some(path) = places.into_iter().find(|path| path.is_file()) else {
        bail!("the package {} {} has no {file}: correct the recipe", package.name, package.version);
    };
    let data = fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
    Ok((path, data))
}

/// The packages that are looked into for libraries: those of the recipe, then what they depend on.
struct Shelf<'a> {
    cache: &'a PackageCache,
    packages: Vec<Package>,
    /// Packages whose dependencies are on the shelf.
    asked: BTreeSet<String>,
}

impl Shelf<'_> {
    fn add(&mut self, name: &str) -> Result<Package> {
        let package = self.cache.fetch(name)?;
        self.packages.push(package.clone());
        Ok(package)
    }

    fn library(&mut self, name: &str) -> Result<Vec<u8>> {
        loop {
            if let Some(path) = self.packages.iter().find_map(|package| find(package, name)) {
                return fs::read(&path).with_context(|| format!("cannot read {}", path.display()));
            }
            if !self.reach_further()? {
                bail!("the library {name} is in none of the packages or what they depend on");
            }
        }
    }

    /// Puts what the packages depend on onto the shelf, a step at a time.
    fn reach_further(&mut self) -> Result<bool> {
        let names: Vec<_> = self.packages.iter().map(|package| package.name.clone()).collect();
        let new: Vec<_> =
            names.iter().map(String::as_str).filter(|name| self.asked.insert((*name).to_owned())).collect();
        if new.is_empty() {
            return Ok(false);
        }
        let libraries = self.cache.libraries_of(&new)?;
        let missing: Vec<_> = libraries
            .iter()
            .map(String::as_str)
            .filter(|name| !names.iter().any(|there| there == name))
            .collect();
        self.cache.candidates(&missing)?;
        for library in &missing {
            self.add(library)?;
        }
        Ok(!missing.is_empty())
    }
}

fn find(package: &Package, library: &str) -> Option<PathBuf> {
    let folders = ["", "usr/"].map(|above| package.path(&format!("{above}{LIBRARIES}")));
    let file = |folder: &Path| Some(folder.join(library)).filter(|path| path.is_file());
    folders.iter().find_map(|folder| file(folder))
}
