//! The `Range` header (RFC 9110 §14.2), for one range of bytes.

use std::ops::Range;

/// What a `Range` header asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// Everything: there is no header, or one that a server may ignore (other units, several ranges, nonsense).
    Whole,
    Part(Range<u64>),
    /// Nothing that the file has.
    Beyond,
}

/// Reads the header for a file of `size` bytes.
pub fn wanted(header: Option<&str>, size: u64) -> Wanted {
    header.and_then(|text| parse(text, size)).unwrap_or(Wanted::Whole)
}

fn parse(text: &str, size: u64) -> Option<Wanted> {
    let (unit, range) = text.split_once('=')?;
    let (first, last) = range.trim().split_once('-')?;
    if !unit.trim().eq_ignore_ascii_case("bytes") || range.contains(',') {
        return None;
    }
    let range = if first.is_empty() {
        let length = number(last)?;
        size.saturating_sub(length)..size
    } else {
        let first = number(first)?;
        let last = if last.is_empty() { u64::MAX } else { number(last)? };
        if last < first {
            return None;
        }
        first..last.saturating_add(1).min(size)
    };
    Some(if range.is_empty() { Wanted::Beyond } else { Wanted::Part(range) })
}

/// Digits only: `parse` alone would take a sign.
fn number(text: &str) -> Option<u64> {
    text.bytes().all(|b| b.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::Wanted::{Beyond, Part, Whole};
    use super::*;

    #[test]
    fn a_range_is_cut_to_the_file() {
        for (text, range) in [
            ("bytes=0-3", 0..4),
            ("bytes=4-", 4..10),
            ("bytes=8-100", 8..10),
            ("bytes=-3", 7..10),
            ("bytes=-100", 0..10),
            ("Bytes=9-9", 9..10),
        ] {
            assert_eq!(wanted(Some(text), 10), Part(range), "{text}");
        }
    }

    #[test]
    fn what_the_file_does_not_have_is_beyond() {
        for text in ["bytes=10-", "bytes=10-20", "bytes=-0"] {
            assert_eq!(wanted(Some(text), 10), Beyond, "{text}");
        }
        assert_eq!(wanted(Some("bytes=0-"), 0), Beyond);
    }

    #[test]
    fn what_makes_no_sense_is_ignored() {
        for text in ["bytes=3-1", "bytes=a-b", "lines=1-2", "bytes=0-1,3-4", "bytes=", "bytes=+1-2", ""] {
            assert_eq!(wanted(Some(text), 10), Whole, "{text}");
        }
        assert_eq!(wanted(None, 10), Whole);
    }
}
