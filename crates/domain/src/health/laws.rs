//! The laws of brakes and alerts, over random fleets: whatever the sensors say, no more is started than was allowed.

use super::alert::{About, begin};
use super::brake::{Asked, Began, Wanted};
use super::rule::{Acts, Against, Brake, Stopped, Storm, Term};
use super::*;
use crate::Time;
use crate::id::{MachineId, RuleId};
use chrono::TimeDelta;
use proptest::prelude::*;
use std::collections::BTreeMap;
use uuid::Uuid;

fn now() -> Time {
    chrono::DateTime::UNIX_EPOCH + TimeDelta::days(20_000)
}

fn rule() -> Rule {
    let term = Term { metric: Metric::Temperature, against: Against::Above(95.0) };
    Rule { acts: Acts::ByItself, ..Rule::new(RuleId(Uuid::from_u128(1)), "hot", vec![term], "inventory") }
}

fn machine(n: u128) -> MachineId {
    MachineId(Uuid::from_u128(n))
}

fn wanted(n: u128, sites: u128) -> Wanted {
    Wanted { machine: machine(n), site: format!("site-{}", n % sites), approved: false }
}

fn places(machines: u128, sites: u128) -> BTreeMap<String, usize> {
    let mut places = BTreeMap::new();
    for n in 0..machines {
        *places.entry(format!("site-{}", n % sites)).or_default() += 1;
    }
    places
}

/// All sensors of a thousand machines lie at once, for an hour.
#[test]
fn a_storm_of_lying_sensors_starts_nothing_and_asks_one_question() {
    let (rule, guard, sites) = (rule(), Guard::default(), places(1000, 10));
    let (mut alerts, mut questions, mut started) = (BTreeMap::<MachineId, Alert>::new(), 0, 0);
    for minute in 0..60 {
        let now = now() + TimeDelta::minutes(minute);
        let points = (0..=minute).map(|n| (now - TimeDelta::minutes(minute - n), 120.0)).collect();
        let view = View { series: [(Metric::Temperature, points)].into(), ..View::default() };
        let judged = judge(&rule.condition, &view, now);
        let about = About { judged: &judged, trip: None, verdict: None, trips: &[], busy: None, shut: None };
        let mut wanting = Vec::new();
        for n in 0..1000 {
            let next = match alerts.remove(&machine(n)) {
                Some(alert) => Some(follow(&rule, alert, &about, now)),
                None => begin(&rule, machine(n), &about, now),
            };
            if matches!(next, Some(Next::Wants(_))) {
                wanting.push(wanted(n, 10));
            }
            if let Some(alert) = next.as_ref().and_then(Next::alert) {
                alerts.insert(machine(n), alert.clone());
            }
        }
        let sudden = alerts.values().filter(|alert| alert.fired_at.is_some()).count();
        let asked = Asked {
            rule: &rule,
            guard: &guard,
            wanted: &wanting,
            sudden,
            watched: 1000,
            question_open: questions > 0,
            began: &[],
            sites: &sites,
            now,
        };
        let braked = brake(&asked);
        questions += usize::from(braked.question.is_some());
        started += braked.start.len();
    }
    assert_eq!((started, questions), (0, 1));
    assert_eq!(alerts.len(), 1000, "each is told, as one group");
}

#[test]
fn while_all_rules_are_stopped_not_even_what_was_approved_begins() {
    let stopped = Stopped { by: "anna".to_owned(), at: now(), why: "a fire drill".to_owned() };
    let guard = Guard { stopped: Some(stopped), ..Guard::default() };
    let approved = [Wanted { approved: true, ..wanted(1, 1) }];
    let asked = Asked {
        rule: &rule(),
        guard: &guard,
        wanted: &approved,
        sudden: 1,
        watched: 100,
        question_open: false,
        began: &[],
        sites: &places(100, 1),
        now: now(),
    };
    let braked = brake(&asked);
    assert!(braked.start.is_empty() && braked.wait[0].1.contains("a fire drill"), "{braked:?}");
}

#[test]
fn what_a_person_approved_in_a_storm_goes_as_the_brakes_let_it() {
    let approved: Vec<_> = (0..50).map(|n| Wanted { approved: true, ..wanted(n, 10) }).collect();
    let asked = Asked {
        rule: &rule(),
        guard: &Guard::default(),
        wanted: &approved,
        sudden: 50,
        watched: 100,
        question_open: false,
        began: &[],
        sites: &places(100, 10),
        now: now(),
    };
    let braked = brake(&asked);
    assert_eq!(braked.question, None);
    // Two per cent of a hundred machines in an hour.
    assert_eq!((braked.start.len(), braked.wait.len()), (2, 48));
}

fn any_brake() -> impl Strategy<Value = Brake> {
    (1..30_u32, 0..=100_u32, 60..7200_u32).prop_map(|(machines, percent, within_s)| Brake {
        machines,
        percent,
        within_s,
    })
}

proptest! {
    #[test]
    fn no_brake_is_ever_overrun(
        of_rule in any_brake(), site in any_brake(), fleet in any_brake(),
        rounds in proptest::collection::vec((0..120_u128, 0..3000_i64), 1..20), sites in 1..5_u128,
    ) {
        // However many want to, however often it is asked: in no span of a brake begin more than it lets.
        let rule = Rule { brake: of_rule, storm: Storm { machines: u32::MAX, percent: 100 }, ..rule() };
        let guard = Guard { site, fleet, ..Guard::default() };
        let (machines, mut at, mut began) = (200_u128, now(), Vec::<Began>::new());
        let places = places(machines, sites);
        for (wants, passes) in rounds {
            at += TimeDelta::seconds(passes);
            let wanting: Vec<_> = (0..wants).map(|n| wanted(n, sites)).collect();
            let asked = Asked {
                rule: &rule, guard: &guard, wanted: &wanting, sudden: 0, watched: machines as usize, question_open: false,
                began: &began, sites: &places, now: at,
            };
            let braked = brake(&asked);
            prop_assert_eq!(braked.start.len() + braked.wait.len(), wanting.len(), "nobody is lost");
            for started in braked.start {
                let site = wanting.iter().find(|one| one.machine == started).unwrap().site.clone();
                began.push(Began { at, rule: rule.id, site });
            }
            let within = |brake: Brake, counts: &dyn Fn(&Began) -> bool| {
                let since = at - TimeDelta::seconds(brake.within_s.into());
                began.iter().filter(|one| one.at > since && counts(one)).count()
            };
            prop_assert!(within(of_rule, &|_| true) <= of_rule.most(machines as usize));
            prop_assert!(within(fleet, &|_| true) <= fleet.most(machines as usize));
            for (name, here) in &places {
                prop_assert!(within(site, &|one| one.site == *name) <= site.most(*here));
            }
        }
    }

    #[test]
    fn a_storm_lets_nobody_through_who_was_not_approved(
        n in 1..400_u128, watched in 1..400_usize, machines in 1..50_u32, percent in 1..=100_u32, open in any::<bool>(),
        approved in proptest::collection::vec(any::<bool>(), 400),
    ) {
        let rule = Rule { storm: Storm { machines, percent }, ..rule() };
        let wanting: Vec<_> = (0..n).map(|i| Wanted { approved: approved[i as usize], ..wanted(i, 3) }).collect();
        let asked = Asked {
            rule: &rule, guard: &Guard::default(), wanted: &wanting, sudden: n as usize, watched, question_open: open,
            began: &[], sites: &places(n, 3), now: now(),
        };
        let braked = brake(&asked);
        if rule.storm.is_one(n as usize, watched) || open {
            for started in &braked.start {
                prop_assert!(wanting.iter().any(|one| one.machine == *started && one.approved));
            }
        }
        prop_assert!(!(open && braked.question.is_some()), "it is asked once");
    }

    #[test]
    fn whatever_is_measured_health_is_between_nothing_and_a_hundred_or_not_known(
        figures in proptest::collection::vec((0..17_usize, 0.0..1e6_f64, 0..100_i64), 0..30),
    ) {
        let newest = figures.iter().map(|(n, value, age)| {
            let kind = &metric::KINDS[*n];
            (kind.metric, (now() - TimeDelta::minutes(*age), value.min(kind.plausible.1)))
        }).collect();
        let found = score::health(&score::Known { newest, ..score::Known::default() }, now());
        prop_assert!(found.score.is_none_or(|score| score <= 100));
        prop_assert!(found.score != Some(100) || found.reasons.iter().all(|reason| reason.points == 0));
        prop_assert!(found.score.is_some() || !found.reasons.is_empty(), "what is not known says why");
    }
}
