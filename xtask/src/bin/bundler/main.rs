//! What the bundle needs of heavy libraries: binding the wasm to JavaScript, and compression.
//! A program of its own, so that every other command of xtask compiles in seconds.

mod unused;

use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use clap::Parser;
use flate2::{Compression, GzBuilder};
use wasm_bindgen_cli_support::Bindgen;

#[derive(Parser)]
enum Command {
    /// Write NAME.js and NAME_bg.wasm
    Bind {
        name: String,
        compiled: PathBuf,
        folder: PathBuf,
        #[arg(long)]
        release: bool,
    },
    /// Write .gz and .br beside each file
    Compress { files: Vec<PathBuf> },
}

fn main() -> Result<()> {
    match Command::parse() {
        Command::Bind { name, compiled, folder, release } => bind(&name, &compiled, &folder, release),
        Command::Compress { files } => files.iter().try_for_each(|file| compress(file)),
    }
}

fn bind(name: &str, compiled: &Path, folder: &Path, release: bool) -> Result<()> {
    let program = fs::read(compiled).with_context(|| format!("cannot read {}", compiled.display()))?;
    let program = if release { unused::take_out(&program)? } else { program };
    Bindgen::new()
        .input_bytes(name, program)
        .out_name(name)
        .typescript(false)
        // Names of erased views are longer than their code: 19 of 33 MB, read anew by each browser that comes first. What
        // panics says its line without them.
        .remove_name_section(true)
        .remove_producers_section(release)
        .web(true)?
        .generate(folder)
        .with_context(|| format!("{} could not be bound to JavaScript", compiled.display()))
}

fn compress(file: &Path) -> Result<()> {
    let content = fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
    let beside = |suffix: &str| fs::File::create(format!("{}.{suffix}", file.display()));
    // No time inside, so that the same file gives the same bytes.
    let mut gzip = GzBuilder::new().mtime(0).write(beside("gz")?, Compression::best());
    gzip.write_all(&content)?;
    gzip.finish()?;
    // The best grade: an eighth smaller than grade 9, for some seconds at each release.
    let parameters = brotli::enc::BrotliEncoderParams { quality: 11, lgwin: 22, ..Default::default() };
    brotli::BrotliCompress(&mut content.as_slice(), &mut beside("br")?, &parameters)?;
    Ok(())
}
