//! The agent: one static program, small, for every Linux there is.

use std::path::PathBuf;

use anyhow::Result;

use crate::{
    cargo::cargo,
    paths, process, say,
    setup::{
        self,
        rust::{MUSL, ensure_musl},
    },
};

const GNU: &str = "x86_64-unknown-linux-gnu";

/// Builds it and says where it lies.
pub fn run() -> Result<PathBuf> {
    setup::ensure(&[setup::Purpose::Run])?;
    build()
}

/// Against musl; where that target cannot be had, against glibc, linked statically too.
pub fn build() -> Result<PathBuf> {
    let target = if ensure_musl() { MUSL } else { GNU };
    let mut command = cargo(&["build", "-p", "pitstop-agent", "--profile", "agent", "--target", target]);
    if target == GNU {
        command.env("CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_RUSTFLAGS", "-C target-feature=+crt-static");
    }
    say::step("building the agent", || process::run(&mut command))?;
    Ok(below(target))
}

/// Where one lies that was built before.
pub fn place() -> PathBuf {
    let small = below(MUSL);
    if small.exists() { small } else { below(GNU) }
}

fn below(target: &str) -> PathBuf {
    paths::target().join(target).join("agent/pitstop-agent")
}
