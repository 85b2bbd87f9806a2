//! A line as words: by white space, where quotes hold words together.

/// A word and where it begins, in characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Word {
    pub at: usize,
    pub text: String,
}

/// Splits a line. A quote that is not closed ends with the line.
pub(super) fn split(line: &str) -> Vec<Word> {
    let mut words = Vec::new();
    let mut word: Option<Word> = None;
    let mut quoted = false;
    for (at, c) in line.chars().enumerate() {
        quoted ^= c == '"';
        if c.is_whitespace() && !quoted {
            words.extend(word.take());
            continue;
        }
        // Within quotes, any white space is a space: the text that is searched has no other.
        let c = if c.is_whitespace() { ' ' } else { c };
        word.get_or_insert(Word { at, text: String::new() }).text.push(c);
    }
    words.extend(word);
    words
}

/// A part of a word, and whether it stood in quotes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Value {
    pub text: String,
    pub quoted: bool,
}

/// The values of a list: `berlin,"new york"`.
pub(super) fn values(text: &str) -> Vec<Value> {
    let mut values = vec![Value { text: String::new(), quoted: false }];
    let mut quoted = false;
    for c in text.chars() {
        match (c, values.last_mut()) {
            ('"', Some(last)) => {
                quoted = !quoted;
                last.quoted = true;
            }
            (',', _) if !quoted => values.push(Value { text: String::new(), quoted: false }),
            (c, Some(last)) => last.text.push(c),
            (_, None) => {}
        }
    }
    values
}

/// A value as it must be written to be read as itself.
pub(super) fn quoted(value: &str) -> String {
    let plain = |c: char| !c.is_whitespace() && !matches!(c, '"' | ',' | '*');
    if !value.is_empty() && value.chars().all(plain) {
        return value.to_owned();
    }
    // A quote cannot be quoted: anything may stand for it.
    match value.contains('"') {
        true => value.replace([' ', '"', ','], "*"),
        false => format!("\"{value}\""),
    }
}
