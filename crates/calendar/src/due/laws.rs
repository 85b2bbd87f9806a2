//! The laws, over random schedules, windows, and clocks that stand still, leap and go back.

use super::*;
use crate::window::{Blackout, Times};
use crate::zone::Zone;
use proptest::prelude::*;
use std::collections::BTreeMap;

#[derive(Clone, Debug)]
enum Event {
    /// So many seconds pass.
    Passes(i64),
    /// The database's clock goes back, as after a failover.
    GoesBack(i64),
    Pauses(bool),
    RunEnds,
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        6 => (1..7200_i64).prop_map(Event::Passes),
        2 => (7200..400_000_i64).prop_map(Event::Passes),
        1 => (1..600_i64).prop_map(Event::GoesBack),
        1 => any::<bool>().prop_map(Event::Pauses),
        4 => Just(Event::RunEnds),
    ]
}

fn zone() -> impl Strategy<Value = Zone> {
    let names = ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu"];
    proptest::sample::select(names.to_vec()).prop_map(|name| name.parse().unwrap())
}

fn series() -> impl Strategy<Value = Series> {
    let rules = [
        "FREQ=DAILY",
        "FREQ=DAILY;BYHOUR=2,3,22;BYMINUTE=30",
        "FREQ=WEEKLY;BYDAY=TU,SA",
        "FREQ=HOURLY;INTERVAL=5",
        "FREQ=DAILY;COUNT=5",
        "FREQ=MONTHLY;BYDAY=-1SU",
    ];
    (zone(), 0..24_u32, proptest::sample::select(rules.to_vec())).prop_map(|(zone, hour, rule)| {
        let day = chrono::NaiveDate::from_ymd_opt(2026, 3, 20).unwrap();
        Series::by(zone, day.and_hms_opt(hour, 30, 0).unwrap(), rule.parse().unwrap())
    })
}

fn times() -> impl Strategy<Value = Times> {
    (series(), 10..900_u32).prop_map(|(starts, minutes)| Times { starts, minutes })
}

fn timing() -> impl Strategy<Value = Timing> {
    let policy = prop_oneof![Just(OnMiss::Skip), Just(OnMiss::RunOnce), Just(OnMiss::NextWindow)];
    (series(), proptest::option::of(600..9000_u32), policy).prop_map(|(series, ready_by, on_miss)| Timing {
        series,
        ready_by,
        on_miss,
    })
}

struct World {
    timing: Timing,
    allowed: Allowed,
    now: Time,
    since: Time,
    through: Option<Time>,
    paused: bool,
    under_way: bool,
    settled: BTreeMap<RecurrenceId, Verdict>,
    /// The latest that clocks ever showed.
    latest: Time,
}

const TRIP_S: u64 = 900;

impl World {
    /// Decides, looks the laws up, and stores as a worker would.
    fn decide(&mut self) {
        let settled: BTreeSet<_> = self.settled.keys().copied().collect();
        let asked = Asked {
            timing: &self.timing,
            allowed: &self.allowed,
            settled: &settled,
            since: self.since,
            settled_through: self.through,
            run_s: Some(2000),
            trip_s: Some(TRIP_S),
            paused: self.paused,
            under_way: self.under_way,
            now: self.now,
        };
        let due = due(&asked);
        assert_eq!(due, super::due(&asked), "deciding twice gives the same");
        self.check(&due);
        for decision in &due.decisions {
            if matches!(decision.verdict, Verdict::Wait { .. }) {
                continue;
            }
            self.under_way |= matches!(decision.verdict, Verdict::Start { .. });
            let before = self.settled.insert(decision.occurrence.id, decision.verdict.clone());
            assert_eq!(before, None, "settled twice");
        }
        self.through = Some(self.through.map_or(due.settled_through, |t| t.max(due.settled_through)));
        self.nothing_past_is_forgotten(&due);
    }

    fn check(&self, due: &Due) {
        assert!(due.wake_at > self.now, "it would look for ever: {due:?}");
        let started: Vec<_> =
            due.decisions.iter().filter(|one| matches!(one.verdict, Verdict::Start { .. })).collect();
        assert!(started.len() <= 1 && (started.is_empty() || !self.under_way && !self.paused));
        for one in started {
            assert!(one.due_at <= self.now && one.occurrence.at > self.since);
            assert!(self.allowed.at(self.now, TimeDelta::seconds(TRIP_S as i64)).is_ok());
            assert!(self.timing.ready_by.is_none() || self.now < one.occurrence.at);
        }
    }

    fn nothing_past_is_forgotten(&self, due: &Due) {
        let waits: Vec<_> = due
            .decisions
            .iter()
            .filter(|one| matches!(one.verdict, Verdict::Wait { .. }))
            .map(|one| one.occurrence.id)
            .collect();
        for one in self.timing.series.between(self.since + TimeDelta::seconds(1), self.now) {
            assert!(self.settled.contains_key(&one.id) || waits.contains(&one.id), "forgotten: {one:?}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn the_laws_hold_whatever_the_clock_does(
        timing in timing(),
        windows in proptest::option::of(proptest::collection::vec(times(), 1..3)),
        blackouts in proptest::collection::vec(times(), 0..2),
        events in proptest::collection::vec(event(), 0..40),
    ) {
        let since: Time = "2026-03-25T12:00:00Z".parse().unwrap();
        let range = since..since + TimeDelta::days(120);
        let union = |all: &[Times]| {
            all.iter().fold(crate::intervals::Intervals::default(), |sum, one| sum.and(&one.within(&range)))
        };
        let dark = Blackout { title: "Holidays".to_owned(), times: union(&blackouts) };
        let allowed = Allowed { windows: windows.as_deref().map(union), blackouts: vec![dark] };
        let (settled, through) = (BTreeMap::new(), None);
        let mut world = World {
            timing, allowed, now: since, since, through, paused: false, under_way: false, settled, latest: since,
        };
        for event in events {
            match event {
                Event::Passes(s) => world.now += TimeDelta::seconds(s),
                Event::GoesBack(s) => world.now -= TimeDelta::seconds(s),
                Event::Pauses(paused) => world.paused = paused,
                Event::RunEnds => world.under_way = false,
            }
            world.latest = world.latest.max(world.now);
            world.decide();
        }
    }
}
