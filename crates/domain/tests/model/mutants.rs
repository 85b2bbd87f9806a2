//! The laws can break: each rule that is left out on purpose is missed, and by the law that it serves.

use super::case::{Case, Mutant};
use super::search::search;

const HISTORY: &str = "a phase moved without a line in its history";
const SEEN: &str = "a restart was let go although the wanted state had been seen";
const TWICE: &str = "a second restart took effect under one key";
const FALSE_PROOF: &str = "proven by its agent, and not in a newer boot of its own system";
const TOUCHED: &str = "called untouched, and it was touched";

/// Without the rule this law breaks.
fn breaks(case: Case, rule: Mutant, law: &str) {
    let found = search(&case.without(rule));
    let Some(breach) = found.breach else { panic!("{rule:?}: nothing broke in {} states", found.states) };
    println!("{rule:?}, after {} states: {}\n{}", found.states, breach.law, breach.story);
    assert_eq!(breach.law, law, "{rule:?}\n{}", breach.story);
}

fn board() -> Case {
    Case::new("board", &["board"])
}

fn agent() -> Case {
    Case::new("agent", &["agent"])
}

#[test]
fn a_commit_that_compares_nothing_undoes_another_workers_move() {
    breaks(board(), Mutant::CommitUncompared, HISTORY);
}

#[test]
fn a_commit_that_does_not_compare_its_lease_undoes_another_workers_move() {
    breaks(board(), Mutant::CommitWithoutLease, HISTORY);
}

#[test]
fn a_move_in_spite_of_news_restarts_a_machine_that_is_there() {
    breaks(board(), Mutant::MoveDespiteNews, SEEN);
}

#[test]
fn a_late_heartbeat_of_an_older_boot_is_taken_for_the_return() {
    breaks(board(), Mutant::OldBootBelieved, FALSE_PROOF);
}

#[test]
fn a_late_heartbeat_of_a_boot_that_was_left_again_is_taken_for_the_return() {
    breaks(board().faults(3), Mutant::LastWordForFirst, FALSE_PROOF);
}

#[test]
fn a_sighting_that_wakes_nobody_is_overlooked() {
    breaks(board(), Mutant::SightingWithoutWake, SEEN);
}

#[test]
fn a_call_of_an_attempt_that_is_over_restarts_a_machine_that_is_there() {
    breaks(board(), Mutant::OldCallsMade, SEEN);
}

#[test]
fn an_assignment_that_is_not_taken_away_outlives_its_job() {
    breaks(board(), Mutant::UnassignForgotten, "an assignment outlives the phase that it was for");
}

#[test]
fn an_executor_that_ignores_its_lease_presses_as_well() {
    breaks(board(), Mutant::CallLeaseIgnored, TWICE);
}

#[test]
fn a_machine_told_to_boot_maintenance_before_that_is_stored_is_called_untouched() {
    breaks(agent().people(1), Mutant::ToldBeforeStored, TOUCHED);
}

#[test]
fn a_call_pressed_again_after_a_crash_restarts_twice() {
    breaks(board(), Mutant::PressedAgain, TWICE);
}

#[test]
fn a_press_without_another_look_restarts_a_machine_that_is_there() {
    breaks(board(), Mutant::PressedUnseen, SEEN);
}

#[test]
fn a_call_that_is_not_remembered_leaves_a_machine_called_untouched() {
    breaks(board(), Mutant::TouchForgotten, TOUCHED);
}

#[test]
fn two_jobs_that_look_only_at_holders_both_hold() {
    breaks(board().jobs(2), Mutant::TwoHolders, "two jobs hold the machine");
}

#[test]
fn a_claim_that_is_not_revived_ends_its_run() {
    breaks(board(), Mutant::NoRevival, "the run ended with a job neither closed nor held");
}

#[test]
fn a_job_that_is_not_woken_waits_for_ever() {
    breaks(board().jobs(2), Mutant::NextJobNotWoken, "an open job has neither a wake-up nor a person");
}

#[test]
fn a_sighting_with_the_time_of_its_storing_is_taken_for_a_handoff() {
    let case = Case::without_agents("no agents");
    breaks(case, Mutant::TimeOfStoring, "handed off, and in maintenance");
}

#[test]
fn an_image_that_is_not_sent_home_stays_for_ever() {
    let law = "every job is closed, and the machine is in maintenance";
    breaks(board().people(1), Mutant::NotSentHome, law);
}

#[test]
fn a_job_that_looks_again_for_ever_never_ends() {
    breaks(board(), Mutant::LooksForEver, "a run that never ends");
}

#[test]
fn a_refusal_that_no_step_notices_comes_too_late() {
    breaks(board().asks(), Mutant::AnswerWakesNobody, "a machine was taken after its refusal was stored");
}

#[test]
fn a_question_that_is_not_looked_up_is_put_again() {
    breaks(board().asks(), Mutant::AskedUnseen, "a question was put twice");
}

#[test]
fn a_countdown_from_the_moment_of_asking_takes_people_who_were_not_told() {
    let law = "a machine was taken before an answer or the end of its countdown";
    breaks(board().asks(), Mutant::ShownWhenPut, law);
}

#[test]
fn a_machine_that_nobody_looked_at_is_shut_down_although_it_was_on() {
    breaks(board().off_again(), Mutant::FoundOffUnseen, "a machine is shut down that was not off");
}

#[test]
fn an_order_to_shut_down_for_any_boot_ends_one_that_came_later() {
    let law = "a machine is shut down in a boot that nothing proved";
    breaks(board().off(), Mutant::ShutDownUnbound, law);
}

#[test]
fn an_order_to_shut_down_that_outlives_its_job_takes_the_machine_from_the_next() {
    let law = "a machine is shut down that another job has";
    breaks(board().off().jobs(2), Mutant::ShutDownOutlives, law);
}
