//! What becomes of a question: the agent shows it, and whoever sits there answers, puts it off, leaves, or says nothing.
//! `Store::told`, and the law that it serves.

use super::case::{COUNTDOWN, Mutant, SNOOZE};
use super::moves::Moves;
use super::state::{Machine, QuestionRow, TICK};
use super::store::World;
use pitstop_domain::job::Phase;

impl Moves<'_> {
    /// The agent finds the question in the answer to its heartbeat, and shows it.
    pub fn question(&mut self) {
        let Machine::Own { agent: true, .. } = self.from.machine else { return };
        let Some(question) = self.open() else { return };
        let due = question.snoozed.is_none_or(|at| at + SNOOZE * TICK <= self.from.now);
        if question.shown.is_none() && due && self.from.person {
            self.prompt("the question is shown", 0, |world| {
                world.told(|question, now| question.shown = Some(now));
            });
        }
    }

    /// Nobody has to say anything.
    pub fn person(&mut self) {
        if !self.from.person {
            return;
        }
        self.any("whoever is there leaves", 0, |world| world.s.person = false);
        let Some(question) = self.open().filter(|question| question.shown.is_some()) else { return };
        for (what, yes) in [("whoever is there agrees", true), ("whoever is there refuses", false)] {
            self.any(what, 0, |world| world.told(|question, now| question.answer = Some((now, yes))));
        }
        if question.round == 0 {
            self.any("whoever is there puts it off", 0, |world| {
                world.told(|question, now| {
                    *question = QuestionRow { round: 1, snoozed: Some(now), shown: None, ..*question };
                });
            });
        }
    }

    fn open(&self) -> Option<QuestionRow> {
        let asks = self.from.jobs.iter().any(|row| row.phase == Phase::Queued);
        self.from.question.filter(|question| asks && question.answer.is_none())
    }
}

impl World<'_> {
    /// Is somebody there? Known only while the own system's agent is heard, which says so with each heartbeat.
    pub fn present(&self) -> Option<bool> {
        let Machine::Own { boot, agent: true, heard: true } = self.s.machine else { return None };
        self.s.facts.own.filter(|(_, known, _)| *known == boot).map(|_| self.s.person)
    }

    /// `Store::told`: the job's version changes, so that a step decided without knowing it is not stored.
    fn told(&mut self, change: impl FnOnce(&mut QuestionRow, super::state::T)) {
        let now = self.s.stamp();
        if let Some(question) = &mut self.s.question {
            change(question, now);
        }
        if self.case.is(Mutant::AnswerWakesNobody) {
            return;
        }
        let queued = self.s.jobs.iter_mut().filter(|row| row.phase == Phase::Queued);
        queued.for_each(|row| (row.version, row.wake_at) = (row.version + 1, Some(now)));
    }

    /// The machine is being taken.
    pub fn whoever_was_there_had_a_say(&mut self) {
        if self.case.job.plan.ask.is_none() {
            return;
        }
        let (question, now) = (self.s.question, self.s.now);
        let answer = question.and_then(|question| question.answer);
        let refused = answer.is_some_and(|(_, yes)| !yes);
        self.law(!refused, "a machine was taken after its refusal was stored");
        let agreed = answer.is_some_and(|(_, yes)| yes);
        let counted =
            question.and_then(|question| question.shown).is_some_and(|shown| shown + COUNTDOWN * TICK <= now);
        let law = "a machine was taken before an answer or the end of its countdown";
        self.law(!self.s.person || agreed || counted, law);
    }
}
