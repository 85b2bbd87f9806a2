//! A machine that was off is shut down again: `store::shut_downs`, its agent, and the laws that these serve.

use super::case::Mutant;
use super::moves::Moves;
use super::state::{Boot, Call, CallRow, JobNo, Machine, Parked, ShutRow};
use super::store::World;
use pitstop_domain::job::Phase;
use pitstop_domain::proof::Proof;

impl Moves<'_> {
    /// Whoever comes in the morning switches it on. Once a request to start it has left, nobody can tell who did.
    pub fn off(&mut self) {
        let left = |call: &CallRow| matches!(call.state, Call::Pressed | Call::Accepted);
        if !self.from.calls.iter().any(left) {
            self.fault("somebody switches the machine on", 0, |world| {
                world.s.off_before = false;
                world.falls();
            });
        }
    }

    /// The own system's agent finds the order in the answer to its heartbeat.
    pub fn shut_down(&mut self) {
        let Machine::Own { boot, agent: true, heard } = self.from.machine else { return };
        let world = World { case: self.case, s: self.from.clone(), breach: None };
        if world.shut_down_for(boot).is_none() {
            return;
        }
        self.prompt("the agent shuts the machine down", boot.into(), |world| {
            world.heartbeat(boot, heard);
            if let Some(job) = world.accepts_to_shut_down(boot) {
                world.shuts_down(job, boot);
            }
        });
        self.any("somebody is logged in", boot.into(), |world| {
            if let Some(at) = world.fetch_shut_down(boot) {
                world.s.shut_downs[at].state = Call::Refused;
            }
        });
        self.fault("the agent accepts and shuts down later", boot.into(), |world| {
            if let Some(job) = world.accepts_to_shut_down(boot) {
                world.s.parked.push(Parked::ShutDown(job, boot));
            }
        });
        self.fault("the agent takes the order to shut down and dies", boot.into(), |world| {
            world.fetch_shut_down(boot);
            world.s.machine = Machine::Own { boot, agent: false, heard };
        });
    }
}

impl World<'_> {
    /// What `Store::press` records of the machine.
    pub fn found_off(&self, call: &CallRow) -> bool {
        call.phase == Phase::Switching
            && self.case.job.plan.off_again
            && (self.s.machine == Machine::Off || self.case.is(Mutant::FoundOffUnseen))
    }

    /// `shut_downs::give`.
    pub fn give_shut_down(&mut self, job: JobNo, boot: Boot) {
        self.law(
            self.s.jobs[job].proof == Some(Proof::Agent),
            "a machine is shut down that is not proven back",
        );
        let again = self.s.shut_downs.iter().any(|row| row.job == job);
        self.law(!again, "a job has two orders to shut down");
        self.s.shut_downs.push(ShutRow { job, boot, state: Call::Waiting });
    }

    /// `shut_downs::void`.
    pub fn void_shut_downs(&mut self) {
        if !self.case.is(Mutant::ShutDownOutlives) {
            let open = |row: &&mut ShutRow| is_open(row);
            self.s.shut_downs.iter_mut().filter(open).for_each(|row| row.state = Call::Void);
        }
    }

    /// `shut_downs::to_be_off`.
    pub fn to_be_off(&self) -> bool {
        let boot = self.s.facts.own.map(|(_, boot, _)| boot);
        self.s.shut_downs.iter().any(|row| is_open(row) && Some(row.boot) == boot)
    }

    /// `Store::open_shut_down`: for this boot, and while no other job wants the machine.
    fn shut_down_for(&self, boot: Boot) -> Option<usize> {
        let free = self.s.jobs.iter().all(|row| row.phase == Phase::Closed);
        let unbound = self.case.is(Mutant::ShutDownUnbound);
        let is_his = |row: &ShutRow| is_open(row) && (row.boot == boot || unbound);
        let at = self.s.shut_downs.iter().position(is_his);
        at.filter(|_| free || self.case.is(Mutant::ShutDownOutlives))
    }

    /// `Store::fetch_shut_down`.
    fn fetch_shut_down(&mut self, boot: Boot) -> Option<usize> {
        let at = self.shut_down_for(boot)?;
        self.s.shut_downs[at].state = Call::Started;
        Some(at)
    }

    /// ... and `Store::answer_shut_down`: the agent says so before it does so.
    fn accepts_to_shut_down(&mut self, boot: Boot) -> Option<JobNo> {
        let at = self.fetch_shut_down(boot)?;
        let held = self.s.jobs.iter().any(|row| row.phase.holds_machine());
        self.law(!held, "a machine is shut down that another job has");
        self.law(self.s.shut_downs[at].boot == boot, "a machine is shut down in a boot that nothing proved");
        self.law(self.s.off_before, "a machine is shut down that was not off");
        self.s.shut_downs[at].state = Call::Accepted;
        Some(self.s.shut_downs[at].job)
    }

    /// The boot that said so shuts down, if it is still there.
    pub fn shuts_down(&mut self, _job: JobNo, of: Boot) {
        if matches!(self.s.machine, Machine::Own { boot, .. } if boot == of) {
            (self.s.machine, self.s.slow) = (Machine::Off, false);
        }
    }
}

fn is_open(row: &ShutRow) -> bool {
    matches!(row.state, Call::Waiting | Call::Started)
}
