//! Cargo, as a child of cargo.

use std::{env, path::PathBuf, process::Command};

use anyhow::Result;
use serde_json::Value;

use crate::{paths, process};

/// Every crate but the browser's, so that features are the same in every call and nothing is built twice.
pub const CRATES: [&str; 3] = ["--workspace", "--exclude", "pitstop-frontend"];

/// `cargo …` in the workspace, without what the outer `cargo run` put into our environment.
pub fn cargo(arguments: &[&str]) -> Command {
    let mut command = process::guarded(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()), "TERM");
    for (name, _) in env::vars_os() {
        let name = name.to_string_lossy().into_owned();
        if name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_") {
            command.env_remove(name);
        }
    }
    // Leptos looks at this one while compiling and would then ask for another name of the wasm file.
    command.env_remove("LEPTOS_OUTPUT_NAME");
    command.args(arguments).current_dir(paths::root());
    command
}

/// The workspace as cargo knows it, dependencies of dependencies left out.
pub fn metadata() -> Result<Value> {
    let text = process::output(&mut cargo(&["metadata", "--format-version", "1", "--no-deps"]))?;
    Ok(serde_json::from_str(&text)?)
}

/// Where a profile's programs lie.
pub fn programs(release: bool) -> PathBuf {
    paths::target().join(if release { "release" } else { "debug" })
}
