//! What passed, what failed, and how long it took.

use std::{
    ops::AddAssign,
    thread,
    time::{Duration, Instant},
};

use anyhow::Result;

use crate::say;

/// Tests of one part.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Count {
    pub passed: u64,
    pub failed: u64,
    pub skipped: u64,
}

impl AddAssign for Count {
    fn add_assign(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped += other.skipped;
    }
}

/// A part that is no test counts as one that passed.
pub const ONE: Count = Count { passed: 1, failed: 0, skipped: 0 };

pub struct Tally {
    began: Instant,
    parts: Vec<(&'static str, Count, Duration)>,
}

impl Default for Tally {
    fn default() -> Self {
        Self { began: Instant::now(), parts: Vec::new() }
    }
}

impl Tally {
    /// Does a part and counts it. An error counts as one failure, and is handed on to end the run.
    pub fn part(&mut self, name: &'static str, work: impl FnOnce() -> Result<Count>) -> Result<()> {
        self.count(name, timed(name, work))
    }

    /// Does a part, and beside it others, one after the other up to the first that fails. All that were done are counted.
    pub fn side_by_side(
        &mut self,
        (one, do_one): (&'static str, impl FnOnce() -> Result<Count>),
        others: Vec<Beside<'_>>,
    ) -> Result<()> {
        let (first, others) = thread::scope(|scope| {
            let beside = scope.spawn(|| one_after_the_other(others));
            (timed(one, do_one), beside.join())
        });
        let mut outcome = self.count(one, first);
        let panicked =
            |_| vec![("beside", (Err(anyhow::anyhow!("{one} had a panic beside it")), Duration::ZERO))];
        for (name, other) in others.unwrap_or_else(panicked) {
            let counted = self.count(name, other);
            outcome = outcome.and(counted);
        }
        outcome
    }

    fn count(&mut self, name: &'static str, (result, took): Done) -> Result<()> {
        let count = result.as_ref().copied().unwrap_or(Count { failed: 1, ..Count::default() });
        self.parts.push((name, count, took));
        result?;
        if count.failed > 0 {
            anyhow::bail!("{name}: {} failed", count.failed);
        }
        Ok(())
    }

    pub fn failed(&self) -> u64 {
        self.total().failed
    }

    fn total(&self) -> Count {
        let mut total = Count::default();
        for (_, count, _) in &self.parts {
            total += *count;
        }
        total
    }

    /// A line a part; the last line is what other programs look for.
    pub fn print(&self) {
        println!();
        for (name, count, time) in &self.parts {
            let outcome = if count.failed > 0 { "FAILED" } else { "ok" };
            println!(
                "{name:32} {outcome:6} {:>5} passed {:>3} failed  {:>13}",
                count.passed,
                count.failed,
                say::seconds(*time)
            );
        }
        println!("{:32} {:38}{:>13}", "all", "", say::seconds(self.began.elapsed()));
        println!("\n{}", closing(self.total()));
    }
}

/// A part that is done beside another.
pub type Beside<'a> = (&'static str, Box<dyn FnOnce() -> Result<Count> + Send + 'a>);

/// What came of a part, and how long it took.
type Done = (Result<Count>, Duration);

fn one_after_the_other(parts: Vec<Beside<'_>>) -> Vec<(&'static str, Done)> {
    let mut done = Vec::new();
    for (name, work) in parts {
        let part = timed(name, work);
        let well = part.0.as_ref().is_ok_and(|count| count.failed == 0);
        done.push((name, part));
        if !well {
            break;
        }
    }
    done
}

fn timed(name: &str, work: impl FnOnce() -> Result<Count>) -> Done {
    let start = Instant::now();
    (say::step(name, work), start.elapsed())
}

fn closing(total: Count) -> String {
    let skipped = if total.skipped > 0 { format!(", {} skipped", total.skipped) } else { String::new() };
    format!("{} passed, {} failed{skipped}", total.passed, total.failed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_counts_as_a_failure_and_ends_the_run() {
        let mut tally = Tally::default();
        assert!(tally.part("good", || Ok(Count { passed: 3, failed: 0, skipped: 1 })).is_ok());
        assert!(tally.part("bad", || anyhow::bail!("no")).is_err());
        assert_eq!(closing(tally.total()), "3 passed, 1 failed, 1 skipped");
    }

    #[test]
    fn parts_side_by_side_are_all_counted_and_one_that_fails_ends_the_run() {
        let mut tally = Tally::default();
        let good = || Ok(Count { passed: 3, failed: 0, skipped: 0 });
        let others: Vec<Beside> = vec![("good", Box::new(good)), ("good, too", Box::new(good))];
        assert!(tally.side_by_side(("bad", || anyhow::bail!("no")), others).is_err());
        assert_eq!(closing(tally.total()), "6 passed, 1 failed");
    }

    #[test]
    fn what_goes_beside_a_part_ends_at_the_first_that_fails() {
        let mut tally = Tally::default();
        let good = || Ok(Count { passed: 3, failed: 0, skipped: 0 });
        let bad = || Ok(Count { passed: 1, failed: 1, skipped: 0 });
        let others: Vec<Beside> = vec![("bad", Box::new(bad)), ("never done", Box::new(good))];
        assert!(tally.side_by_side(("good", good), others).is_err());
        assert_eq!(closing(tally.total()), "4 passed, 1 failed");
    }

    #[test]
    fn failed_tests_end_the_run_too() {
        let mut tally = Tally::default();
        assert!(tally.part("tests", || Ok(Count { passed: 3, failed: 2, skipped: 0 })).is_err());
        assert_eq!(tally.failed(), 2);
    }
}
