//! Asking, before a queued job takes its machine: whoever is there has a say, and on doubt the machine is left alone or
//! taken as the plan says. A machine that was asked is not taken before the answer or the end of the countdown.

use super::{Command, Step, Waiting, after, ended, enter, moved, wait};
use crate::Time;
use crate::ask::{Answer, Ask, Otherwise, Question};
use crate::facts::Facts;
use crate::job::{Job, Outcome, Phase};

/// An agent polls every 25 s, and may have to start a program on a slow desktop.
const SHOWN_WITHIN_S: u32 = 120;

/// What the people at the machine mean for the job.
pub(super) enum Manners {
    /// The machine may be taken; why, where there is something to say.
    Takes(Option<&'static str>),
    /// The job asks, waits for the answer, or is over.
    Stays(Box<Step>),
}

pub(super) fn manners(job: &Job, facts: &Facts, now: Time) -> Manners {
    let Some(ask) = &job.plan.ask else { return Manners::Takes(None) };
    match &facts.question {
        None => first_look(job, ask, facts, now),
        Some(question) => follow(job, ask, question, facts, now),
    }
}

/// Is there anybody to ask?
fn first_look(job: &Job, ask: &Ask, facts: &Facts, now: Time) -> Manners {
    if let Some(nobody) = nobody_there(facts, now) {
        return Manners::Takes(Some(nobody));
    }
    match facts.present(now) {
        Some(presence) if presence.asks => stays(put(job, now)),
        Some(_) => unasked(job, ask, "its agent cannot ask whoever is there", facts, now),
        None => unasked(job, ask, "its agent is silent: nobody knows who is there", facts, now),
    }
}

fn nobody_there(facts: &Facts, now: Time) -> Option<&'static str> {
    match facts.present(now) {
        Some(presence) => (presence.people == 0).then_some("nobody is logged in"),
        None => facts.is_off(now).then_some("its board says that it is switched off"),
    }
}

/// Puts the question. It is a row from now on, so it is put once, whoever looks at the job next.
fn put(job: &Job, now: Time) -> Step {
    let job = Job { attempt_since: now, ..job.clone() };
    let due = after(now, SHOWN_WITHIN_S);
    Step {
        moved: Some("whoever is at the machine is asked".to_owned()),
        commands: vec![Command::Ask],
        waiting: Some(to_be_shown(now, due)),
        wake_at: Some(due),
        job,
    }
}

fn follow(job: &Job, ask: &Ask, question: &Question, facts: &Facts, now: Time) -> Manners {
    // What a person said comes before everything else.
    match question.answer.as_ref().map(|seen| &seen.what) {
        Some(Answer::Yes) => return Manners::Takes(Some("whoever is at the machine agreed")),
        Some(Answer::No(reason)) => return left_alone(job, &refused(reason), facts, now),
        Some(Answer::Cannot(why)) => return unasked(job, ask, why, facts, now),
        None => {}
    }
    let begins = question.snoozed_at.map_or(question.asked_at, |at| after(at, ask.snooze_s));
    if now < begins {
        return stays(wait(job, put_off(question, begins)));
    }
    if let Some(nobody) = nobody_there(facts, now) {
        return Manners::Takes(Some(nobody));
    }
    let Some(shown) = question.shown_at else {
        let due = after(begins, SHOWN_WITHIN_S);
        return if now < due {
            stays(wait(job, to_be_shown(begins, due)))
        } else {
            unasked(job, ask, "its agent did not say in time that it asks", facts, now)
        };
    };
    let ends = after(shown.max(begins), ask.countdown_s);
    if now < ends {
        return stays(wait(job, for_an_answer(ask, shown, ends)));
    }
    if facts.present(now).is_none() {
        return unasked(job, ask, "its agent fell silent over the question", facts, now);
    }
    match ask.unanswered {
        Otherwise::GoAhead => Manners::Takes(Some("nobody answered before the countdown ended")),
        Otherwise::LeaveAlone => {
            left_alone(job, "left alone: nobody answered before the countdown ended", facts, now)
        }
    }
}

fn refused(reason: &str) -> String {
    match reason.trim() {
        "" => "refused at the machine, without a reason".to_owned(),
        reason => format!("refused at the machine: {reason}"),
    }
}

fn unasked(job: &Job, ask: &Ask, why: &str, facts: &Facts, now: Time) -> Manners {
    match ask.unasked {
        Otherwise::GoAhead => Manners::Takes(Some("nobody could be asked, and it goes ahead then")),
        Otherwise::LeaveAlone => left_alone(job, &format!("left alone: {why}"), facts, now),
    }
}

/// A person's word, or care for one: it counts neither as success nor as failure.
fn left_alone(job: &Job, because: &str, facts: &Facts, now: Time) -> Manners {
    let closed = Job { ended: ended(Outcome::Cancelled, because), ..enter(job, Phase::Closed, now) };
    stays(moved(closed, because, vec![], facts, now))
}

fn stays(step: Step) -> Manners {
    Manners::Stays(Box::new(step))
}

fn to_be_shown(since: Time, due: Time) -> Waiting {
    Waiting {
        for_others: true,
        awaits: "the machine's agent to put the question before whoever is there".to_owned(),
        since,
        until: Some(due),
        then: "nobody counts as asked, and the plan says what is done".to_owned(),
    }
}

fn for_an_answer(ask: &Ask, since: Time, ends: Time) -> Waiting {
    let then = match ask.unanswered {
        Otherwise::GoAhead => "it goes ahead without an answer",
        Otherwise::LeaveAlone => "the machine is left alone",
    };
    Waiting {
        for_others: true,
        awaits: "an answer: the question stands on the machine's screen, with a countdown".to_owned(),
        since,
        until: Some(ends),
        then: then.to_owned(),
    }
}

fn put_off(question: &Question, until: Time) -> Waiting {
    let times = if question.round == 1 { "once".to_owned() } else { format!("{} times", question.round) };
    Waiting {
        for_others: true,
        awaits: format!("later: whoever is at the machine put it off ({times} so far)"),
        since: question.snoozed_at.unwrap_or(question.asked_at),
        until: Some(until),
        then: "they are asked again".to_owned(),
    }
}
