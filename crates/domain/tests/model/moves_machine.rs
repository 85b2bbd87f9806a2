//! What the machine and its agents do next, and what may go wrong with them.

use super::case::{DEAD_MAN, Mutant};
use super::moves::Moves;
use super::state::{JobNo, Machine, Parked, Sight, State, T, TICK, Work};
use super::store::World;
use pitstop_domain::job::Phase;
use pitstop_domain::route::Target;

impl Moves<'_> {
    /// What is slow happens whenever it likes.
    fn by_machine(&mut self, what: &'static str, act: impl FnOnce(&mut World)) {
        if self.from.slow {
            self.any(what, 0, act);
        } else {
            self.prompt(what, 0, act);
        }
    }

    pub fn machine(&mut self) {
        match self.from.machine {
            Machine::Off => return self.off(),
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
            .is_none_or(|(at, known, _)| known != boot || at < self.from.newest(Some(Sight::Own(0))))
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
