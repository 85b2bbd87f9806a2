//! The laws can break: each rule that is left out on purpose is found out, and by the law that it serves.

use super::case::{Case, Mutant};
use super::search::search;

/// Leaving out the rule breaks this law.
fn breaks(case: Case, mutant: Mutant, law: &str) {
    let case = case.without(mutant);
    let found = search(&case);
    let Some(breach) = found.breach else {
        panic!("without the rule ({mutant:?}) nothing broke in {} states", found.states)
    };
    println!("{mutant:?}: {}, after {} states\n{}", breach.law, found.states, breach.story);
    assert_eq!(breach.law, law, "{mutant:?}\n{}", breach.story);
}

fn board() -> Case {
    Case::new("board", &["board"])
}

#[test]
fn t_commituncompared() { breaks(board(), Mutant::CommitUncompared, "?"); }
#[test]
fn t_commitwithoutlease() { breaks(board(), Mutant::CommitWithoutLease, "?"); }
#[test]
fn t_movedespitenews() { breaks(board(), Mutant::MoveDespiteNews, "?"); }
#[test]
fn t_oldbootbelieved() { breaks(board(), Mutant::OldBootBelieved, "?"); }
#[test]
fn t_oldersightingkept() { breaks(Case::without_agents("no agents").faults(3), Mutant::OlderSightingKept, "?"); }
#[test]
fn t_sightingwithoutwake() { breaks(board(), Mutant::SightingWithoutWake, "?"); }
#[test]
fn t_oldcallsmade() { breaks(board(), Mutant::OldCallsMade, "?"); }
#[test]
fn t_unassignforgotten() { breaks(board(), Mutant::UnassignForgotten, "?"); }
#[test]
fn t_callleaseignored() { breaks(board(), Mutant::CallLeaseIgnored, "?"); }
#[test]
fn t_pressedagain() { breaks(board(), Mutant::PressedAgain, "?"); }
#[test]
fn t_pressedunseen() { breaks(board(), Mutant::PressedUnseen, "?"); }
#[test]
fn t_pressedfromnowhere() { breaks(board(), Mutant::PressedFromNowhere, "?"); }
#[test]
fn t_touchforgotten() { breaks(board(), Mutant::TouchForgotten, "?"); }
#[test]
fn t_twoholders() { breaks(board().jobs(2), Mutant::TwoHolders, "?"); }
#[test]
fn t_norevival() { breaks(board(), Mutant::NoRevival, "?"); }
#[test]
fn t_nextjobnotwoken() { breaks(board().jobs(2), Mutant::NextJobNotWoken, "?"); }
#[test]
fn t_told() { breaks(Case::new("x", &["agent"]).people(1), Mutant::ToldBeforeStored, "?"); }
