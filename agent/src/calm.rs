//! Saying the same thing once: a server that is away for a night is one line an hour, not one a second.

use std::time::{Duration, Instant};

/// A lasting trouble is repeated this often, so that the end of a log always shows it.
const REPEAT: Duration = Duration::from_secs(3600);

/// Remembers what was said last.
#[derive(Debug, Default)]
pub struct Calm {
    last: Option<(String, Instant)>,
}

impl Calm {
    /// Should this be said now? Yes when it is new, or when it was said long ago.
    pub fn is_news(&mut self, text: &str, now: Instant) -> bool {
        let known = self.last.as_ref().is_some_and(|(last, at)| last == text && now < *at + REPEAT);
        if !known {
            self.last = Some((text.to_owned(), now));
        }
        !known
    }

    /// The trouble is over. True when there was one.
    pub fn over(&mut self) -> bool {
        self.last.take().is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_trouble_is_said_once_and_again_after_an_hour() {
        let (mut calm, start) = (Calm::default(), Instant::now());
        assert!(calm.is_news("no answer", start));
        assert!(!calm.is_news("no answer", start + Duration::from_secs(60)));
        assert!(calm.is_news("refused", start + Duration::from_secs(61)));
        assert!(calm.is_news("refused", start + Duration::from_secs(4000)));
        assert!(calm.over());
        assert!(!calm.over());
    }
}
