//! The dashboard for the browser: `target/site/`, as the server serves it.
//!
//! ```text
//! wasm    compile, then the JavaScript that loads it     styles    one file of all the layers
//! assets  public/ as it is                               compress  .gz and .br beside each file
//! ```

mod assets;
mod compress;
mod styles;
mod wasm;

use std::fs;

use anyhow::Result;
use clap::Args;

use crate::{paths, say, setup};

/// Its name in the pages: `/pkg/pitstop.js`, `/pkg/pitstop_bg.wasm`, `/pkg/pitstop.css`.
pub const NAME: &str = "pitstop";
/// The folder of what is built, below the site.
pub const PKG: &str = "pkg";

#[derive(Args, Clone, Copy, Default)]
pub struct Options {
    /// Small and fast for people, slow to build
    #[arg(long)]
    pub release: bool,
}

pub fn run(options: &Options) -> Result<()> {
    let pkg = paths::site().join(PKG);
    fs::create_dir_all(&pkg)?;
    let mut changed = styles::join(&pkg)?;
    changed |= assets::copy(&paths::site())?;
    if setup::rust::ensure_wasm() {
        changed |=
            say::step("building the dashboard for the browser", || wasm::build(&pkg, options.release))?;
    } else {
        say::warning(
            "the dashboard is served without WebAssembly: pages work, but do not update by themselves",
        );
    }
    if options.release && (changed || !compress::is_done(&pkg)) {
        say::step("compressing the dashboard", compress::site)?;
    } else if !options.release {
        compress::undo(&paths::site())?;
    }
    Ok(())
}
