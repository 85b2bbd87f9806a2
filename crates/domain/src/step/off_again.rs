//! A machine that was off is shut down again: how it is known that it was off, and what is said to its agent afterwards.
//! On any doubt it stays on.

use crate::Time;
use crate::facts::{CallFact, CallState};
use crate::job::Job;
use crate::presence;
use crate::route::{Route, Target};
use serde::{Deserialize, Serialize};

/// How long the own system's agent may take the order to shut down: its line or the server may be away for a while. Later
/// than this, whoever finds the machine on has begun to rely on it.
pub const TAKEN_WITHIN_S: u32 = 600;

/// What showed that a machine was off just before the request left that was to start it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FoundOff {
    /// Its board said so.
    Board,
    /// Its agent was silent, and it was only woken: a packet that a running machine does not notice.
    Silence,
}

/// What is known at the moment in which a restart into maintenance is asked for.
#[derive(Clone, Copy, Debug, Default)]
pub struct Glance {
    /// What its board has just said, where one can be asked.
    pub board_on: Option<bool>,
    /// When the own system's agent was heard last.
    pub heard: Option<Time>,
    /// When the job took the machine.
    pub taken: Option<Time>,
}

/// Is it off? An agent that was heard since the machine was taken says more than its board.
pub fn found_off(route: &Route, glance: Glance, now: Time) -> Option<FoundOff> {
    let heard_since = glance.heard.is_some_and(|heard| glance.taken.is_none_or(|taken| heard >= taken));
    let silent = glance.heard.is_some_and(|heard| !presence::is_fresh(heard, now));
    match (glance.board_on, route) {
        _ if heard_since => None,
        (Some(true), _) => None,
        (Some(false), _) => Some(FoundOff::Board),
        (None, Route::WakeOnLan(_)) if silent => Some(FoundOff::Silence),
        (None, _) => None,
    }
}

/// Was the machine off when it was first touched? Asked when it leaves switching; `calls` are those of that phase.
pub(super) fn was_off(job: &Job, calls: &[CallFact]) -> bool {
    let ladder = job.ladder(Target::Maintenance);
    let route = |call: &CallFact| (call.attempt as usize).checked_sub(1).and_then(|rung| ladder.get(rung));
    let agent = |call: &&CallFact| route(call).is_some_and(|route| route.needs_agent());
    // An agent that took an order, or answered one, runs; and a person who went there may want to use it.
    let somebody = calls.iter().filter(|call| route(call).is_none_or(|route| **route == Route::Person));
    let mut ran = calls.iter().filter(agent).chain(somebody);
    if ran.any(|call| !matches!(call.state, CallState::Waiting | CallState::Void)) {
        return false;
    }
    let left = |call: &&CallFact| matches!(call.state, CallState::Pressed | CallState::Accepted);
    let mut touched: Vec<_> = calls.iter().filter(left).collect();
    touched.sort_by_key(|call| call.attempt);
    match touched.first().and_then(|call| call.found_off) {
        Some(FoundOff::Board) => true,
        // It may have been another request that started it.
        Some(FoundOff::Silence) => touched.iter().all(|call| call.found_off.is_some()),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::Facts;
    use crate::job::{Outcome, Phase};
    use crate::proof::Proof;
    use crate::step::fixtures::{JOB, at, boot, free, in_maintenance, job_in, limits, queued, said, seen};
    use crate::step::{Command, step};
    use chrono::TimeDelta;
    use serde_json::json;

    fn wake() -> Route {
        serde_json::from_value(json!({ "kind": "wake_on_lan", "mac": "02:00:00:00:00:01" })).unwrap()
    }

    fn board() -> Route {
        Route::VirtualMachine { qmp: "qmp".to_owned() }
    }

    fn job(routes: Vec<Route>) -> Job {
        let mut job = job_in(Phase::Switching, true, true);
        job.plan.routes = routes;
        job
    }

    fn call(attempt: u32, state: CallState, found_off: Option<FoundOff>) -> CallFact {
        CallFact {
            phase: Phase::Switching,
            attempt,
            state,
            since: at(0),
            boot: None,
            answer: None,
            found_off,
        }
    }

    #[test]
    fn a_board_that_says_off_is_believed_unless_the_agent_was_heard_meanwhile() {
        let now = at(1000);
        let glance = |on, heard| Glance { board_on: Some(on), heard, taken: Some(at(900)) };
        assert_eq!(found_off(&board(), glance(false, Some(at(890))), now), Some(FoundOff::Board));
        assert_eq!(found_off(&board(), glance(false, None), now), Some(FoundOff::Board));
        assert_eq!(found_off(&board(), glance(false, Some(at(950))), now), None);
        assert_eq!(found_off(&board(), glance(true, None), now), None);
    }

    #[test]
    fn what_was_seen_of_a_machine_decides_about_it_and_the_plan_whether_anybody_asks() {
        let told = |off_again, calls: Vec<CallFact>| {
            let mut job = job(vec![board()]);
            job.plan.off_again = off_again;
            let arrived = Facts { maintenance_agent: in_maintenance(1010, JOB), calls, ..free() };
            let job = step(&job, &arrived, at(1010)).job;
            let ended = Facts { reported: said(1100, JOB, Outcome::Succeeded), calls: vec![], ..arrived };
            let job = step(&job, &ended, at(1100)).job;
            let back = Facts { own_agent: seen(1150, boot("new")), touched: true, ..ended };
            let closed = step(&job, &back, at(1150));
            assert_eq!(closed.job.proof, Some(Proof::Agent));
            closed.commands
        };
        let found_off = || vec![call(1, CallState::Accepted, Some(FoundOff::Board))];
        assert_eq!(told(true, found_off()), [Command::ShutDown { boot: boot("new") }]);
        assert_eq!(told(false, found_off()), []);
        assert_eq!(told(true, vec![call(1, CallState::Accepted, None)]), []);
    }

    #[test]
    fn a_machine_that_was_about_to_be_shut_down_is_off_to_the_job_that_comes_in_between() {
        let facts = |to_be_off| Facts { to_be_off, ..free() };
        let begun = |to_be_off| step(&queued(true, true), &facts(to_be_off), at(10)).job;
        assert_eq!((begun(true).was_off, begun(false).was_off), (true, false));
    }

    #[test]
    fn silence_counts_only_where_the_machine_is_merely_woken_and_was_heard_once() {
        let now = at(0) + TimeDelta::hours(2);
        let heard = |s| Glance { board_on: None, heard: Some(now - TimeDelta::seconds(s)), taken: Some(now) };
        assert_eq!(found_off(&wake(), heard(600), now), Some(FoundOff::Silence));
        assert_eq!(found_off(&wake(), heard(60), now), None, "it was heard a minute ago");
        assert_eq!(found_off(&wake(), Glance { taken: Some(now), ..Glance::default() }, now), None);
        assert_eq!(
            found_off(&board(), heard(600), now),
            None,
            "a reset restarts a machine that hangs as well"
        );
        let on = Glance { board_on: Some(true), ..heard(600) };
        assert_eq!(found_off(&wake(), on, now), None, "its board knows better");
    }

    #[test]
    fn a_machine_was_off_when_the_first_request_that_left_found_it_so() {
        use CallState::{Accepted, Pressed, Refused, Started, Void};
        let (off, quiet) = (Some(FoundOff::Board), Some(FoundOff::Silence));
        let agent_first = job(vec![Route::Agent, board(), Route::Person]);
        let is = |calls: &[CallFact]| was_off(&agent_first, calls);
        assert!(is(&[call(1, Void, None), call(2, Pressed, off)]));
        assert!(is(&[call(1, Void, None), call(2, Accepted, off)]));
        assert!(!is(&[call(1, Void, None), call(2, Accepted, None)]), "nobody looked, or it was on");
        for took in [Started, Accepted, Refused] {
            assert!(
                !is(&[call(1, took, None), call(2, Accepted, off)]),
                "its agent took the order: {took:?}"
            );
        }
        assert!(
            !is(&[call(1, Void, None), call(2, Accepted, off), call(5, Accepted, None)]),
            "somebody went there"
        );
        assert!(!is(&[]), "somebody else started it");
        let woken = job(vec![wake(), board()]);
        assert!(was_off(&woken, &[call(1, Accepted, quiet)]));
        assert!(
            !was_off(&woken, &[call(1, Accepted, quiet), call(2, Accepted, None)]),
            "a reset may have started it"
        );
        assert!(
            was_off(&woken, &[call(1, Accepted, off), call(2, Accepted, None)]),
            "it was off to begin with"
        );
        assert!(limits().pickup_s < TAKEN_WITHIN_S);
    }
}
