//! A rule's form, read and filled.

use pitstop_app::health::desk::Filled;
use pitstop_domain::health::elsewhere::{Heard, Source, Speaks};
use pitstop_domain::health::rule::{Acts, Against, Brake, Condition, Guard, How, Severity, Storm, Term};
use pitstop_domain::health::{Metric, Rule};
use pitstop_domain::id::{RuleId, SourceId};
use std::str::FromStr;
use uuid::Uuid;

/// Figures that the form has room for.
const TERMS: usize = 3;

type Result<T> = std::result::Result<T, String>;

pub fn text<'a>(filled: &'a Filled, name: &str) -> &'a str {
    filled.get(name).map(|value| value.trim()).unwrap_or_default()
}

fn number<T: FromStr>(filled: &Filled, name: &str, what: &str) -> Result<T> {
    text(filled, name).parse().map_err(|_| format!("{what} is a number: fill it in."))
}

/// The rule that was filled in. `id`: of the one that it changes.
pub fn read(filled: &Filled, id: Option<RuleId>) -> Result<Rule> {
    let minutes =
        |name: &str, what: &str| -> Result<u32> { Ok(number::<u32>(filled, name, what)?.saturating_mul(60)) };
    let cool: f64 = number(filled, "cool_h", "The time to leave a machine alone")?;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "within what is asked for")]
    let cool_down_s = (cool.clamp(0.0, 24.0 * 366.0) * 3600.0) as u32;
    let rule = Rule {
        id: id.unwrap_or_else(|| RuleId(Uuid::now_v7())),
        name: text(filled, "name").to_owned(),
        query: text(filled, "query").to_owned(),
        condition: Condition {
            how: if text(filled, "how") == "any" { How::Any } else { How::All },
            terms: terms(filled)?,
            heard: heard(filled)?,
            for_s: minutes("for_min", "How long it must hold")?,
            hysteresis_percent: number(filled, "hysteresis", "When it is over")?,
        },
        function: text(filled, "function").to_owned(),
        severity: named(&Severity::ALL, Severity::name, text(filled, "severity"), "a severity")?,
        acts: named(&Acts::ALL, Acts::name, text(filled, "acts"), "what it does")?,
        cool_down_s,
        trips_a_week: number(filled, "trips", "Trips in a week")?,
        brake: Brake {
            machines: number(filled, "brake_machines", "The brake's machines")?,
            percent: number(filled, "brake_percent", "The brake's per cent")?,
            within_s: minutes("brake_min", "The brake's time")?,
        },
        storm: Storm {
            machines: number(filled, "storm_machines", "From how many machines a person is asked")?,
            percent: number(filled, "storm_percent", "From how many per cent a person is asked")?,
        },
        enabled: text(filled, "enabled") != "off",
    };
    rule.nonsense().map_or(Ok(rule), Err)
}

pub fn named<T: Copy>(all: &[T], name: fn(T) -> &'static str, text: &str, what: &str) -> Result<T> {
    all.iter().copied().find(|one| name(*one) == text).ok_or_else(|| format!("Choose {what}."))
}

fn terms(filled: &Filled) -> Result<Vec<Term>> {
    let mut terms = Vec::new();
    for n in 0..TERMS {
        let metric = text(filled, &format!("metric{n}"));
        if metric.is_empty() {
            continue;
        }
        let metric: Metric = metric.parse().map_err(|error| format!("{error}: choose a figure."))?;
        let value: f64 = number(filled, &format!("value{n}"), metric.title())?;
        let against = match text(filled, &format!("against{n}")) {
            "own" => Against::Own(value),
            "peers" => Against::Peers(value),
            "above" => Against::Above(value),
            "below" => Against::Below(value),
            _ => return Err("Choose what a figure is held against.".to_owned()),
        };
        terms.push(Term { metric, against });
    }
    Ok(terms)
}

fn heard(filled: &Filled) -> Result<Vec<Heard>> {
    let source = match text(filled, "heard_from") {
        "" => None,
        id => Some(id.parse().map_err(|_| "Choose who tells that alert.".to_owned())?),
    };
    Ok(match text(filled, "heard") {
        "" => vec![],
        name => vec![Heard { name: name.to_owned(), source }],
    })
}

/// The source that was filled in.
pub fn source(filled: &Filled) -> Result<Source> {
    let labels = text(filled, "labels").split([',', ' ']).map(str::trim).filter(|label| !label.is_empty());
    let source = Source {
        id: SourceId(Uuid::now_v7()),
        name: text(filled, "name").to_owned(),
        speaks: Speaks::of_name(text(filled, "speaks")).ok_or("Choose how it speaks.")?,
        labels: labels.map(str::to_owned).collect(),
        believed_s: number::<u32>(filled, "believed_min", "How long it is believed")?.saturating_mul(60),
    };
    source.nonsense().map_or(Ok(source), Err)
}

/// A form to change this rule by.
pub fn fields(rule: &Rule, version: i64) -> Filled {
    let mut filled = fresh(rule);
    filled.insert("id".to_owned(), rule.id.to_string());
    filled.insert("version".to_owned(), version.to_string());
    filled
}

/// A form for a new one.
pub fn first(function: &str) -> Filled {
    let term = Term { metric: Metric::CpuSpeed, against: Against::Own(30.0) };
    fresh(&Rule::new(RuleId(Uuid::nil()), "", vec![term], function))
}

fn fresh(rule: &Rule) -> Filled {
    let how = if rule.condition.how == How::Any { "any" } else { "all" };
    let pairs = [
        ("name", rule.name.clone()),
        ("query", rule.query.clone()),
        ("how", how.to_owned()),
        ("for_min", (rule.condition.for_s / 60).to_string()),
        ("hysteresis", rule.condition.hysteresis_percent.to_string()),
        ("function", rule.function.clone()),
        ("severity", rule.severity.name().to_owned()),
        ("acts", rule.acts.name().to_owned()),
        ("cool_h", (f64::from(rule.cool_down_s) / 3600.0).to_string()),
        ("trips", rule.trips_a_week.to_string()),
        ("brake_machines", rule.brake.machines.to_string()),
        ("brake_percent", rule.brake.percent.to_string()),
        ("brake_min", (rule.brake.within_s / 60).to_string()),
        ("storm_machines", rule.storm.machines.to_string()),
        ("storm_percent", rule.storm.percent.to_string()),
        ("enabled", if rule.enabled { "on" } else { "off" }.to_owned()),
    ];
    let mut filled: Filled = pairs.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    for (n, term) in rule.condition.terms.iter().take(TERMS).enumerate() {
        let (against, value) = match term.against {
            Against::Own(value) => ("own", value),
            Against::Peers(value) => ("peers", value),
            Against::Above(value) => ("above", value),
            Against::Below(value) => ("below", value),
        };
        filled.insert(format!("metric{n}"), term.metric.name().to_owned());
        filled.insert(format!("against{n}"), against.to_owned());
        filled.insert(format!("value{n}"), value.to_string());
    }
    if let Some(heard) = rule.condition.heard.first() {
        filled.insert("heard".to_owned(), heard.name.clone());
        filled.insert("heard_from".to_owned(), heard.source.map(|id| id.to_string()).unwrap_or_default());
    }
    filled
}

/// Brakes over all rules, and how long figures are kept; the switch stays as it is.
pub fn guard(filled: &Filled, before: Guard) -> Result<Guard> {
    let brake = |at: &str, what: &str| -> Result<Brake> {
        let within_s = number::<u32>(filled, &format!("{at}_minutes"), what)?.saturating_mul(60);
        let machines = number(filled, &format!("{at}_machines"), what)?;
        let percent = number(filled, &format!("{at}_percent"), what)?;
        if within_s == 0 || percent > 100 {
            return Err(format!("{what}: within a minute at least, and 100 per cent at most."));
        }
        Ok(Brake { machines, percent, within_s })
    };
    let keep_days: u32 = number(filled, "keep_days", "Days of minutes")?;
    let keep_hours_days: u32 = number(filled, "keep_hours_days", "Days of hours")?;
    // What agents keep while the server is away comes up to a day late, and a trip is compared with the hour before.
    if !(2..=400).contains(&keep_days) || !(30..=4000).contains(&keep_hours_days) {
        return Err("Minutes are kept for 2 to 400 days, hours for 30 to 4000.".to_owned());
    }
    // Rules want three figures within a quarter of an hour.
    let boards_every_min: u32 =
        number(filled, "boards_every_min", "Minutes between two questions to a board")?;
    if boards_every_min > 5 {
        return Err("Boards are asked every five minutes at least, so that rules have figures to go by; 0: not at all.".to_owned());
    }
    let (site, fleet) = (brake("site", "The brake of a site")?, brake("fleet", "The brake of the fleet")?);
    Ok(Guard { site, fleet, keep_days, keep_hours_days, boards_every_min, ..before })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_that_was_filled_from_a_rule_reads_as_that_rule() {
        let terms = vec![
            Term { metric: Metric::CpuSpeed, against: Against::Own(30.0) },
            Term { metric: Metric::Temperature, against: Against::Above(90.5) },
        ];
        let rule = Rule::new(RuleId(Uuid::from_u128(7)), "slow", terms, "speed");
        let mut rule = rule;
        rule.condition.heard =
            vec![Heard { name: "NodeSlow".to_owned(), source: Some(SourceId(Uuid::from_u128(9))) }];
        let rule = Rule { cool_down_s: 5400, acts: Acts::ByItself, ..rule };
        assert_eq!(read(&fields(&rule, 3), Some(rule.id)), Ok(rule));
    }

    #[test]
    fn what_is_left_out_is_said() {
        let mut filled = first("speed");
        filled.insert("name".to_owned(), "slow".to_owned());
        filled.insert("value0".to_owned(), String::new());
        assert_eq!(read(&filled, None).unwrap_err(), "Processor speed is a number: fill it in.");
    }
}
