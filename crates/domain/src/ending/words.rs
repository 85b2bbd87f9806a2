//! Endings as people read them.

use super::{Condition, Ending};

impl Ending {
    /// What follows on "it ends when".
    pub fn words(&self) -> String {
        self.0.iter().map(|criterion| criterion.when.words()).collect::<Vec<_>>().join(", or when ")
    }
}

impl Condition {
    /// What follows on "it ends when".
    pub fn words(&self) -> String {
        let joined = |parts: &[Self], by: &str| parts.iter().map(Self::words).collect::<Vec<_>>().join(by);
        match self {
            Self::Any(parts) => joined(parts, " or "),
            Self::All(parts) => joined(parts, " and "),
            Self::AgentReports => "its agent reports the end".to_owned(),
            Self::UrlCalled => "the job's own address is called".to_owned(),
            Self::LogContains(text) => format!("a line of the log contains `{text}`"),
            Self::AsksToBootAgain => "the machine asks to boot again".to_owned(),
            Self::PowersOff => "the machine is switched off".to_owned(),
            Self::Quiet(s) => format!("nothing was seen of it for {}", time(*s)),
            Self::TimeUp(s) => format!("{} have passed", time(*s)),
        }
    }
}

/// A time as people write it, without losing a second.
fn time(seconds: u32) -> String {
    match seconds {
        s if s > 0 && s.is_multiple_of(3600) => format!("{} h", s / 3600),
        s if s > 0 && s.is_multiple_of(60) => format!("{} min", s / 60),
        s => format!("{s} s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ending::{Criterion, OutcomeRule};

    #[test]
    fn an_ending_is_told_in_the_order_in_which_it_is_looked_at() {
        let quiet = Condition::All(vec![Condition::LogContains("PASS".to_owned()), Condition::Quiet(90)]);
        let either = Condition::Any(vec![Condition::AsksToBootAgain, Condition::TimeUp(3600)]);
        let criterion = |when| Criterion { when, outcome: OutcomeRule::Succeeded };
        assert_eq!(
            Ending(vec![criterion(quiet), criterion(either)]).words(),
            "a line of the log contains `PASS` and nothing was seen of it for 90 s, or when the machine asks to boot \
             again or 1 h have passed"
        );
    }
}
