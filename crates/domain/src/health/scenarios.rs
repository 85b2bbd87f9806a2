//! Health told step by step.

use super::after::{Helped, compare};
use super::alert::{About, PATIENCE, Trip, begin};
use super::baseline::ENOUGH;
use super::rule::{Acts, Against, Condition, How, Term};
use super::sample::Point;
use super::score::{Known, health};
use super::*;
use crate::Time;
use crate::id::{JobId, MachineId, RuleId};
use chrono::TimeDelta;
use std::collections::BTreeMap;
use uuid::Uuid;

fn t(minute: i64) -> Time {
    chrono::DateTime::UNIX_EPOCH + TimeDelta::days(20_000) + TimeDelta::minutes(minute)
}

fn slow() -> Rule {
    let term = Term { metric: Metric::CpuSpeed, against: Against::Own(30.0) };
    Rule { acts: Acts::ByItself, ..Rule::new(RuleId(Uuid::from_u128(1)), "slow", vec![term], "speed") }
}

/// Speeds, one a minute up to now, with what is usual.
fn view(values: &[f64], now: i64) -> View {
    let first = now + 1 - values.len() as i64;
    let points: Vec<Point> =
        values.iter().enumerate().map(|(n, value)| (t(first + n as i64), *value)).collect();
    let usual = Baseline::of(&[500.0; ENOUGH], ENOUGH).unwrap();
    View {
        series: [(Metric::CpuSpeed, points)].into(),
        own: [(Metric::CpuSpeed, usual.into())].into(),
        ..View::default()
    }
}

fn judged(values: &[f64]) -> Judged {
    judge(&slow().condition, &view(values, 100), t(100))
}

const MACHINE: MachineId = MachineId(Uuid::from_u128(7));

fn about<'a>(judged: &'a Judged, trips: &'a [Time]) -> About<'a> {
    About { judged, trip: None, verdict: None, trips, busy: None, shut: None }
}

fn firing() -> Alert {
    let judged = judged(&[200.0; 12]);
    let next = begin(&slow(), MACHINE, &about(&judged, &[]), t(100)).unwrap();
    next.alert().unwrap().clone()
}

#[test]
fn what_holds_for_as_long_as_it_must_fires_and_says_its_figures() {
    let judged = judged(&[200.0; 12]);
    assert_eq!(judged.holds, Truth::Yes);
    assert_eq!(judged.reason, "Processor speed is 200 MB/s, 60 % worse than its usual 500 MB/s");
}

#[test]
fn a_minute_of_slowness_does_not_fire() {
    let mut values = vec![500.0; 12];
    values.push(100.0);
    let judged = judged(&values);
    assert_eq!((judged.holds, judged.now), (Truth::No, Truth::Yes));
    let next = begin(&slow(), MACHINE, &about(&judged, &[]), t(100)).unwrap();
    assert_eq!(next.alert().unwrap().state, AlertState::Pending);
}

#[test]
fn what_must_hold_for_two_minutes_is_not_asked_about_the_minutes_before() {
    let condition = Condition { for_s: 120, ..slow().condition };
    let found = |values: &[f64]| judge(&condition, &view(values, 100), t(100)).holds;
    assert_eq!(found(&[500.0, 500.0, 500.0, 200.0, 200.0, 200.0]), Truth::Yes);
    assert_eq!(found(&[500.0, 500.0, 500.0, 500.0, 200.0, 200.0]), Truth::No);
}

#[test]
fn what_is_over_before_its_time_is_forgotten() {
    let short = judged(&[100.0; 3]);
    let next = begin(&slow(), MACHINE, &about(&short, &[]), t(100)).unwrap();
    let alert = next.alert().unwrap().clone();
    let fine = judged(&[500.0; 12]);
    assert_eq!(follow(&slow(), alert, &about(&fine, &[]), t(101)), Next::Forgotten);
}

#[test]
fn silence_neither_fires_nor_resolves() {
    let none = judge(&slow().condition, &View::default(), t(100));
    assert_eq!((none.holds, none.now, none.over), (Truth::Unknown, Truth::Unknown, Truth::Unknown));
    assert_eq!(begin(&slow(), MACHINE, &about(&none, &[]), t(100)), None);
    let next = follow(&slow(), firing(), &about(&none, &[]), t(100));
    assert_eq!(next.alert().unwrap().state, AlertState::Firing);
    assert!(!matches!(next, Next::Wants(_)), "nothing is started on what is not known");
}

#[test]
fn old_figures_are_silence() {
    let old = judge(&slow().condition, &view(&[200.0; 12], 60), t(100));
    assert_eq!(old.holds, Truth::Unknown);
}

#[test]
fn without_a_baseline_nothing_is_worse_than_usual() {
    let mut view = view(&[1.0; 12], 100);
    view.own.clear();
    assert_eq!(judge(&slow().condition, &view, t(100)).holds, Truth::Unknown);
}

#[test]
fn it_flickers_around_its_threshold_and_is_not_over() {
    // 350 is where it begins; 360 is beyond that, and within the hysteresis.
    let near = judged(&[360.0; 12]);
    assert_eq!((near.now, near.over), (Truth::No, Truth::No));
    let well = judged(&[480.0; 12]);
    assert_eq!(well.over, Truth::Yes);
}

#[test]
fn any_of_two_fires_on_one_and_all_of_two_does_not() {
    let hot = Term { metric: Metric::Temperature, against: Against::Above(90.0) };
    let mut view = view(&[200.0; 12], 100);
    let cool: Vec<Point> = (89..=100).map(|minute| (t(minute), 50.0)).collect();
    view.series.insert(Metric::Temperature, cool);
    let both = |how| Condition { how, terms: vec![slow().condition.terms[0], hot], ..slow().condition };
    assert_eq!(judge(&both(How::Any), &view, t(100)).holds, Truth::Yes);
    assert_eq!(judge(&both(How::All), &view, t(100)).holds, Truth::No);
    view.series.remove(&Metric::Temperature);
    assert_eq!(judge(&both(How::All), &view, t(100)).holds, Truth::Unknown);
}

#[test]
fn a_rule_that_acts_wants_its_function_and_one_that_asks_waits_for_a_person() {
    let judged = judged(&[200.0; 12]);
    let begins = |acts| begin(&Rule { acts, ..slow() }, MACHINE, &about(&judged, &[]), t(100)).unwrap();
    assert!(matches!(begins(Acts::ByItself), Next::Wants(_)));
    let asks = begins(Acts::AfterApproval);
    assert!(matches!(&asks, Next::Is(alert) if alert.needs_person));
    let approved = Alert { approved_by: Some("anna".to_owned()), ..asks.alert().unwrap().clone() };
    let rule = Rule { acts: Acts::AfterApproval, ..slow() };
    assert!(matches!(follow(&rule, approved, &about(&judged, &[]), t(100)), Next::Wants(_)));
    assert!(matches!(begins(Acts::Tells), Next::Is(alert) if !alert.needs_person));
}

#[test]
fn a_machine_is_left_alone_after_a_trip_and_goes_to_a_person_after_two_in_a_week() {
    let judged = judged(&[200.0; 12]);
    let once = [t(100) - TimeDelta::hours(2)];
    let next = follow(&slow(), firing(), &about(&judged, &once), t(100));
    assert!(matches!(&next, Next::Is(alert) if alert.note.contains("left alone for 4 h")), "{next:?}");
    let twice = [t(100) - TimeDelta::days(3), t(100) - TimeDelta::days(1)];
    let next = follow(&slow(), firing(), &about(&judged, &twice), t(100));
    assert!(matches!(&next, Next::Is(alert) if alert.needs_person), "{next:?}");
}

#[test]
fn in_a_blackout_it_is_quiet_and_says_so() {
    let judged = judged(&[200.0; 12]);
    let shut = About { shut: Some("there is a blackout: Exams"), ..about(&judged, &[]) };
    let next = follow(&slow(), firing(), &shut, t(100));
    assert!(matches!(next, Next::Is(alert) if alert.note.contains("Exams")));
}

fn acting() -> Alert {
    let job = Some(JobId(Uuid::from_u128(9)));
    Alert { state: AlertState::Acting, job, acted_at: Some(t(100)), ..firing() }
}

fn back(values: &[f64], verdict: Helped) -> Next {
    let judged = judged(values);
    let verdict = Some(after::Verdict { helped: verdict, words: "it was 200 and is 500".to_owned() });
    let trip = Some(Trip { closed_at: Some(t(95)) });
    follow(&slow(), acting(), &About { trip, verdict, ..about(&judged, &[]) }, t(100))
}

#[test]
fn back_and_better_is_resolved_with_the_figures() {
    let next = back(&[500.0; 12], Helped::Better);
    let alert = next.alert().unwrap();
    assert_eq!(alert.state, AlertState::Resolved);
    assert!(alert.verdict.as_ref().unwrap().is_better());
}

#[test]
fn back_and_no_better_goes_to_a_person_and_is_not_sent_again() {
    let next = back(&[200.0; 12], Helped::NoBetter);
    let alert = next.alert().unwrap().clone();
    assert!(alert.needs_person && alert.state == AlertState::Firing);
    let judged = judged(&[200.0; 12]);
    let later = t(100) + TimeDelta::days(30);
    let again = follow(&slow(), alert, &about(&judged, &[]), later);
    assert!(matches!(again, Next::Is(_)), "no loop, however long it lasts");
}

#[test]
fn better_figures_while_the_condition_still_holds_are_no_success() {
    let next = back(&[300.0; 12], Helped::Better);
    assert!(next.alert().unwrap().needs_person);
}

#[test]
fn a_machine_that_is_back_and_says_nothing_is_not_called_better() {
    let silent = judge(&slow().condition, &View::default(), t(100));
    let trip = Some(Trip { closed_at: Some(t(95)) });
    let waits = follow(&slow(), acting(), &About { trip, ..about(&silent, &[]) }, t(100));
    assert_eq!(waits.alert().unwrap().state, AlertState::Acting);
    let late = t(95) + PATIENCE + TimeDelta::minutes(1);
    let gone = follow(&slow(), acting(), &About { trip, ..about(&silent, &[]) }, late);
    assert!(gone.alert().unwrap().needs_person);
}

#[test]
fn figures_are_compared_once_there_are_enough_of_them() {
    let (before, few) = (view(&[200.0; 12], 100).series, view(&[500.0; 2], 200).series);
    let condition = slow().condition;
    assert_eq!(compare(&condition, &before, &few, t(150)), None);
    let after = view(&[500.0; 5], 200).series;
    let verdict = compare(&condition, &before, &after, t(150)).unwrap();
    assert_eq!(verdict.helped, Helped::Better);
    assert_eq!(verdict.words, "Processor speed was 200 MB/s and is 500 MB/s");
    let same = view(&[205.0; 5], 200).series;
    assert_eq!(compare(&condition, &before, &same, t(150)).unwrap().helped, Helped::NoBetter);
}

#[test]
fn a_trip_is_compared_with_the_figures_that_it_was_begun_for() {
    let values: Vec<f64> = (0..20).map(|n| if n < 15 { 500.0 } else { 200.0 }).collect();
    let points = view(&values, 100).series[&Metric::CpuSpeed].clone();
    let speeds =
        |for_s| after::ill(&points, t(100), for_s).iter().map(|(_, value)| *value).collect::<Vec<_>>();
    assert_eq!(speeds(240), [200.0; 5]);
    assert_eq!(speeds(60), [200.0; 3], "too few within a minute: the last three");
    assert!(after::ill(&[], t(100), 60).is_empty());
}

#[test]
fn a_machine_that_tells_nothing_has_no_health() {
    let none = health(&Known::default(), t(0));
    assert_eq!((none.score, none.reasons[0].words.as_str()), (None, "nothing has been measured yet"));
    let old = Known { newest: [(Metric::CpuSpeed, (t(0), 500.0))].into(), ..Known::default() };
    assert_eq!(health(&old, t(60)).score, None);
}

fn well() -> Known {
    let figures = [
        (Metric::CpuSpeed, 500.0),
        (Metric::MemoryFree, 60.0),
        (Metric::MemoryBandwidth, 9000.0),
        (Metric::DiskLatency, 2.0),
        (Metric::DiskFill, 40.0),
        (Metric::Temperature, 50.0),
    ];
    let usual = |value: f64| Baseline::of(&[value; ENOUGH], ENOUGH).unwrap();
    Known {
        newest: figures.map(|(metric, value)| (metric, (t(0), value))).into(),
        own: figures.map(|(metric, value)| (metric, usual(value).into())).into(),
        ..Known::default()
    }
}

#[test]
fn as_usual_is_a_hundred_and_half_as_fast_is_much_less() {
    assert_eq!(health(&well(), t(1)).score, Some(100));
    let mut slow = well();
    slow.newest.insert(Metric::CpuSpeed, (t(0), 250.0));
    let found = health(&slow, t(1));
    assert_eq!(found.score, Some(50));
    assert_eq!(found.reasons[0].words, "Processor speed is 250 MB/s; usual here is 500 MB/s");
}

#[test]
fn what_is_not_measured_takes_from_health_and_is_said() {
    let mut partly = well();
    partly.newest.remove(&Metric::MemoryBandwidth);
    let found = health(&partly, t(1));
    assert!(found.score.unwrap() < 100);
    assert!(found.reasons[0].words.contains("no sign of health"));
}

#[test]
fn what_cannot_be_judged_yet_is_said_and_takes_nothing() {
    let mut new = well();
    new.own.remove(&Metric::CpuSpeed);
    new.own.remove(&Metric::DiskFill);
    let found = health(&new, t(1));
    assert_eq!(found.score, Some(100));
    // How full a disk is says enough by itself.
    let words: Vec<_> = found.reasons.iter().map(|reason| (reason.points, reason.words.as_str())).collect();
    assert_eq!(words, [(0, "not judged yet, since what is usual here is not known: processor speed")]);
}

/// A machine of which only its board tells, a minute ago.
fn of_board(figures: &[(Metric, f64)]) -> Known {
    Known {
        newest: figures.iter().map(|(metric, value)| (*metric, (t(0), *value))).collect(),
        ..Known::default()
    }
}

#[test]
fn a_board_that_finds_a_power_supply_ill_costs_health_and_its_silence_heals_nothing() {
    let mut ill = well();
    ill.newest.insert(Metric::PowerBad, (t(0), 1.0));
    let told = health(&ill, t(1));
    assert!(told.score.unwrap() < 70, "{told:?}");
    for point in ill.newest.iter_mut().filter(|(metric, _)| !metric.is_polled()) {
        point.1.0 = t(240);
    }
    let silent = health(&ill, t(241));
    assert_eq!(silent.score, told.score);
    let words = "Power supplies that are not well is 1, told 4 h ago, and not since";
    assert_eq!(silent.reasons[0].words, words);
}

#[test]
fn what_stood_in_a_log_takes_points_for_a_day_and_no_longer() {
    let mut logged = well();
    logged.newest.insert(Metric::LogCritical, (t(-60), 3.0));
    assert!(health(&logged, t(1)).score.unwrap() < 100);
    logged.newest.insert(Metric::LogCritical, (t(-25 * 60), 3.0));
    assert_eq!(health(&logged, t(1)).score, Some(100));
}

#[test]
fn a_machine_that_told_itself_is_silent_since_it_did_whatever_its_board_says() {
    let mut gone = of_board(&[(Metric::BoardHealth, 0.0)]);
    gone.newest.insert(Metric::Load, (t(-60), 0.5));
    assert_eq!(health(&gone, t(0)).reasons[0].words, "nothing has been measured for 60 min");
}

#[test]
fn how_hot_it_was_is_of_now_for_as_long_as_whoever_tells_it_may_take() {
    let mut agent = well();
    agent.newest.insert(Metric::Temperature, (t(-12), 104.0));
    assert_eq!(health(&agent, t(1)).score, Some(100), "the agent told it thirteen minutes ago");
    let board = of_board(&[(Metric::Temperature, 104.0)]);
    assert!(health(&board, t(13)).score.is_some_and(|score| score < 30));
    let term = Term { metric: Metric::Temperature, against: Against::Above(90.0) };
    let rule = Rule::new(RuleId(uuid::Uuid::from_u128(1)), "hot", vec![term], "inventory");
    let points = (0..10).map(|n| (t(n), 104.0)).collect();
    let view = View { series: [(Metric::Temperature, points)].into(), ..View::default() };
    assert_eq!(judge(&rule.condition, &view, t(10)).now, Truth::Yes);
    assert_eq!(judge(&rule.condition, &view, t(22)).now, Truth::Unknown);
}

#[test]
fn a_long_rule_over_a_board_believes_no_older_figure_than_a_short_one() {
    let term = Term { metric: Metric::PowerBad, against: Against::Above(0.5) };
    let mut rule = Rule::new(RuleId(uuid::Uuid::from_u128(1)), "power", vec![term], "inventory");
    rule.condition.for_s = 4 * 3600;
    let points = (0..60).map(|n| (t(n * 5), 1.0)).collect();
    let view = View { series: [(Metric::PowerBad, points)].into(), ..View::default() };
    assert_eq!(judge(&rule.condition, &view, t(300)).holds, Truth::Yes);
    assert_eq!(judge(&rule.condition, &view, t(320)).holds, Truth::Unknown);
}

#[test]
fn a_log_that_counts_a_whole_day_does_not_say_that_a_trip_did_not_help() {
    let log = Term { metric: Metric::LogCritical, against: Against::Above(0.5) };
    let mut condition = Rule::new(RuleId(uuid::Uuid::from_u128(1)), "log", vec![log], "inventory").condition;
    let of = |metric, value: f64| BTreeMap::from([(metric, (0..5).map(|n| (t(200 + n), value)).collect())]);
    let logged = of(Metric::LogCritical, 2.0);
    let verdict = compare(&condition, &logged, &logged, t(150)).unwrap();
    assert_eq!(verdict.helped, Helped::Unknown);
    assert!(verdict.words.contains("counts a whole day"), "{}", verdict.words);
    condition.terms.push(Term { metric: Metric::Crashes, against: Against::Above(0.5) });
    assert_eq!(compare(&condition, &logged, &logged, t(150)), None, "crashes are waited for");
    let better = compare(&condition, &of(Metric::Crashes, 4.0), &of(Metric::Crashes, 0.0), t(150)).unwrap();
    assert_eq!(better.helped, Helped::Better);
    let worse = compare(&condition, &of(Metric::Crashes, 1.0), &of(Metric::Crashes, 4.0), t(150)).unwrap();
    assert_eq!(worse.helped, Helped::NoBetter);
}

#[test]
fn a_board_that_was_well_and_is_silent_makes_nobody_ill() {
    let mut calm = well();
    calm.newest.extend([(Metric::PowerBad, (t(-600), 0.0)), (Metric::BoardHealth, (t(-600), 0.0))]);
    assert_eq!(health(&calm, t(1)).score, Some(100));
}

#[test]
fn a_board_speaks_for_a_machine_without_agent_and_never_for_one_whose_agent_fell_silent() {
    let board = of_board(&[(Metric::BoardHealth, 0.0), (Metric::Temperature, 40.0)]);
    let found = health(&board, t(1));
    assert!(found.score.is_some_and(|score| score < 100), "what nobody measures is no sign of health");
    assert_eq!(health(&board, t(30)).score, None, "the board is silent, and nothing is known");
    let mut gone = board.clone();
    gone.newest.insert(Metric::Load, (t(-60), 0.5));
    assert_eq!(health(&gone, t(1)).score, None, "its own system does not tell any more");
}

#[test]
fn what_a_board_tells_every_five_minutes_holds_and_is_over_as_other_figures_do() {
    let term = Term { metric: Metric::PowerBad, against: Against::Above(0.5) };
    let rule = Rule::new(RuleId(uuid::Uuid::from_u128(1)), "power", vec![term], "inventory");
    let told = |values: &[f64]| {
        let points = values.iter().zip(0..).map(|(value, n)| (t(n * 5), *value)).collect();
        View { series: [(Metric::PowerBad, points)].into(), ..View::default() }
    };
    let at = |values: &[f64], minute: i64| judge(&rule.condition, &told(values), t(minute));
    assert_eq!(at(&[1.0, 1.0, 1.0], 14).holds, Truth::Yes);
    assert_eq!(at(&[1.0, 0.0, 0.0, 0.0], 19).over, Truth::Yes);
    let silent = at(&[1.0, 1.0, 1.0], 60);
    assert_eq!(
        (silent.holds, silent.over),
        (Truth::Unknown, Truth::Unknown),
        "silence fires nothing, and ends nothing"
    );
}

#[test]
fn a_full_disk_is_bad_even_where_that_is_usual() {
    let mut full = well();
    full.newest.insert(Metric::DiskFill, (t(0), 99.5));
    full.own.insert(Metric::DiskFill, Baseline::of(&[99.5; ENOUGH], ENOUGH).unwrap().into());
    assert!(health(&full, t(1)).score.unwrap() <= 10);
}

#[test]
fn a_dry_run_tells_when_it_would_have_fired_and_how_often_it_would_have_sent_the_machine() {
    let mut view = view(&[], 0);
    let hour = |n: i64| t(n * 60);
    let value = |n: i64| {
        if (10..14).contains(&n) || (20..22).contains(&n) || (200..210).contains(&n) { 200.0 } else { 500.0 }
    };
    view.series.insert(Metric::CpuSpeed, (0..300).map(|n| (hour(n), value(n))).collect());
    let fired = dry::replay(&Rule { cool_down_s: 12 * 3600, ..slow() }, MACHINE, &view);
    assert_eq!(
        fired.iter().map(|one| (one.at, one.trip)).collect::<Vec<_>>(),
        [(hour(10), true), (hour(20), false), (hour(200), true)]
    );
    assert_eq!(fired[0].until, Some(hour(14)));
    let would = dry::sum(&slow(), fired, 1);
    assert_eq!((would.machines, would.trips, would.storms.len()), (1, 2, 0));
}

#[test]
fn a_dry_run_counts_no_trips_in_an_hour_in_which_a_person_would_have_been_asked() {
    let mut view = view(&[], 0);
    view.series
        .insert(Metric::CpuSpeed, (0..30).map(|n| (t(n * 60), if n == 7 { 1.0 } else { 500.0 })).collect());
    let fired = (0..50).flat_map(|n| dry::replay(&slow(), MachineId(Uuid::from_u128(n)), &view)).collect();
    let would = dry::sum(&slow(), fired, 50);
    assert_eq!((would.trips, would.machines, would.storms), (0, 50, vec![(t(420), 50)]));
}
