//! The machine, its agents and its board, and the programs that talk to them.

use super::case::Mutant;
use super::state::{Boot, Call, Decided, Machine, Parked, Rung, Sight, TICK, Work};
use super::store::World;
use super::{decide::decide, state::FactRows, state::JobNo, state::JobRow};
use pitstop_domain::route::Target;

impl World<'_> {
    /// A worker goes on from where it stands to the end of its step: `worker::jobs::step_one`.
    pub fn work(&mut self, from: Parked) {
        let mut at = from;
        while let Some(next) = self.work_on(at) {
            at = next;
        }
    }

    /// One step of a worker; `None` when it has committed.
    pub fn work_on(&mut self, at: Parked) -> Option<Parked> {
        match at {
            Parked::Claimed(job, row) => Some(Parked::Loaded(job, row, self.s.facts)),
            Parked::Loaded(job, row, facts) => {
                Some(Parked::Decided(job, row, self.decide(job, &row, &facts)))
            }
            Parked::Decided(job, row, decided) => {
                self.commit_step(job, &row, &decided);
                None
            }
            _ => None,
        }
    }

    fn decide(&mut self, job: JobNo, row: &JobRow, facts: &FactRows) -> Decided {
        let beside = self.beside(job, row);
        let now = self.s.stamp();
        let mut decided = decide(self.case, job, row, facts, &beside, now);
        if self.case.is(Mutant::LooksForEver) {
            decided.wake_at = decided.wake_at.or(Some((now / TICK + 1) * TICK));
        }
        decided
    }

    /// An executor presses the button that it recorded, unless its own clock says that its lease is over.
    pub fn push(&mut self, call: usize, lease: u16) -> bool {
        let in_time = self.s.now < lease || self.case.is(Mutant::CallLeaseIgnored);
        if in_time {
            self.restart(call, None);
        }
        in_time
    }

    /// The machine restarts because of this call. An agent's restart needs the agent's boot.
    pub fn restart(&mut self, call: usize, of: Option<Boot>) {
        let boot = match self.s.machine {
            Machine::Own { boot, .. } | Machine::Maintenance { boot, .. } => Some(boot),
            _ => None,
        };
        if self.s.calls[call].rung == Rung::Board || of == boot {
            self.falls();
            self.took_effect(call);
        }
    }

    /// The machine starts anew, whatever it did.
    pub fn falls(&mut self) {
        (self.s.machine, self.s.slow) = (Machine::Firmware, false);
    }

    pub fn boots_own(&mut self) {
        let boot = self.s.newest_boot() + 1;
        self.s.machine = Machine::Own { boot, agent: self.case.own_agent, heard: false };
        self.s.slow = false;
    }

    /// It asks at boot. The answer and the sighting are two things: the sighting may be late.
    pub fn asks(&mut self) -> Sight {
        self.s.slow = false;
        self.overtakes(None);
        match self.s.assignment {
            Some(job) => {
                self.s.machine = Machine::Loading(job);
                Sight::Asked
            }
            None => {
                self.boots_own();
                Sight::SentHome
            }
        }
    }

    /// It fetches the image (`StoreDirectory::part`), which is served while the job holds the machine.
    pub fn loads(&mut self, job: JobNo) {
        if !self.s.jobs[job].phase.holds_machine() {
            return self.boots_own();
        }
        let boot = self.s.newest_boot() + 1;
        let at = self.s.stamp();
        self.saw(Sight::Fetched(job), at, true);
        self.s.slow = false;
        self.s.machine =
            Machine::Maintenance { boot, job, heard: false, work: Work::Going, silent_since: None };
    }

    /// `agent_api::own::heartbeat`. Gives the order in its answer.
    pub fn heartbeat(&mut self, boot: Boot, known: bool) -> Option<usize> {
        let at = self.s.stamp();
        // Nobody who is late takes an order.
        let believed = self.saw(Sight::Own(boot), at, known);
        believed.then(|| self.fetch_order(Target::Maintenance, boot)).flatten()
    }

    /// `agent_api::maintenance::report`. `Err`: the job is over, go home.
    pub fn report(&mut self, job: JobNo, boot: Boot, ended: bool, known: bool) -> Result<Option<usize>, ()> {
        if !self.s.jobs[job].phase.holds_machine() {
            return if self.case.is(Mutant::NotSentHome) { Ok(None) } else { Err(()) };
        }
        let at = self.s.stamp();
        if !self.saw(Sight::Maintenance(job, boot), at, known) {
            return Ok(None);
        }
        if ended {
            let at = self.s.stamp();
            self.saw(Sight::Reported(job), at, true);
        }
        Ok(self.fetch_order(Target::OwnSystem, boot))
    }

    /// Something of this boot is stored now.
    pub fn heard(&mut self, of: Boot) {
        self.s.newest_heard = self.s.newest_heard.max(Some(of));
        if let Machine::Own { boot, heard, .. } | Machine::Maintenance { boot, heard, .. } =
            &mut self.s.machine
        {
            *heard |= *boot == of;
        }
        self.overtakes(Some(of));
    }

    /// The first word of a boot is not overtaken by later ones: it can only be lost now.
    fn overtakes(&mut self, heard: Option<Boot>) {
        let overtaken = self.case.overtaken;
        self.s.parked.retain_mut(|parked| match parked {
            Parked::Heartbeat { boot, first }
            | Parked::Report { boot, first, .. }
            | Parked::Sighting(_, Sight::Own(boot), first) => {
                let lost = *first && heard.is_none_or(|of| *boot < of) && !overtaken;
                *first &= heard != Some(*boot);
                !lost
            }
            _ => true,
        });
    }

    /// An agent that has an order: it answers before it acts (`agent::orders::Orders::handle`).
    pub fn obey(&mut self, order: Option<usize>, boot: Boot) {
        if let Some(call) = order
            && self.answer_call(call, Call::Accepted)
        {
            self.restart(call, Some(boot));
        }
    }

    /// ... and acts late, or never.
    pub fn obey_late(&mut self, order: Option<usize>, boot: Boot) {
        if let Some(call) = order
            && self.answer_call(call, Call::Accepted)
        {
            self.s.parked.push(Parked::Effect(call, Some(boot)));
        }
    }

    pub fn refuse(&mut self, order: Option<usize>) {
        if let Some(call) = order {
            self.answer_call(call, Call::Refused);
        }
    }
}
