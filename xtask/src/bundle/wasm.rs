//! The dashboard's program: compiled to WebAssembly, and the JavaScript that loads it.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::UNIX_EPOCH,
};

use anyhow::{Context, Result};

use super::NAME;
use crate::{
    cargo::{self, cargo},
    paths, process,
    setup::rust::WASM,
};

/// Compiles and binds. True when the result changed.
pub fn build(pkg: &Path, release: bool) -> Result<bool> {
    let compiled = compile(release)?;
    let inputs = fingerprint(&compiled)?;
    let stamp = paths::notes().join("bundle");
    if fs::read_to_string(&stamp).is_ok_and(|done| done == inputs) && module(pkg).is_file() {
        return Ok(false);
    }
    bind(&compiled, pkg, release)?;
    fs::create_dir_all(paths::notes())?;
    fs::write(stamp, inputs)?;
    Ok(true)
}

fn compile(release: bool) -> Result<PathBuf> {
    let profile = if release { "wasm-release" } else { "wasm-dev" };
    process::run(&mut cargo(&["build", "-p", "pitstop-frontend", "--target", WASM, "--profile", profile]))?;
    Ok(paths::target().join(WASM).join(profile).join("pitstop_frontend.wasm"))
}

/// Cargo writes the file only when it changed, so its time and size will do.
fn fingerprint(file: &Path) -> Result<String> {
    let about = fs::metadata(file).with_context(|| format!("cargo built no {}", file.display()))?;
    let time = about.modified()?.duration_since(UNIX_EPOCH)?.as_nanos();
    Ok(format!("{} {} {time}", file.display(), about.len()))
}

fn module(pkg: &Path) -> PathBuf {
    pkg.join(format!("{NAME}_bg.wasm"))
}

fn bind(compiled: &Path, pkg: &Path, release: bool) -> Result<()> {
    // What an earlier bundle left of inline scripts would lie there for ever.
    let snippets = pkg.join("snippets");
    if snippets.is_dir() {
        fs::remove_dir_all(snippets)?;
    }
    let mut command = bundler()?;
    command.args(["bind", NAME]).arg(compiled).arg(pkg);
    if release {
        command.arg("--release");
    }
    process::run(&mut command)
}

/// The second program of this crate, with the heavy libraries in it.
pub fn bundler() -> Result<Command> {
    process::run(&mut cargo(&["build", "-p", "xtask", "--features", "bundler", "--bin", "pitstop-bundler"]))?;
    Ok(process::guarded(cargo::programs(false).join("pitstop-bundler"), "TERM"))
}
