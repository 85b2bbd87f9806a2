//! Endings as people read them.

use super::{Condition, Criterion, OutcomeRule};

impl Criterion {
    /// "when the machine asks to boot again: succeeded".
    pub fn words(&self) -> String {
        format!("when {}: {}", self.when.words(), self.outcome.words())
    }
}

impl OutcomeRule {
    /// The words on the screen.
    pub fn words(self) -> &'static str {
        match self {
            Self::AsReported => "as reported",
            Self::Succeeded => "succeeded",
            Self::Found => "found something",
            Self::Failed => "failed",
        }
    }
}

impl Condition {
    /// What follows on "when".
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
            Self::TimeUp(s) => format!("{} are over", time(*s)),
        }
    }
}

/// A time as people write it, without losing a second.
pub(super) fn time(seconds: u32) -> String {
    match seconds {
        s if s > 0 && s.is_multiple_of(3600) => format!("{}h", s / 3600),
        s if s > 0 && s.is_multiple_of(60) => format!("{}m", s / 60),
        s => format!("{s}s"),
    }
}
