//! How a value is compared: whole, a part, or with stars. Upper and lower case of A to Z are the same; other letters
//! are as typed, so that no database's locale has a say.

/// A value to compare with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern {
    /// In small letters. Between two pieces anything may stand: one piece is the whole, `["", "x", ""]` any text
    /// with an `x` in it.
    pieces: Vec<String>,
}

impl Pattern {
    /// This text and no other.
    pub fn whole(text: &str) -> Self {
        Self { pieces: vec![text.to_ascii_lowercase()] }
    }

    /// This text somewhere.
    pub fn part(text: &str) -> Self {
        Self { pieces: vec![String::new(), text.to_ascii_lowercase(), String::new()] }
    }

    /// Text with stars, each of which is anything.
    pub fn stars(text: &str) -> Self {
        Self { pieces: text.to_ascii_lowercase().split('*').map(str::to_owned).collect() }
    }

    /// Does it fit?
    pub fn fits(&self, text: &str) -> bool {
        let text = text.to_ascii_lowercase();
        let [first, rest @ ..] = self.pieces.as_slice() else { return text.is_empty() };
        let Some(mut left) = text.strip_prefix(first.as_str()) else { return false };
        let Some((last, between)) = rest.split_last() else { return left.is_empty() };
        for piece in between {
            // The earliest place leaves most for what follows.
            let Some(at) = left.find(piece.as_str()) else { return false };
            left = &left[at + piece.len()..];
        }
        left.ends_with(last.as_str())
    }

    /// The pattern of SQL's `like`, with `\` as its escape.
    pub fn like(&self) -> String {
        let escaped = self.pieces.iter().map(|piece| {
            piece.chars().fold(String::new(), |mut out, c| {
                if matches!(c, '%' | '_' | '\\') {
                    out.push('\\');
                }
                out.push(c);
                out
            })
        });
        escaped.collect::<Vec<_>>().join("%")
    }

    /// The one text that it stands for, where there are no stars.
    pub fn text(&self) -> Option<&str> {
        match self.pieces.as_slice() {
            [one] => Some(one),
            _ => None,
        }
    }

    /// As [`Self`], over the characters that are kept.
    pub(super) fn keep(mut self, kept: impl Fn(char) -> bool) -> Self {
        for piece in &mut self.pieces {
            piece.retain(&kept);
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_stand_for_anything() {
        let fits = |pattern: &str, text: &str| Pattern::stars(pattern).fits(text);
        assert!(fits("pc-*", "PC-04") && fits("*", "") && fits("a*b*c", "a1b2b3c") && fits("*b", "abb"));
        assert!(!fits("a*b", "ab c") && !fits("ab*ba", "aba") && !fits("pc-*", "xpc-1"));
    }

    #[test]
    fn what_sql_takes_for_a_wildcard_is_escaped() {
        assert_eq!(Pattern::part("50%_\\").like(), "%50\\%\\_\\\\%");
        assert_eq!(Pattern::stars("A*b").like(), "a%b");
        assert_eq!(Pattern::whole("Berlin").like(), "berlin");
    }
}
