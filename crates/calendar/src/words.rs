//! A series in plain words: `every second Tuesday at 22:00, Berlin time`.

use crate::rule::{Day, Freq, Rule, Until};
use crate::series::Series;
use chrono::{Datelike, NaiveDate, NaiveDateTime, Timelike, Weekday};

/// The whole series.
pub fn series(series: &Series) -> String {
    let place = match series.zone.place().as_str() {
        "UTC" => "UTC".to_owned(),
        place => format!("{place} time"),
    };
    let when = match &series.rule {
        None => format!("once, on {} at {}", date(series.start.date()), clock(series.start)),
        Some(one) => rule(one, series.start),
    };
    let beside =
        [(series.except.len(), "left out"), (series.moved.len(), "moved"), (series.also.len(), "added")];
    let beside: String =
        beside.iter().filter(|(n, _)| *n > 0).map(|(n, what)| format!(", {n} {what}")).collect();
    format!("{when}, {place}{beside}")
}

/// A rule, with what its start fills up.
pub fn rule(rule: &Rule, start: NaiveDateTime) -> String {
    let mut words = days(rule, start);
    if rule.freq <= Freq::Daily {
        words.push_str(&format!(" at {}", times(rule, start)));
    } else {
        words.push_str(&within_the_day(rule));
    }
    match (rule.count, rule.until) {
        (Some(1), _) => words.push_str(", once"),
        (Some(n), _) => words.push_str(&format!(", {n} times")),
        (_, Some(Until::At(at))) => words.push_str(&format!(", until {} UTC", date(at.date_naive()))),
        (_, Some(Until::Local(at))) => words.push_str(&format!(", until {}", date(at.date()))),
        (_, Some(Until::Date(day))) => words.push_str(&format!(", until {}", date(day))),
        _ => {}
    }
    words
}

fn days(rule: &Rule, start: NaiveDateTime) -> String {
    if !rule.by_set_pos.is_empty() {
        return chosen(rule, start);
    }
    match rule.freq {
        Freq::Yearly => yearly(rule, start),
        Freq::Monthly => format!("{} of {}{}", on_the(rule, start), every(rule, "month"), only_months(rule)),
        Freq::Weekly => format!("{}{}", weekly(rule, start), only_months(rule)),
        Freq::Daily => format!("{}{}{}", every(rule, "day"), only_days(rule), only_months(rule)),
        Freq::Hourly => every(rule, "hour"),
        Freq::Minutely => every(rule, "minute"),
        Freq::Secondly => every(rule, "second"),
    }
}

fn weekly(rule: &Rule, start: NaiveDateTime) -> String {
    let days: Vec<_> = match rule.by_day.as_slice() {
        [] => vec![start.weekday()],
        days => days.iter().map(|day| day.weekday).collect(),
    };
    match (days.as_slice(), rule.interval) {
        ([day], _) => every(rule, full(*day)),
        (_, 1) if is_working_week(&days) => "every weekday".to_owned(),
        (_, 1) if days.len() == 7 => "every day".to_owned(),
        (_, 1) => format!("every {}", list(days.iter().map(|day| full(*day).to_owned()))),
        _ => {
            let days = if is_working_week(&days) {
                "Monday to Friday".to_owned()
            } else {
                list(days.iter().map(|day| full(*day).to_owned()))
            };
            format!("{} on {days}", every(rule, "week"))
        }
    }
}

fn is_working_week(days: &[Weekday]) -> bool {
    days.len() == 5 && !days.iter().any(|day| matches!(day, Weekday::Sat | Weekday::Sun))
}

fn yearly(rule: &Rule, start: NaiveDateTime) -> String {
    let year = every(rule, "year");
    if !rule.by_week_no.is_empty() {
        let days = match rule.by_day.as_slice() {
            [] => full(start.weekday()).to_owned(),
            days => list(days.iter().map(|day| full(day.weekday).to_owned())),
        };
        let weeks = list(rule.by_week_no.iter().map(|n| nth(*n)));
        return format!("{year} on {days} of the {weeks} week");
    }
    if !rule.by_year_day.is_empty() {
        return format!("{year} on the {} day", list(rule.by_year_day.iter().map(|n| nth(*n))));
    }
    let month_named = match rule.by_month.as_slice() {
        [] => None,
        months => Some(list(months.iter().map(|n| month(*n)))),
    };
    match (&month_named, rule.by_day.is_empty() && rule.by_month_day.is_empty()) {
        (None, true) => format!("{year} on {} {}", start.day(), month(start.month())),
        (Some(months), true) => format!("{year} on {} {months}", start.day()),
        (Some(months), false) => format!("{year} {} of {months}", on_the(rule, start)),
        (None, false) if rule.by_day.is_empty() => format!("{} of every month, {year}", on_the(rule, start)),
        (None, false) => format!("{year} {}", on_the(rule, start)),
    }
}

/// `on the second Tuesday`, `on the 1st and 15th`, `on the last day`
fn on_the(rule: &Rule, start: NaiveDateTime) -> String {
    let days = |days: &[Day]| {
        list(days.iter().map(|day| match day.nth {
            Some(n) => format!("the {} {}", nth(n), full(day.weekday)),
            None => format!("every {}", full(day.weekday)),
        }))
    };
    let dates = |dates: &[i16]| {
        list(dates.iter().map(|n| {
            if *n == -1 {
                "last day".to_owned()
            } else if *n < 0 {
                format!("{} day", nth(*n))
            } else {
                ordinal(*n)
            }
        }))
    };
    match (rule.by_day.as_slice(), rule.by_month_day.as_slice()) {
        ([], []) => format!("on the {}", ordinal(i16::try_from(start.day()).unwrap_or(1))),
        ([], month_days) => format!("on the {}", dates(month_days)),
        (week_days, []) => format!("on {}", days(week_days)),
        (week_days, month_days) => {
            format!("on {}, where that is the {},", days(week_days), dates(month_days))
        }
    }
}

/// `BYSETPOS`: the last of what the rest gives.
fn chosen(rule: &Rule, start: NaiveDateTime) -> String {
    let which = list(rule.by_set_pos.iter().map(|n| nth(*n)));
    let days: Vec<_> = rule.by_day.iter().map(|day| day.weekday).collect();
    let plain = rule.by_day.iter().all(|day| day.nth.is_none()) && rule.by_month_day.is_empty();
    if rule.freq == Freq::Monthly && plain && !days.is_empty() {
        let what = match days.len() {
            5 if is_working_week(&days) => "weekday".to_owned(),
            7 => "day".to_owned(),
            _ => days.iter().map(|day| full(*day)).collect::<Vec<_>>().join(" or "),
        };
        return format!("on the {which} {what} of {}{}", every(rule, "month"), only_months(rule));
    }
    let rest = Rule { by_set_pos: vec![], ..rule.clone() };
    format!("the {which} of: {}", self::days(&rest, start))
}

fn only_days(rule: &Rule) -> String {
    let days = rule.by_day.iter().map(|day| full(day.weekday).to_owned());
    let dates =
        rule.by_month_day.iter().map(|n| if *n < 0 { format!("{} day", nth(*n)) } else { ordinal(*n) });
    match (rule.by_day.is_empty(), rule.by_month_day.is_empty()) {
        (true, true) => String::new(),
        (false, true) => format!(" that is a {}", days.collect::<Vec<_>>().join(" or ")),
        (true, false) => format!(" that is the {}", list(dates)),
        (false, false) => {
            format!(" that is a {} and the {}", days.collect::<Vec<_>>().join(" or "), list(dates))
        }
    }
}

fn only_months(rule: &Rule) -> String {
    match rule.by_month.as_slice() {
        [] => String::new(),
        months => format!(", in {}", list(months.iter().map(|n| month(*n)))),
    }
}

fn within_the_day(rule: &Rule) -> String {
    let mut words = format!("{}{}", only_days(rule), only_months(rule));
    if !rule.by_hour.is_empty() {
        words.push_str(&format!(", in the hours {}", list(rule.by_hour.iter().map(u32::to_string))));
    }
    if !rule.by_minute.is_empty() {
        words.push_str(&format!(", at minute {}", list(rule.by_minute.iter().map(u32::to_string))));
    }
    words
}

fn times(rule: &Rule, start: NaiveDateTime) -> String {
    let or = |list: &[u32], own: u32| if list.is_empty() { vec![own] } else { list.to_vec() };
    let minutes = or(&rule.by_minute, start.minute());
    let hours = or(&rule.by_hour, start.hour());
    let seconds = or(&rule.by_second, start.second());
    let plain = seconds == [0];
    let all = hours.iter().flat_map(|hour| {
        let minutes = &minutes;
        let seconds = &seconds;
        minutes.iter().flat_map(move |minute| {
            seconds.iter().map(move |second| {
                if plain { format!("{hour}:{minute:02}") } else { format!("{hour}:{minute:02}:{second:02}") }
            })
        })
    });
    list(all)
}

fn every(rule: &Rule, what: &str) -> String {
    match rule.interval {
        1 => format!("every {what}"),
        n @ 2..=10 => format!("every {} {what}", nth(i16::try_from(n).unwrap_or(1))),
        n => format!("every {} {what}", ordinal(i16::try_from(n).unwrap_or(i16::MAX))),
    }
}

const SMALL: [&str; 10] =
    ["first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth"];

/// `second`, `12th`, `last`, `third to last`.
pub fn nth(n: i16) -> String {
    match n {
        -1 => "last".to_owned(),
        ..=0 => format!("{} to last", nth(n.saturating_neg())),
        1..=10 => SMALL[usize::try_from(n - 1).unwrap_or(0)].to_owned(),
        _ => ordinal(n),
    }
}

/// `1st`, `22nd`.
fn ordinal(n: i16) -> String {
    let end = match (n % 10, n % 100) {
        (_, 11..=13) => "th",
        (1, _) => "st",
        (2, _) => "nd",
        (3, _) => "rd",
        _ => "th",
    };
    format!("{n}{end}")
}

/// `a`, `a and b`, `a, b and c`.
fn list(words: impl Iterator<Item = String>) -> String {
    let words: Vec<_> = words.collect();
    match words.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        _ => words.concat(),
    }
}

fn clock(at: NaiveDateTime) -> String {
    format!("{}:{:02}", at.hour(), at.minute())
}

fn date(date: NaiveDate) -> String {
    format!("{} {} {}", date.day(), month(date.month()), date.year())
}

/// `Tuesday`
pub fn full(day: Weekday) -> &'static str {
    match day {
        Weekday::Mon => "Monday",
        Weekday::Tue => "Tuesday",
        Weekday::Wed => "Wednesday",
        Weekday::Thu => "Thursday",
        Weekday::Fri => "Friday",
        Weekday::Sat => "Saturday",
        Weekday::Sun => "Sunday",
    }
}

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// Its name, counted from 1.
pub fn month(n: u32) -> String {
    let name = usize::try_from(n).ok().and_then(|n| MONTHS.get(n.checked_sub(1)?));
    name.map_or_else(|| n.to_string(), |name| (*name).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::zone::Zone;

    fn said(rule: &str) -> String {
        super::rule(&rule.parse().unwrap(), "2026-01-13T22:00:00".parse().unwrap())
    }

    #[test]
    fn rules_are_said_as_people_say_them() {
        for (rule, words) in [
            ("FREQ=WEEKLY;INTERVAL=2;BYDAY=TU", "every second Tuesday at 22:00"),
            ("FREQ=WEEKLY", "every Tuesday at 22:00"),
            ("FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR", "every weekday at 22:00"),
            ("FREQ=WEEKLY;BYDAY=MO,TH;INTERVAL=3", "every third week on Monday and Thursday at 22:00"),
            ("FREQ=DAILY;BYHOUR=8,20;BYMINUTE=30", "every day at 8:30 and 20:30"),
            ("FREQ=DAILY;INTERVAL=2;COUNT=10", "every second day at 22:00, 10 times"),
            ("FREQ=MONTHLY;BYDAY=-1FR", "on the last Friday of every month at 22:00"),
            ("FREQ=MONTHLY;INTERVAL=3;BYDAY=1SU", "on the first Sunday of every third month at 22:00"),
            ("FREQ=MONTHLY", "on the 13th of every month at 22:00"),
            ("FREQ=MONTHLY;BYMONTHDAY=1,15", "on the 1st and 15th of every month at 22:00"),
            ("FREQ=MONTHLY;BYMONTHDAY=-1", "on the last day of every month at 22:00"),
            ("FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1", "on the last weekday of every month at 22:00"),
            ("FREQ=YEARLY;UNTIL=20281231", "every year on 13 January at 22:00, until 31 December 2028"),
            ("FREQ=YEARLY;BYMONTH=3;BYDAY=2SU", "every year on the second Sunday of March at 22:00"),
            ("FREQ=YEARLY;BYWEEKNO=20;BYDAY=MO", "every year on Monday of the 20th week at 22:00"),
            ("FREQ=HOURLY;INTERVAL=4;BYDAY=SA", "every fourth hour that is a Saturday"),
        ] {
            assert_eq!(said(rule), words, "{rule}");
        }
    }

    #[test]
    fn a_series_says_its_zone_and_what_was_changed_by_hand() {
        let start = "2026-01-13T22:00:00".parse().unwrap();
        let berlin: Zone = "Europe/Berlin".parse().unwrap();
        let mut one = Series::by(berlin, start, "FREQ=WEEKLY;INTERVAL=2".parse().unwrap());
        one.except.insert(crate::series::RecurrenceId(start));
        assert_eq!(series(&one), "every second Tuesday at 22:00, Berlin time, 1 left out");
        assert_eq!(series(&Series::once(Zone::UTC, start)), "once, on 13 January 2026 at 22:00, UTC");
    }
}
