//! Habits of the files: short, nothing left behind, lints answered with a reason.

use super::{Finding, sources::Source};

/// Beyond this a file needs a reason, given below.
const LONGEST: usize = 500;

/// Files that may be longer: from the workspace's folder on, and why.
const LONG: &[(&str, &str)] = &[];

/// What must not stay, written in two parts so that this file is not found itself.
const LEFTOVERS: &[(&str, &str, &str)] = &[
    ("#[al", "low(", "expect the lint instead, with its reason: `#[expect(…, reason = \"…\")]`"),
    ("#![al", "low(", "expect the lint instead, with its reason: `#![expect(…, reason = \"…\")]`"),
    ("to", "do!(", "finish it, or leave the function out"),
    ("unimple", "mented!(", "finish it, or leave the function out"),
    ("#[ig", "nore", "a test that does not run proves nothing: repair it or take it away"),
];

/// The crates whose docs are looked through for examples; all others say `doctest = false`.
const WITH_EXAMPLES: &[&str] = &["crates/tftp-server"];

pub fn check(sources: &[Source]) -> Vec<Finding> {
    let all = |source| too_long(source).into_iter().chain(left_behind(source)).chain(never_run(source));
    sources.iter().flat_map(all).collect()
}

/// An example in the docs of a crate where nobody runs it.
fn never_run(source: &Source) -> Option<Finding> {
    if WITH_EXAMPLES.iter().any(|path| source.path.starts_with(path)) {
        return None;
    }
    let fences = source.text.lines().enumerate().filter_map(|(number, line)| {
        let words =
            line.trim_start().strip_prefix("//! ```").or(line.trim_start().strip_prefix("/// ```"))?;
        Some((number, words.trim()))
    });
    // Every second one ends what the one before began.
    let begun =
        fences.step_by(2).find(|(_, words)| matches!(*words, "" | "rust" | "no_run" | "should_panic"));
    begun.map(|(number, _)| {
        format!(
            "{}:{}: an example that nobody runs: write ```text, or let its crate have doc tests (`doctest` in its Cargo.toml, and xtask/src/check/habits.rs)",
            source.path.display(),
            number + 1
        )
    })
}

fn too_long(source: &Source) -> Option<Finding> {
    let lines = source.text.lines().count();
    let reasoned = LONG.iter().any(|(path, _)| source.path == std::path::Path::new(path));
    (lines > LONGEST && !reasoned).then(|| {
        format!(
            "{} has {lines} lines: divide it, or give the reason in xtask/src/check/habits.rs",
            source.path.display()
        )
    })
}

/// Each test program compiles the support they share and uses a part of it, so that dead code can
/// only be allowed there: expecting it would fail in the program that uses all.
fn shared_by_tests(source: &Source, line: &str) -> bool {
    let in_tests = source.path.components().any(|part| part.as_os_str() == "tests");
    in_tests && line.starts_with("#![") && line.contains("(dead_code, reason")
}

fn left_behind(source: &Source) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (number, line) in source.text.lines().enumerate() {
        if shared_by_tests(source, line) {
            continue;
        }
        for (one, other, advice) in LEFTOVERS {
            let mark = format!("{one}{other}");
            if line.trim_start().starts_with(&mark)
                || (mark.ends_with("!(") && line.contains(&format!(" {mark}")))
            {
                findings.push(format!("{}:{}: {mark}…: {advice}", source.path.display(), number + 1));
            }
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    fn source(text: String) -> Source {
        Source { path: PathBuf::from("server/src/main.rs"), text }
    }

    #[test]
    fn a_file_may_be_long_but_not_without_a_reason() {
        assert!(check(&[source("fn line() {}\n".repeat(LONGEST))]).is_empty());
        assert_eq!(check(&[source("fn line() {}\n".repeat(LONGEST + 1))]).len(), 1);
    }

    #[test]
    fn an_example_is_run_or_is_no_code() {
        let docs = |words: &str| source(format!("/// So:\n/// ```{words}\n/// x\n/// ```\nfn x() {{}}\n"));
        assert!(check(&[docs("text")]).is_empty());
        assert!(check(&[docs("")])[0].starts_with("server/src/main.rs:2:"));
        let run = Source { path: PathBuf::from("crates/tftp-server/src/lib.rs"), ..docs("no_run") };
        assert!(check(&[run]).is_empty());
    }

    #[test]
    fn support_shared_by_tests_may_allow_dead_code_with_a_reason() {
        let line = format!("#![al{}dead_code, reason = \"not all use all\")]\n", "low(");
        assert_eq!(check(&[source(line.clone())]).len(), 1);
        let support = Source { path: PathBuf::from("server/tests/support/mod.rs"), text: line };
        assert!(check(&[support]).is_empty());
    }

    #[test]
    fn what_was_left_behind_is_found_with_its_line() {
        let findings = check(&[source(format!("fn later() {{\n    {}{})\n}}\n", "to", "do!("))]);
        assert_eq!(findings.len(), 1);
        assert!(findings[0].starts_with("server/src/main.rs:2:"), "{findings:?}");
    }
}
