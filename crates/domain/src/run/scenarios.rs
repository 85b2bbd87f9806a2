//! Runs, told step by step.

use super::fixtures::*;
use super::*;
use crate::job::{Outcome, Phase};

fn plan() -> RunPlan {
    RunPlan { canary: 2, wave: Some(Size::Machines(3)), no_show_s: 600, ..RunPlan::plain("inventory") }
}

/// Which members were started, by their place.
fn started(members: &[Member]) -> Vec<usize> {
    (0..members.len()).filter(|n| members[*n].job().is_some()).collect()
}

fn end(members: &mut [Member], places: std::ops::Range<usize>, outcome: Outcome, second: i64) {
    for n in places {
        members[n].state = job(n, Phase::Closed, Some(outcome), at(second));
    }
}

fn in_phase(members: &mut [Member], n: usize, phase: Phase, second: i64) {
    members[n].state = job(n, phase, None, at(second));
}

#[test]
fn the_canary_goes_first_and_waves_follow_it() {
    let (mut run, mut members) = (run(plan()), members(&plan(), 8));
    let waits = settle(&mut run, &mut members, None, at(0));
    assert_eq!(started(&members), [0, 1]);
    assert_eq!(waits.waiting.unwrap().awaits, "the canary: 0 of 2 machines have ended");
    end(&mut members, 0..1, Outcome::Succeeded, 10);
    settle(&mut run, &mut members, None, at(10));
    assert_eq!(started(&members), [0, 1], "half a canary is none");
    end(&mut members, 1..2, Outcome::Found, 20);
    settle(&mut run, &mut members, None, at(20));
    assert_eq!(started(&members), [0, 1, 2, 3, 4]);
    end(&mut members, 2..5, Outcome::Succeeded, 30);
    settle(&mut run, &mut members, None, at(30));
    assert_eq!(started(&members).len(), 8);
    end(&mut members, 5..8, Outcome::Failed, 40);
    let over = settle(&mut run, &mut members, None, at(40));
    assert_eq!((run.state, over.wake_at, over.waiting), (RunState::Closed, None, None));
}

#[test]
fn a_pause_lies_between_waves_and_not_before_the_first() {
    let plan = RunPlan { pause_s: 300, ..plan() };
    let (mut run, mut members) = (run(plan.clone()), members(&plan, 5));
    settle(&mut run, &mut members, None, at(0));
    end(&mut members, 0..2, Outcome::Succeeded, 10);
    let waits = settle(&mut run, &mut members, None, at(10));
    let waiting = waits.waiting.unwrap();
    assert_eq!((started(&members).len(), waiting.until), (2, Some(at(310))));
    assert_eq!(waiting.then, "wave 1 starts with 3 machines");
    settle(&mut run, &mut members, None, at(309));
    assert_eq!(started(&members).len(), 2);
    settle(&mut run, &mut members, None, at(310));
    assert_eq!(started(&members).len(), 5);
}

#[test]
fn canaries_that_fail_stop_it_and_a_person_may_let_it_go_on() {
    let plan = RunPlan { stop_on: Some(StopOn::Failures(2)), ..plan() };
    let (mut run, mut members) = (run(plan.clone()), members(&plan, 6));
    settle(&mut run, &mut members, None, at(0));
    end(&mut members, 0..1, Outcome::Failed, 10);
    in_phase(&mut members, 1, Phase::Held, 10);
    let stopped = settle(&mut run, &mut members, None, at(10));
    assert_eq!((run.state, started(&members).len()), (RunState::Stopped, 2));
    assert_eq!(run.because, "2 of 2 jobs that ended failed, 1 held");
    assert!(stopped.waiting.unwrap().then.starts_with("resumed, 4 machines not started yet"));
    // What a person has seen does not stop it again; the next failures do.
    settle(&mut run, &mut members, Some(Wish::Resume), at(20));
    assert_eq!((run.state, started(&members).len()), (RunState::Running, 5));
    end(&mut members, 2..3, Outcome::Failed, 30);
    settle(&mut run, &mut members, None, at(30));
    assert_eq!(run.state, RunState::Running);
    end(&mut members, 3..4, Outcome::Failed, 40);
    settle(&mut run, &mut members, None, at(40));
    assert_eq!((run.state, started(&members).len()), (RunState::Stopped, 5));
}

#[test]
fn per_cent_are_counted_over_what_has_ended() {
    let plan = RunPlan {
        canary: 0,
        wave: None,
        stop_on: Some(StopOn::Percent(20)),
        at_once: AtOnce { in_all: Some(6), per_site: None },
        ..plan()
    };
    let (mut run, mut members) = (run(plan.clone()), members(&plan, 9));
    settle(&mut run, &mut members, None, at(0));
    end(&mut members, 0..5, Outcome::Succeeded, 10);
    end(&mut members, 5..6, Outcome::Failed, 10);
    settle(&mut run, &mut members, None, at(10));
    assert_eq!(run.state, RunState::Running, "one of six is less than a fifth");
    end(&mut members, 6..7, Outcome::Failed, 20);
    settle(&mut run, &mut members, None, at(20));
    assert_eq!((run.state, run.because.as_str()), (RunState::Stopped, "2 of 7 jobs that ended failed"));
}

#[test]
fn a_machine_that_never_shows_gives_its_place_free_and_goes_on_being_tried() {
    let plan =
        RunPlan { canary: 0, wave: None, at_once: AtOnce { in_all: Some(1), per_site: None }, ..plan() };
    let (mut run, mut members) = (run(plan.clone()), members(&plan, 2));
    settle(&mut run, &mut members, None, at(0));
    in_phase(&mut members, 0, Phase::Switching, 5);
    let waits = settle(&mut run, &mut members, None, at(590));
    assert_eq!((started(&members), waits.wake_at), (vec![0], Some(at(605))));
    settle(&mut run, &mut members, None, at(605));
    assert_eq!(started(&members), [0, 1]);
    end(&mut members, 1..2, Outcome::Succeeded, 700);
    let waits = settle(&mut run, &mut members, None, at(700));
    assert_eq!(run.state, RunState::Running, "it is still being tried");
    assert_eq!(waits.waiting.unwrap().awaits, "1 job whose machine shows no sign");
    end(&mut members, 0..1, Outcome::Failed, 900);
    settle(&mut run, &mut members, None, at(900));
    assert_eq!(run.state, RunState::Closed);
}

#[test]
fn a_missing_canary_has_proven_nothing() {
    let (mut run, mut members) = (run(plan()), members(&plan(), 5));
    settle(&mut run, &mut members, None, at(0));
    end(&mut members, 0..1, Outcome::Succeeded, 10);
    in_phase(&mut members, 1, Phase::Switching, 10);
    settle(&mut run, &mut members, None, at(5000));
    assert_eq!(started(&members), [0, 1]);
}

#[test]
fn a_full_site_holds_up_its_own_machines_only() {
    let plan =
        RunPlan { canary: 0, wave: None, at_once: AtOnce { in_all: None, per_site: Some(2) }, ..plan() };
    let (mut run, mut members) = (run(plan.clone()), members(&plan, 9));
    let waits = settle(&mut run, &mut members, None, at(0));
    let at_site = |site: &str| members.iter().filter(|m| m.site == site && m.job().is_some()).count();
    assert_eq!((at_site("berlin"), at_site("porto")), (2, 2));
    assert!(waits.waiting.unwrap().awaits.contains("2 at once at each site"));
}

#[test]
fn cancelled_it_skips_those_who_wait_and_takes_back_the_others_only_if_asked() {
    let (mut run, mut members) = (run(plan()), members(&plan(), 5));
    settle(&mut run, &mut members, None, at(0));
    let facts = RunFacts { wish: Some(Seen { at: at(5), what: Wish::Cancel }) };
    let cancelled = admit(&run, &members, &facts, at(5));
    assert_eq!((cancelled.skip.len(), cancelled.cancel.len()), (3, 0));
    store(&mut run, &mut members, &cancelled, at(5));
    let facts = RunFacts { wish: Some(Seen { at: at(6), what: Wish::CancelAll }) };
    assert_eq!(admit(&run, &members, &facts, at(6)).cancel.len(), 2);
    end(&mut members, 0..2, Outcome::Cancelled, 20);
    let over = settle(&mut run, &mut members, None, at(20));
    assert_eq!((run.state, run.over_at, over.wake_at), (RunState::Cancelled, Some(at(20)), None));
}

#[test]
fn a_wave_of_refused_machines_has_no_pause_before_it_twice() {
    let plan = RunPlan { pause_s: 300, wave: Some(Size::Machines(2)), ..plan() };
    let (mut run, mut members) = (run(plan.clone()), members(&plan, 4));
    settle(&mut run, &mut members, None, at(0));
    end(&mut members, 0..2, Outcome::Succeeded, 10);
    settle(&mut run, &mut members, None, at(10));
    let begins = admit(&run, &members, &RunFacts::default(), at(310));
    store(&mut run, &mut members, &begins, at(310));
    members[2].state = MemberState::Refused { why: "its route is gone".to_owned() };
    members[3].state = MemberState::Waiting;
    assert_eq!(admit(&run, &members, &RunFacts::default(), at(311)).start, [members[3].machine]);
}
