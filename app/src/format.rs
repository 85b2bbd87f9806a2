//! Figures as people read them: durations human, sizes in binary units, times with their zone.

use chrono::TimeDelta;
use pitstop_domain::Time;

const UNITS: [&str; 5] = ["KiB", "MiB", "GiB", "TiB", "PiB"];

/// Bytes in binary units: `512 B`, `9.5 KiB`, `43 MiB`.
pub fn bytes(n: u64) -> String {
    if n < 1024 {
        return format!("{n} B");
    }
    let mut value = n as f64;
    let mut unit = 0;
    for (i, _) in UNITS.iter().enumerate() {
        value /= 1024.0;
        unit = i;
        // Compared after rounding: 1023.99 KiB reads as 1.0 MiB, not as 1024 KiB.
        if value < 1023.5 {
            break;
        }
    }
    let digits = usize::from(value < 9.95);
    format!("{value:.digits$} {}", UNITS[unit])
}

/// Bytes a second; `None` where too little time passed to tell.
pub fn rate(n: u64, took: TimeDelta) -> Option<String> {
    let seconds = took.num_milliseconds() as f64 / 1000.0;
    (seconds >= 0.05).then(|| format!("{}/s", bytes((n as f64 / seconds) as u64)))
}

/// A duration in its two largest units: `0.4 s`, `12 s`, `3 min 5 s`, `2 h 14 min`, `4 d 3 h`.
pub fn duration(took: TimeDelta) -> String {
    let ms = took.num_milliseconds().max(0);
    if ms < 9_950 {
        return format!("{:.1} s", ms as f64 / 1000.0);
    }
    whole_seconds((ms + 500) / 1000)
}

/// A duration that is counted live, without the tenths that would flicker.
pub fn elapsed(took: TimeDelta) -> String {
    whole_seconds(took.num_seconds().max(0))
}

fn whole_seconds(s: i64) -> String {
    let two = |a: i64, a_unit: &str, b: i64, b_unit: &str| match b {
        0 => format!("{a} {a_unit}"),
        b => format!("{a} {a_unit} {b} {b_unit}"),
    };
    match s {
        ..60 => format!("{s} s"),
        60..3600 => two(s / 60, "min", s % 60, "s"),
        3600..86_400 => two(s / 3600, "h", s % 3600 / 60, "min"),
        _ => two(s / 86_400, "d", s % 86_400 / 3600, "h"),
    }
}

/// Roughly how long ago, in one unit: `just now`, `12 s ago`, `3 min ago`, `4 d ago`.
pub fn ago(at: Time, now: Time) -> String {
    let s = (now - at).num_seconds();
    match s {
        ..2 => "just now".to_owned(),
        2..60 => format!("{s} s ago"),
        60..3600 => format!("{} min ago", s / 60),
        3600..86_400 => format!("{} h ago", s / 3600),
        _ => format!("{} d ago", s / 86_400),
    }
}

/// Per cent, rounded down: 99.96 % is not yet 100 %.
pub fn percent(done: u64, total: u64) -> Option<u64> {
    (total > 0).then(|| (u128::from(done.min(total)) * 100 / u128::from(total)) as u64)
}

/// A count with thin spaces between thousands: `10 000`.
pub fn count(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3 * 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push('\u{202f}');
        }
        out.push(digit);
    }
    out
}

/// `1 machine`, `3 machines`.
pub fn counted(n: u64, one: &str, many: &str) -> String {
    format!("{} {}", count(n), if n == 1 { one } else { many })
}

/// Words that begin with a capital letter.
pub fn begin(words: &str) -> String {
    let mut chars = words.chars();
    chars.next().map(|first| format!("{}{}", first.to_uppercase(), chars.as_str())).unwrap_or_default()
}

/// Words that begin a sentence.
pub fn sentence(words: &str) -> String {
    let mut chars = words.chars();
    let Some(first) = chars.next() else { return String::new() };
    let end = if words.ends_with(['.', '!', '?']) { "" } else { "." };
    format!("{}{}{end}", first.to_uppercase(), chars.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_binary_and_have_two_or_three_figures() {
        let cases = [
            (0, "0 B"),
            (1023, "1023 B"),
            (1024, "1.0 KiB"),
            (174_080, "170 KiB"),
            (1_048_575, "1.0 MiB"),
            (45_088_768, "43 MiB"),
            (9 << 30, "9.0 GiB"),
        ];
        for (n, words) in cases {
            assert_eq!(bytes(n), words);
        }
    }

    #[test]
    fn durations_name_their_two_largest_units() {
        let cases = [
            (400, "0.4 s"),
            (9_960, "10 s"),
            (59_600, "1 min"),
            (185_000, "3 min 5 s"),
            (8_040_000, "2 h 14 min"),
        ];
        for (ms, words) in cases {
            assert_eq!(duration(TimeDelta::milliseconds(ms)), words);
        }
        assert_eq!(duration(TimeDelta::hours(99)), "4 d 3 h");
    }

    #[test]
    fn a_clock_that_runs_ahead_gives_no_negative_duration() {
        assert_eq!(duration(TimeDelta::seconds(-4)), "0.0 s");
        assert_eq!(elapsed(TimeDelta::seconds(-4)), "0 s");
    }

    #[test]
    fn per_cent_is_never_rounded_up() {
        assert_eq!(percent(9_996, 10_000), Some(99));
        assert_eq!(percent(12, 10), Some(100));
        assert_eq!(percent(1, 0), None);
    }

    #[test]
    fn no_rate_is_told_before_it_can_be_known() {
        assert_eq!(rate(1000, TimeDelta::milliseconds(10)), None);
        assert_eq!(rate(2 << 20, TimeDelta::seconds(2)).as_deref(), Some("1.0 MiB/s"));
    }

    #[test]
    fn thousands_stand_apart() {
        assert_eq!(count(999), "999");
        assert_eq!(count(10_000), "10\u{202f}000");
        assert_eq!(count(1_234_567), "1\u{202f}234\u{202f}567");
    }

    #[test]
    fn words_become_a_sentence_once() {
        assert_eq!(sentence("the machine is back"), "The machine is back.");
        assert_eq!(sentence("Done."), "Done.");
    }
}
