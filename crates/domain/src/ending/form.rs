//! Endings as rows of a form, and back: one row a criterion, with one condition, or two that hold together.

use super::{Condition, Criterion, Ending, OutcomeRule};
use crate::run::plan::seconds;

/// Rows that a form has.
pub const ROWS: usize = 6;

/// A criterion as its fields have it. All empty: no row.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Row {
    pub when: String,
    /// The text of a log, or a time; empty for others.
    pub value: String,
    /// A second condition that must hold, too; empty: none.
    pub and_when: String,
    pub and_value: String,
    pub outcome: String,
}

/// The words of conditions in forms, with what people read.
pub const CONDITIONS: [(&str, &str); 7] = [
    ("agent_reports", "its agent reports the end"),
    ("url_called", "the job's own address is called"),
    ("log_contains", "a line of the log contains …"),
    ("asks_to_boot_again", "the machine asks to boot again"),
    ("powers_off", "the machine is switched off"),
    ("quiet", "nothing was seen of it for …"),
    ("time_up", "it has run for …"),
];

/// The words of outcomes in forms, with what people read.
pub const OUTCOMES: [(&str, &str); 4] = [
    ("as_reported", "as reported"),
    ("succeeded", "succeeded"),
    ("found", "found something"),
    ("failed", "failed"),
];

impl Ending {
    /// Its rows; `None` where it is deeper than rows can say.
    pub fn rows(&self) -> Option<Vec<Row>> {
        self.0.iter().map(row).collect()
    }

    /// The ending that rows describe.
    ///
    /// # Errors
    /// Which row, from 0, cannot be understood, and why.
    pub fn of_rows(rows: &[Row]) -> Result<Self, (usize, String)> {
        let filled = rows.iter().enumerate().filter(|(_, row)| !row.when.is_empty());
        let read = |(n, row): (usize, &Row)| criterion(row).map_err(|why| (n, why));
        let criteria: Vec<_> = filled.map(read).collect::<Result<_, _>>()?;
        if criteria.is_empty() {
            return Err((0, "without an ending it would run to its limit each time: choose one".to_owned()));
        }
        Ok(Self(criteria))
    }
}

fn row(criterion: &Criterion) -> Option<Row> {
    let (first, second) = match &criterion.when {
        Condition::All(parts) => match parts.as_slice() {
            [first, second] => (first, Some(second)),
            _ => return None,
        },
        one => (one, None),
    };
    let (when, value) = fields(first)?;
    let (and_when, and_value) = second.map_or(Some(Default::default()), fields)?;
    let outcome = match criterion.outcome {
        OutcomeRule::AsReported => "as_reported",
        OutcomeRule::Succeeded => "succeeded",
        OutcomeRule::Found => "found",
        OutcomeRule::Failed => "failed",
    };
    Some(Row { when, value, and_when, and_value, outcome: outcome.to_owned() })
}

fn fields(condition: &Condition) -> Option<(String, String)> {
    let (word, value) = match condition {
        Condition::Any(_) | Condition::All(_) => return None,
        Condition::AgentReports => ("agent_reports", String::new()),
        Condition::UrlCalled => ("url_called", String::new()),
        Condition::LogContains(text) => ("log_contains", text.clone()),
        Condition::AsksToBootAgain => ("asks_to_boot_again", String::new()),
        Condition::PowersOff => ("powers_off", String::new()),
        Condition::Quiet(s) => ("quiet", time(*s)),
        Condition::TimeUp(s) => ("time_up", time(*s)),
    };
    Some((word.to_owned(), value))
}

/// As [`seconds`] reads it, without losing one.
fn time(of: u32) -> String {
    match of {
        s if s > 0 && s.is_multiple_of(3600) => format!("{}h", s / 3600),
        s if s > 0 && s.is_multiple_of(60) => format!("{}m", s / 60),
        s => format!("{s}s"),
    }
}

fn criterion(row: &Row) -> Result<Criterion, String> {
    let first = condition(&row.when, row.value.trim())?;
    let when = match row.and_when.as_str() {
        "" => first,
        word => Condition::All(vec![first, condition(word, row.and_value.trim())?]),
    };
    let outcome = match row.outcome.as_str() {
        "as_reported" => OutcomeRule::AsReported,
        "succeeded" => OutcomeRule::Succeeded,
        "found" => OutcomeRule::Found,
        "failed" => OutcomeRule::Failed,
        other => return Err(format!("`{other}` is no outcome")),
    };
    if outcome == OutcomeRule::AsReported && !reports(&when) {
        return Err("nobody reports an outcome here: say what it means".to_owned());
    }
    Ok(Criterion { when, outcome })
}

fn condition(word: &str, value: &str) -> Result<Condition, String> {
    Ok(match word {
        "agent_reports" => Condition::AgentReports,
        "url_called" => Condition::UrlCalled,
        "log_contains" if value.is_empty() => return Err("write what the line contains".to_owned()),
        "log_contains" => Condition::LogContains(value.to_owned()),
        "asks_to_boot_again" => Condition::AsksToBootAgain,
        "powers_off" => Condition::PowersOff,
        "quiet" => Condition::Quiet(some_time(value)?),
        "time_up" => Condition::TimeUp(some_time(value)?),
        other => return Err(format!("`{other}` is nothing that work ends by")),
    })
}

fn some_time(value: &str) -> Result<u32, String> {
    match seconds(value)? {
        0 => Err("a time of 0 would be over at once".to_owned()),
        s => Ok(s),
    }
}

fn reports(condition: &Condition) -> bool {
    match condition {
        Condition::Any(parts) | Condition::All(parts) => parts.iter().any(reports),
        Condition::AgentReports | Condition::UrlCalled => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn when(when: &str, value: &str, outcome: &str) -> Row {
        let text = str::to_owned;
        Row { when: text(when), value: text(value), outcome: text(outcome), ..Row::default() }
    }

    #[test]
    fn an_ending_is_read_from_its_own_rows() {
        let rows = vec![
            when("agent_reports", "", "as_reported"),
            Row {
                and_when: "quiet".to_owned(),
                and_value: "10m".to_owned(),
                ..when("log_contains", "PASS", "succeeded")
            },
            when("time_up", "90s", "failed"),
        ];
        let ending = Ending::of_rows(&rows).unwrap();
        assert_eq!(ending.rows(), Some(rows));
        let words: Vec<_> = ending.0.iter().map(|criterion| criterion.when.words()).collect();
        assert_eq!(words[1], "a line of the log contains `PASS` and nothing was seen of it for 10 min");
    }

    #[test]
    fn each_word_of_the_form_is_understood() {
        for (word, _) in CONDITIONS {
            let value = if word == "log_contains" { "PASS" } else { "1h" };
            for (outcome, _) in OUTCOMES.into_iter().skip(1) {
                assert!(Ending::of_rows(&[when(word, value, outcome)]).is_ok(), "{word} {outcome}");
            }
        }
    }

    #[test]
    fn a_row_that_makes_no_sense_is_named() {
        let wrong = |row: Row| Ending::of_rows(&[Row::default(), row]).unwrap_err();
        assert_eq!(wrong(when("log_contains", " ", "failed")).0, 1);
        assert!(wrong(when("quiet", "soon", "failed")).1.contains("`soon`"));
        assert!(wrong(when("time_up", "0", "failed")).1.contains("at once"));
        assert!(wrong(when("powers_off", "", "as_reported")).1.contains("nobody reports"));
        assert!(Ending::of_rows(&[]).unwrap_err().1.contains("without an ending"));
    }

    #[test]
    fn what_is_deeper_than_rows_stays_as_it_is() {
        let deep = Condition::Any(vec![Condition::PowersOff, Condition::AsksToBootAgain]);
        let ending = Ending(vec![Criterion { when: deep, outcome: OutcomeRule::Succeeded }]);
        assert_eq!(ending.rows(), None);
        assert!(ending.0[0].when.words().contains(" or "));
    }
}
