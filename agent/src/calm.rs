//! Saying the same thing once: a server that is away for a night is one line an hour, not one every half minute.

use std::time::{Duration, Instant};

/// A lasting trouble is repeated this often, so that the end of a log always shows it.
const REPEAT: Duration = Duration::from_secs(3600);

/// Remembers what was said of a trouble: it may show several faces in turn (refused, timed out).
#[derive(Debug, Default)]
pub struct Calm {
    said: Vec<(String, Instant)>,
}

impl Calm {
    /// Should this be said now? Yes when it is new, or when it was said long ago.
    pub fn is_news(&mut self, text: &str, now: Instant) -> bool {
        self.said.retain(|(_, at)| now < *at + REPEAT);
        let known = self.said.iter().any(|(said, _)| said == text);
        if !known {
            self.said.push((text.to_owned(), now));
        }
        !known
    }

    /// The trouble is over. True when there was one.
    pub fn over(&mut self) -> bool {
        !std::mem::take(&mut self.said).is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_trouble_is_said_once_and_again_after_an_hour() {
        let (mut calm, start) = (Calm::default(), Instant::now());
        let at = |seconds| start + Duration::from_secs(seconds);
        assert!(calm.is_news("no answer", at(0)));
        assert!(calm.is_news("refused", at(30)));
        assert!(!calm.is_news("no answer", at(60)));
        assert!(!calm.is_news("refused", at(90)));
        assert!(calm.is_news("no answer", at(3600)));
        assert!(calm.over());
        assert!(!calm.over());
        assert!(calm.is_news("refused", at(3601)));
    }
}
