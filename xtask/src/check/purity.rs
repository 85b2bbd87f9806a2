//! The domain and the calendar decide and do nothing: no I/O, no clock, no threads.

use super::{Finding, crates::Crate, sources::Source};

const PURE: &[&str] = &["pitstop-domain", "pitstop-calendar"];
const FOLDERS: &[&str] = &["crates/domain/src", "crates/calendar/src"];

/// Crates that do I/O or wait.
const DOING: &[&str] = &[
    "tokio",
    "tokio-util",
    "async-trait",
    "futures",
    "sqlx",
    "axum",
    "hyper",
    "http",
    "reqwest",
    "ureq",
    "socket2",
    "nix",
    "rustix",
    "tracing",
    "rand",
    "dhcproto",
];

/// Calls that do I/O, wait, or look at the clock (times are arguments there).
const CALLS: &[&str] = &[
    "std::fs",
    "std::process",
    "std::thread",
    "std::env",
    "TcpStream",
    "TcpListener",
    "UdpSocket",
    "Utc::now",
    "Local::now",
    "SystemTime::now",
    "Instant::now",
    "Uuid::new_v4",
    "Uuid::now_v7",
    "println!",
    "async fn",
];

pub fn check(crates: &[Crate], sources: &[Source]) -> Vec<Finding> {
    let pure = crates.iter().filter(|one| PURE.contains(&one.name.as_str()));
    let arrows = pure.flat_map(|one| one.dependencies.iter().map(|dependency| (&one.name, dependency)));
    let mut findings: Vec<_> = arrows
        .filter(|(_, dependency)| dependency.is_delivered() && DOING.contains(&dependency.name.as_str()))
        .map(|(name, dependency)| {
            format!("{name} → {} is wrong: it decides, effects stand outside", dependency.name)
        })
        .collect();
    let in_pure = |source: &&Source| FOLDERS.iter().any(|folder| source.path.starts_with(folder));
    for source in sources.iter().filter(in_pure) {
        findings.extend(impure_lines(source));
    }
    findings
}

fn impure_lines(source: &Source) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (number, line) in delivered_lines(&source.text) {
        let code = line.split("//").next().unwrap_or_default();
        if let Some(call) = CALLS.iter().find(|call| code.contains(**call)) {
            let place = source.path.display();
            findings.push(format!(
                "{place}:{number}: {call} where nothing is done: pass the value in as an argument"
            ));
        }
    }
    findings
}

/// Up to the tests, which stand at a file's end and may do as they like.
fn delivered_lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let lines = text.lines().enumerate().map(|(number, line)| (number + 1, line));
    lines.take_while(|(_, line)| !line.starts_with("#[cfg(test)]"))
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    fn source(text: &str) -> Source {
        Source { path: PathBuf::from("crates/domain/src/step.rs"), text: text.to_owned() }
    }

    #[test]
    fn a_look_at_the_clock_is_found_with_its_line() {
        let findings = check(&[], &[source("fn step() {\n    let now = Utc::now();\n}\n")]);
        assert_eq!(findings.len(), 1);
        assert!(findings[0].starts_with("crates/domain/src/step.rs:2:"), "{findings:?}");
    }

    #[test]
    fn remarks_and_tests_may_mention_what_code_may_not() {
        let text = "// never Utc::now\nuse std::net::Ipv4Addr;\n#[cfg(test)]\nmod tests { fn now() { Utc::now(); } }\n";
        assert!(check(&[], &[source(text)]).is_empty());
    }
}
