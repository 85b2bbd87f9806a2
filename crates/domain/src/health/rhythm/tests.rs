use super::super::alert::{About, begin};
use super::super::baseline::ENOUGH;
use super::super::rule::{Against, Term};
use super::super::score::{Known, health};
use super::super::{Alert, Metric, Rule, Truth, View, judge};
use super::*;
use crate::id::{MachineId, RuleId};
use proptest::prelude::*;

const HEAT: Metric = Metric::Temperature;

/// Midnight of a day, by UTC.
fn day(n: i64) -> Time {
    chrono::DateTime::UNIX_EPOCH + TimeDelta::days(20_000 + n)
}

fn hour(n: i64) -> Time {
    day(0) + TimeDelta::hours(n)
}

/// What is learned of so many days, each hour as this says, where clocks are so many hours ahead.
fn learned(metric: Metric, days: i64, ahead: i64, of: impl Fn(i64) -> f64) -> Usual {
    let hours: Vec<(NaiveDateTime, f64)> =
        (0..days * 24).map(|n| (hour(n).naive_utc() + TimeDelta::hours(ahead), of(n))).collect();
    let values: Vec<f64> = hours.iter().map(|(_, value)| *value).collect();
    let day = Baseline::of(&values, ENOUGH).unwrap();
    let parts = Parts::of(metric, &day, hours.into_iter());
    Usual { day, parts: parts.map(|parts| (Arc::new(parts), (ahead * 3600) as i32)) }
}

/// Hot from eight to twenty by clocks so many hours ahead, cool by night; a little different each day.
fn hot_by_day(ahead: i64) -> impl Fn(i64) -> f64 {
    move |n| {
        let wander = (n / 24 % 3) as f64;
        if (8..20).contains(&((n + ahead) % 24)) { 70.0 + wander } else { 45.0 + wander }
    }
}

#[test]
fn hot_by_day_and_cool_by_night_is_usual_at_both() {
    let usual = learned(HEAT, 28, 0, hot_by_day(0));
    for n in 0..48 {
        let value = hot_by_day(0)(n);
        assert!(!usual.is_worse(HEAT, value, hour(n), 0.0), "{value} in hour {n}");
    }
    assert_eq!(usual.when(hour(12)), " at this time of day");
}

#[test]
fn the_days_warmth_at_night_is_noticed_and_was_not_by_the_whole_day() {
    let usual = learned(HEAT, 28, 0, hot_by_day(0));
    assert!(!usual.day.is_worse(HEAT, 70.0, 20.0), "of the whole day it is usual");
    for n in (0..6).chain(22..24) {
        assert!(usual.is_worse(HEAT, 70.0, hour(n), 20.0), "in hour {n}");
    }
    let (low, high) = usual.band(HEAT, hour(2));
    assert!(low > 30.0 && high < 60.0, "{low} to {high}");
}

#[test]
fn of_less_than_three_weeks_only_the_whole_day_is_known() {
    let usual = learned(HEAT, 20, 0, hot_by_day(0));
    assert_eq!((usual.parts.is_none(), usual.when(hour(2))), (true, ""));
    assert!(!usual.is_worse(HEAT, 70.0, hour(2), 20.0));
    assert!(learned(HEAT, 21, 0, hot_by_day(0)).parts.is_some());
}

#[test]
fn a_machine_that_is_on_at_workdays_only_has_times_of_day() {
    let on = (0..28 * 24).filter(|n| n / 24 % 7 < 5).map(|n| (hour(n).naive_utc(), hot_by_day(0)(n)));
    let hours: Vec<_> = on.collect();
    let values: Vec<f64> = hours.iter().map(|(_, value)| *value).collect();
    let day = Baseline::of(&values, ENOUGH).unwrap();
    assert!(
        Parts::of(HEAT, &day, hours.into_iter())
            .is_some_and(|Parts(parts)| parts.iter().all(Option::is_some))
    );
}

#[test]
fn a_part_in_which_the_machine_is_mostly_off_says_nothing() {
    // From six to ten it was on, on two days; by day always.
    let on =
        (0..28 * 24).filter(|n| (10..20).contains(&(n % 24)) || (*n < 48 && (6..20).contains(&(n % 24))));
    let hours: Vec<_> = on.map(|n| (hour(n).naive_utc(), hot_by_day(0)(n))).collect();
    let values: Vec<f64> = hours.iter().map(|(_, value)| *value).collect();
    let whole = Baseline::of(&values, ENOUGH).unwrap();
    let steep = Baseline { median: 50.0, mad: 1.0, samples: 30 };
    assert_eq!(Parts::of(HEAT, &whole, hours.iter().copied()), None, "all of it is as hot as the day");
    let parts = Parts::of(HEAT, &steep, hours.into_iter()).unwrap();
    assert!(parts.0[3].is_none() && parts.0[4].is_none() && parts.0[5].is_some());
    let usual = Usual { day: steep, parts: Some((Arc::new(parts), 0)) };
    assert_eq!(usual.when(hour(7)), "");
    // Beside that the whole day speaks: who is cool in the night before need not be.
    let day = Baseline { median: 58.0, mad: 12.0, samples: 30 };
    let mut cool = [Some(Baseline { median: 45.0, mad: 1.0, samples: 30 }); PARTS];
    cool[3] = None;
    let usual = Usual { day, parts: Some((Arc::new(Parts(cool)), 0)) };
    assert!(!usual.is_worse(HEAT, 70.0, hour(5), 20.0) && !usual.is_worse(HEAT, 70.0, hour(8), 20.0));
    assert!(usual.is_worse(HEAT, 70.0, hour(2), 20.0), "of all of its neighbours something is known");
}

/// Busy by day; in the night after each day of these its disks are as busy.
fn backups(days: impl Fn(i64) -> bool) -> impl Fn(i64) -> f64 {
    move |n| match (n % 24, n / 24) {
        (8..20, _) => 10.0,
        (2..4, day) if days(day) => 12.0,
        _ => 1.0,
    }
}

#[test]
fn what_runs_in_one_night_of_each_week_is_usual_there() {
    let weekly = backups(|day| day % 7 == 5);
    let usual = learned(Metric::DiskLatency, 27, 0, &weekly);
    for n in 27 * 24..35 * 24 {
        let value = weekly(n) * 1.05;
        assert!(!usual.is_worse(Metric::DiskLatency, value, hour(n), 0.0), "{value} in hour {n}");
    }
    assert!(usual.is_worse(Metric::DiskLatency, 40.0, hour(33 * 24 + 3), 100.0), "far more than that is not");
    // Of two nights nobody knows whether they come back; as for the whole day, the median decides.
    let twice = learned(Metric::DiskLatency, 28, 0, backups(|day| day == 5 || day == 12));
    assert!(twice.is_worse(Metric::DiskLatency, 12.0, hour(28 * 24 + 3), 100.0));
}

#[test]
fn a_part_in_which_nothing_ever_moved_still_wanders_by_a_share_of_what_the_day_does() {
    let usual = learned(HEAT, 28, 0, |n| if (8..20).contains(&(n % 24)) { 70.0 } else { 45.0 });
    let (_, high) = usual.band(HEAT, hour(2));
    assert!(high > 50.0 && high < 60.0, "{high}");
}

#[test]
fn a_decline_of_weeks_does_not_become_usual_by_times_of_day_before_it_is_noticed() {
    let speed = Metric::MemoryBandwidth;
    // Slower while people work. After four weeks it loses two in a hundred each day.
    let lost = |n: i64| 1.0 - 0.02 * ((n / 24 - 28).max(0) as f64);
    let of = |n: i64| if (8..20).contains(&(n % 24)) { 5_000.0 } else { 9_000.0 } * lost(n);
    let mut noticed = None;
    for today in 28..56 {
        let first = (today - 28) * 24;
        let hours: Vec<_> = (first..today * 24).map(|n| (hour(n).naive_utc(), of(n))).collect();
        let values: Vec<f64> = hours.iter().map(|(_, value)| *value).collect();
        let day = Baseline::of(&values, ENOUGH).unwrap();
        let parts = Parts::of(speed, &day, hours.into_iter()).map(|parts| (Arc::new(parts), 0));
        let usual = Usual { day, parts };
        // What is usual lies as far behind as the middle of four weeks, with times of day as without.
        for n in [2, 13].map(|n| today * 24 + n) {
            let beside = usual.beside(speed, of(n), hour(n));
            assert!(beside.median >= of(n - 14 * 24) * 0.999, "day {today}, hour {n}: {beside:?}");
        }
        let all = (0..24).any(|n| usual.is_worse(speed, of(today * 24 + n), hour(today * 24 + n), 20.0));
        noticed = noticed.or(all.then_some(today - 28));
    }
    assert!(matches!(noticed, Some(10 | 11)), "on the day on which it is a fifth slower, not {noticed:?}");
}

#[test]
fn a_machine_that_is_always_the_same_has_no_times_of_day() {
    assert!(learned(HEAT, 28, 0, |n| 50.0 + (n % 3) as f64 / 2.0).parts.is_none());
}

#[test]
fn clocks_that_are_put_ahead_or_back_alarm_nobody() {
    let usual = learned(HEAT, 28, 1, hot_by_day(1));
    for ahead in [0, 2] {
        // What goes by the sun or by UTC goes on as it did; what goes by the clocks moves with them. Both are usual.
        let Usual { day, parts } = usual.clone();
        let now = Usual { day, parts: parts.map(|(parts, _)| (parts, ahead * 3600)) };
        for n in 0..24 {
            for by in [1, i64::from(ahead)] {
                let value = hot_by_day(by)(n);
                assert!(
                    !now.is_worse(HEAT, value, hour(n), 0.0),
                    "{value} in hour {n}, {ahead} ahead, by {by}"
                );
            }
        }
    }
}

fn night_rule() -> Rule {
    let term = Term { metric: HEAT, against: Against::Own(20.0) };
    Rule::new(RuleId(uuid::Uuid::from_u128(1)), "hot", vec![term], "inventory")
}

fn heat(value: f64, until: Time) -> View {
    let points = (0..30).rev().map(|n| (until - TimeDelta::minutes(n), value)).collect();
    View {
        series: [(HEAT, points)].into(),
        own: [(HEAT, learned(HEAT, 28, 0, hot_by_day(0)))].into(),
        ..View::default()
    }
}

#[test]
fn a_rule_holds_at_night_on_what_is_usual_by_day_and_says_so() {
    let rule = night_rule();
    let night = judge(&rule.condition, &heat(70.0, hour(27)), hour(27));
    assert_eq!(night.holds, Truth::Yes);
    assert_eq!(night.reason, "Hottest sensor is 70 °C, 52 % worse than its usual 46 °C at this time of day");
    let noon = judge(&rule.condition, &heat(70.0, hour(36)), hour(36));
    assert_eq!((noon.holds, noon.over), (Truth::No, Truth::Yes));
}

#[test]
fn what_fired_at_night_is_not_over_by_morning_but_when_a_night_is_well() {
    let rule = night_rule();
    let of_night = |value: f64, at: Time| View { fired_at: Some(hour(27)), ..heat(value, at) };
    let over = |view: &View, at: Time| judge(&rule.condition, view, at).over;
    assert_eq!(
        over(&of_night(70.0, hour(36)), hour(36)),
        Truth::No,
        "as usual by day, and as ill as by night"
    );
    assert_eq!(over(&of_night(45.0, hour(51)), hour(51)), Truth::Yes);
    // What fired by day, and is as usual by day again, is over at once.
    let of_day = View { fired_at: Some(hour(12)), ..heat(70.0, hour(36)) };
    assert_eq!(over(&of_day, hour(36)), Truth::Yes);
}

#[test]
fn what_fired_is_not_over_because_something_else_became_usual() {
    let rule = night_rule();
    let fired = judge(&rule.condition, &heat(70.0, hour(27)), hour(27));
    let (hot, cool) = (Baseline { median: 70.0, mad: 2.0, samples: 30 }, hour(51));
    // The site's clocks are others, so that only the whole day is known; or what is usual was learned anew.
    for day in [learned(HEAT, 28, 0, hot_by_day(0)).day, hot] {
        let now = |value: f64| View {
            own: [(HEAT, day.into())].into(),
            fired_at: Some(hour(27)),
            fired_beside: fired.beside.clone(),
            ..heat(value, cool)
        };
        assert_eq!(judge(&rule.condition, &now(70.0), cool).over, Truth::No, "beside {day:?}");
        assert_eq!(judge(&rule.condition, &now(45.0), cool).over, Truth::Yes, "beside {day:?}");
    }
}

#[test]
fn an_alert_keeps_what_it_fired_beside_and_one_of_before_that_is_read() {
    let rule = night_rule();
    let judged = judge(&rule.condition, &heat(70.0, hour(27)), hour(27));
    let about = About { judged: &judged, trip: None, verdict: None, trips: &[], busy: None, shut: None };
    let next = begin(&rule, MachineId(uuid::Uuid::from_u128(7)), &about, hour(27)).unwrap();
    let alert = next.alert().unwrap();
    assert_eq!((alert.fired_beside.len(), alert.fired_beside[0].usual.len()), (1, 3));
    let mut stored = serde_json::to_value(alert).unwrap();
    assert_eq!(serde_json::from_value::<Alert>(stored.clone()).unwrap(), *alert);
    stored.as_object_mut().unwrap().remove("fired_beside");
    assert_eq!(serde_json::from_value::<Alert>(stored).unwrap().fired_beside, []);
}

#[test]
fn working_late_is_worth_a_look_and_no_fault() {
    let load = |n: i64| if (8..20).contains(&(n % 24)) { 1.5 } else { 0.1 };
    let own = learned(Metric::Load, 28, 0, load);
    let known = |value: f64, at: Time| Known {
        newest: [(Metric::Load, (at, value)), (Metric::MemoryFree, (at, 60.0))].into(),
        own: [(Metric::Load, own.clone())].into(),
        ..Known::default()
    };
    let load_at = |value: f64, at: Time| {
        let reasons = health(&known(value, at), at).reasons;
        reasons.into_iter().find(|reason| reason.metric == Some(Metric::Load))
    };
    let late = load_at(1.5, hour(23)).unwrap();
    assert_eq!(
        (late.points, late.words.as_str()),
        (5, "Load for each core is 1.5; usual here at this time of day is 0.1")
    );
    assert_eq!(load_at(1.5, hour(12)), None);
    assert!(load_at(40.0, hour(23)).unwrap().points > 50, "that was at no time usual");
}

#[test]
fn where_a_rule_begins_moves_with_the_day() {
    let usual = learned(HEAT, 28, 0, hot_by_day(0));
    let begins = |n| usual.begins(HEAT, 20.0, hour(n)).unwrap();
    assert!(begins(2) < 60.0 && begins(12) > 80.0);
}

#[test]
fn of_a_model_the_parts_are_those_of_its_machines() {
    let of = |median: f64, mad: f64| Baseline { median, mad, samples: 0 };
    let whole = of(58.0, 12.0);
    let each = |mad: f64| -> [Vec<Baseline>; PARTS] {
        std::array::from_fn(|part| vec![of(if part < 4 { 45.0 } else { 70.0 }, mad); 6])
    };
    let parts = Parts::of_peers(HEAT, &whole, &each(1.0), 5).unwrap();
    assert_eq!((parts.0[0].unwrap().median, parts.0[6].unwrap().median), (45.0, 70.0));
    assert_eq!(Parts::of_peers(HEAT, &whole, &each(1.0), 7), None, "too few say so");
    // What most of them do once a week is usual for one of them.
    let weekly = Parts::of_peers(HEAT, &whole, &each(6.0), 5).unwrap();
    assert_eq!(weekly.0[0].unwrap().mad, 6.0);
}

proptest! {
    #[test]
    fn whatever_a_machine_does_each_day_alike_is_at_no_time_worse_than_usual(
        n in 0_usize..super::super::metric::KINDS.len(),
        each in proptest::collection::vec(0.0..100.0_f64, 24),
        ahead in -12_i64..14,
    ) {
        let metric = super::super::metric::KINDS[n].metric;
        // It holds for at least four hours each, as days go.
        let of = |n: i64| each[(n % 24 / 4) as usize];
        let usual = learned(metric, 28, ahead, of);
        for n in 0..24 {
            prop_assert!(!usual.is_worse(metric, of(n), hour(n), 0.0));
            let (low, high) = usual.band(metric, hour(n));
            prop_assert!(low <= of(n) && of(n) <= high);
        }
    }

    #[test]
    fn what_is_beside_a_value_is_worse_by_the_least(value in 0.0..150.0_f64, n in 0_i64..24) {
        let usual = learned(HEAT, 28, 0, hot_by_day(0));
        let beside = usual.beside(HEAT, value, hour(n));
        prop_assert_eq!(beside.is_worse(HEAT, value, 0.0), usual.is_worse(HEAT, value, hour(n), 0.0));
    }
}
