//! Rust's tests: run by cargo-nextest where it is installed, else by cargo; counted either way.

use std::{
    fs,
    io::{BufRead, BufReader},
    process::{Command, Stdio},
    thread,
};

use anyhow::{Context, Result, bail};

use super::{postgres::Database, tally::Count};
use crate::{
    cargo::{CRATES, cargo},
    paths, process,
};

/// Which tests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Selection {
    /// All that need no whole machine for themselves.
    Ordinary,
    Store,
    Chaos,
    Machines,
    /// Virtual machines that take many minutes.
    Slow,
}

/// Tests that start virtual machines, as `.config/nextest.toml` has them too.
const MACHINES: &str = "binary_id(/^pitstop-rig::|::(qemu|trip)/)";
/// Of these, those that take many minutes.
const SLOW: &str = "binary_id(/::qemu_health/)";
/// A test that works takes three of them, one that waits takes one: `.config/nextest.toml` says which do.
const PLACES_PER_CORE: usize = 4;
/// Tests that starve others and would be starved by them, as `.config/nextest.toml` has them too.
const CHAOS: &str = "binary_id(/::chaos/)";
const STORE: &str = "package(pitstop-store) | package(pitstop-worker)";

/// When what tests say is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Told {
    AtOnce,
    /// Something else is shown meanwhile.
    AtTheEnd,
}

/// Builds all of them.
pub fn build() -> Result<()> {
    let how: &[&str] = if has_nextest() { &["nextest", "run", "--no-run"] } else { &["test", "--no-run"] };
    process::run(&mut cargo(&[how, &CRATES[..]].concat()))
}

pub fn run(selection: Selection, database: &Database, told: Told) -> Result<Count> {
    let mut count = match has_nextest() {
        true => nextest(selection, database, told)?,
        false => cargo_test(selection, database)?,
    };
    if selection == Selection::Ordinary {
        count += counted(&mut cargo(&[&["test", "--doc"], &CRATES[..]].concat()))?;
    }
    Ok(count)
}

fn has_nextest() -> bool {
    process::find("cargo-nextest").is_some()
}

fn nextest(selection: Selection, database: &Database, told: Told) -> Result<Count> {
    let filter = match selection {
        Selection::Ordinary => format!("not ({MACHINES}) & not ({CHAOS})"),
        Selection::Store => format!("({STORE}) & not ({MACHINES})"),
        Selection::Chaos => CHAOS.to_owned(),
        Selection::Machines => format!("({MACHINES}) & not ({SLOW})"),
        Selection::Slow => SLOW.to_owned(),
    };
    let ordinary = matches!(selection, Selection::Ordinary | Selection::Store);
    let profile = match selection {
        _ if ordinary => "ordinary",
        Selection::Chaos => "chaos",
        _ => "default",
    };
    let report = paths::target().join("nextest").join(profile).join("junit.xml");
    let _ = fs::remove_file(&report);
    let mut command = cargo(&[&["nextest", "run", "--profile", profile], &CRATES[..]].concat());
    if ordinary {
        command.args(["--test-threads", &places()?.to_string()]);
    }
    command.args(["--no-tests", "pass", "-E", &filter]).env("DATABASE_URL", database.url());
    let outcome = match told {
        Told::AtOnce => process::run(&mut command),
        Told::AtTheEnd => {
            process::run_into_a_file(&mut command, &format!("{selection:?}.log").to_lowercase())
        }
    };
    let Ok(report) = fs::read_to_string(&report) else {
        // It failed before any test ran; or there was none to run.
        return outcome.map(|()| Count::default());
    };
    let count = read_junit(&report).context("nextest's report has another shape than expected")?;
    match outcome {
        Err(error) if count.failed == 0 => Err(error),
        _ => Ok(count),
    }
}

/// As many as `.config/nextest.toml` reckons with for its profile of ordinary tests.
fn places() -> Result<usize> {
    let cores = thread::available_parallelism().context("how many cores there are is not known")?;
    Ok(PLACES_PER_CORE * cores.get())
}

/// The attributes of the report's outermost element.
fn read_junit(report: &str) -> Option<Count> {
    let head = report.split_once("<testsuites ")?.1.split_once('>')?.0;
    let number = |name: &str| {
        let value = head.split_once(&format!("{name}=\""))?.1.split_once('"')?.0;
        value.parse::<u64>().ok()
    };
    let failed = number("failures")? + number("errors")?;
    Some(Count { passed: number("tests")?.checked_sub(failed)?, failed, skipped: 0 })
}

/// Without nextest the machines' tests are told apart by the names of their programs.
fn cargo_test(selection: Selection, database: &Database) -> Result<Count> {
    let mut total = Count::default();
    for arguments in calls(selection)? {
        let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
        total += counted(cargo(&arguments).env("DATABASE_URL", database.url()))?;
    }
    Ok(total)
}

fn calls(selection: Selection) -> Result<Vec<Vec<String>>> {
    let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
    let tests = integration_tests()?;
    let named = |selection: Selection| {
        let tests = tests.iter().filter(move |(package, name)| selection_of(package, name) == selection);
        tests.map(|(package, name)| {
            let call = words(&["test", "--no-fail-fast", "-p", package, "--test", name]);
            // Pages rendered side by side, each on a runtime of its own in one process, wait for each other for ever.
            let alone = if package == "pitstop-app" { words(&["--", "--test-threads=1"]) } else { vec![] };
            [call, alone].concat()
        })
    };
    Ok(match selection {
        Selection::Ordinary => {
            let units = [&["test", "--no-fail-fast"], &CRATES[..], &["--lib", "--bins"]].concat();
            std::iter::once(words(&units)).chain(named(selection)).collect()
        }
        Selection::Store => {
            vec![words(&["test", "--no-fail-fast", "-p", "pitstop-store", "-p", "pitstop-worker"])]
        }
        Selection::Chaos | Selection::Machines | Selection::Slow => {
            named(selection).map(|call| [call, words(&["--", "--test-threads=1"])].concat()).collect()
        }
    })
}

fn selection_of(package: &str, test: &str) -> Selection {
    match test {
        "qemu_health" => Selection::Slow,
        _ if package == "pitstop-rig" || test.starts_with("qemu") || test.starts_with("trip") => {
            Selection::Machines
        }
        "chaos" => Selection::Chaos,
        _ => Selection::Ordinary,
    }
}

/// Package and name of each.
fn integration_tests() -> Result<Vec<(String, String)>> {
    let metadata = crate::cargo::metadata()?;
    let mut tests = Vec::new();
    for package in metadata["packages"].as_array().into_iter().flatten() {
        for target in package["targets"].as_array().into_iter().flatten() {
            let is_test =
                target["kind"].as_array().is_some_and(|kinds| kinds.iter().any(|kind| kind == "test"));
            if let (true, Some(package), Some(name)) =
                (is_test, package["name"].as_str(), target["name"].as_str())
            {
                tests.push((package.to_owned(), name.to_owned()));
            }
        }
    }
    Ok(tests)
}

/// Runs cargo's own test runner, shows what it prints, and adds up its closing lines.
pub(super) fn counted(command: &mut Command) -> Result<Count> {
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn()?;
    let mut count = Count::default();
    let output = child.stdout.take().context("no output")?;
    for line in BufReader::new(output).lines() {
        let line = line?;
        println!("{line}");
        count += read_closing_line(&line).unwrap_or_default();
    }
    let status = child.wait()?;
    if !status.success() && count.failed == 0 {
        bail!("`{}` failed ({status})", process::told(command));
    }
    Ok(count)
}

/// `test result: ok. 3 passed; 0 failed; 1 ignored; …`
fn read_closing_line(line: &str) -> Option<Count> {
    let parts = line.strip_prefix("test result: ")?.split_once(". ")?.1;
    let number = |what: &str| {
        let part = parts.split("; ").find_map(|part| part.strip_suffix(what))?;
        part.trim().parse::<u64>().ok()
    };
    Some(Count { passed: number("passed")?, failed: number("failed")?, skipped: number("ignored")? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nextests_report_is_read() {
        let report = r#"<?xml version="1.0"?><testsuites name="nextest-run" tests="17" failures="2" errors="1" uuid="x" time="0.2"><testsuite tests="5"/>"#;
        assert_eq!(read_junit(report), Some(Count { passed: 14, failed: 3, skipped: 0 }));
        assert_eq!(read_junit("nothing of the kind"), None);
    }

    #[test]
    fn cargos_closing_line_is_read() {
        let line = "test result: FAILED. 3 passed; 1 failed; 2 ignored; 0 measured; 0 filtered out; finished in 0.01s";
        assert_eq!(read_closing_line(line), Some(Count { passed: 3, failed: 1, skipped: 2 }));
        assert_eq!(read_closing_line("running 3 tests"), None);
    }
}
