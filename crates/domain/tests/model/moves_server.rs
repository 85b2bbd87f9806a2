//! What workers and executors do next, and where they stop.

use super::case::Mutant;
use super::moves::Moves;
use super::state::{Call, Parked};
use super::store::World;
use pitstop_domain::job::Phase;

impl Moves<'_> {
    pub fn workers(&mut self) {
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

    pub fn executors(&mut self) {
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
}
