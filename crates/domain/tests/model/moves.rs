//! What may happen next. Things that go well are prompt: time passes only when nothing prompt is left. What goes
//! wrong costs a fault, and what stopped in the middle goes on whenever it likes, or never.

use super::case::{Case, DEAD_MAN, Mutant};
use super::normal::normalize;
use super::state::{Call, JobNo, Machine, Parked, Rung, Sight, State, T, TICK, Wish, Work};
use super::store::World;
use pitstop_domain::job::Phase;
use pitstop_domain::route::Target;

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
    case: &'a Case,
    from: &'a State,
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
        let mut by_itself = moves.prompt;
        if !moves.prompt {
            by_itself = moves.time();
        }
        moves.whatever_was_parked();
        moves.people();
        (moves.next, by_itself)
    }

    fn any(&mut self, what: &'static str, no: usize, act: impl FnOnce(&mut World)) -> bool {
        self.add(what, no, false, act)
    }

    fn add(&mut self, what: &'static str, no: usize, by_itself: bool, act: impl FnOnce(&mut World)) -> bool {
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

    fn prompt(&mut self, what: &'static str, no: usize, act: impl FnOnce(&mut World)) {
        self.prompt |= self.add(what, no, true, act);
    }

    fn fault(&mut self, what: &'static str, no: usize, act: impl FnOnce(&mut World)) {
        if self.from.faults > 0 {
            self.any(what, no, |world| {
                world.s.faults -= 1;
                act(world);
            });
        }
    }

    fn workers(&mut self) {
        for job in 0..self.from.jobs.len() {
            let row = &self.from.jobs[job];
            if row.phase == Phase::Closed {
                continue;
            }
            if row.lease.is_some_and(|until| until <= self.from.now) && !self.case.is(Mutant::NoRevival) {
                self.prompt("a lost claim is revived", job, |world| world.revive(job));
            }
            if row.lease.is_none() && row.wake_at.is_some_and(|at| at <= self.from.now) {
                self.prompt("a worker steps the job", job, |world| {
                    let row = world.claim_due(job);
                    world.work(Parked::Claimed(job, row));
                });
                self.fault("a worker claims the job and stops", job, |world| {
                    let row = world.claim_due(job);
                    world.s.parked.push(Parked::Claimed(job, row));
                });
                self.fault("a worker loads the facts and stops", job, |world| {
                    let row = world.claim_due(job);
                    world.s.parked.push(Parked::Loaded(job, row, world.s.facts));
                });
                self.fault("a worker decides and stops", job, |world| {
                    let row = world.claim_due(job);
                    let facts = world.s.facts;
                    let decided = world.work_on(Parked::Loaded(job, row, facts));
                    world.s.parked.extend(decided);
                });
            }
        }
    }

    fn executors(&mut self) {
        for call in 0..self.from.calls.len() {
            let world = World { case: self.case, s: self.from.clone(), breach: None };
            if !world.may_be_taken(&self.from.calls[call]) {
                continue;
            }
            self.prompt("the board is asked and restarts the machine", call, |world| {
                let lease = world.take(call);
                if world.press(call, lease) && world.push(call, lease) {
                    world.answer_call(call, Call::Accepted);
                }
            });
            self.fault("the board refuses", call, |world| {
                world.take(call);
                world.answer_call(call, Call::Refused);
            });
            self.fault("the board accepts and takes its time", call, |world| {
                let lease = world.take(call);
                if world.press(call, lease) {
                    world.answer_call(call, Call::Accepted);
                    world.s.parked.push(Parked::Effect(call, None));
                }
            });
            self.fault("an executor takes the call and stops", call, |world| {
                let lease = world.take(call);
                world.s.parked.push(Parked::Taken(call, lease));
            });
            self.fault("an executor records the press and stops", call, |world| {
                let lease = world.take(call);
                if world.press(call, lease) {
                    world.s.parked.push(Parked::Recorded(call, lease));
                }
            });
            self.fault("an executor presses and stops", call, |world| {
                let lease = world.take(call);
                if world.press(call, lease) && world.push(call, lease) {
                    world.s.parked.push(Parked::Answer(call));
                }
            });
        }
    }

    /// What is slow happens whenever it likes.
    fn by_machine(&mut self, what: &'static str, act: impl FnOnce(&mut World)) {
        if self.from.slow {
            self.any(what, 0, act);
        } else {
            self.prompt(what, 0, act);
        }
    }

    fn machine(&mut self) {
        match self.from.machine {
            Machine::Firmware => self.firmware(),
            Machine::Loading(job) => self.loading(job),
            Machine::Own { boot, agent, heard } => self.own(boot, agent, heard),
            Machine::Maintenance { .. } => self.maintenance(),
        }
        let asleep = matches!(self.from.machine, Machine::Firmware | Machine::Loading(_));
        if asleep && !self.from.slow {
            self.fault("the machine hangs in its boot", 0, |world| world.s.slow = true);
        }
        if !asleep {
            self.fault("the machine restarts by itself", 0, |world| world.falls());
        }
    }

    fn firmware(&mut self) {
        self.by_machine("the machine asks at boot", |world| {
            let sight = world.asks();
            let at = world.s.stamp();
            world.saw(sight, at, true);
        });
        // What leads into maintenance is stored before it is answered; what leads home may be stored late.
        if self.from.assignment.is_none() || self.case.is(Mutant::ToldBeforeStored) {
            self.fault("the machine asks at boot, the sighting is late", 0, |world| {
                let sight = world.asks();
                let at = world.s.stamp();
                world.s.parked.push(Parked::Sighting(at, sight, false));
            });
        }
        self.fault("the machine ignores the network", 0, |world| world.boots_own());
    }

    fn loading(&mut self, job: JobNo) {
        self.by_machine("the machine loads the image", |world| world.loads(job));
        self.fault("the machine cannot load the image", 0, |world| world.boots_own());
    }

    fn own(&mut self, boot: u8, agent: bool, heard: bool) {
        if !agent {
            return;
        }
        let order = World { case: self.case, s: self.from.clone(), breach: None }
            .order_for(Target::Maintenance, boot);
        if self
            .from
            .facts
            .own
            .is_none_or(|(at, known)| known != boot || at < self.from.newest(Some(Sight::Own(0))))
            || order.is_some()
        {
            self.prompt("the own system's agent is heard", boot.into(), |world| {
                let order = world.heartbeat(boot, heard);
                world.obey(order, boot);
            });
        }
        self.fault("a heartbeat is late", boot.into(), |world| {
            world.s.parked.push(Parked::Heartbeat { boot, first: !heard });
        });
        self.fault("a heartbeat has its time and is not stored yet", boot.into(), |world| {
            let at = world.s.stamp();
            world.s.parked.push(Parked::Sighting(at, Sight::Own(boot), !heard));
        });
        self.fault("the own system's agent dies", boot.into(), |world| {
            world.s.machine = Machine::Own { boot, agent: false, heard };
        });
        if order.is_some() {
            self.fault("the agent takes the order and dies", boot.into(), |world| {
                world.heartbeat(boot, heard);
                world.s.machine = Machine::Own { boot, agent: false, heard: true };
            });
            self.fault("the agent accepts and restarts later", boot.into(), |world| {
                let order = world.heartbeat(boot, heard);
                world.obey_late(order, boot);
            });
            self.fault("the agent refuses", boot.into(), |world| {
                let order = world.heartbeat(boot, heard);
                world.refuse(order);
            });
        }
    }

    fn maintenance(&mut self) {
        let Machine::Maintenance { boot, job, heard, work, silent_since } = self.from.machine else { return };
        let set = |world: &mut World, new: Work, silent: Option<T>| {
            if let Machine::Maintenance { work, silent_since, .. } = &mut world.s.machine {
                (*work, *silent_since) = (new, silent);
            }
        };
        if !self.case.image_agent {
            return;
        }
        if work == Work::Going {
            self.prompt("the work ends", job, |world| set(world, Work::Ended, silent_since));
            self.fault("the work never ends", job, |world| set(world, Work::Endless, silent_since));
        }
        if let Some(since) = silent_since {
            self.any("the network is back", job, |world| set(world, work, None));
            if since + DEAD_MAN * TICK <= self.from.now {
                self.prompt("the dead-man timer restarts the machine", job, |world| world.falls());
            }
            return;
        }
        let ended = work == Work::Ended;
        let facts = &self.from.facts;
        let known = facts.maintenance.is_some_and(|(at, of, known)| {
            (of, known) == (job, boot) && at >= self.from.newest(Some(Sight::Maintenance(0, 0)))
        }) && (!ended || facts.reported.is_some_and(|(_, of)| of == job));
        let order =
            World { case: self.case, s: self.from.clone(), breach: None }.order_for(Target::OwnSystem, boot);
        if !known || order.is_some() || !self.from.jobs[job].phase.holds_machine() {
            self.prompt("the image's agent reports", boot.into(), |world| {
                match world.report(job, boot, ended, heard) {
                    Ok(order) => world.obey(order, boot),
                    Err(()) => world.falls(),
                }
            });
        }
        self.fault("a report is late", boot.into(), |world| {
            world.s.parked.push(Parked::Report { job, boot, ended, first: !heard });
        });
        self.fault("the network of the image is gone", job, |world| {
            let at = world.s.now;
            set(world, work, Some(at));
        });
        if order.is_some() {
            self.fault("the image's agent accepts and restarts later", boot.into(), |world| {
                if let Ok(order) = world.report(job, boot, ended, heard) {
                    world.obey_late(order, boot);
                }
            });
            self.fault("the image's agent refuses", boot.into(), |world| {
                if let Ok(order) = world.report(job, boot, ended, heard) {
                    world.refuse(order);
                }
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

impl State {
    /// The newest moment that a repeated sign of life could come after.
    fn newest(&self, but: Option<Sight>) -> T {
        let facts = &self.facts;
        let own = facts.own.map(|own| own.0).filter(|_| !matches!(but, Some(Sight::Own(_))));
        let maintenance =
            facts.maintenance.map(|seen| seen.0).filter(|_| !matches!(but, Some(Sight::Maintenance(..))));
        let open = self.jobs.iter().filter(|row| row.phase != Phase::Closed);
        open.map(|row| row.attempt_since.max(row.phase_since))
            .chain(own)
            .chain(maintenance)
            .chain(facts.asked)
            .chain(facts.home)
            .chain(facts.fetched.map(|seen| seen.0))
            .max()
            .unwrap_or(0)
    }
}
