//! The lines of an iCalendar text.

use std::collections::BTreeMap;

/// `DTSTART;TZID=Europe/Berlin:20260505T220000`
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Line {
    /// In capitals.
    pub name: String,
    pub parameters: BTreeMap<String, String>,
    pub value: String,
}

/// All lines, unfolded. What is none is left out.
pub(super) fn lines(text: &str) -> Vec<Line> {
    let mut whole: Vec<String> = Vec::new();
    for line in text.split('\n').map(|line| line.strip_suffix('\r').unwrap_or(line)) {
        match (line.strip_prefix([' ', '\t']), whole.last_mut()) {
            (Some(more), Some(last)) => last.push_str(more),
            _ => whole.push(line.to_owned()),
        }
    }
    whole.iter().filter_map(|line| parse(line)).collect()
}

fn parse(line: &str) -> Option<Line> {
    let mut quoted = false;
    let colon = line.find(|letter| {
        quoted ^= letter == '"';
        letter == ':' && !quoted
    })?;
    let (head, value) = (&line[..colon], &line[colon + 1..]);
    let mut parts = head.split(|letter| {
        quoted ^= letter == '"';
        letter == ';' && !quoted
    });
    let name = parts.next()?.trim().to_ascii_uppercase();
    let parameter = |part: &str| {
        let (name, value) = part.split_once('=')?;
        Some((name.trim().to_ascii_uppercase(), value.trim().trim_matches('"').to_owned()))
    };
    let parameters = parts.filter_map(parameter).collect();
    Some(Line { name, parameters, value: value.to_owned() })
}

/// A text as people read it.
pub(super) fn plain(value: &str) -> String {
    let mut text = String::with_capacity(value.len());
    let mut letters = value.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => match letters.next() {
                Some('n' | 'N') => text.push('\n'),
                Some(other) => text.push(other),
                None => {}
            },
            other => text.push(other),
        }
    }
    text
}

/// A text as a line has it.
pub(super) fn escaped(text: &str) -> String {
    let mut value = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '\\' | ';' | ',' => value.extend(['\\', letter]),
            '\n' => value.push_str("\\n"),
            '\r' => {}
            other => value.push(other),
        }
    }
    value
}

/// Adds a line, folded after 75 bytes at most, between letters.
pub(super) fn push(out: &mut String, line: &str) {
    let mut length = 0;
    for letter in line.chars() {
        if length + letter.len_utf8() > 75 {
            out.push_str("\r\n ");
            length = 1;
        }
        out.push(letter);
        length += letter.len_utf8();
    }
    out.push_str("\r\n");
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_line_is_unfolded_and_its_parameters_may_be_quoted() {
        let read =
            lines("SUMMARY;LANGUAGE=de;ALTREP=\"http://x;y:z\":Christi\r\n  Himmelfahrt\r\nnonsense\r\n");
        assert_eq!(read.len(), 1);
        assert_eq!(
            (read[0].value.as_str(), read[0].parameters["ALTREP"].as_str()),
            ("Christi Himmelfahrt", "http://x;y:z")
        );
    }

    proptest! {
        #[test]
        fn any_text_comes_back_as_it_was(text in "[^\r]{0,200}") {
            let mut out = String::new();
            push(&mut out, &format!("SUMMARY:{}", escaped(&text)));
            prop_assert!(out.split("\r\n").all(|line| line.len() <= 75));
            let read = lines(&out);
            prop_assert_eq!(plain(&read[0].value), text);
        }
    }
}
