//! Clocks that are put ahead and back, in four corners of the world; moves and splits.

use chrono::NaiveDateTime;
use pitstop_calendar::rule::Until;
use pitstop_calendar::series::RecurrenceId;
use pitstop_calendar::{Reading, Rule, Series, Times, Zone};
use pitstop_domain::Time;
use proptest::prelude::*;

fn series(zone: &str, start: &str, rule: &str) -> Series {
    Series::by(zone.parse().unwrap(), start.parse().unwrap(), rule.parse().unwrap())
}

fn t(text: &str) -> Time {
    text.parse().unwrap()
}

/// In UTC, with how they were read.
fn given(series: &Series, many: usize) -> Vec<(String, Reading)> {
    let from = series.zone.at(series.start);
    let next = series.next(from, many).into_iter();
    next.map(|one| (one.at.format("%m-%d %H:%M").to_string(), one.reading)).collect()
}

fn told(of: &[(&str, Reading)]) -> Vec<(String, Reading)> {
    of.iter().map(|(at, reading)| ((*at).to_owned(), *reading)).collect()
}

use Reading::{Gap, Overlap, Plain};

#[test]
fn half_past_two_in_berlin() {
    let spring = series("Europe/Berlin", "2026-03-28T02:30:00", "FREQ=DAILY");
    assert_eq!(
        given(&spring, 3),
        told(&[("03-28 01:30", Plain), ("03-29 01:30", Gap), ("03-30 00:30", Plain)])
    );
    let autumn = series("Europe/Berlin", "2026-10-24T02:30:00", "FREQ=DAILY");
    assert_eq!(
        given(&autumn, 3),
        told(&[("10-24 00:30", Plain), ("10-25 00:30", Overlap), ("10-26 01:30", Plain)])
    );
}

#[test]
fn half_past_two_in_new_york_and_a_quarter_past_on_lord_howe() {
    let york = series("America/New_York", "2026-03-07T02:30:00", "FREQ=DAILY");
    assert_eq!(
        given(&york, 3),
        told(&[("03-07 07:30", Plain), ("03-08 07:30", Gap), ("03-09 06:30", Plain)])
    );
    let howe = series("Australia/Lord_Howe", "2026-10-03T02:15:00", "FREQ=DAILY");
    assert_eq!(
        given(&howe, 3),
        told(&[("10-02 15:45", Plain), ("10-03 15:45", Gap), ("10-04 15:15", Plain)])
    );
    let back = series("Australia/Lord_Howe", "2026-04-04T01:45:00", "FREQ=DAILY");
    assert_eq!(
        given(&back, 3),
        told(&[("04-03 14:45", Plain), ("04-04 14:45", Overlap), ("04-05 15:15", Plain)])
    );
}

#[test]
fn kathmandu_keeps_its_quarter_of_an_hour() {
    let one = series("Asia/Kathmandu", "2026-03-28T00:00:00", "FREQ=MONTHLY;BYMONTHDAY=28");
    assert_eq!(given(&one, 2), told(&[("03-27 18:15", Plain), ("04-27 18:15", Plain)]));
}

#[test]
fn an_hour_that_is_missing_is_not_two_occurrences() {
    let hourly = series("Europe/Berlin", "2026-03-29T00:00:00", "FREQ=HOURLY");
    let at: Vec<_> = given(&hourly, 4).into_iter().map(|(at, _)| at).collect();
    assert_eq!(at, ["03-28 23:00", "03-29 00:00", "03-29 01:00", "03-29 02:00"]);
}

#[test]
fn a_window_over_the_night_of_a_change_ends_when_clocks_on_the_wall_say_so() {
    let nights = series("Europe/Berlin", "2026-03-27T22:00:00", "FREQ=DAILY");
    let times = Times { starts: nights, minutes: 480 };
    let within = times.within(&(t("2026-03-28T12:00:00Z")..t("2026-03-29T12:00:00Z")));
    let all: Vec<_> = within.iter().cloned().collect();
    assert_eq!(all, [t("2026-03-28T21:00:00Z")..t("2026-03-29T04:00:00Z")], "seven hours");
    let autumn = times.within(&(t("2026-10-24T12:00:00Z")..t("2026-10-25T12:00:00Z")));
    assert_eq!(
        autumn.iter().cloned().collect::<Vec<_>>(),
        [t("2026-10-24T20:00:00Z")..t("2026-10-25T05:00:00Z")]
    );
}

#[test]
fn one_is_moved_and_keeps_its_name() {
    let mut weekly = series("Europe/Berlin", "2026-05-05T22:00:00", "FREQ=WEEKLY");
    let id: RecurrenceId = "20260512T220000".parse().unwrap();
    weekly.moved.insert(id, "2026-05-13T23:00:00".parse().unwrap());
    let next = weekly.next(t("2026-05-01T00:00:00Z"), 3);
    assert_eq!(
        next.iter().map(|one| one.local.format("%d %H").to_string()).collect::<Vec<_>>(),
        ["05 22", "13 23", "19 22"]
    );
    assert_eq!((next[1].id, next[1].moved, weekly.occurrence(id)), (id, true, Some(next[1])));
    // Over all others, and out of the range that it is asked for.
    weekly.moved.insert(id, "2026-08-01T12:00:00".parse().unwrap());
    assert_eq!(weekly.between(t("2026-05-06T00:00:00Z"), t("2026-05-20T00:00:00Z")).len(), 1);
    assert_eq!(weekly.between(t("2026-08-01T00:00:00Z"), t("2026-08-02T00:00:00Z"))[0].id, id);
}

#[test]
fn an_end_in_utc_is_compared_with_moments() {
    let last = series("Asia/Kathmandu", "2026-05-05T22:00:00", "FREQ=DAILY;UNTIL=20260506T161500Z");
    assert_eq!(last.next(t("2026-05-01T00:00:00Z"), 9).len(), 2);
}

fn rules() -> impl Strategy<Value = (Series, usize)> {
    let zones = vec!["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu"];
    let rules = vec![
        "FREQ=DAILY",
        "FREQ=DAILY;INTERVAL=3;COUNT=20",
        "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,TH",
        "FREQ=WEEKLY;COUNT=9;BYDAY=TU,SU;WKST=SU;INTERVAL=2",
        "FREQ=MONTHLY;BYDAY=-1SU,2SA",
        "FREQ=MONTHLY;BYMONTHDAY=31;COUNT=7",
        "FREQ=YEARLY;BYMONTH=3,10;BYDAY=-1SU",
        "FREQ=DAILY;BYHOUR=1,2,3;BYMINUTE=15,45",
    ];
    let day = 0..700_i64;
    (proptest::sample::select(zones), proptest::sample::select(rules), day, 0..24_u32, 0..15_usize).prop_map(
        |(zone, rule, day, hour, nth)| {
            let start = chrono::NaiveDate::from_ymd_opt(2025, 1, 1).unwrap() + chrono::TimeDelta::days(day);
            let start: NaiveDateTime = start.and_hms_opt(hour, 30, 0).unwrap();
            (Series::by(zone.parse::<Zone>().unwrap(), start, rule.parse::<Rule>().unwrap()), nth)
        },
    )
}

proptest! {
    #[test]
    fn a_window_of_a_series_is_what_lies_in_it_of_the_whole((series, _) in rules(), from in 0..900_i64, days in 0..200_i64) {
        let begin = t("2025-01-01T00:00:00Z");
        let range = begin + chrono::TimeDelta::days(from)..begin + chrono::TimeDelta::days(from + days);
        let whole = series.between(begin, begin + chrono::TimeDelta::days(1200));
        let expected: Vec<_> = whole.iter().filter(|one| range.contains(&one.at)).copied().collect();
        prop_assert_eq!(series.between(range.start, range.end), expected);
        prop_assert!(whole.iter().all(|one| series.gives(one.id)));
        prop_assert!(whole.is_sorted_by(|one, next| one.at < next.at));
    }

    #[test]
    fn split_in_two_it_is_the_same((series, nth) in rules()) {
        let (begin, end) = (t("2025-01-01T00:00:00Z"), t("2028-06-01T00:00:00Z"));
        let whole = series.between(begin, end);
        prop_assume!(nth > 0 && nth < whole.len());
        let (before, after) = series.split(whole[nth].id);
        let mut parts = before.between(begin, end);
        prop_assert_eq!(parts.len(), nth);
        prop_assert!(matches!(before.rule.as_ref().unwrap().until, Some(Until::Local(_))));
        parts.extend(after.between(begin, end));
        prop_assert_eq!(parts, whole);
    }

    #[test]
    fn a_series_survives_being_stored((series, _) in rules()) {
        let stored = serde_json::to_string(&series).unwrap();
        prop_assert_eq!(serde_json::from_str::<Series>(&stored).unwrap(), series);
    }

    #[test]
    fn odd_text_is_refused_and_never_breaks_it(text in "(FREQ=)?(DAILY|WEEKLY|YEARLY)?[A-Z0-9=;,+é-]{0,40}") {
        if let Ok(rule) = text.parse::<Rule>() {
            let series = Series::by(Zone::UTC, "2025-01-01T00:00:00".parse().unwrap(), rule);
            series.between(t("2026-01-01T00:00:00Z"), t("2026-01-03T00:00:00Z"));
            pitstop_calendar::words::series(&series);
        }
    }
}
