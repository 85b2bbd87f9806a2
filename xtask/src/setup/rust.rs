//! Compile targets beside the machine's own.

use std::process::Command;

use crate::{process, say};

pub const WASM: &str = "wasm32-unknown-unknown";
pub const MUSL: &str = "x86_64-unknown-linux-musl";
pub const WINDOWS: &str = "x86_64-pc-windows-gnu";

/// The dashboard's target. Without it pages are served without WebAssembly.
pub fn ensure_wasm() -> bool {
    ensure(WASM, "the dashboard in the browser")
}

/// The agent's target. Without it the agent is linked statically against glibc.
pub fn ensure_musl() -> bool {
    ensure(MUSL, "the static agent")
}

/// The agent's target for Windows. Without it there is none.
pub fn ensure_windows() -> bool {
    ensure(WINDOWS, "the agent for Windows")
}

fn ensure(target: &str, what_for: &str) -> bool {
    if is_installed(target) {
        return true;
    }
    let added = say::step(&format!("adding Rust's target {target} for {what_for}"), || {
        process::run(Command::new("rustup").args(["target", "add", target]).current_dir(crate::paths::root()))
    });
    if let Err(error) = &added {
        say::warning(&format!("{target} cannot be had ({error})"));
    }
    added.is_ok()
}

fn is_installed(target: &str) -> bool {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let sysroot =
        process::output(Command::new(rustc).args(["--print", "sysroot"]).current_dir(crate::paths::root()));
    sysroot.is_ok_and(|root| {
        std::path::Path::new(root.trim()).join("lib/rustlib").join(target).join("lib").is_dir()
    })
}
