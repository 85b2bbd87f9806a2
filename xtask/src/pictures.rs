//! The pictures of README and docs, taken anew: the real pages over the preview's fake machines, in a real browser.

use std::process::{Child, Command};

use anyhow::{Context, Result};

use crate::{
    bundle,
    cargo::{self, cargo},
    paths, process, say, setup,
};

/// Nobody else listens here.
const PORT: &str = "8197";
/// As many as a small company has: the map is full, the list has pages.
const MACHINES: &str = "300";

pub fn run() -> Result<()> {
    setup::node::ensure()?;
    bundle::run(&bundle::Options { release: false })?;
    say::step("building the preview", || {
        process::run(&mut cargo(&["build", "-p", "pitstop-app", "--features", "ssr", "--example", "preview"]))
    })?;
    let preview = Preview::start()?;
    let taken = say::step("taking the pictures", || {
        let mut playwright = setup::node::npx("playwright");
        playwright.args(["test", "--config", "pictures.config.ts"]);
        process::run(playwright.env("PREVIEW", format!("http://127.0.0.1:{PORT}")))
    });
    drop(preview);
    taken?;
    say::line(&format!("the pictures are in {}", paths::root().join("docs/pictures").display()));
    Ok(())
}

/// The preview, for as long as this lives.
struct Preview(Child);

impl Preview {
    fn start() -> Result<Self> {
        let program = cargo::programs(false).join("examples/preview");
        let mut command: Command = process::guarded(&program, "TERM");
        command.args([PORT, MACHINES]).env("PITSTOP_SITE", paths::site()).current_dir(paths::root());
        let child = command.spawn().with_context(|| format!("{} could not be started", program.display()))?;
        Ok(Self(child))
    }
}

impl Drop for Preview {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
