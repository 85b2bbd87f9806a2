//! The agent for Windows: built for it with Debian's compiler, and its tests run by Wine.

use std::{fs, path::PathBuf, process::Command};

use anyhow::{Result, bail};

use super::{programs, tally::Count};
use crate::{
    cargo::cargo,
    paths, process,
    setup::{
        self, Purpose,
        rust::{WINDOWS, ensure_windows},
    },
};

/// What is of the own system's part: its own tests, and a whole agent against a server that the test plays.
const TESTS: [&str; 6] = ["test", "-p", "pitstop-agent", "--lib", "--test", "own"];

/// Lints, then tests: a call that is not there on Windows is no warning.
pub fn run() -> Result<Count> {
    setup::ensure(&[Purpose::Windows])?;
    if !ensure_windows() {
        bail!("without Rust's target {WINDOWS} the agent cannot be built for Windows");
    }
    let lints = ["clippy", "-p", "pitstop-agent", "--target", WINDOWS, "--", "-D", "warnings"];
    process::run(&mut cargo(&lints))?;
    let mut tests = cargo(&[&TESTS[..], &["--target", WINDOWS]].concat());
    let libraries = libraries()?;
    // A Windows of the tests' own, without a screen and without words about what it does not do.
    tests
        .env("CARGO_TARGET_X86_64_PC_WINDOWS_GNU_RUNNER", "wine")
        .env("WINEPREFIX", paths::target().join("wine"))
        .env("WINEPATH", format!("Z:{}", libraries.display()).replace('/', "\\"))
        .env("WINEDEBUG", "-all")
        .env_remove("DISPLAY");
    programs::counted(&mut tests)
}

/// A folder with what Wine may lack. Where it has it, its own is taken.
fn libraries() -> Result<PathBuf> {
    let folder = paths::target().join("wine-libraries");
    fs::create_dir_all(&folder)?;
    let library = folder.join("bcryptprimitives.dll");
    let mut compiler = Command::new("x86_64-w64-mingw32-gcc");
    compiler.args(["-shared", "-O1", "-o"]).arg(library).arg(paths::root().join("xtask/src/test/prng.c"));
    process::run(compiler.arg("-ladvapi32"))?;
    Ok(folder)
}
