//! Thousands of random rules, each read by python-dateutil as well, with zones from Python's own database.
//!
//! Left out is what dateutil does otherwise than the standard says, or where the standard says nothing:
//! - `BYWEEKNO` without `BYDAY`: dateutil gives all days of the week, RFC 5545 that of the start
//! - `BYSETPOS` in the first week of a weekly rule: dateutil counts from the start, RFC 5545 from the week's beginning
//! - numbered and plain days together in `BYDAY`: dateutil takes those that are both, RFC 5545 those that are either

use super::python::ask;
use chrono::{Datelike, NaiveDate, NaiveDateTime, TimeDelta, Weekday};
use pitstop_calendar::{Rule, Series, Zone};

/// 5000 took 52 s on two busy cores, and were alike (docs/adr/0023-a-calendar-of-our-own.md).
const RULES: usize = 2000;

const SCRIPT: &str = r#"
import datetime, sys
from zoneinfo import ZoneInfo
from dateutil.rrule import rrulestr
form = "%Y%m%dT%H%M%S"
def occurrences(text, start, end):
    # What never comes it would walk to until the year 9999.
    datetime.MAXYEAR = end.year
    try:
        for at in rrulestr(text, dtstart=start):
            if at >= end:
                return
            yield at
    except ValueError as why:
        # It sees that nothing will ever come, every 4th hour at 2 of a series that begins at 1.
        assert "empty" in str(why), why
for line in sys.stdin:
    zone, start, end, text = line.split()
    seen = {}
    for at in occurrences(text, datetime.datetime.strptime(start, form), datetime.datetime.strptime(end, form)):
        utc = at.replace(tzinfo=ZoneInfo(zone)).astimezone(datetime.timezone.utc)
        seen.setdefault(utc, at)
    print(" ".join(f"{at.strftime(form)}={utc.strftime(form)}" for utc, at in sorted(seen.items())))
"#;

/// Numbers that are the same each time.
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: u64) -> u64 {
        // splitmix64
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % n
    }

    fn one_in(&mut self, n: u64) -> bool {
        self.below(n) == 0
    }

    fn of<'a>(&mut self, list: &[&'a str]) -> &'a str {
        list[usize::try_from(self.below(list.len() as u64)).unwrap()]
    }

    /// One to three numbers of a range, some counted from the end where that may be.
    fn numbers(&mut self, from: u64, to: u64, negative: bool) -> String {
        let many = 1 + self.below(3);
        let one = |dice: &mut Self| {
            let n = from + dice.below(to - from + 1);
            if negative && dice.one_in(3) { format!("-{n}") } else { n.to_string() }
        };
        (0..many).map(|_| one(self)).collect::<Vec<_>>().join(",")
    }

    fn days(&mut self, nth: u64) -> String {
        let many = 1 + self.below(3);
        let numbered = nth > 0 && self.one_in(2);
        let one = |dice: &mut Self| {
            let day = dice.of(&["MO", "TU", "WE", "TH", "FR", "SA", "SU"]);
            let sign = if dice.one_in(3) { "-" } else { "" };
            if numbered { format!("{sign}{}{day}", 1 + dice.below(nth)) } else { day.to_owned() }
        };
        (0..many).map(|_| one(self)).collect::<Vec<_>>().join(",")
    }
}

struct Asked {
    zone: &'static str,
    start: NaiveDateTime,
    end: NaiveDateTime,
    rule: String,
}

const ZONES: [&str; 6] = [
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",
    "Asia/Kathmandu",
    "America/St_Johns",
    "Africa/Casablanca",
];

fn random(dice: &mut Dice) -> Asked {
    let day = NaiveDate::from_ymd_opt(1998, 1, 1).unwrap()
        + TimeDelta::days(i64::try_from(dice.below(7000)).unwrap());
    let hour = u32::try_from(if dice.one_in(2) { dice.below(4) } else { dice.below(24) }).unwrap();
    let mut start = day.and_hms_opt(hour, u32::try_from(dice.below(4)).unwrap() * 15, 0).unwrap();
    let freq = dice
        .of(&["YEARLY", "YEARLY", "MONTHLY", "MONTHLY", "WEEKLY", "DAILY", "HOURLY", "MINUTELY", "SECONDLY"]);
    let mut parts = vec![format!("FREQ={freq}")];
    let most_interval = if freq == "MINUTELY" || freq == "SECONDLY" { 400 } else { 6 };
    if dice.one_in(2) {
        parts.push(format!("INTERVAL={}", 1 + dice.below(most_interval)));
    }
    let counted = dice.one_in(4);
    // dateutil walks step by step: short steps get few conditions.
    let limit = match freq {
        "MINUTELY" | "SECONDLY" => 0,
        "HOURLY" => 1,
        _ if counted => 1,
        _ => 4,
    };
    let mut by = Vec::new();
    let weeks = freq == "YEARLY" && dice.one_in(5);
    if weeks {
        by.push(format!("BYWEEKNO={};BYDAY={}", dice.numbers(1, 50, true), dice.days(0)));
    }
    if dice.one_in(3) {
        by.push(format!("BYMONTH={}", dice.numbers(1, 12, false)));
    }
    if dice.one_in(3) && freq != "WEEKLY" && !weeks {
        by.push(format!("BYMONTHDAY={}", dice.numbers(1, 28, true)));
    }
    if dice.one_in(6) && !matches!(freq, "MONTHLY" | "WEEKLY" | "DAILY") && by.is_empty() {
        by.push(format!("BYYEARDAY={}", dice.numbers(1, 365, true)));
    }
    if dice.one_in(2) && !weeks && !by.iter().any(|part| part.starts_with("BYYEARDAY")) {
        let of_the_year = freq == "YEARLY" && !by.iter().any(|part| part.starts_with("BYMONTH="));
        by.push(format!(
            "BYDAY={}",
            dice.days(match freq {
                "YEARLY" if of_the_year => 50,
                "YEARLY" | "MONTHLY" => 5,
                _ => 0,
            })
        ));
    }
    by.truncate(limit);
    if dice.one_in(3) && !counted {
        by.push(format!("BYHOUR={}", dice.numbers(0, 23, false)));
    }
    if dice.one_in(4) && !counted {
        by.push(format!("BYMINUTE={}", dice.numbers(0, 59, false)));
    }
    if !counted && dice.one_in(4) && !by.is_empty() && !matches!(freq, "HOURLY" | "MINUTELY" | "SECONDLY") {
        by.push(format!("BYSETPOS={}", dice.numbers(1, 6, true)));
        if freq == "WEEKLY" {
            start -= TimeDelta::days(i64::from(start.weekday().days_since(Weekday::Mon)));
        }
    } else if dice.one_in(4) && !by.iter().any(|part| part.starts_with("BYSETPOS")) {
        parts.push(format!("WKST={}", dice.of(&["SU", "WE", "SA"])));
    }
    parts.extend(by);
    let hours = 24
        * match freq {
            "YEARLY" => 3000,
            "MONTHLY" => 1200,
            "WEEKLY" | "DAILY" => 400,
            "HOURLY" => 40,
            _ => 1,
        };
    let end = start + TimeDelta::hours(if freq == "SECONDLY" { 1 } else { hours });
    parts.push(if counted {
        format!("COUNT={}", 1 + dice.below(40))
    } else {
        format!("UNTIL={}", end.format("%Y%m%dT%H%M%S"))
    });
    let zone = ZONES[usize::try_from(dice.below(ZONES.len() as u64)).unwrap()];
    Asked { zone, start, end, rule: parts.join(";") }
}

fn ours(asked: &Asked) -> String {
    let zone: Zone = asked.zone.parse().unwrap();
    let series = Series::by(
        zone,
        asked.start,
        asked.rule.parse::<Rule>().unwrap_or_else(|why| panic!("{}: {why}", asked.rule)),
    );
    let margin = TimeDelta::days(3);
    let all = series.between(zone.at(asked.start - margin), zone.at(asked.end + margin)).into_iter();
    let text = |at: NaiveDateTime| at.format("%Y%m%dT%H%M%S").to_string();
    let before = all.filter(|one| one.local < asked.end);
    before
        .map(|one| format!("{}={}", text(one.local), text(one.at.naive_utc())))
        .collect::<Vec<_>>()
        .join(" ")
}

#[test]
fn thousands_of_random_rules_give_what_dateutil_gives() {
    let mut dice = Dice(5545);
    let asked: Vec<_> = (0..RULES).map(|_| random(&mut dice)).collect();
    let line = |one: &Asked| {
        format!(
            "{} {} {} {}\n",
            one.zone,
            one.start.format("%Y%m%dT%H%M%S"),
            one.end.format("%Y%m%dT%H%M%S"),
            one.rule
        )
    };
    let answer = ask(SCRIPT, &asked.iter().map(line).collect::<String>());
    let theirs: Vec<_> = answer.lines().collect();
    assert_eq!(theirs.len(), asked.len());
    let mut occurrences = 0;
    for (asked, theirs) in asked.iter().zip(theirs) {
        let ours = ours(asked);
        assert_eq!(ours, theirs, "{} from {} in {}", asked.rule, asked.start, asked.zone);
        occurrences += ours.split_whitespace().count();
    }
    println!("{} rules, {occurrences} occurrences alike", asked.len());
    assert!(occurrences > 50_000, "too few to say anything: {occurrences}");
}
