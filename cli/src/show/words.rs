//! Sizes, durations and the project's words, for people.

use super::paint::Tone;
use crate::shape::Job;
use chrono::TimeDelta;
use pitstop_domain::job::{Outcome, Phase};

/// Binary units, three figures: `512 B`, `170 KiB`, `13.5 MiB`.
pub fn size(bytes: u64) -> String {
    const UNITS: [&str; 4] = ["KiB", "MiB", "GiB", "TiB"];
    if bytes < 1024 {
        return format!("{bytes} B");
    }
    #[expect(clippy::cast_precision_loss, reason = "three figures are shown")]
    let mut value = bytes as f64 / 1024.0;
    let mut units = UNITS.iter();
    let mut unit = units.next();
    // 1023.5 would be shown as 1024.
    while value >= 1023.5 {
        let Some(next) = units.next() else { break };
        value /= 1024.0;
        unit = Some(next);
    }
    let unit = unit.copied().unwrap_or_default();
    if value < 99.95 { format!("{value:.1} {unit}") } else { format!("{value:.0} {unit}") }
}

/// The two largest units: `8 s`, `2 min 5 s`, `1 h 3 min`, `2 d 4 h`.
pub fn duration(span: TimeDelta) -> String {
    let s = span.num_seconds().max(0);
    match s {
        0..60 => format!("{s} s"),
        60..3600 => two(s / 60, "min", s % 60, "s"),
        3600..86400 => two(s / 3600, "h", s % 3600 / 60, "min"),
        _ => two(s / 86400, "d", s % 86400 / 3600, "h"),
    }
}

fn two(large: i64, unit: &str, small: i64, smaller_unit: &str) -> String {
    match small {
        0 => format!("{large} {unit}"),
        _ => format!("{large} {unit} {small} {smaller_unit}"),
    }
}

/// Where a job is, or how it ended. An end without proof says so.
pub fn state(job: &Job) -> (String, Tone) {
    if job.phase != Phase::Closed {
        let tone = if job.phase == Phase::Held { Tone::Warning } else { Tone::Plain };
        let again = if job.attempt > 1 { format!(" (attempt {})", job.attempt) } else { String::new() };
        return (format!("{}{again}", job.phase.name()), tone);
    }
    let Some(ended) = &job.ended else { return ("closed".to_owned(), Tone::Warning) };
    if job.is_back() {
        (ended.outcome.name().to_owned(), tone_of(ended.outcome))
    } else {
        (format!("{}, not proven back", ended.outcome.name()), Tone::Bad)
    }
}

pub fn tone_of(outcome: Outcome) -> Tone {
    match outcome {
        Outcome::Succeeded => Tone::Good,
        Outcome::Found => Tone::Warning,
        Outcome::Failed => Tone::Bad,
        Outcome::Cancelled => Tone::Quiet,
    }
}

/// How the screen spells firmware: `BIOS`, `UEFI`.
pub fn firmware(word: &str) -> String {
    word.to_uppercase()
}

pub fn yes_no(yes: bool) -> &'static str {
    if yes { "yes" } else { "no" }
}

/// A word of the interface as words: `reads_only` becomes `reads only`.
pub fn spaced(word: &str) -> String {
    word.replace('_', " ")
}

/// Machines choose their names and write the log: what would steer the terminal is taken out.
pub fn clean(text: &str) -> String {
    text.trim_end().chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// At most so many characters; what was left off is shown by an ellipsis.
pub fn clip(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let kept: String = text.chars().take(most.saturating_sub(1)).collect();
    format!("{}…", kept.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shape::fixtures::{closed, restoring};
    use pitstop_domain::proof::Proof;

    #[test]
    fn sizes_have_three_figures() {
        let shown = [0, 1023, 1024, 173_792, 14_186_432, 1_048_064, 512_110_190_592].map(size);
        assert_eq!(shown, ["0 B", "1023 B", "1.0 KiB", "170 KiB", "13.5 MiB", "1.0 MiB", "477 GiB"]);
    }

    #[test]
    fn durations_have_two_units() {
        let shown = [-3, 8, 60, 125, 3600, 3780, 187_200].map(|s| duration(TimeDelta::seconds(s)));
        assert_eq!(shown, ["0 s", "8 s", "1 min", "2 min 5 s", "1 h", "1 h 3 min", "2 d 4 h"]);
    }

    #[test]
    fn an_end_without_proof_is_never_shown_as_good() {
        assert_eq!(
            state(&closed(Outcome::Succeeded, Some(Proof::Agent))),
            ("succeeded".to_owned(), Tone::Good)
        );
        let unproven = ("succeeded, not proven back".to_owned(), Tone::Bad);
        assert_eq!(state(&closed(Outcome::Succeeded, None)), unproven);
    }

    #[test]
    fn an_open_job_shows_its_phase_and_later_attempts() {
        assert_eq!(state(&restoring()).0, "restoring");
        assert_eq!(state(&Job { attempt: 3, ..restoring() }).0, "restoring (attempt 3)");
    }

    #[test]
    fn what_a_machine_says_cannot_steer_the_terminal() {
        assert_eq!(clean("a\x1b[2Jb\r\n"), "a [2Jb");
    }

    #[test]
    fn long_texts_end_in_an_ellipsis() {
        assert_eq!(clip("short", 5), "short");
        assert_eq!(clip("a long text", 7), "a long…");
    }
}
