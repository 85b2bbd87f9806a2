//! The dashboard in a real browser, against a real server, which Playwright's configuration starts.

use std::fs;

use anyhow::{Context, Result};
use serde::Deserialize;

use super::tally::Count;
use crate::{paths, process, setup};

pub fn run() -> Result<Count> {
    setup::node::ensure()?;
    let report = paths::notes().join("browser.json");
    let _ = fs::remove_file(&report);
    let outcome =
        process::run(setup::node::npx("playwright").arg("test").env("PLAYWRIGHT_JSON_OUTPUT_FILE", &report));
    let Ok(report) = fs::read_to_string(&report) else { return outcome.map(|()| Count::default()) };
    let count = read(&report)?;
    match outcome {
        Err(error) if count.failed == 0 => Err(error),
        _ => Ok(count),
    }
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
