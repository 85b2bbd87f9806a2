//! What becomes of occurrences, told case by case.

use super::*;
use crate::intervals::Intervals;
use crate::window::Blackout;
use crate::zone::Zone;

fn t(text: &str) -> Time {
    format!("2026-{text}Z").parse().unwrap()
}

/// Every day at 22:00 UTC from 1 March on.
fn nightly(on_miss: OnMiss) -> Timing {
    let series = Series::by(Zone::UTC, "2026-03-01T22:00:00".parse().unwrap(), "FREQ=DAILY".parse().unwrap());
    Timing { series, ready_by: None, on_miss }
}

fn open(from: &str, until: &str) -> Allowed {
    let windows: Intervals = [t(from)..t(until)].into_iter().collect();
    Allowed { windows: Some(windows), blackouts: vec![] }
}

struct Case {
    timing: Timing,
    allowed: Allowed,
    settled: BTreeSet<RecurrenceId>,
    run_s: Option<u64>,
    trip_s: Option<u64>,
    paused: bool,
    under_way: bool,
}

fn case(on_miss: OnMiss) -> Case {
    Case {
        timing: nightly(on_miss),
        allowed: Allowed::default(),
        settled: BTreeSet::new(),
        run_s: None,
        trip_s: Some(1200),
        paused: false,
        under_way: false,
    }
}

impl Case {
    fn due(&self, since: &str, now: &str) -> Due {
        due(&Asked {
            timing: &self.timing,
            allowed: &self.allowed,
            settled: &self.settled,
            since: t(since),
            settled_through: None,
            run_s: self.run_s,
            trip_s: self.trip_s,
            paused: self.paused,
            under_way: self.under_way,
            now: t(now),
        })
    }

    /// Each with its day and what is said of it.
    fn said(&self, since: &str, now: &str) -> Vec<(String, String)> {
        let said = |one: Decision| (one.occurrence.local.format("%d").to_string(), one.verdict.to_string());
        self.due(since, now).decisions.into_iter().map(said).collect()
    }
}

fn pairs(of: &[(&str, &str)]) -> Vec<(String, String)> {
    of.iter().map(|(day, words)| ((*day).to_owned(), (*words).to_owned())).collect()
}

#[test]
fn it_begins_at_its_time_and_never_again() {
    let mut case = case(OnMiss::Skip);
    let early = case.due("03-05T12:00:00", "03-05T21:59:59");
    assert_eq!((early.decisions.len(), early.wake_at), (0, t("03-05T22:00:00")));
    let due = case.due("03-05T12:00:00", "03-05T22:00:00");
    assert_eq!(case.said("03-05T12:00:00", "03-05T22:00:00"), pairs(&[("05", "started at its time")]));
    case.settled.insert(due.decisions[0].occurrence.id);
    assert_eq!(case.said("03-05T12:00:00", "03-05T22:00:01"), []);
}

#[test]
fn what_was_before_the_schedule_is_not_its_business() {
    assert_eq!(case(OnMiss::RunOnce).said("03-05T22:00:00", "03-05T22:01:00"), []);
}

#[test]
fn after_three_days_without_a_server_the_policy_decides() {
    let (since, now) = ("03-04T12:00:00", "03-07T10:00:00");
    let late = "its time was missed by 12 h";
    let skip = case(OnMiss::Skip).said(since, now);
    assert_eq!(
        skip.iter().map(|(_, words)| words.starts_with("its time was missed")).collect::<Vec<_>>(),
        [true; 3]
    );
    assert_eq!(skip[2].1, late);
    let once = pairs(&[
        ("04", "a later one was due as well"),
        ("05", "a later one was due as well"),
        ("06", "started 12 h after its time"),
    ]);
    assert_eq!(case(OnMiss::RunOnce).said(since, now), once);
    assert_eq!(case(OnMiss::NextWindow).said(since, now), once, "without windows the next is now");
}

#[test]
fn a_closed_window_is_waited_for_only_where_that_is_wanted() {
    let shut = "no maintenance window was open";
    for (policy, words) in [
        (OnMiss::Skip, shut.to_owned()),
        (OnMiss::RunOnce, shut.to_owned()),
        (OnMiss::NextWindow, format!("waits for the next window: {shut}")),
    ] {
        let case = Case { allowed: open("03-06T01:00:00", "03-06T05:00:00"), ..case(policy) };
        assert_eq!(case.said("03-05T12:00:00", "03-05T22:00:00"), [("05".to_owned(), words)]);
    }
    let waits = Case { allowed: open("03-06T01:00:00", "03-06T05:00:00"), ..case(OnMiss::NextWindow) };
    let later = waits.due("03-05T12:00:00", "03-06T00:30:00");
    assert_eq!(later.wake_at, t("03-06T01:00:00"));
    assert!(later.settled_through < t("03-05T22:00:00"), "it is not settled yet");
    let opened = waits.due("03-05T12:00:00", "03-06T01:00:00");
    let closes = Some(t("03-06T05:00:00"));
    assert_eq!(opened.decisions[0].verdict, Verdict::Start { late: Some(TimeDelta::hours(3)), closes });
}

#[test]
fn nothing_begins_that_does_not_fit_into_what_is_left() {
    let case = Case { allowed: open("03-05T20:00:00", "03-05T22:10:00"), ..case(OnMiss::Skip) };
    let words = "only 10 min of the window were left, and a trip usually takes 20 min";
    assert_eq!(case.said("03-05T12:00:00", "03-05T22:00:00"), pairs(&[("05", words)]));
    let fits = Case { trip_s: Some(600), ..case };
    assert_eq!(fits.said("03-05T12:00:00", "03-05T22:00:00"), pairs(&[("05", "started at its time")]));
}

#[test]
fn a_blackout_is_stronger_than_a_window_and_says_its_name() {
    let mut allowed = open("03-05T20:00:00", "03-06T20:00:00");
    let times = [t("03-05T21:00:00")..t("03-06T02:00:00")].into_iter().collect();
    allowed.blackouts.push(Blackout { title: "Exams".to_owned(), times });
    let skips = Case { allowed: allowed.clone(), ..case(OnMiss::Skip) };
    assert_eq!(
        skips.said("03-05T12:00:00", "03-05T22:00:00"),
        pairs(&[("05", "there was a blackout: Exams")])
    );
    let waits = Case { allowed, ..case(OnMiss::NextWindow) };
    let due = waits.due("03-05T12:00:00", "03-05T22:00:00");
    let because = Shut::Blackout("Exams".to_owned());
    assert_eq!(due.decisions[0].verdict, Verdict::Wait { until: t("03-06T02:00:00"), because });
}

#[test]
fn what_must_be_ready_begins_before_by_what_it_usually_takes_and_a_quarter_more() {
    let mut case = Case { run_s: Some(3600), ..case(OnMiss::RunOnce) };
    case.timing.ready_by = Some(600);
    assert_eq!(case.due("03-05T12:00:00", "03-05T20:00:00").wake_at, t("03-05T20:45:00"));
    let begun = case.due("03-05T12:00:00", "03-05T20:45:00");
    assert_eq!(begun.decisions[0].due_at, t("03-05T20:45:00"));
    assert!(matches!(begun.decisions[0].verdict, Verdict::Start { late: None, .. }));
    assert_eq!(
        case.said("03-05T12:00:00", "03-05T21:30:00"),
        pairs(&[("05", "started 45 min after its time")])
    );
    let too_late = pairs(&[("05", "it would not have been ready in time any more")]);
    assert_eq!(case.said("03-05T12:00:00", "03-05T21:45:00"), too_late);
    case.run_s = None;
    assert_eq!(
        case.due("03-05T12:00:00", "03-05T21:30:00").wake_at,
        t("03-05T21:50:00"),
        "as it is given at least"
    );
}

#[test]
fn paused_and_still_at_work_are_said_so() {
    let paused = Case { paused: true, ..case(OnMiss::RunOnce) };
    assert_eq!(paused.said("03-05T12:00:00", "03-05T22:00:00"), pairs(&[("05", "the schedule was paused")]));
    let busy = Case { under_way: true, ..case(OnMiss::RunOnce) };
    let words = "what was started before was not over";
    assert_eq!(busy.said("03-05T12:00:00", "03-05T22:00:00"), pairs(&[("05", words)]));
}

#[test]
fn a_zone_that_changes_its_rules_starts_nothing_twice_and_forgets_nothing() {
    // As if Berlin were moved to Lisbon's clocks, or to Helsinki's, by a new database of zones.
    let at = |zone: &str, case: &Case, since: &str, now: &str| {
        let mut timing = case.timing.clone();
        timing.series.zone = zone.parse().unwrap();
        let asked = Asked {
            timing: &timing,
            allowed: &case.allowed,
            settled: &case.settled,
            since: t(since),
            settled_through: Some(t(now)),
            run_s: None,
            trip_s: None,
            paused: false,
            under_way: false,
            now: t(now),
        };
        due(&asked).decisions
    };
    let mut case = case(OnMiss::RunOnce);
    let first = at("Europe/Berlin", &case, "03-05T12:00:00", "03-05T21:00:00");
    assert_eq!(first.len(), 1, "22:00 in Berlin");
    let earlier = at("Europe/Helsinki", &case, "03-05T12:00:00", "03-05T20:30:00");
    assert_eq!(earlier.len(), 1, "half an hour ago by the new rules, and not lost");
    case.settled.insert(first[0].occurrence.id);
    assert_eq!(
        at("Europe/Lisbon", &case, "03-05T12:00:00", "03-05T22:00:00"),
        [],
        "it is the same occurrence"
    );
}
