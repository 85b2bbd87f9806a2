//! Version and time of a package: those of the sources, so that the same sources give the same bytes.

use std::{env, path::Path, process::Command};

use anyhow::{Context, Result};

use crate::process;

/// What is packed.
#[derive(Debug, Clone)]
pub struct Source {
    pub version: String,
    /// Seconds since 1970 (reproducible-builds.org, `SOURCE_DATE_EPOCH`).
    pub epoch: u64,
}

impl Source {
    /// By the environment, else by the last commit.
    pub fn of(root: &Path) -> Result<Self> {
        let base = env!("CARGO_PKG_VERSION");
        let given = env::var("SOURCE_DATE_EPOCH").ok();
        let told = match &given {
            Some(epoch) => epoch.clone(),
            None => git(root, &["log", "-1", "--format=%ct"])
                .context("set SOURCE_DATE_EPOCH: these sources have no history to take the time from")?,
        };
        let epoch = told.trim().parse().context("SOURCE_DATE_EPOCH is not a number of seconds")?;
        let commit = ["log", "-1", "--format=%cd.%h", "--date=format-local:%Y%m%d%H%M%S", "--abbrev=8"];
        // Later commits are later versions: the time stands first.
        let version = git(root, &commit)
            .map_or_else(|_| base.to_owned(), |commit| format!("{base}+git{}", commit.trim()));
        Ok(Self { version, epoch })
    }
}

fn git(root: &Path, arguments: &[&str]) -> Result<String> {
    process::output(Command::new("git").arg("-C").arg(root).args(arguments).env("TZ", "UTC"))
}
