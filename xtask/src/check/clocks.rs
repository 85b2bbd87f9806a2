//! One clock: what is stored or compared with what is stored is the database's time (`Store::now`).

use super::{Finding, sources::Source};

/// Where decisions are made, and what they look at is stored.
const FOLDERS: &[&str] = &["crates/store/src", "crates/worker/src", "crates/power/src", "server/src"];
/// What is signed for others carries the time of day: it is compared with theirs, and with nothing of ours.
const SIGNED: &[&str] = &["crates/power/src/webhook.rs", "crates/power/src/outward.rs"];
/// Gives the time while none has been read.
const CLOCK: &str = "crates/store/src/clock.rs";

pub fn check(sources: &[Source]) -> Vec<Finding> {
    let ours = |source: &&Source| {
        FOLDERS.iter().any(|folder| source.path.starts_with(folder))
            && !source.path.ends_with(CLOCK)
            && !SIGNED.iter().any(|file| source.path.ends_with(file))
    };
    sources.iter().filter(ours).flat_map(foreign_clocks).collect()
}

fn foreign_clocks(source: &Source) -> Vec<Finding> {
    let lines = source.text.lines().enumerate();
    let wrong = lines.filter(|(_, line)| line.contains("Utc::now") || line.contains("SystemTime::now"));
    wrong
        .map(|(number, _)| {
            format!("{}:{}: take `Store::now()`: clocks of servers differ", source.path.display(), number + 1)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    #[test]
    fn a_servers_own_clock_is_found_where_it_would_decide() {
        let source =
            |path: &str| Source { path: PathBuf::from(path), text: "let now = Utc::now();\n".to_owned() };
        assert_eq!(check(&[source("server/src/api.rs")]).len(), 1);
        assert!(check(&[source(CLOCK), source("agent/src/main.rs")]).is_empty());
    }
}
