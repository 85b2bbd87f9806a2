//! The dashboard in a real browser, against a real server, which Playwright's configuration starts.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result};
use serde::Deserialize;

use super::tally::Count;
use crate::{paths, process, say, setup, up};

/// The tests in a browser.
#[derive(Debug, Clone, Copy)]
pub struct Browser {
    /// How long eight browsers walk about; 0: not at all.
    pub soak_minutes: u32,
}

impl Browser {
    /// What it says is shown as it comes.
    pub fn run(self) -> Result<Count> {
        build()?;
        self.played(process::run)
    }

    /// What it says is shown at the end: something else is shown meanwhile. Built before by [`build`].
    pub fn run_into_a_file(self) -> Result<Count> {
        self.played(|playwright| process::run_into_a_file(playwright, "browser.log"))
    }

    fn played(self, run: impl FnOnce(&mut Command) -> Result<()>) -> Result<Count> {
        let report = paths::notes().join("browser.json");
        fs::create_dir_all(paths::notes())?;
        let _ = fs::remove_file(&report);
        let mut playwright = setup::node::npx("playwright");
        playwright.arg("test").env("PLAYWRIGHT_JSON_OUTPUT_FILE", &report);
        let outcome = run(playwright.env("PITSTOP_SOAK_MINUTES", self.soak_minutes.to_string()));
        counted(&report, outcome)
    }
}

/// Playwright starts the server by `cargo xtask up`; building first keeps the times apart.
pub fn build() -> Result<()> {
    setup::node::ensure()?;
    up::build_plain()
}

fn counted(report: &Path, outcome: Result<()>) -> Result<Count> {
    let mut count = match fs::read_to_string(report) {
        Ok(report) => read(&report)?,
        Err(_) => Count::default(),
    };
    if panicked() {
        count.failed += 1;
    }
    if outcome.is_err() || count.failed > 0 {
        say::warning(&format!("the server's log is {}", log().display()));
    }
    match outcome {
        Err(error) if count.failed == 0 => Err(error),
        _ => Ok(count),
    }
}

/// As the tests' configuration has it.
fn log() -> PathBuf {
    paths::root().join("target/end2end.log")
}

/// A page that panics while it is rendered may still look well in the browser.
fn panicked() -> bool {
    let log = fs::read_to_string(log()).unwrap_or_default();
    let panics: Vec<_> = log.lines().filter(|line| line.contains("panicked at")).collect();
    for panic in &panics {
        say::warning(&format!("the server panicked: {panic}"));
    }
    !panics.is_empty()
}

/// Tests that passed at a second try only are failures: something is not waited for.
fn read(report: &str) -> Result<Count> {
    #[derive(Deserialize)]
    struct Report {
        stats: Stats,
    }
    #[derive(Deserialize)]
    struct Stats {
        expected: u64,
        unexpected: u64,
        flaky: u64,
        skipped: u64,
    }
    let Report { stats } =
        serde_json::from_str(report).context("Playwright's report has another shape than expected")?;
    Ok(Count { passed: stats.expected, failed: stats.unexpected + stats.flaky, skipped: stats.skipped })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn playwrights_report_is_read() {
        let report =
            r#"{"suites":[],"stats":{"expected":9,"unexpected":1,"flaky":1,"skipped":2,"duration":5.0}}"#;
        assert_eq!(read(report).unwrap(), Count { passed: 9, failed: 2, skipped: 2 });
    }
}
