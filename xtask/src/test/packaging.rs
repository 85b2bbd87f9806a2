//! What others deploy with (chart, compose file, Containerfile), read by their own programs.

use std::process::Command;

use anyhow::Result;

use super::tally::{Count, ONE};
use crate::{paths, process, setup::python};

/// `packaging/check.py` says what is asked.
pub fn run() -> Result<Count> {
    let python = python::ensure_packaging()?;
    process::run(Command::new(python).arg(paths::root().join("packaging/check.py"))).map(|()| ONE)
}
