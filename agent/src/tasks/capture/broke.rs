//! What a restore leaves that broke off, and how that is said.

use super::Halt;
use crate::tasks::paper::Paper;
use pitstop_domain::job::Outcome;
use pitstop_domain::wire::TaskEnded;

/// It broke off.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Broke {
    pub why: Halt,
    pub left: Left,
}

/// What is on the disk then.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Left {
    /// Nothing was written.
    AsItWas,
    /// Its old table could not be erased, or only in part; nothing else was written.
    PerhapsErased,
    /// Some of what was kept, and nothing that it would be started from.
    Erased,
    /// Some of what was kept, and what it begins with could not be erased again: why.
    Dangerous(String),
}

impl Broke {
    /// What is reported: with all that was written until then.
    pub fn ended(self, about: &str, mut paper: Paper) -> TaskEnded {
        let outcome = if self.why == Halt::Stopped { Outcome::Cancelled } else { Outcome::Failed };
        let says = self.says();
        paper.problem(about, &says);
        TaskEnded { outcome, summary: format!("{about}: {says}"), ..paper.ended("") }
    }

    fn says(self) -> String {
        let why = words(self.why);
        match self.left {
            Left::AsItWas => format!("nothing was written: {why}"),
            Left::PerhapsErased => format!(
                "its old partition table could not be erased, and may be damaged now; nothing else was written: {why}; *Disk \
                 health* shows whether the disk is bad"
            ),
            Left::Erased => format!(
                "it is half restored, and its beginning and end are erased, so that nothing starts from it: restore it again \
                 ({why})"
            ),
            Left::Dangerous(error) => format!(
                "it is half restored, and its beginning could not be erased again ({error}): it may look like a whole disk. Do \
                 not start the machine from it; restore it again, or replace it ({why})"
            ),
        }
    }
}

pub(super) fn words(halt: Halt) -> String {
    match halt {
        Halt::Stopped => "it was stopped".to_owned(),
        Halt::Failed(why) => why,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ended(why: Halt, left: Left) -> TaskEnded {
        Broke { why, left }.ended("/dev/sda", Paper::default())
    }

    #[test]
    fn each_case_says_what_is_on_the_disk() {
        let why = || Halt::Failed("no answer".to_owned());
        for (left, words) in [
            (Left::AsItWas, "nothing was written"),
            (Left::PerhapsErased, "may be damaged"),
            (Left::Erased, "nothing starts from it"),
            (Left::Dangerous("EIO".to_owned()), "Do not start the machine from it"),
        ] {
            let ended = ended(why(), left);
            assert!(
                ended.summary.contains(words) && ended.summary.contains("no answer"),
                "{}",
                ended.summary
            );
            assert_eq!(ended.outcome, Outcome::Failed);
            assert!(ended.report.to_string().contains("problem"), "{}", ended.report);
        }
    }

    #[test]
    fn what_somebody_stopped_did_not_fail() {
        let ended = ended(Halt::Stopped, Left::Erased);
        assert_eq!(ended.outcome, Outcome::Cancelled);
        assert!(ended.summary.contains("it was stopped"), "{}", ended.summary);
    }
}
