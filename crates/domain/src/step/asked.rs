//! Asking whoever is at the machine: told step by step, and its laws over all that can be told apart.

use super::fixtures::*;
use super::*;
use crate::ask::{Answer, Ask, Otherwise, Question};
use crate::facts::{PowerFact, Seen};
use crate::job::Phase::{Closed, Queued, Switching};
use crate::presence::Presence;

const ASK: Ask = Ask {
    countdown_s: 300,
    snoozes: 2,
    snooze_s: 900,
    unanswered: Otherwise::GoAhead,
    unasked: Otherwise::LeaveAlone,
};

fn asking(ask: Ask) -> Job {
    let mut job = queued(true, true);
    job.plan.ask = Some(ask);
    job
}

fn there(second: i64, people: u16, asks: bool) -> Option<Seen<Presence>> {
    seen(second, Presence { people, asks, ..Presence::default() })
}

fn put(second: i64) -> Question {
    Question { asked_at: at(second), round: 0, snoozed_at: None, shown_at: None, answer: None }
}

fn facts(presence: Option<Seen<Presence>>, question: Option<Question>) -> Facts {
    Facts { presence, question, ..free() }
}

fn answered(second: i64, answer: Answer) -> Option<Question> {
    Some(Question { shown_at: Some(at(20)), answer: seen(second, answer), ..put(10) })
}

fn because(step: &Step) -> &str {
    step.job.ended.as_ref().map_or("", |ended| ended.because.as_str())
}

#[test]
fn somebody_who_is_there_is_asked_and_nothing_else_happens() {
    let step = step(&asking(ASK), &facts(there(9, 1, true), None), at(10));
    assert_eq!((step.job.phase, step.commands), (Queued, vec![Command::Ask]));
    assert_eq!(step.wake_at, Some(at(130)));
}

#[test]
fn where_nobody_is_logged_in_nobody_is_asked() {
    let step = step(&asking(ASK), &facts(there(9, 0, true), None), at(10));
    assert_eq!(step.job.phase, Switching);
    assert!(step.moved.unwrap().starts_with("nobody is logged in: "));
}

#[test]
fn a_yes_begins_it_at_once_and_a_refusal_ends_it_with_its_reason() {
    let job = asking(ASK);
    let yes = step(&job, &facts(there(29, 1, true), answered(30, Answer::Yes)), at(31));
    assert_eq!(yes.job.phase, Switching);
    let no = Answer::No("an exam until noon".to_owned());
    let no = step(&job, &facts(there(29, 1, true), answered(30, no)), at(31));
    assert_eq!(no.job.outcome(), Some(Outcome::Cancelled));
    assert_eq!(because(&no), "refused at the machine: an exam until noon");
    assert!(no.commands.is_empty());
}

#[test]
fn the_countdown_begins_when_the_question_is_shown_and_the_plan_says_what_follows() {
    let shown = Some(Question { shown_at: Some(at(100)), ..put(10) });
    let waits = step(&asking(ASK), &facts(there(350, 1, true), shown.clone()), at(399));
    assert_eq!((waits.job.phase, waits.wake_at), (Queued, Some(at(400))));
    let over = facts(there(350, 1, true), shown);
    assert_eq!(step(&asking(ASK), &over, at(400)).job.phase, Switching);
    let careful = Ask { unanswered: Otherwise::LeaveAlone, ..ASK };
    let left = step(&asking(careful), &over, at(400));
    assert_eq!(because(&left), "left alone: nobody answered before the countdown ended");
}

#[test]
fn put_off_it_waits_and_asks_again_with_a_whole_countdown() {
    let job = asking(ASK);
    let later = Question { round: 1, snoozed_at: Some(at(50)), ..put(10) };
    let waits = step(&job, &facts(there(900, 1, true), Some(later.clone())), at(949));
    assert_eq!((waits.job.phase, waits.wake_at), (Queued, Some(at(950))));
    let shown = Question { shown_at: Some(at(960)), ..later };
    let again = facts(there(1200, 1, true), Some(shown));
    assert_eq!(step(&job, &again, at(1259)).wake_at, Some(at(1260)));
    assert_eq!(step(&job, &again, at(1260)).job.phase, Switching);
}

#[test]
fn who_cannot_be_asked_is_left_alone_unless_the_plan_says_otherwise() {
    let bold = Ask { unasked: Otherwise::GoAhead, ..ASK };
    let cases = [
        (facts(there(9, 1, false), None), 10, "its agent cannot ask whoever is there"),
        (facts(None, None), 10, "its agent is silent: nobody knows who is there"),
        (facts(there(0, 1, true), None), 1000, "its agent is silent: nobody knows who is there"),
        (facts(there(100, 1, true), Some(put(10))), 130, "its agent did not say in time that it asks"),
        (facts(there(40, 1, true), answered(30, Answer::Cannot("no screen".to_owned()))), 41, "no screen"),
        (
            facts(there(40, 1, true), Some(Question { shown_at: Some(at(20)), ..put(10) })),
            400,
            "its agent fell silent over the question",
        ),
    ];
    for (facts, now, why) in cases {
        let left = step(&asking(ASK), &facts, at(now));
        assert_eq!((left.job.phase, because(&left)), (Closed, format!("left alone: {why}").as_str()));
        assert_eq!(step(&asking(bold), &facts, at(now)).job.phase, Switching, "{why}");
    }
}

#[test]
fn a_machine_that_its_board_sees_switched_off_has_nobody_before_it() {
    let off = Some(PowerFact { on: false, at: at(5), since: at(0) });
    let facts = Facts { power: off, ..facts(None, None) };
    assert_eq!(step(&asking(ASK), &facts, at(10)).job.phase, Switching);
}

/// All questions that can be told apart, with people there or gone, at moments before and after each limit.
fn all_cases(check: impl Fn(&Ask, &Facts, Time, &Step)) {
    use Otherwise::{GoAhead, LeaveAlone};
    let mut questions = vec![None];
    for (round, snoozed) in [(0, None), (1, Some(50)), (2, Some(50))] {
        for shown in [None, Some(20), Some(1000)] {
            for answer in [
                None,
                Some(Answer::Yes),
                Some(Answer::No("no".to_owned())),
                Some(Answer::Cannot("x".to_owned())),
            ] {
                questions.push(Some(Question {
                    asked_at: at(10),
                    round,
                    snoozed_at: snoozed.map(at),
                    shown_at: shown.map(at),
                    answer: answer.map(|what| Seen { at: at(60), what }),
                }));
            }
        }
    }
    let mut cases = 0;
    for (unanswered, unasked) in
        [(GoAhead, GoAhead), (GoAhead, LeaveAlone), (LeaveAlone, GoAhead), (LeaveAlone, LeaveAlone)]
    {
        let ask = Ask { unanswered, unasked, ..ASK };
        for question in &questions {
            for now in [11, 129, 131, 319, 321, 949, 951, 1069, 1071, 1299, 1301, 9000] {
                for presence in [
                    None,
                    there(now, 0, true),
                    there(now, 1, true),
                    there(now, 2, false),
                    there(now - 500, 1, true),
                ] {
                    for cancel in [None, seen(12, "enough".to_owned())] {
                        for machine_free in [true, false] {
                            let base = facts(presence.clone(), question.clone());
                            let facts = Facts { cancel: cancel.clone(), machine_free, ..base };
                            check(&ask, &facts, at(now), &step(&asking(ask), &facts, at(now)));
                            cases += 1;
                        }
                    }
                }
            }
        }
    }
    assert!(cases > 10_000, "only {cases} cases: the laws were not really checked");
}

#[test]
fn a_machine_is_taken_only_by_a_yes_an_absence_or_the_plans_own_word() {
    all_cases(|ask, facts, now, step| {
        if step.job.phase != Switching {
            return;
        }
        let question = facts.question.as_ref();
        let answer = question.and_then(|question| question.answer.as_ref()).map(|seen| &seen.what);
        assert!(!matches!(answer, Some(Answer::No(_))), "taken in spite of a refusal: {facts:?}");
        let nobody = facts.present(now).is_some_and(|presence| presence.people == 0);
        let shown = question.and_then(|question| question.shown_at);
        let counted = shown.is_some_and(|shown| now >= after(shown, ask.countdown_s));
        let let_go = counted && ask.unanswered == Otherwise::GoAhead;
        let unasked = ask.unasked == Otherwise::GoAhead;
        assert!(answer == Some(&Answer::Yes) || nobody || let_go || unasked, "{ask:?} {facts:?} at {now}");
    });
}

#[test]
fn while_it_is_put_off_or_counts_down_nothing_is_restarted() {
    all_cases(|ask, facts, now, step| {
        let Some(question) = facts.question.as_ref().filter(|question| question.answer.is_none()) else {
            return;
        };
        let begins = question.snoozed_at.map(|at| after(at, ask.snooze_s));
        let put_off = begins.is_some_and(|begins| now < begins);
        let nobody = facts.present(now).is_some_and(|presence| presence.people == 0);
        let counts = question.shown_at.is_some_and(|shown| {
            now < after(begins.map_or(shown, |begins| shown.max(begins)), ask.countdown_s)
        });
        if put_off || (counts && !nobody) {
            assert_ne!(step.job.phase, Switching, "{facts:?} at {now}");
        }
    });
}

#[test]
fn a_question_is_put_once_and_what_waits_looks_again() {
    all_cases(|_, facts, _, step| {
        let asks = step.commands.contains(&Command::Ask);
        assert!(!asks || (facts.question.is_none() && step.commands.len() == 1 && step.moved.is_some()));
        if step.job.phase == Queued && facts.machine_free {
            assert!(step.wake_at.is_some() && step.waiting.is_some(), "{facts:?}");
        }
    });
}

#[test]
fn cancelled_it_is_over_whatever_was_answered() {
    all_cases(|_, facts, _, step| {
        if facts.cancel.is_some() {
            assert_eq!(step.job.phase, Closed);
            assert!(step.commands.is_empty());
        }
    });
}
