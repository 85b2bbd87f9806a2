//! Reading a rule. What RFC 5545 does not allow is refused, with words for whoever wrote it.

use super::{Day, Freq, Rule, Until, WEEKDAYS, is_common};
use chrono::{NaiveDate, NaiveDateTime, Weekday};
use std::collections::BTreeSet;
use std::str::FromStr;

/// No rule of a person counts further; a list of occurrences that is counted is walked from its start.
const MOST_COUNT: u32 = 100_000;
const MOST_INTERVAL: u32 = 10_000;

impl FromStr for Rule {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let text = text.strip_prefix("RRULE:").unwrap_or(text);
        let mut rule = Self::every(Freq::Yearly);
        let mut seen = BTreeSet::new();
        for part in text.split(';').filter(|part| !part.trim().is_empty()) {
            let (name, value) = part.split_once('=').ok_or_else(|| format!("`{part}` has no `=`"))?;
            let name = name.trim().to_ascii_uppercase();
            put(&mut rule, &name, value.trim())?;
            if !seen.insert(name.clone()) {
                return Err(format!("{name} is there twice"));
            }
        }
        if !seen.contains("FREQ") {
            return Err("it does not say how often: FREQ is missing".to_owned());
        }
        possible(&rule)?;
        Ok(rule)
    }
}

fn put(rule: &mut Rule, name: &str, value: &str) -> Result<(), String> {
    match name {
        "FREQ" => rule.freq = freq(value)?,
        "INTERVAL" => rule.interval = number(name, value, 1, MOST_INTERVAL)?,
        "COUNT" => rule.count = Some(number(name, value, 1, MOST_COUNT)?),
        "UNTIL" => rule.until = Some(until(value)?),
        "BYSECOND" => rule.by_second = list(value, |one| number(name, one, 0, 59))?,
        "BYMINUTE" => rule.by_minute = list(value, |one| number(name, one, 0, 59))?,
        "BYHOUR" => rule.by_hour = list(value, |one| number(name, one, 0, 23))?,
        "BYDAY" => rule.by_day = days(value)?,
        "BYMONTHDAY" => rule.by_month_day = list(value, |one| signed(name, one, 31))?,
        "BYYEARDAY" => rule.by_year_day = list(value, |one| signed(name, one, 366))?,
        "BYWEEKNO" => rule.by_week_no = list(value, |one| signed(name, one, 53))?,
        "BYMONTH" => rule.by_month = list(value, |one| number(name, one, 1, 12))?,
        "BYSETPOS" => rule.by_set_pos = list(value, |one| signed(name, one, 366))?,
        "WKST" => rule.week_start = weekday(value)?,
        _ => return Err(format!("{name} is no part of a recurrence rule")),
    }
    Ok(())
}

/// The parts that go together.
fn possible(rule: &Rule) -> Result<(), String> {
    let name = rule.freq.name();
    let no = |what: &str| Err(format!("{what} makes no sense with FREQ={name}"));
    let has_nth = rule.by_day.iter().any(|day| day.nth.is_some());
    if rule.count.is_some() && rule.until.is_some() {
        return Err("it ends by COUNT or by UNTIL, not by both".to_owned());
    }
    if !rule.by_week_no.is_empty() && rule.freq != Freq::Yearly {
        return no("BYWEEKNO");
    }
    if !rule.by_year_day.is_empty() && matches!(rule.freq, Freq::Monthly | Freq::Weekly | Freq::Daily) {
        return no("BYYEARDAY");
    }
    if !rule.by_month_day.is_empty() && rule.freq == Freq::Weekly {
        return no("BYMONTHDAY");
    }
    if has_nth && !matches!(rule.freq, Freq::Yearly | Freq::Monthly) {
        return no("a numbered day in BYDAY");
    }
    if has_nth && !rule.by_week_no.is_empty() {
        return Err("a numbered day in BYDAY makes no sense with BYWEEKNO".to_owned());
    }
    let other = [
        rule.by_second.len(),
        rule.by_minute.len(),
        rule.by_hour.len(),
        rule.by_day.len(),
        rule.by_month_day.len(),
        rule.by_year_day.len(),
        rule.by_week_no.len(),
        rule.by_month.len(),
    ];
    if !rule.by_set_pos.is_empty() && other.iter().all(|length| *length == 0) {
        return Err("BYSETPOS chooses among what another BY… part gives, and there is none".to_owned());
    }
    Ok(())
}

fn freq(value: &str) -> Result<Freq, String> {
    let is = |(_, name): &&(Freq, &str)| name.eq_ignore_ascii_case(value);
    Freq::ALL.iter().find(is).map(|(freq, _)| *freq).ok_or_else(|| format!("FREQ cannot be `{value}`"))
}

pub(crate) fn weekday(value: &str) -> Result<Weekday, String> {
    let is = |(_, name): &&(Weekday, &str)| name.eq_ignore_ascii_case(value);
    WEEKDAYS
        .iter()
        .find(is)
        .map(|(day, _)| *day)
        .ok_or_else(|| format!("`{value}` is no day: write MO to SU"))
}

fn number(name: &str, value: &str, from: u32, to: u32) -> Result<u32, String> {
    let n = value.trim().parse().ok().filter(|n| (from..=to).contains(n));
    n.ok_or_else(|| format!("{name} is {from} to {to}, not `{value}`"))
}

/// Never 0: nothing is counted from there.
fn signed(name: &str, value: &str, most: i16) -> Result<i16, String> {
    let n = value.trim().parse().ok().filter(|n: &i16| *n != 0 && n.unsigned_abs() <= most.unsigned_abs());
    n.ok_or_else(|| format!("{name} is 1 to {most}, or as much counted from the end (-1), not `{value}`"))
}

fn list<T: Ord>(value: &str, read: impl Fn(&str) -> Result<T, String>) -> Result<Vec<T>, String> {
    let values: BTreeSet<T> = value.split(',').map(|one| read(one.trim())).collect::<Result<_, _>>()?;
    Ok(values.into_iter().collect())
}

fn days(value: &str) -> Result<Vec<Day>, String> {
    let mut days: Vec<Day> = Vec::new();
    for one in value.split(',').map(str::trim) {
        let split = one.len().checked_sub(2).filter(|at| one.is_char_boundary(*at));
        let (nth, name) = one.split_at(split.ok_or_else(|| format!("`{one}` is no day: write MO to SU"))?);
        let nth = match nth {
            "" => None,
            nth => Some(signed("a numbered day in BYDAY", nth.trim_start_matches('+'), 53)?),
        };
        let day = Day { nth, weekday: weekday(name)? };
        if !days.contains(&day) {
            days.push(day);
        }
    }
    days.sort_by_key(|day| (day.nth, day.weekday.num_days_from_monday()));
    Ok(days)
}

fn until(value: &str) -> Result<Until, String> {
    let wrong = || format!("UNTIL is a day like 20261231 or a time like 20261231T220000Z, not `{value}`");
    if let Some(utc) = value.strip_suffix(['Z', 'z']) {
        return date_time(utc).map(|at| Until::At(at.and_utc())).ok_or_else(wrong);
    }
    if let Some(at) = date_time(value) {
        return Ok(Until::Local(at));
    }
    NaiveDate::parse_from_str(value, "%Y%m%d")
        .ok()
        .filter(|date| is_common(*date))
        .map(Until::Date)
        .ok_or_else(wrong)
}

/// `20261231T220000`
pub(crate) fn date_time(value: &str) -> Option<NaiveDateTime> {
    NaiveDateTime::parse_from_str(value, "%Y%m%dT%H%M%S").ok().filter(|at| is_common(at.date()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(text: &str) -> String {
        text.parse::<Rule>().unwrap_err()
    }

    #[test]
    fn a_rule_is_the_same_when_written_and_read_again() {
        for text in [
            "FREQ=WEEKLY;INTERVAL=2;BYDAY=TU",
            "FREQ=MONTHLY;COUNT=10;BYDAY=1FR",
            "FREQ=YEARLY;UNTIL=20281231T230000Z;BYDAY=-2MO;BYMONTH=3,4",
            "FREQ=MONTHLY;UNTIL=20281231;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1;WKST=SU",
            "FREQ=YEARLY;BYWEEKNO=20,53",
            "FREQ=HOURLY;BYMINUTE=0,30;BYHOUR=9",
        ] {
            assert_eq!(text.parse::<Rule>().unwrap().to_string(), text);
        }
        assert!(refusal("RRULE:FREQ=WEEKLY;BYDAY=+1MO").contains("FREQ=WEEKLY"));
        assert_eq!("freq=daily;byhour=9,8,9".parse::<Rule>().unwrap().by_hour, [8, 9]);
    }

    #[test]
    fn what_the_standard_does_not_allow_is_refused_in_words() {
        assert!(refusal("BYDAY=MO").contains("FREQ is missing"));
        assert!(refusal("FREQ=NEVER").contains("`NEVER`"));
        assert!(refusal("FREQ=DAILY;INTERVAL=0").contains("INTERVAL is 1 to"));
        assert!(refusal("FREQ=DAILY;COUNT=3;UNTIL=20270101").contains("not by both"));
        assert!(refusal("FREQ=WEEKLY;BYMONTHDAY=3").contains("BYMONTHDAY makes no sense"));
        assert!(refusal("FREQ=MONTHLY;BYDAY=0MO").contains("BYDAY"));
        assert!(refusal("FREQ=MONTHLY;BYSETPOS=1").contains("there is none"));
        assert!(refusal("FREQ=DAILY;FREQ=DAILY").contains("twice"));
        assert!(refusal("FREQ=DAILY;UNTIL=20260230").contains("UNTIL is a day"));
        for odd in
            ["FREQ=MONTHLY;BYDAY=ü", "FREQ", "=;=", "FREQ=DAILY;BYHOUR=", "FREQ=DAILY;BYMONTH=-1", "\u{0}"]
        {
            refusal(odd);
        }
    }
}
