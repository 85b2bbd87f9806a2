//! What may happen next. Things that go well are prompt: time passes only when nothing prompt is left. What goes
//! wrong costs a fault, and what stopped in the middle goes on whenever it likes, or never.

use super::case::{Case, DEAD_MAN, Mutant};
use super::normal::normalize;
use super::state::{Call, Machine, Parked, Rung, State, T, TICK, Wish};
use super::store::World;
use pitstop_domain::job::Phase;

/// A move, as a counterexample names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Label(pub &'static str, pub usize);

pub struct Next {
    pub label: Label,
    pub state: State,
    pub breach: Option<&'static str>,
    /// It happens by itself: nothing goes wrong, and nothing that had stopped goes on.
    pub by_itself: bool,
}

/// The states after this one. Nothing: this is an end.
pub struct Moves<'a> {
    pub case: &'a Case,
    pub from: &'a State,
    pub next: Vec<Next>,
    prompt: bool,
}

impl<'a> Moves<'a> {
    /// All that may happen, and whether anything still happens by itself.
    pub fn of(case: &'a Case, from: &'a State) -> (Vec<Next>, bool) {
        let mut moves = Self { case, from, next: vec![], prompt: false };
        moves.workers();
        moves.executors();
        moves.machine();
        moves.shut_down();
        moves.question();
        let mut by_itself = moves.prompt;
        if !moves.prompt {
            by_itself = moves.time();
        }
        moves.whatever_was_parked();
        moves.people();
        moves.person();
        (moves.next, by_itself)
    }

    pub fn any(&mut self, what: &'static str, no: usize, act: impl FnOnce(&mut World)) -> bool {
        self.add(what, no, false, act)
    }

    pub fn add(
        &mut self,
        what: &'static str,
        no: usize,
        by_itself: bool,
        act: impl FnOnce(&mut World),
    ) -> bool {
        let mut world = World { case: self.case, s: self.from.clone(), breach: None };
        act(&mut world);
        normalize(self.case, &mut world.s);
        let news = world.s != *self.from;
        if news || world.breach.is_some() {
            let label = Label(what, no);
            self.next.push(Next { label, state: world.s, breach: world.breach, by_itself });
        }
        news
    }

    pub fn prompt(&mut self, what: &'static str, no: usize, act: impl FnOnce(&mut World)) {
        self.prompt |= self.add(what, no, true, act);
    }

    pub fn fault(&mut self, what: &'static str, no: usize, act: impl FnOnce(&mut World)) {
        if self.from.faults > 0 {
            self.any(what, no, |world| {
                world.s.faults -= 1;
                act(world);
            });
        }
    }

    /// On to the next moment at which something is looked at again. False: there is none.
    fn time(&mut self) -> bool {
        let open = self.from.jobs.iter().filter(|row| row.phase != Phase::Closed);
        let jobs = open.filter_map(|row| row.lease.or(row.wake_at));
        let world = World { case: self.case, s: self.from.clone(), breach: None };
        let prepared = self.from.calls.iter().filter(|call| {
            let held = call.state == Call::Started
                || call.state == Call::Pressed && self.case.is(Mutant::PressedAgain);
            call.rung == Rung::Board && held && world.of_the_attempt(call)
        });
        let silent = match self.from.machine {
            Machine::Maintenance { silent_since: Some(since), .. } => Some(since + DEAD_MAN * TICK),
            _ => None,
        };
        let all = jobs.chain(prepared.filter_map(|call| call.lease)).chain(silent);
        let Some(next) = all.filter(|at| *at > self.from.now).min() else { return false };
        self.add("time passes", 0, true, |world| world.s.now = next.div_ceil(TICK) * TICK)
    }

    fn whatever_was_parked(&mut self) {
        for at in 0..self.from.parked.len() {
            let parked = self.from.parked[at];
            let mut go_on = |what, no, act: &dyn Fn(&mut World)| {
                self.any(what, no, |world| {
                    world.s.parked.remove(at);
                    act(world);
                });
            };
            match parked {
                Parked::Claimed(job, _) | Parked::Loaded(job, ..) | Parked::Decided(job, ..) => {
                    go_on("the worker that had stopped goes on", job, &|world| world.work(parked));
                }
                Parked::Taken(call, lease) => {
                    go_on("the executor that had taken the call goes on", call, &|world| {
                        if world.press(call, lease) && world.push(call, lease) {
                            world.answer_call(call, Call::Accepted);
                        }
                    });
                }
                Parked::Recorded(call, lease) => {
                    go_on("the executor that had recorded its press goes on", call, &|world| {
                        if world.push(call, lease) {
                            world.answer_call(call, Call::Accepted);
                        }
                    });
                }
                Parked::Answer(call) => go_on("the board's answer is stored", call, &|world| {
                    world.answer_call(call, Call::Accepted);
                }),
                Parked::Effect(call, boot) => {
                    go_on("the late restart happens", call, &|world| world.restart(call, boot));
                }
                Parked::ShutDown(job, boot) => {
                    go_on("the late shut-down happens", job, &|world| world.shuts_down(job, boot));
                }
                Parked::Heartbeat { boot, first } => {
                    go_on("the late heartbeat comes", boot.into(), &|world| {
                        world.heartbeat(boot, !first);
                    })
                }
                Parked::Report { job, boot, ended, first } => {
                    go_on("the late report comes", boot.into(), &|world| {
                        let _ = world.report(job, boot, ended, !first);
                    })
                }
                Parked::Sighting(time, sight, first) => {
                    go_on("the late sighting is stored", 0, &|world| {
                        let now = world.s.stamp();
                        let of = if world.case.is(Mutant::TimeOfStoring) { now } else { time };
                        world.saw(sight, of, !first);
                    });
                }
            }
        }
    }

    fn people(&mut self) {
        let from = self.from;
        if from.people == 0 {
            return;
        }
        let mut wish = |what, job: usize, act: &dyn Fn(&mut super::state::JobRow, T)| {
            self.any(what, job, |world| {
                world.s.people -= 1;
                let at = world.s.stamp();
                let row = &mut world.s.jobs[job];
                act(row, at);
                row.version += 1;
                row.wake_at = Some(at);
            });
        };
        for (job, row) in from.jobs.iter().enumerate() {
            if row.phase != Phase::Closed && row.cancel.is_none() {
                wish("a person cancels", job, &|row, at| row.cancel = Some(at));
            }
            if row.phase == Phase::Held {
                wish("a person asks to try again", job, &|row, at| row.decision = Some((at, Wish::TryAgain)));
                wish("a person gives up", job, &|row, at| row.decision = Some((at, Wish::GiveUp)));
                if matches!(from.machine, Machine::Own { .. }) {
                    wish("a person confirms", job, &|row, at| row.decision = Some((at, Wish::Confirm)));
                }
            }
        }
    }
}
