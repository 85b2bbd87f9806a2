//! What is printed: one line when a step begins, its time when it took long enough to notice.

use std::{
    io::{IsTerminal, stderr},
    time::{Duration, Instant},
};

use anyhow::Result;

/// Steps shorter than this are not worth a second line.
const WORTH_TELLING: Duration = Duration::from_secs(1);

/// Announces a step, does it, and says how long it took.
pub fn step<T>(what: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
    eprintln!("{} {what}", accent("▸"));
    let start = Instant::now();
    let result = work();
    let took = start.elapsed();
    if took >= WORTH_TELLING && result.is_ok() {
        eprintln!("  {}", faint(&format!("{} later", seconds(took))));
    }
    result
}

/// One line about what is so.
pub fn line(text: &str) {
    eprintln!("  {text}");
}

/// Something that is missing without being a failure, and what to do about it.
pub fn warning(text: &str) {
    eprintln!("{} {text}", colour("33", "!"));
}

/// The error with its causes, one a line.
pub fn failure(error: &anyhow::Error) {
    eprintln!("{} {error}", colour("31", "✗"));
    for cause in error.chain().skip(1) {
        eprintln!("  because: {cause}");
    }
}

/// A duration as people say it: `0.4 s`, `12 s`, `3 min 5 s`.
#[must_use]
pub fn seconds(time: Duration) -> String {
    let whole = time.as_secs();
    if whole >= 60 {
        format!("{} min {} s", whole / 60, whole % 60)
    } else if whole >= 10 {
        format!("{whole} s")
    } else {
        format!("{:.1} s", time.as_secs_f64())
    }
}

fn accent(text: &str) -> String {
    colour("36", text)
}

fn faint(text: &str) -> String {
    colour("2", text)
}

fn colour(code: &str, text: &str) -> String {
    if stderr().is_terminal() { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_as_people_say_them() {
        assert_eq!(seconds(Duration::from_millis(420)), "0.4 s");
        assert_eq!(seconds(Duration::from_secs(12)), "12 s");
        assert_eq!(seconds(Duration::from_secs(185)), "3 min 5 s");
    }
}
