//! The laws hold in every case.

use super::case::Case;
use super::search::search;

/// `PITSTOP_FAULTS=1` lets one more thing go wrong than usual.
fn laws_hold(case: Case) {
    let more = std::env::var("PITSTOP_FAULTS").ok().and_then(|more| more.parse().ok()).unwrap_or(0);
    let case = &case.clone().faults(case.faults + more);
    let begun = std::time::Instant::now();
    let found = search(case);
    println!(
        "{}: {} states, {} deep, {} ends ({} closed, {} held), {:.1} s",
        case.name,
        found.states,
        found.depth,
        found.ends,
        found.closed,
        found.held,
        begun.elapsed().as_secs_f32()
    );
    if let Some(breach) = found.breach {
        panic!("{}\n{}", breach.law, breach.story);
    }
    assert!(found.closed > 0, "no run ended well: the model is stuck");
}

#[test]
fn a_machine_restarted_by_its_board() {
    laws_hold(Case::new("board", &["board"]));
}

#[test]
fn a_machine_restarted_by_its_agent() {
    laws_hold(Case::new("agent", &["agent"]));
}

#[test]
fn a_machine_restarted_by_its_agent_and_then_by_its_board() {
    laws_hold(Case::new("agent, board", &["agent", "board"]).faults(3));
}

#[test]
fn a_machine_whose_agent_was_not_heard_before() {
    laws_hold(Case::new("board, agent not heard", &["board"]).unknown());
}

#[test]
fn a_machine_without_agents() {
    laws_hold(Case::without_agents("no agents").faults(3));
}

#[test]
fn two_jobs_for_one_machine() {
    laws_hold(Case::new("two jobs", &["board"]).jobs(2));
}

#[test]
fn people_interfere() {
    laws_hold(Case::new("people", &["agent", "board"]).people(1));
}

#[test]
fn a_machine_whose_people_are_asked() {
    laws_hold(Case::new("asked, board", &["board"]).asks());
}

#[test]
fn a_machine_whose_people_are_asked_while_people_cancel() {
    laws_hold(Case::new("asked, agent", &["agent"]).asks().faults(1).people(1));
}

#[test]
fn a_machine_that_was_off_and_is_shut_down_again() {
    laws_hold(Case::new("off", &["board"]).off());
}

#[test]
fn a_machine_that_was_off_and_whose_agent_is_asked_first() {
    laws_hold(Case::new("off, agent, board", &["agent", "board"]).off());
}

#[test]
fn two_jobs_for_a_machine_that_was_off() {
    laws_hold(Case::new("off, two jobs", &["board"]).off().jobs(2));
}

#[test]
fn a_machine_that_was_on_stays_on() {
    laws_hold(Case::new("on, off again", &["board"]).off_again().faults(1));
}

/// What the laws rest on: the first word of a boot is not overtaken by words of later ones. Nothing could tell it then.
#[test]
fn a_first_heartbeat_that_comes_after_a_later_boots_is_believed() {
    let found = search(&Case::new("board, overtaken", &["board"]).overtaken());
    let breach = found.breach.unwrap();
    println!("{}\n{}", breach.law, breach.story);
    assert!(breach.story.contains("the late heartbeat comes"), "{}", breach.story);
}
