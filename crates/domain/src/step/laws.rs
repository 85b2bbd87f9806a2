//! The laws of the decision, checked over all combinations of phases and facts that it can tell apart.

use super::fixtures::*;
use super::*;
use crate::facts::{CallState, Decided, Decision, PowerFact, Seen};
use crate::job::Phase::{Closed, Held, Queued, Restoring, Running, Switching};
use crate::probe::Probe;
use crate::proof::Proof;
use crate::sighting::FetchStep;

/// One way in which facts may differ.
type Change = Box<dyn Fn(&mut Facts)>;

/// Moments to look: at once, past the pickup limit, past the handoff's quiet time, past every limit.
const NOWS: [i64; 4] = [1005, 1070, 1200, 9000];

fn all_cases(check: impl Fn(&Job, &Facts, Time, &Step)) {
    let phases = [Queued, Switching, Running, Restoring, Held, Closed];
    let mut cases = 0_u64;
    for phase in phases {
        for (own_agent, image_agent, probe) in [
            (true, true, false),
            (true, false, false),
            (false, true, false),
            (false, true, true),
            (false, false, false),
        ] {
            for last_attempt in [false, true] {
                let mut job = job_in(phase, own_agent, image_agent);
                job.plan.probe = probe.then(|| Probe::Ping { host: "pc7".to_owned() });
                (job.plan.off_again, job.was_off) = (true, last_attempt);
                if job.attempt > 0 && last_attempt {
                    job.attempt = u32::try_from(job.ladder(Target::Maintenance).len()).unwrap();
                }
                for facts in all_facts(&job) {
                    for now in NOWS {
                        check(&job, &facts, at(now), &step(&job, &facts, at(now)));
                        cases += 1;
                    }
                }
            }
        }
    }
    assert!(cases > 100_000, "only {cases} cases: the laws were not really checked");
}

/// All combinations of facts that can matter in the job's phase. Second 400 is before the trip, 1002 is now.
fn all_facts(job: &Job) -> Vec<Facts> {
    let mut all = vec![free()];
    let mut vary = |variants: Vec<Change>| {
        all = all
            .iter()
            .flat_map(|facts| {
                variants.iter().map(|change| {
                    let mut varied = facts.clone();
                    change(&mut varied);
                    varied
                })
            })
            .collect();
    };
    let own = |second: i64, name: &'static str| -> Change {
        Box::new(move |facts| facts.own_agent = seen(second, boot(name)))
    };
    vary(vec![
        Box::new(|_| {}),
        own(400, "before"),
        own(1002, "before"),
        own(1002, "new"),
        own(400, "new"),
        own(1002, "maintenance"),
    ]);
    vary(vec![
        Box::new(|_| {}),
        Box::new(|f| f.maintenance_agent = in_maintenance(1001, JOB)),
        Box::new(|f| f.maintenance_agent = in_maintenance(400, JOB)),
        Box::new(|f| f.maintenance_agent = in_maintenance(1001, OTHER_JOB)),
    ]);
    vary(vec![
        Box::new(|_| {}),
        Box::new(|f| f.sent_home = seen(1003, ())),
        Box::new(|f| f.sent_home = seen(400, ())),
        Box::new(|f| (f.sent_home, f.asked_to_boot) = (seen(1003, ()), seen(1004, ()))),
        Box::new(|f| f.fetched = vec![Seen { at: at(1001), what: FetchStep::Initrd }]),
        Box::new(|f| f.fetched = vec![Seen { at: at(400), what: FetchStep::Initrd }]),
    ]);
    let off = |at_s, since_s| -> Change {
        let power = Some(PowerFact { on: false, at: at(at_s), since: at(since_s) });
        Box::new(move |f| (f.touched, f.power) = (true, power))
    };
    vary(vec![
        Box::new(|f| f.touched = false),
        Box::new(|f| f.touched = true),
        off(1190, 400),
        off(990, 400),
    ]);
    vary(vec![Box::new(|_| {}), Box::new(|f| f.cancel = seen(1001, "enough".to_owned()))]);
    if job.plan.probe.is_some() && matches!(job.phase, Restoring | Held) {
        vary(vec![
            Box::new(|_| {}),
            Box::new(|f| f.probe_answered = seen(1003, ())),
            Box::new(|f| (f.probe_silent, f.probe_answered) = (seen(1003, ()), seen(1004, ()))),
            Box::new(|f| (f.probe_silent, f.probe_answered) = (seen(600, ()), seen(1003, ()))),
            Box::new(|f| (f.probe_answered, f.probe_silent) = (seen(1003, ()), seen(1004, ()))),
        ]);
    }
    match job.phase {
        Queued => vary(vec![
            Box::new(|_| {}),
            Box::new(|f| f.machine_free = false),
            Box::new(|f| f.no_place = Some("a place at berlin".to_owned())),
        ]),
        Running => vary(vec![
            Box::new(|_| {}),
            Box::new(|f| f.reported = said(1002, JOB, Outcome::Found)),
            Box::new(|f| f.reported = said(1002, OTHER_JOB, Outcome::Found)),
        ]),
        Held => {
            let decide = |second, decision: Decision| -> Change {
                Box::new(move |facts| {
                    facts.decision = seen(second, Decided { what: decision.clone(), by: "ann".to_owned() });
                })
            };
            vary(vec![
                Box::new(|_| {}),
                decide(1002, Decision::TryAgain),
                decide(1002, Decision::ByRoute(Route::Person)),
                decide(1002, Decision::ByRoute(Route::AgentKexec)),
                decide(1002, Decision::ConfirmOwnSystem),
                decide(1002, Decision::GiveUp),
                decide(400, Decision::GiveUp),
            ]);
        }
        Switching | Restoring => {
            use CallState::{Accepted, Pressed, Refused, Started, Waiting};
            let states = [Waiting, Started, Pressed, Accepted, Refused];
            let with_call = states.map(|state| -> Change {
                let call = call(job, state);
                Box::new(move |facts| facts.calls = vec![call.clone()])
            });
            vary(std::iter::once::<Change>(Box::new(|_| {})).chain(with_call).collect());
        }
        Closed => {}
    }
    all
}

#[test]
fn a_job_moves_only_along_the_arrows_of_the_design() {
    all_cases(|job, facts, _, step| {
        let arrow = (job.phase, step.job.phase);
        let known = job.phase == step.job.phase
            || matches!(
                arrow,
                (Queued, Switching | Closed)
                    | (Switching, Running | Restoring)
                    | (Running, Restoring)
                    | (Switching | Running, Held)
                    | (Restoring, Closed | Held)
                    | (Held, Restoring | Closed)
            );
        assert!(known, "{arrow:?} with {facts:?}");
        let by_itself = matches!(arrow, (Switching | Running, Held));
        assert!(!by_itself, "a machine with routes is returned before a person is asked: {arrow:?}");
    });
}

#[test]
fn what_was_taken_is_given_back_or_a_person_decided() {
    all_cases(|job, facts, _, step| {
        if job.phase != Closed && step.job.phase == Closed {
            let proven = step.job.proof.is_some();
            let never_taken = job.phase == Queued;
            let decided = job.phase == Held && facts.decision.is_some();
            assert!(proven || never_taken || decided, "{job:?} closed with {facts:?}");
        }
    });
}

#[test]
fn only_the_phase_and_attempt_that_begin_issue_commands() {
    all_cases(|job, facts, now, step| {
        let began = step.job.attempt_since == now && step.moved.is_some();
        assert!(step.commands.is_empty() || began, "{:?} from {:?} with {facts:?}", step.commands, job.phase);
        let restarts = step.commands.iter().filter(|c| matches!(c, Command::Restart { .. })).count();
        assert!(restarts <= 1);
    });
}

#[test]
fn a_machine_is_sent_into_maintenance_only_while_switching_and_home_only_while_restoring() {
    all_cases(|_, _, _, step| {
        for command in &step.commands {
            match command {
                Command::Restart { target: Target::Maintenance, .. } | Command::Assign => {
                    assert_eq!(step.job.phase, Switching);
                }
                Command::Restart { target: Target::OwnSystem, .. } => assert_eq!(step.job.phase, Restoring),
                Command::Unassign | Command::VoidCalls | Command::Ask | Command::ShutDown { .. } => {}
            }
        }
    });
}

#[test]
fn leaving_switching_takes_the_assignment_back() {
    all_cases(|job, _, _, step| {
        if job.phase == Switching && step.job.phase != Switching {
            assert!(step.commands.contains(&Command::Unassign));
        }
    });
}

#[test]
fn maintenance_is_believed_only_on_fresh_evidence_of_this_job() {
    all_cases(|job, facts, _, step| {
        if job.phase == Switching && step.job.phase == Running {
            let agent = facts.maintenance_agent.as_ref();
            let by_agent = agent.is_some_and(|seen| seen.what.job == JOB && seen.at >= job.attempt_since);
            let handed_over = facts.fetched.iter().any(|seen| seen.at >= job.attempt_since);
            assert!(by_agent || (!job.plan.image_agent && handed_over), "{facts:?}");
        }
    });
}

#[test]
fn a_proof_is_never_rounded_up_and_a_machine_that_was_off_is_shut_down_in_the_boot_that_is_one() {
    // In one walk over all cases: it takes long.
    all_cases(|job, facts, now, step| {
        shut_down_only_where_it_was_off(job, facts, step);
        let Some(proof) = step.job.proof.filter(|_| job.phase != Closed) else { return };
        let own = facts.own_agent.as_ref();
        match proof {
            Proof::Agent => {
                let own = own.expect("an agent's proof needs an agent");
                assert!(own.at >= job.switching_since.unwrap());
                assert!(
                    Some(&own.what) != job.boot_before.as_ref()
                        && Some(&own.what) != job.boot_maintenance.as_ref()
                );
            }
            Proof::Handoff => {
                assert!(!job.plan.own_agent && own.is_none(), "a machine with an agent can prove more");
                assert!(job.plan.probe.is_none(), "a machine with a probe can prove more");
                let home = facts.sent_home.as_ref().unwrap().at;
                assert!(home >= job.switching_since.unwrap());
                assert!(now - home >= TimeDelta::seconds(i64::from(limits().handoff_quiet_s)));
                assert!(facts.asked_to_boot.as_ref().is_none_or(|asked| asked.at < home));
            }
            Proof::Untouched => assert!(!facts.touched && job.boot_maintenance.is_none()),
            Proof::Person => assert!(job.phase == Held && facts.decision.is_some()),
            Proof::Probe => {
                assert!(job.plan.probe.is_some() && !job.plan.own_agent && own.is_none());
                let (silent, answered) = (facts.probe_silent.as_ref(), facts.probe_answered.as_ref());
                let silent = silent.expect("a machine that never went silent did not restart").at;
                assert!(silent > job.switching_since.unwrap() && answered.unwrap().at > silent);
                let there = facts.maintenance_agent.as_ref().filter(|seen| seen.what.job == job.id);
                assert!(there.is_none_or(|seen| seen.at < silent), "it may be the image that answers");
            }
        }
    });
}

/// A machine is shut down only if it was off, and only in the boot that proved its return.
fn shut_down_only_where_it_was_off(job: &Job, facts: &Facts, step: &Step) {
    let boots = step.commands.iter().filter_map(|command| match command {
        Command::ShutDown { boot } => Some(boot),
        _ => None,
    });
    let boots: Vec<_> = boots.collect();
    let proven = job.phase == Restoring && step.job.proof == Some(Proof::Agent);
    assert_eq!(boots.len(), usize::from(proven && job.was_off), "{job:?} with {facts:?}");
    for boot in boots {
        assert_eq!(facts.own_agent.as_ref().map(|seen| &seen.what), Some(boot));
        assert!(job.boot_before.as_ref() != Some(boot) && job.boot_maintenance.as_ref() != Some(boot));
    }
    assert!(job.phase == Held || step.job.phase != Held || !step.job.was_off, "a person was called to it");
}

#[test]
fn a_job_that_waits_says_for_what_and_looks_again() {
    all_cases(|job, facts, _, step| {
        if step.job.phase == Closed {
            assert!(step.wake_at.is_none() && step.waiting.is_none());
            return;
        }
        let waiting = step.waiting.as_ref().unwrap_or_else(|| panic!("{job:?} waits for nothing"));
        assert!(!waiting.awaits.is_empty() && !waiting.then.is_empty());
        let by_others = step.job.phase == Held || (step.job.phase == Queued && !facts.machine_free);
        assert!(step.wake_at.is_some() || by_others, "{:?} never looks again", step.job.phase);
    });
}

#[test]
fn an_outcome_is_there_from_restoring_on_and_not_before() {
    all_cases(|_, _, _, step| {
        let over = matches!(step.job.phase, Restoring | Held | Closed);
        assert_eq!(step.job.ended.is_some(), over, "{:?}", step.job.phase);
    });
}

#[test]
fn deciding_twice_on_the_same_facts_changes_nothing() {
    all_cases(|job, facts, now, step| {
        if step.moved.is_none() {
            assert_eq!(&step.job, job);
            assert_eq!(&super::step(&step.job, facts, now), step);
        }
    });
}
