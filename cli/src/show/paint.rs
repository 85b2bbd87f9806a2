//! Colour, only for meaning and only on a terminal; a word always stands beside it.

use std::io::IsTerminal;

/// Is there colour?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Paint {
    On,
    Off,
}

/// What a text means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    Plain,
    Heading,
    /// Not what one looks for first.
    Quiet,
    Good,
    /// Needs a look: found something, waits for a person.
    Warning,
    Bad,
}

impl Paint {
    /// Colour where a person looks on and does not decline it (<https://no-color.org>).
    pub fn of_stdout() -> Self {
        let declined = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty())
            || std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        if std::io::stdout().is_terminal() && !declined { Self::On } else { Self::Off }
    }

    pub fn paint(self, tone: Tone, text: &str) -> String {
        match (self, tone.code()) {
            (Self::On, Some(code)) if !text.is_empty() => format!("\x1b[{code}m{text}\x1b[0m"),
            _ => text.to_owned(),
        }
    }
}

impl Tone {
    /// Select Graphic Rendition (ECMA-48, 8.3.117): the eight colours that every theme gives readable values.
    fn code(self) -> Option<&'static str> {
        match self {
            Self::Plain => None,
            Self::Heading => Some("1"),
            Self::Quiet => Some("2"),
            Self::Good => Some("32"),
            Self::Warning => Some("33"),
            Self::Bad => Some("31"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_colour_a_text_stays_as_it_is() {
        assert_eq!(Paint::Off.paint(Tone::Bad, "failed"), "failed");
    }

    #[test]
    fn colour_ends_with_the_text() {
        assert_eq!(Paint::On.paint(Tone::Bad, "failed"), "\x1b[31mfailed\x1b[0m");
        assert_eq!(Paint::On.paint(Tone::Plain, "text"), "text");
        assert_eq!(Paint::On.paint(Tone::Bad, ""), "");
    }
}
