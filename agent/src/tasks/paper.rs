//! A report while it is written, in the form that all functions share, and what follows from it.

use pitstop_domain::job::Outcome;
use pitstop_domain::report::{Better, Finding, Findings, Level, Measure};
use pitstop_domain::wire::TaskEnded;
use serde_json::{Map, Value, json};

/// What was found so far.
#[derive(Default)]
pub struct Paper {
    found: Findings,
    own: Map<String, Value>,
    stopped: bool,
}

impl Paper {
    pub fn good(&mut self, about: &str, says: impl Into<String>) {
        self.add(Level::Good, about, says, None);
    }

    pub fn note(&mut self, about: &str, says: impl Into<String>) {
        self.add(Level::Note, about, says, None);
    }

    pub fn unknown(&mut self, about: &str, says: impl Into<String>) {
        self.add(Level::Unknown, about, says, None);
    }

    pub fn problem(&mut self, about: &str, says: impl Into<String>) {
        self.add(Level::Problem, about, says, None);
    }

    /// It is wrong still, although this was done.
    pub fn problem_although(&mut self, about: &str, says: impl Into<String>, done: impl Into<String>) {
        self.add(Level::Problem, about, says, Some(done.into()));
    }

    /// It was wrong, and a second look found it right.
    pub fn repaired(&mut self, about: &str, says: impl Into<String>, done: impl Into<String>) {
        self.add(Level::Repaired, about, says, Some(done.into()));
    }

    fn add(&mut self, level: Level, about: &str, says: impl Into<String>, done: Option<String>) {
        self.found.findings.push(Finding { level, about: about.to_owned(), says: says.into(), done });
    }

    pub fn measure(&mut self, name: &str, title: &str, value: f64, unit: &str, better: Better) {
        // Three digits behind the point are more than any of our figures is exact to.
        let value = (value * 1000.0).round() / 1000.0;
        let (name, title, unit) = (name.to_owned(), title.to_owned(), unit.to_owned());
        self.found.measures.push(Measure { name, title, value, unit, better });
    }

    /// A key of the task's own.
    pub fn own(&mut self, key: &str, value: Value) {
        self.own.insert(key.to_owned(), value);
    }

    /// Somebody asked to stop before all was looked at.
    pub fn stopped(&mut self) {
        self.stopped = true;
    }

    fn of(&self, level: Level) -> Vec<&Finding> {
        self.found.findings.iter().filter(|finding| finding.level == level).collect()
    }

    /// Found: something that needs a person remains. Failed: nothing at all could be looked at.
    fn outcome(&self) -> Outcome {
        let all = &self.found.findings;
        match self.found.worst() {
            _ if self.stopped => Outcome::Cancelled,
            Some(Level::Problem) => Outcome::Found,
            Some(Level::Unknown) if all.iter().all(|finding| finding.level == Level::Unknown) => {
                Outcome::Failed
            }
            _ => Outcome::Succeeded,
        }
    }

    /// `well`: what is said where nothing else is to be said.
    pub fn ended(self, well: &str) -> TaskEnded {
        let (outcome, summary) = (self.outcome(), self.summary(well));
        let mut report = self.own;
        report.insert("findings".to_owned(), json!(self.found.findings));
        report.insert("measures".to_owned(), json!(self.found.measures));
        TaskEnded { outcome, summary, report: Value::Object(report), inventory: None }
    }

    fn summary(&self, well: &str) -> String {
        let mut parts = Vec::new();
        if self.stopped {
            parts.push("stopped before the end".to_owned());
        }
        let problems = self.of(Level::Problem);
        parts.extend(
            problems.iter().take(MOST_NAMED).map(|finding| format!("{}: {}", finding.about, finding.says)),
        );
        if problems.len() > MOST_NAMED {
            parts.push(format!("and {} more", problems.len() - MOST_NAMED));
        }
        let repaired = self.of(Level::Repaired);
        if !repaired.is_empty() {
            parts.push(format!("repaired and looked at again: {}", abouts(&repaired)));
        }
        if problems.is_empty() && repaired.is_empty() && !self.stopped && self.outcome() != Outcome::Failed {
            parts.push(well.to_owned());
        }
        let unknown = self.of(Level::Unknown);
        if !unknown.is_empty() {
            parts.push(format!("not looked at: {}", abouts(&unknown)));
        }
        parts.join("; ")
    }
}

/// A line has room for so many; the report has them all.
const MOST_NAMED: usize = 3;

fn abouts(findings: &[&Finding]) -> String {
    let mut names: Vec<_> = findings.iter().take(MOST_NAMED).map(|finding| finding.about.clone()).collect();
    if findings.len() > MOST_NAMED {
        names.push(format!("{} more", findings.len() - MOST_NAMED));
    }
    names.join(", ")
}

/// A task that could not be done.
pub fn failed(why: impl Into<String>) -> TaskEnded {
    let report = json!(Findings::default());
    TaskEnded { outcome: Outcome::Failed, summary: why.into(), report, inventory: None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_repaired_is_success_and_says_what() {
        let mut paper = Paper::default();
        paper.good("/dev/sda1", "clean");
        paper.repaired("/dev/sda2 (ext4)", "3 errors", "repaired");
        let ended = paper.ended("all is well");
        assert_eq!(ended.outcome, Outcome::Succeeded);
        assert_eq!(ended.summary, "repaired and looked at again: /dev/sda2 (ext4)");
        assert_eq!(Findings::of(&ended.report).findings.len(), 2);
    }

    #[test]
    fn a_problem_that_remains_is_found() {
        let mut paper = Paper::default();
        paper.repaired("/dev/sda2", "3 errors", "repaired");
        paper.problem("/dev/sdb", "cannot be read at 7 places");
        let ended = paper.ended("all is well");
        assert_eq!(ended.outcome, Outcome::Found);
        assert!(
            ended.summary.starts_with("/dev/sdb: cannot be read at 7 places; repaired"),
            "{}",
            ended.summary
        );
    }

    #[test]
    fn who_could_look_at_nothing_has_not_succeeded() {
        let mut paper = Paper::default();
        paper.unknown("/dev/sda1", "it is encrypted");
        let ended = paper.ended("all is well");
        assert_eq!(ended.outcome, Outcome::Failed);
        assert_eq!(ended.summary, "not looked at: /dev/sda1");
    }

    #[test]
    fn a_task_that_was_stopped_does_not_say_that_all_is_well() {
        let mut paper = Paper::default();
        paper.good("/dev/sda1", "clean");
        paper.stopped();
        let ended = paper.ended("all is well");
        assert_eq!((ended.outcome, ended.summary.as_str()), (Outcome::Cancelled, "stopped before the end"));
    }
}
