//! Trips, told step by step.

use super::fixtures::*;
use super::*;
use crate::facts::{CallState, Decided, Decision, PowerFact, Seen};
use crate::job::Phase::{Closed, Held, Queued, Restoring, Running, Switching};
use crate::probe::Probe;
use crate::proof::Proof;
use crate::sighting::FetchStep;

fn decided(second: i64, what: Decision) -> Option<Seen<Decided>> {
    seen(second, Decided { what, by: "ann".to_owned() })
}

/// A job on its way: facts are added, time passes, and it is stepped until it only waits.
struct Trip {
    job: Job,
    facts: Facts,
    commands: Vec<Command>,
}

impl Trip {
    fn new(job: Job) -> Self {
        Self { job, facts: free(), commands: vec![] }
    }

    /// Steps at this second until nothing moves; the commands of this moment are kept.
    fn at(&mut self, second: i64) -> &mut Self {
        self.commands.clear();
        loop {
            let step = step(&self.job, &self.facts, at(second));
            let moved = step.moved.is_some();
            if step.job.phase_since != self.job.phase_since || step.job.attempt != self.job.attempt {
                self.facts.calls.clear();
            }
            self.job = step.job;
            self.commands.extend(step.commands);
            if !moved {
                return self;
            }
        }
    }

    fn restarts(&self) -> Vec<&'static str> {
        let name = |command: &Command| match command {
            Command::Restart { route, .. } => Some(route.name()),
            _ => None,
        };
        self.commands.iter().filter_map(name).collect()
    }

    fn answered(&mut self, state: CallState) {
        self.facts.calls = vec![call(&self.job, state)];
        self.facts.touched |= self.job.phase == Switching
            && matches!(state, CallState::Started | CallState::Pressed | CallState::Accepted);
    }

    /// The usual way into maintenance, seen at second 100.
    fn arrived(own_agent: bool) -> Self {
        let mut trip = Self::new(queued(own_agent, true));
        if own_agent {
            trip.facts.own_agent = seen(0, boot("before"));
        }
        trip.at(10);
        trip.answered(CallState::Accepted);
        trip.facts.maintenance_agent = in_maintenance(100, JOB);
        trip.at(100);
        assert_eq!(trip.job.phase, Running);
        trip
    }
}

#[test]
fn a_trip_goes_there_and_back_and_is_proven_by_the_own_agent() {
    let mut trip = Trip::new(queued(true, true));
    trip.facts.own_agent = seen(5, boot("before"));
    assert_eq!(trip.at(10).restarts(), ["agent"]);
    assert!(trip.commands.contains(&Command::Assign));
    trip.answered(CallState::Accepted);
    assert_eq!(trip.at(20).job.phase, Switching, "an answer is no arrival");
    trip.facts.maintenance_agent = in_maintenance(60, JOB);
    assert_eq!(trip.at(60).job.phase, Running);
    trip.facts.reported = said(90, JOB, Outcome::Succeeded);
    assert_eq!(trip.at(90).restarts(), ["agent"]);
    trip.facts.own_agent = seen(130, boot("after"));
    trip.at(130);
    assert_eq!((trip.job.phase, trip.job.proof), (Closed, Some(Proof::Agent)));
    assert_eq!(trip.job.outcome(), Some(Outcome::Succeeded));
}

#[test]
fn a_heartbeat_of_the_boot_before_proves_nothing() {
    let mut trip = Trip::arrived(true);
    trip.facts.reported = said(200, JOB, Outcome::Succeeded);
    trip.at(200);
    trip.facts.own_agent = seen(210, boot("before"));
    assert_eq!(trip.at(210).job.phase, Restoring);
}

#[test]
fn an_order_that_nobody_takes_is_given_to_the_next_route() {
    let mut trip = Trip::new(queued(true, true));
    trip.facts.own_agent = seen(5, boot("before"));
    trip.at(10);
    trip.answered(CallState::Waiting);
    assert_eq!(trip.at(69).restarts(), [""; 0]);
    assert_eq!(trip.at(70).restarts(), ["virtual-machine"]);
    assert_eq!(trip.job.attempt, 2);
}

#[test]
fn a_machine_that_comes_up_in_its_own_system_instead_is_tried_by_the_next_route() {
    let mut trip = Trip::new(queued(true, true));
    trip.facts.own_agent = seen(5, boot("before"));
    trip.at(10);
    trip.answered(CallState::Accepted);
    trip.facts.own_agent = seen(50, boot("instead"));
    assert_eq!(trip.at(50).restarts(), ["virtual-machine"]);
    assert_eq!(trip.job.boot_attempt, Some(boot("instead")), "this attempt starts from that boot");
}

#[test]
fn when_every_route_failed_the_machine_is_given_back_and_the_job_fails() {
    let mut trip = Trip::new(queued(true, true));
    trip.facts.own_agent = seen(5, boot("before"));
    let mut now = 10;
    for _ in 0..6 {
        trip.at(now);
        now += 600;
    }
    assert_eq!(trip.job.phase, Closed, "nobody ever took an order, so the machine never left");
    assert_eq!((trip.job.outcome(), trip.job.proof), (Some(Outcome::Failed), Some(Proof::Untouched)));
}

#[test]
fn a_machine_that_starts_its_own_system_at_every_attempt_is_not_restarted_once_more_to_go_home() {
    let mut trip = Trip::new(queued(true, true));
    trip.facts.own_agent = seen(5, boot("before"));
    trip.at(10);
    let mut tried = trip.restarts();
    let mut now = 10;
    for name in ["first", "second", "third", "fourth"] {
        trip.answered(CallState::Accepted);
        now += 50;
        trip.facts.own_agent = seen(now, boot(name));
        trip.at(now);
        tried.extend(trip.restarts());
    }
    assert_eq!(tried, ["agent", "virtual-machine", "agent", "virtual-machine", "person"]);
    trip.answered(CallState::Waiting);
    // Nobody walks there, and the own system goes on reporting.
    trip.facts.own_agent = seen(now + 590, boot("fourth"));
    trip.at(now + 600);
    assert_eq!(trip.restarts(), [""; 0]);
    assert_eq!((trip.job.outcome(), trip.job.proof), (Some(Outcome::Failed), Some(Proof::Agent)));
}

#[test]
fn a_machine_whose_boot_was_not_known_at_the_start_is_known_by_the_boot_that_took_the_order() {
    let mut trip = Trip::new(queued(true, true));
    assert_eq!(trip.at(10).restarts(), ["agent"], "enrolled, and no heartbeat yet");
    trip.answered(CallState::Accepted);
    trip.facts.calls[0].boot = Some(boot("before"));
    trip.facts.own_agent = seen(11, boot("before"));
    assert_eq!(trip.at(11).job.attempt, 1, "the same boot is no restart");
    trip.facts.own_agent = seen(50, boot("instead"));
    assert_eq!(trip.at(50).restarts(), ["virtual-machine"]);
}

#[test]
fn a_boot_that_took_an_order_may_be_on_its_way_out_and_proves_nothing() {
    let mut trip = Trip::new(queued(true, true));
    trip.facts.own_agent = seen(5, boot("before"));
    trip.at(10);
    trip.answered(CallState::Accepted);
    trip.facts.own_agent = seen(50, boot("instead"));
    trip.at(50);
    trip.answered(CallState::Accepted);
    trip.facts.cancel = seen(55, "enough".to_owned());
    trip.facts.own_agent = seen(56, boot("instead"));
    trip.at(56);
    assert_eq!(trip.job.phase, Restoring, "it is still shutting down");
    trip.facts.own_agent = seen(90, boot("after"));
    trip.at(90);
    assert_eq!((trip.job.outcome(), trip.job.proof), (Some(Outcome::Cancelled), Some(Proof::Agent)));
}

#[test]
fn cancelling_before_anybody_was_asked_touches_nothing() {
    let mut trip = Trip::new(queued(true, true));
    trip.at(10);
    trip.answered(CallState::Waiting);
    trip.facts.cancel = seen(12, "not needed".to_owned());
    trip.at(12);
    assert_eq!(trip.restarts(), [""; 0]);
    assert!(trip.commands.contains(&Command::VoidCalls) && trip.commands.contains(&Command::Unassign));
    assert_eq!((trip.job.phase, trip.job.proof), (Closed, Some(Proof::Untouched)));
}

#[test]
fn cancelling_in_maintenance_brings_the_machine_home() {
    let mut trip = Trip::arrived(true);
    trip.facts.cancel = seen(150, "the user needs it".to_owned());
    assert_eq!(trip.at(150).restarts(), ["agent"]);
    trip.facts.own_agent = seen(200, boot("after"));
    trip.at(200);
    assert_eq!((trip.job.outcome(), trip.job.proof), (Some(Outcome::Cancelled), Some(Proof::Agent)));
}

#[test]
fn a_machine_that_left_maintenance_by_itself_is_not_restarted_again() {
    let mut trip = Trip::arrived(true);
    trip.facts.own_agent = seen(180, boot("after"));
    assert_eq!(trip.at(180).restarts(), [""; 0]);
    assert_eq!((trip.job.outcome(), trip.job.proof), (Some(Outcome::Failed), Some(Proof::Agent)));
}

#[test]
fn a_machine_that_never_returns_is_held_after_the_whole_ladder_and_resumes_by_itself() {
    let mut trip = Trip::arrived(true);
    trip.facts.reported = said(200, JOB, Outcome::Succeeded);
    let (mut now, mut tried) = (200, vec![]);
    while trip.job.phase != Held {
        trip.at(now);
        tried.extend(trip.restarts());
        now += 600;
        assert!(now < 20_000, "the ladder has an end");
    }
    assert_eq!(tried, ["agent", "virtual-machine", "agent", "virtual-machine", "person"]);
    trip.facts.own_agent = seen(now, boot("late"));
    trip.at(now);
    assert_eq!((trip.job.phase, trip.job.proof), (Closed, Some(Proof::Agent)));
}

#[test]
fn a_held_job_obeys_a_person() {
    for (decision, phase, proof) in [
        (Decision::TryAgain, Restoring, None),
        (Decision::ConfirmOwnSystem, Closed, Some(Proof::Person)),
        (Decision::GiveUp, Closed, None),
    ] {
        let mut trip = Trip::new(job_in(Held, true, true));
        trip.facts.decision = decided(1010, decision.clone());
        trip.at(1010);
        assert_eq!((trip.job.phase, trip.job.proof), (phase, proof), "{decision:?}");
    }
}

#[test]
fn without_an_own_agent_the_handoff_counts_after_its_quiet_time() {
    let mut trip = Trip::arrived(false);
    trip.facts.reported = said(200, JOB, Outcome::Found);
    trip.at(200);
    trip.facts.sent_home = seen(230, ());
    assert_eq!(trip.at(349).job.phase, Restoring);
    trip.at(350);
    assert_eq!((trip.job.outcome(), trip.job.proof), (Some(Outcome::Found), Some(Proof::Handoff)));
}

#[test]
fn a_machine_that_is_sent_home_again_and_again_is_not_waited_for_without_end() {
    let mut trip = Trip::arrived(false);
    trip.facts.reported = said(200, JOB, Outcome::Succeeded);
    trip.at(200);
    trip.answered(CallState::Accepted);
    // Every minute, as a diskless machine asks whose own system's image does not load.
    for second in (260..=980).step_by(60) {
        trip.facts.sent_home = seen(second, ());
        assert_eq!(trip.at(second).job.attempt, 1 + u32::from(second >= 920), "{second}");
    }
    assert_eq!(trip.job.phase, Restoring);
}

#[test]
fn an_image_that_calls_nobody_ends_when_the_machine_boots_again_and_is_not_cut_on_its_way() {
    use crate::ending::{Condition, Criterion, Ending, OutcomeRule};
    let mut job = queued(true, false);
    job.plan.ending =
        Ending(vec![Criterion { when: Condition::AsksToBootAgain, outcome: OutcomeRule::Succeeded }]);
    let mut trip = Trip::new(job);
    trip.facts.own_agent = seen(5, boot("before"));
    trip.at(10);
    trip.answered(CallState::Accepted);
    trip.facts.fetched = vec![Seen { at: at(40), what: FetchStep::Program }];
    assert_eq!(trip.at(40).job.phase, Running);
    trip.facts.sent_home = seen(500, ());
    assert_eq!(trip.at(500).restarts(), [""; 0], "it is on its way home already");
    trip.facts.own_agent = seen(530, boot("after"));
    trip.at(530);
    assert_eq!((trip.job.outcome(), trip.job.proof), (Some(Outcome::Succeeded), Some(Proof::Agent)));
}

#[test]
fn a_queued_job_waits_for_the_machine_and_says_so() {
    let mut trip = Trip::new(queued(true, true));
    trip.facts.machine_free = false;
    trip.at(10);
    assert_eq!(trip.job.phase, Queued);
    let waiting = step(&trip.job, &trip.facts, at(10)).waiting.unwrap();
    assert!(waiting.awaits.contains("another job"));
}

/// A machine without an agent in its own system, with a probe, on its way home since second 200.
fn returning_with_a_probe() -> Trip {
    let mut job = queued(false, true);
    job.plan.probe = Some(Probe::Tcp { host: "pc7".to_owned(), port: 22 });
    let mut trip = Trip::new(job);
    trip.at(10);
    trip.answered(CallState::Accepted);
    trip.facts.probe_answered = seen(5, ());
    trip.facts.maintenance_agent = in_maintenance(100, JOB);
    trip.at(100);
    trip.facts.reported = said(200, JOB, Outcome::Succeeded);
    trip.at(200);
    trip
}

#[test]
fn a_probe_proves_the_return_when_it_answers_after_a_silence() {
    let mut trip = returning_with_a_probe();
    trip.facts.sent_home = seen(205, ());
    trip.facts.probe_silent = seen(210, ());
    assert_eq!(trip.at(500).job.phase, Restoring, "silence is no proof, and a handoff would be a weaker one");
    trip.facts.probe_answered = seen(510, ());
    trip.at(510);
    assert_eq!((trip.job.phase, trip.job.proof), (Closed, Some(Proof::Probe)));
}

#[test]
fn a_probe_that_the_maintenance_image_may_answer_proves_nothing() {
    let mut trip = returning_with_a_probe();
    trip.facts.probe_silent = seen(90, ());
    trip.facts.probe_answered = seen(220, ());
    assert_eq!(trip.at(230).job.phase, Restoring);
    let awaits = step(&trip.job, &trip.facts, at(230)).waiting.unwrap().awaits;
    assert!(awaits.contains("to go silent"), "{awaits}");
}

#[test]
fn a_machine_whose_board_says_that_it_stays_off_is_tried_by_the_next_route() {
    let mut trip = Trip::new(queued(true, true));
    trip.at(10);
    trip.answered(CallState::Accepted);
    trip.facts.power = Some(PowerFact { on: false, at: at(60), since: at(20) });
    let waits = step(&trip.job, &trip.facts, at(61));
    assert!(
        waits.moved.is_none() && waits.wake_at == Some(at(140)),
        "a restart may switch it off for a while"
    );
    assert!(waits.waiting.unwrap().awaits.contains("switched off"));
    trip.facts.power = Some(PowerFact { on: false, at: at(138), since: at(20) });
    assert_eq!(trip.at(140).restarts(), ["virtual-machine"]);
}

#[test]
fn an_old_word_of_a_board_says_nothing_of_now() {
    let mut trip = Trip::new(queued(true, true));
    trip.at(10);
    trip.answered(CallState::Accepted);
    trip.facts.power = Some(PowerFact { on: false, at: at(30), since: at(20) });
    assert!(trip.at(300).restarts().is_empty());
}

#[test]
fn a_held_job_is_tried_again_from_the_route_that_a_person_chose() {
    let mut trip = Trip::new(job_in(Held, true, true));
    trip.facts.touched = true;
    trip.facts.decision = decided(1010, Decision::ByRoute(Route::VirtualMachine { qmp: "qmp".to_owned() }));
    assert_eq!(trip.at(1010).restarts(), ["virtual-machine"]);
    assert_eq!((trip.job.phase, trip.job.attempt), (Restoring, 2));
    trip.facts.decision = None;
    trip.answered(CallState::Refused);
    assert_eq!(trip.at(1020).restarts(), ["agent"], "the rest of the ladder follows");
}

#[test]
fn a_person_is_offered_what_the_job_can_take() {
    use crate::act::{Act, acts};
    let offered = |phase| acts(&job_in(phase, true, true), false);
    assert_eq!(offered(Running), [Act::Cancel]);
    assert_eq!(acts(&job_in(Running, true, true), true), []);
    assert_eq!(offered(Restoring), [], "it is on its way home already");
    let held: Vec<_> = offered(Held).iter().map(Act::words).collect();
    assert_eq!(held.len(), 6, "again, three routes, confirm, give up: {held:?}");
    let mut by_hand = job_in(Switching, true, true);
    by_hand.attempt = u32::try_from(by_hand.ladder(Target::Maintenance).len()).unwrap();
    assert_eq!(acts(&by_hand, false), [Act::Press(Target::Maintenance), Act::Cancel]);
}

#[test]
fn a_late_heartbeat_of_the_boot_that_an_attempt_started_from_proves_nothing() {
    let mut trip = Trip::new(queued(true, true));
    trip.facts.own_agent = seen(5, boot("before"));
    trip.at(10);
    trip.answered(CallState::Accepted);
    trip.facts.own_agent = seen(50, boot("instead"));
    trip.at(50);
    trip.answered(CallState::Accepted);
    trip.facts.maintenance_agent = in_maintenance(100, JOB);
    trip.at(100);
    trip.facts.reported = said(200, JOB, Outcome::Succeeded);
    trip.at(200);
    // Sent before the second restart, and held up on its way.
    trip.facts.own_agent = seen(210, boot("instead"));
    assert_eq!(trip.at(210).job.phase, Restoring, "the machine is in maintenance");
}

#[test]
fn an_own_system_first_heard_while_switching_may_be_the_one_that_leaves() {
    let mut trip = Trip::new(queued(true, true));
    trip.at(10);
    trip.answered(CallState::Accepted);
    trip.facts.own_agent = seen(20, boot("first heard"));
    trip.facts.cancel = seen(30, "enough".to_owned());
    assert_eq!(trip.at(30).restarts(), ["agent"], "nothing shows that it is a new boot");
    assert_eq!(trip.job.phase, Restoring);
}

#[test]
fn a_boot_that_took_an_earlier_attempts_order_proves_nothing() {
    let mut trip = Trip::new(queued(true, true));
    trip.facts.own_agent = seen(5, boot("before"));
    trip.at(10);
    trip.answered(CallState::Accepted);
    trip.facts.calls[0].boot = Some(boot("took it"));
    trip.facts.own_agent = seen(20, boot("took it"));
    trip.at(610);
    trip.answered(CallState::Waiting);
    trip.facts.cancel = seen(620, "enough".to_owned());
    assert_eq!(trip.at(620).job.phase, Restoring, "it left, and was not seen since");
}

#[test]
fn an_own_system_that_came_up_after_maintenance_was_seen_is_a_return() {
    let mut trip = Trip::new(queued(true, true));
    trip.facts.own_agent = seen(5, boot("before"));
    trip.at(10);
    trip.answered(CallState::Accepted);
    trip.facts.maintenance_agent = in_maintenance(100, JOB);
    trip.facts.own_agent = seen(150, boot("after"));
    assert_eq!(trip.at(160).job.phase, Running);
    trip.facts.own_agent = seen(170, boot("after"));
    trip.at(170);
    assert_eq!((trip.job.phase, trip.job.proof), (Closed, Some(Proof::Agent)));
}

#[test]
fn a_heartbeat_of_a_boot_that_was_left_again_is_no_return_however_late_it_comes() {
    let mut trip = Trip::new(queued(true, true));
    trip.facts.own_agent = seen(5, boot("before"));
    trip.at(10);
    trip.answered(CallState::Accepted);
    // It restarted into its own system, asked for maintenance a moment later, and was given up while it loads.
    trip.facts.own_agent = seen(100, boot("between"));
    trip.facts.asked_to_boot = seen(120, ());
    let mut now = 120;
    while trip.job.phase == Switching {
        now += 1000;
        trip.at(now);
    }
    trip.facts.own_agent = seen(now + 1, boot("between"));
    trip.facts.own_first_heard = Some(at(100));
    trip.at(now + 1);
    assert_eq!((trip.job.phase, trip.job.proof), (Restoring, None));
}

#[test]
fn waking_is_given_up_at_once_when_the_machine_is_heard_to_be_on() {
    let mut job = queued(true, true);
    let wake = serde_json::from_value(serde_json::json!({
        "kind": "wake_on_lan", "mac": "52:54:00:00:00:01", "broadcast": "255.255.255.255"
    }));
    job.plan.routes = vec![wake.unwrap(), Route::Agent];
    let mut trip = Trip::new(job);
    trip.facts.own_agent = seen(5, boot("before"));
    assert_eq!(trip.at(10).restarts(), ["wake-on-lan"]);
    trip.answered(CallState::Accepted);
    trip.facts.own_agent = seen(30, boot("before"));
    assert_eq!(trip.at(30).restarts(), ["agent"]);
}

#[test]
fn a_machine_that_asks_just_after_the_limit_is_looked_at_again_later_and_not_at_once() {
    let mut trip = Trip::new(job_in(Restoring, false, false));
    trip.facts.touched = true;
    trip.answered(CallState::Accepted);
    // The limit is at 1600, and nobody looked yet.
    trip.facts.sent_home = seen(1610, ());
    let waits = step(&trip.job, &trip.facts, at(1611));
    assert!(waits.moved.is_none() && waits.wake_at > Some(at(1611)), "{waits:?}");
}
