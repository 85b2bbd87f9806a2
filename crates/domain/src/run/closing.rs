//! Runs whose maintenance window closes.

use super::fixtures::*;
use super::*;
use crate::job::{Outcome, Phase};
use proptest::prelude::*;

/// Two machines first, then three by three; the window closes after an hour, and a trip takes ten minutes.
fn plan() -> RunPlan {
    let closes = Some(Closing { at: at(3600), trip_s: 600 });
    RunPlan { canary: 2, wave: Some(Size::Machines(3)), closes, ..RunPlan::plain("inventory") }
}

fn count(members: &[Member], is: impl Fn(&MemberState) -> bool) -> usize {
    members.iter().filter(|member| is(&member.state)).count()
}

fn started(members: &[Member]) -> usize {
    count(members, |state| matches!(state, MemberState::Job(_)))
}

fn left(members: &[Member]) -> usize {
    count(members, |state| *state == MemberState::Skipped)
}

fn end(members: &mut [Member], second: i64) {
    for (n, member) in members.iter_mut().enumerate() {
        if matches!(member.state, MemberState::Job(_)) {
            member.state = job(n, Phase::Closed, Some(Outcome::Succeeded), at(second));
        }
    }
}

#[test]
fn a_trip_that_is_just_over_by_then_is_started_and_a_second_later_none_is() {
    for (second, starts) in [(3000, 5), (3001, 2)] {
        let (mut run, mut members) = (run(plan()), members(&plan(), 8));
        settle(&mut run, &mut members, None, at(0));
        end(&mut members, second);
        settle(&mut run, &mut members, None, at(second));
        assert_eq!((started(&members), left(&members)), (starts, if starts == 5 { 0 } else { 6 }));
    }
}

#[test]
fn who_is_away_comes_home_and_who_waits_is_left_as_it_is() {
    let (mut run, mut members) = (run(plan()), members(&plan(), 8));
    settle(&mut run, &mut members, None, at(0));
    let waits = settle(&mut run, &mut members, None, at(3100));
    assert_eq!((started(&members), left(&members), run.state), (2, 6, RunState::Running));
    assert!(waits.cancel.is_empty(), "no trip is cut short");
    end(&mut members, 4000);
    settle(&mut run, &mut members, None, at(4000));
    assert_eq!(run.state, RunState::Closed);
}

#[test]
fn whoever_resumes_it_too_late_starts_nobody() {
    let (mut run, mut members) = (run(plan()), members(&plan(), 8));
    settle(&mut run, &mut members, None, at(0));
    settle(&mut run, &mut members, Some(Wish::Pause), at(10));
    settle(&mut run, &mut members, None, at(3500));
    assert_eq!(left(&members), 0, "a person who paused it may still cancel it");
    settle(&mut run, &mut members, Some(Wish::Resume), at(3500));
    assert_eq!((started(&members), left(&members)), (2, 6));
}

#[test]
fn where_nobody_knows_how_long_a_trip_takes_the_window_itself_counts() {
    let plan = RunPlan { closes: Some(Closing { at: at(3600), trip_s: 0 }), ..plan() };
    let (mut run, mut members) = (run(plan.clone()), members(&plan, 8));
    settle(&mut run, &mut members, None, at(3600));
    assert_eq!(started(&members), 2);
    settle(&mut run, &mut members, None, at(3601));
    assert_eq!(left(&members), 6);
}

proptest! {
    #[test]
    fn nobody_is_started_whose_trip_would_not_be_over(
        machines in 1..40_usize, canary in 0..4_u32, wave in 1..9_u32, at_once in 1..9_u32,
        closes in 0..2000_i64, trip_s in 0..700_u32, takes in 1..400_i64,
    ) {
        let plan = RunPlan {
            canary,
            wave: Some(Size::Machines(wave)),
            at_once: AtOnce { in_all: Some(at_once), per_site: None },
            closes: Some(Closing { at: at(closes), trip_s }),
            ..RunPlan::plain("inventory")
        };
        let (mut run, mut members) = (run(plan.clone()), members(&plan, machines));
        let mut second = 0;
        while !run.is_over() {
            let before = started(&members);
            settle(&mut run, &mut members, None, at(second));
            if started(&members) > before {
                prop_assert!(second + i64::from(trip_s) <= closes, "started at {second}");
            }
            second += takes;
            end(&mut members, second);
            prop_assert!(second < 100_000, "it comes to its end");
        }
        prop_assert_eq!(started(&members) + left(&members), machines);
    }
}
